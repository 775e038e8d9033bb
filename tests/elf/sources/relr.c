/* Many pointers that the loader has to move: in rows, with gaps, in thread-local storage's image, and alone. */
#define FOUR(m, n) m(n) m((n) + 1) m((n) + 2) m((n) + 3)
#define SIXTEEN(m, n) FOUR(m, n) FOUR(m, (n) + 4) FOUR(m, (n) + 8) FOUR(m, (n) + 12)
#define ALL(m) SIXTEEN(m, 0) SIXTEEN(m, 16) SIXTEEN(m, 32) SIXTEEN(m, 48) \
    SIXTEEN(m, 64) SIXTEEN(m, 80) SIXTEEN(m, 96) SIXTEEN(m, 112)
#define COUNT 128

static char values[COUNT];
#define ROW(n) values + (n),
static char *rows[] = { ALL(ROW) };
#define GAP(n) { n, values + (n) },
static struct { long number; char *value; } gaps[] = { ALL(GAP) };
#define WIDE(n) { { 0, n }, values + (n) },
static const struct { long room[80]; char *value; } wide[] = { ALL(WIDE) };
static char *alone __attribute__((section(".data.far"))) = values + 3;
static __thread char *local = values + 5;

/* How many pointers don't point where they should; reading through volatile keeps the compiler from knowing. */
int relr_check(void)
{
    char *volatile *row = rows;
    int wrong = 0;
    int i;
    for (i = 0; i < COUNT; ++i) {
        wrong += row[i] != values + i;
        wrong += *(char *volatile *)&gaps[i].value != values + i || gaps[i].number != i;
        wrong += *(char *volatile const *)&wide[i].value != values + i || wide[i].room[1] != i;
    }
    wrong += *(char *volatile *)&alone != values + 3;
    wrong += *(char *volatile *)&local != values + 5;
    return wrong;
}

#ifdef PROGRAM
#include <stdio.h>

int main(void)
{
    int wrong = relr_check();
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
#endif
