/* libay.dll, which needs libbee.dll: at once, or where DELAYED is defined when it is called. */

#ifdef DELAYED
int bee(void);
#else
__declspec(dllimport) int bee(void);
#endif

__declspec(dllexport) int ay(void) { return bee() + 2; }
