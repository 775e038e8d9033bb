/* bcryptprimitives.dll: Windows has it since version 7, Wine 8 not yet, and what Go and Rust make needs it. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *target, SIZE_T size)
{
    return RtlGenRandom(target, (ULONG)size);
}
