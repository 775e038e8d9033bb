/* open LIBRARY [FUNCTION]: load a library, and say what its function returns. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int (*function)(void) = NULL;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        printf("not opened: %s\n", dlerror());
        return 1;
    }
    if (argc < 3) {
        printf("opened\n");
        return 0;
    }
    *(void **)&function = dlsym(library, argv[2]);
    printf("%d wrong\n", function ? function() : -1);
    return 0;
}
