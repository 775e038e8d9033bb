/* program PLUGIN: runs what the libraries check, then says which of them are mapped. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern __thread int ay_local;
extern char ay_room[ROOM];
extern int ay_check(void);
static int constructed;
static const char *const words[] = { "fine", "broken" };

__attribute__((constructor)) static void begin(void) { constructed = 1; }

static int show(struct dl_phdr_info *info, size_t size, void *data)
{
    const char *name = strrchr(info->dlpi_name, '/');
    (void)size;
    (void)data;
    name = name ? name + 1 : info->dlpi_name;
    if (strstr(name, "ay") || strstr(name, "bee") || strstr(name, "plug"))
        printf("%s\n", name);
    return 0;
}

int main(int argc, char **argv)
{
    int (*check)(void) = NULL;
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    int status = ay_check();
    if (!plugin) {
        printf("no plugin: %s\n", dlerror());
        return 1;
    }
    *(void **)&check = dlsym(plugin, "plug_check");
    if (!status && (!constructed || ay_local != 41 || ay_room[sizeof ay_room - 1] != 1)) status = 10;
    if (!status && (!check || check())) status = 11;
    printf("%s %d\n", words[status != 0], status);
    dl_iterate_phdr(show, NULL);
    return status;
}
