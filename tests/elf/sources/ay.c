/* The library in the middle: needs bee, has thread-local variables, relocated data, and much of nothing. */
#include <pthread.h>
#include <stddef.h>

extern int bee_constructed(void);
extern int bee_version(void);
extern int bee_call(int (*)(void *), void *);
extern size_t bee_next(void);

__thread int ay_local = 41;
static __thread int hidden = 17;
static int constructed;
static int value = 42;
static int *const pointers[] = { &value, &constructed };
char ay_room[ROOM];

__attribute__((constructor)) static void begin(void)
{
    constructed = bee_constructed() ? 7 : 0;
}

#ifdef THROWS
extern int ay_caught(void);
#else
static int ay_caught(void) { return 0; }
#endif

#ifdef UNWIND
#include <stdint.h>
#include <unwind.h>
static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *frames)
{
    if ((_Unwind_GetRegionStart(context) | 1) == ((uintptr_t)bee_call | 1)) /* the lowest bit says Thumb */
        ++*(int *)frames;
    return _URC_NO_REASON;
}
static int walk(void *frames)
{
    _Unwind_Backtrace(count, frames);
    return *(int *)frames;
}
#else
static int walk(void *frames) { (void)frames; return 1; }
#endif

static void *other(void *result)
{
    *(int *)result = ay_local == 41 && hidden == 17 ? (int)bee_next() : -1;
    return NULL;
}

/* The number of the first thing that isn't as it should be, or 0. */
int ay_check(void)
{
    int result = 0;
    int frames = 0;
    size_t i;
    pthread_t thread;
    if (constructed != 7) return 1;
    if (*pointers[0] != 42 || pointers[1] != &constructed) return 2;
    if (bee_version() != 2) return 3;
    if (++hidden != 18) return 4;
    if (pthread_create(&thread, NULL, other, &result) || pthread_join(thread, NULL) || result != 6) return 5;
    for (i = 0; i < sizeof ay_room; i += 4096)
        if (ay_room[i]) return 6;
    ay_room[sizeof ay_room - 1] = 1;
    if (bee_call(walk, &frames) != 1) return 7;
    --hidden;
    return ay_caught();
}
