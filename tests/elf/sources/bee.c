/* The library at the bottom: two versions of one symbol, where the linker can make them, and a constructor. */
#include <stddef.h>

static int constructed;
__thread int bee_count = 5;

__attribute__((constructor)) static void begin(void) { constructed = 1; }

int bee_constructed(void) { return constructed; }

#ifdef VERSIONED
__asm__(".symver bee_old, bee_version@BEE_1.0");
__asm__(".symver bee_new, bee_version@@BEE_2.0");
int bee_old(void) { return 1; }
int bee_new(void) { return 2; }
#else
int bee_version(void) { return 2; }
#endif

/* Calls back, so that whoever walks the stack passes through this file. */
int bee_call(int (*callback)(void *), void *with)
{
    return callback(with) + bee_count - bee_count;
}

size_t bee_next(void) { return (size_t)++bee_count; }
