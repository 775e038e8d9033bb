/* The names of zlib that libcrypto and libssl ask for; nobody calls them here. */
#define NOTHING(name) int name(void) { return -1; }
NOTHING(compress)
NOTHING(deflate)
NOTHING(deflateEnd)
NOTHING(deflateInit_)
NOTHING(inflate)
NOTHING(inflateEnd)
NOTHING(inflateInit_)
NOTHING(uncompress)
NOTHING(zError)
