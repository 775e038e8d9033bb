/* plug.pyd, which needs libay.dll: an extension module as far as a loader can see. */

__declspec(dllimport) int ay(void);

__declspec(dllexport) int answer(void) { return ay(); }
