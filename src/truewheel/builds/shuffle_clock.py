"""Another clock for a second build: a small library of ours, or libfaketime where there is no compiler.

libfaketime 0.9.10 stops cargo and rustc for ever, has Python's ``time.sleep`` fail now and then, and waits with a time
limit last as long as the clock is ahead. Ours moves what tells the date, and leaves alone what measures durations.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from glob import glob
from pathlib import Path

from truewheel.builds.model import Workroom
from truewheel.builds.shuffle_preload import compiled, obstacle

_NAME = "libtruewheel-clock.so"
_VARIABLE = "TRUEWHEEL_CLOCK"
_FAKETIME = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",  # Debian, Ubuntu
    "/usr/lib64/faketime/libfaketimeMT.so.1",  # Fedora
    "/usr/lib/faketime/libfaketimeMT.so.1",  # Arch, Alpine
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)

_LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The system calls are asked, and not the functions that stand behind these: some programs ask the time before the
   loader has found those. */
static long moved(void) {
    static long seconds;
    static int known;
    if (!known) {
        const char *text = getenv("TRUEWHEEL_CLOCK");
        seconds = text ? strtol(text, NULL, 10) : 0;
        known = 1;
    }
    return seconds;
}

static int date(clockid_t clock) {
#ifdef CLOCK_REALTIME_COARSE
    if (clock == CLOCK_REALTIME_COARSE) return 1;
#endif
    return clock == CLOCK_REALTIME;
}

int clock_gettime(clockid_t clock, struct timespec *into) {
    int status = (int)syscall(SYS_clock_gettime, clock, into);
    if (status == 0 && date(clock)) into->tv_sec += moved();
    return status;
}

int gettimeofday(struct timeval *into, void *zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    if (into) {
        into->tv_sec = now.tv_sec;
        into->tv_usec = now.tv_nsec / 1000;
    }
    return 0;
}

time_t time(time_t *into) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *into, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, into) == 0 ? base : 0;
}

/* Who waits until a date has asked for the date, and the system knows the true one alone. A condition may go by
   another clock, whose figures are far from any date. */
static struct timespec true_date(const struct timespec *given) {
    struct timespec at = *given, now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at.tv_sec > now.tv_sec / 2) at.tv_sec -= moved();
    return at;
}

static void *next(const char *name, const char *version) {
#ifdef __GLIBC__
    void *found = dlvsym(RTLD_NEXT, name, version); /* x86-64 has an older one of the same name */
    if (found) return found;
#else
    (void)version;
#endif
    return dlsym(RTLD_NEXT, name);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))
        next("pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec at = true_date(until);
    return real(condition, mutex, &at);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    static int (*real)(pthread_mutex_t *, const struct timespec *);
    if (!real) real = (int (*)(pthread_mutex_t *, const struct timespec *))next("pthread_mutex_timedlock", "-");
    struct timespec at = true_date(until);
    return real(mutex, &at);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) real = (int (*)(sem_t *, const struct timespec *))next("sem_timedwait", "-");
    struct timespec at = true_date(until);
    return real(semaphore, &at);
}
"""


def clock_can_be_moved() -> bool:
    """Whether there is a way to have a build's programs see another date."""
    return not obstacle() or faketime_library() is not None


def moved_clock(room: Workroom, offset: int, inside: Callable[[Path], str] = str) -> dict[str, str] | None:
    """Variables that have a build's programs see a date `offset` seconds later; None where there is no way.

    Files keep their true times, which lie in the past of a clock that is ahead, so that make and ninja have nothing to
    doubt. Programs that ask the system without the C library, such as Go's, see the true date.
    """
    library = room.host / "shuffle" / _NAME
    if not compiled(library, _LIBRARY):
        return {"LD_PRELOAD": inside(library), _VARIABLE: str(offset)}
    return faketime(offset)


def faketime(offset: int) -> dict[str, str] | None:
    """Variables for libfaketime; None where it isn't installed."""
    library = faketime_library()
    if library is None:
        return None
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{offset:+d}",
        "NO_FAKE_STAT": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def faketime_library() -> Path | None:
    """The library that LD_PRELOAD takes, where Linux distributions put it."""
    if sys.platform != "linux":
        return None
    found = sorted(path for pattern in _FAKETIME for path in glob(pattern))  # noqa: PTH207 - absolute patterns
    native = [path for path in found if os.uname().machine in path or path.count("/") == 5]
    return Path(native[0]) if native else None
