"""What turns folders around: a module for Python, and C code for every other program."""

from __future__ import annotations

SHUFFLE = """

def _preloaded():
    try:
        with open("/proc/self/maps", "rb") as maps:
            return b"libtruewheel-shuffle.so" in maps.read()
    except OSError:
        return False


class _Turned:
    def __init__(self, inner):
        with inner:
            self._entries = iter(list(inner)[::-1])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._entries = iter(())


def _turn():
    listdir, scandir = os.listdir, os.scandir
    _put(os, "listdir", lambda *path, **named: listdir(*path, **named)[::-1])
    _put(os, "scandir", lambda *path, **named: _Turned(scandir(*path, **named)))


if not _preloaded():
    _turn()
"""
"""Part of a sitecustomize (`customize`). What is turned by the library already is left alone, or it would be as
before.
"""

LIBRARY = r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What a folder holds, read to its end at the first question and given out from the last to the first. */
struct turned { DIR *folder; struct dirent **entries; size_t count, next; struct turned *after; };

static struct turned *all;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static struct dirent *(*real_readdir)(DIR *);
static int (*real_closedir)(DIR *);
static void (*real_rewinddir)(DIR *);

__attribute__((constructor)) static void find(void) {
    if (real_readdir) return;
    real_readdir = (struct dirent *(*)(DIR *))dlsym(RTLD_NEXT, "readdir");
    real_closedir = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
    real_rewinddir = (void (*)(DIR *))dlsym(RTLD_NEXT, "rewinddir");
}

static void forget(DIR *folder) {
    for (struct turned **place = &all; *place; place = &(*place)->after)
        if ((*place)->folder == folder) {
            struct turned *gone = *place;
            *place = gone->after;
            for (size_t i = 0; i < gone->count; i++) free(gone->entries[i]);
            free(gone->entries);
            free(gone);
            return;
        }
}

static struct turned *look(DIR *folder) {
    for (struct turned *each = all; each; each = each->after)
        if (each->folder == folder) return each;
    struct turned *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->folder = folder;
    made->after = all;
    all = made;
    size_t room = 0;
    for (struct dirent *entry; (entry = real_readdir(folder));) {
        if (made->count == room) {
            size_t larger = room ? room * 2 : 64;
            struct dirent **grown = realloc(made->entries, larger * sizeof *grown);
            if (!grown) break;
            made->entries = grown;
            room = larger;
        }
        struct dirent *copy = malloc(entry->d_reclen);
        if (!copy) break;
        made->entries[made->count++] = memcpy(copy, entry, entry->d_reclen);
    }
    made->next = made->count;
    return made;
}

struct dirent *readdir(DIR *folder) {
    find();
    pthread_mutex_lock(&guard);
    int before = errno;
    struct turned *found = look(folder);
    struct dirent *entry = found && found->next ? found->entries[--found->next] : NULL;
    errno = before;
    pthread_mutex_unlock(&guard);
    return entry;
}

struct dirent64 *readdir64(DIR *folder) { return (struct dirent64 *)readdir(folder); }

void rewinddir(DIR *folder) {
    find();
    pthread_mutex_lock(&guard);
    forget(folder);
    real_rewinddir(folder);
    pthread_mutex_unlock(&guard);
}

int closedir(DIR *folder) {
    find();
    pthread_mutex_lock(&guard);
    forget(folder);
    pthread_mutex_unlock(&guard);
    return real_closedir(folder);
}

long telldir(DIR *folder) {
    find();
    pthread_mutex_lock(&guard);
    struct turned *found = look(folder);
    long place = found ? (long)(found->count - found->next) : 0;
    pthread_mutex_unlock(&guard);
    return place;
}

void seekdir(DIR *folder, long place) {
    find();
    pthread_mutex_lock(&guard);
    struct turned *found = look(folder);
    if (found && place >= 0 && (size_t)place <= found->count) found->next = found->count - (size_t)place;
    pthread_mutex_unlock(&guard);
}
"""
"""For LD_PRELOAD, on 64-bit glibc and musl, where ``dirent`` and ``dirent64`` are the same."""
