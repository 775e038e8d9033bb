/* libbee.dll, at the bottom. */

__declspec(dllexport) int bee(void) { return 40; }
