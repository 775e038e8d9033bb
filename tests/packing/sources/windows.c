/* Tells how it was started on Windows, and ends as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

static BOOL WINAPI caught(DWORD event)
{
    ExitProcess(40 + event);
    return TRUE;
}

static void copy_input(void)
{
    int letter;
    while ((letter = getchar()) != EOF)
        putchar(letter);
}

static void wait_for_event(void)
{
    SetConsoleCtrlHandler(caught, TRUE);
    puts("ready");
    fflush(stdout);
    Sleep(30000);
}

int wmain(int count, wchar_t **words)
{
    const wchar_t *verb = count > 1 ? words[1] : L"";
    if (!wcscmp(verb, L"--exit"))
        ExitProcess(wcstoul(words[2], NULL, 0));
    if (!wcscmp(verb, L"--copy"))
        copy_input();
    if (!wcscmp(verb, L"--wait"))
        wait_for_event();
    if (!wcscmp(verb, L"--handle")) {
        DWORD written;
        HANDLE handle = (HANDLE)(size_t)wcstoul(words[2], NULL, 0);
        return !WriteFile(handle, "passed on", 9, &written, NULL);
    }
    for (int i = 0; i < count; i++, putchar('\n'))
        for (const wchar_t *letter = words[i]; *letter; letter++)
            printf("%04x", *letter);
    return 3;
}
