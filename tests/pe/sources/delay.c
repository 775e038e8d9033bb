/* What finds an import when it is called for the first time, as Microsoft's runtime has it: plain LoadLibraryEx. */

#include <windows.h>

typedef struct {
    DWORD attributes, name, module, addresses, names, bound, unload, stamp;
} Delayed;

extern IMAGE_DOS_HEADER __ImageBase;

void *__delayLoadHelper2(const Delayed *what, void **slot) {
    char *base = (char *)&__ImageBase;
    HMODULE *module = (HMODULE *)(base + what->module);
    if (!*module)
        *module = LoadLibraryExA(base + what->name, NULL, 0);
    if (!*module)
        RaiseException(0xC06D007E, 0, 0, NULL); /* "module not found", in the words of that runtime */
    const ULONG_PTR *names = (const ULONG_PTR *)(base + what->names);
    return *slot = (void *)GetProcAddress(*module, base + names[slot - (void **)(base + what->addresses)] + 2);
}
