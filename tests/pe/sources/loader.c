/* Loads DLLs as CPython does since 3.8, and says what came of it.

   Its arguments are steps, taken in order:
     dir PATH      AddDllDirectory, as os.add_dll_directory does
     keep PATH     load it the old way, as a program that is linked with it would, and leave it loaded
     load PATH     load it as CPython's Python/dynload_win.c loads an extension module
     bare PATH     the same with no other folders than the usual ones: without LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
     plain NAME    LoadLibrary, with the search of old
     call NAME     call a function of what was loaded last; it takes nothing and returns an int
     free          let go of what was loaded last
     modules       what is loaded now
   Each prints lines of a word, a tab, and a value. */

#define _WIN32_WINNT 0x0602
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define MOST 2048

/* What a delay-load helper raises, or anything else: the end, but with a word about it. */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what) {
    DWORD code = what->ExceptionRecord->ExceptionCode;
    if (code < 0xC0000000u)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("exception\t%08lx\n", code);
    fflush(stdout);
    ExitProcess(3);
}

static void say(const char *word, const wchar_t *path) {
    char text[4096];
    if (!WideCharToMultiByte(CP_UTF8, 0, path, -1, text, sizeof text, NULL, NULL))
        strcpy(text, "?");
    printf("%s\t%s\n", word, text);
}

typedef BOOL(WINAPI *Enumerate)(HANDLE, HMODULE *, DWORD, DWORD *);

static void list_modules(void) {
    static HMODULE found[MOST];
    DWORD size = 0;
    Enumerate enumerate = (Enumerate)(void (*)(void))GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "K32EnumProcessModules");
    if (!enumerate || !enumerate(GetCurrentProcess(), found, sizeof found, &size)) {
        printf("failed\t%lu\n", GetLastError());
        return;
    }
    for (DWORD number = 0; number < size / sizeof *found; number++) {
        wchar_t path[2048];
        if (GetModuleFileNameW(found[number], path, 2048))
            say("module", path);
    }
}

static HMODULE load(const wchar_t *how, const wchar_t *path) {
    DWORD flags = 0;
    if (!wcscmp(how, L"load"))
        flags = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
    else if (!wcscmp(how, L"bare"))
        flags = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    else if (!wcscmp(how, L"keep"))
        flags = LOAD_WITH_ALTERED_SEARCH_PATH;
    SetLastError(0);
    HMODULE module = LoadLibraryExW(path, NULL, flags);
    printf("%s\t%lu\n", wcscmp(how, L"keep") ? "error" : "kept", module ? 0 : GetLastError());
    return module;
}

static void call(HMODULE module, const wchar_t *name) {
    char narrow[256] = "";
    WideCharToMultiByte(CP_UTF8, 0, name, -1, narrow, sizeof narrow, NULL, NULL);
    int (*function)(void) = module ? (int (*)(void))(void (*)(void))GetProcAddress(module, narrow) : NULL;
    if (function)
        printf("answer\t%d\n", function());
    else
        printf("failed\t%lu\n", GetLastError());
}

int wmain(int count, wchar_t **steps) {
    HMODULE last = NULL;
    AddVectoredExceptionHandler(1, on_exception);
    SetErrorMode(SEM_FAILCRITICALERRORS);
    for (int number = 1; number < count; number++) {
        const wchar_t *step = steps[number];
        if (!wcscmp(step, L"free")) {
            if (last)
                FreeLibrary(last);
            last = NULL;
        } else if (!wcscmp(step, L"modules")) {
            list_modules();
        } else if (number + 1 == count) {
            return 2;
        } else if (!wcscmp(step, L"dir")) {
            printf("added\t%d\n", AddDllDirectory(steps[++number]) != NULL);
        } else if (!wcscmp(step, L"call")) {
            call(last, steps[++number]);
        } else {
            last = load(step, steps[++number]);
        }
        fflush(stdout);
    }
    return 0;
}
