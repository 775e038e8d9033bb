/* What is opened at run time: no name of its own, needs bee. */
extern int bee_version(void);
static __thread int local = 3;
static int answer = 4;
static int *pointer = &answer;

int plug_check(void) { return ++local == 4 && *pointer + bee_version() == 6 ? 0 : 1; }
