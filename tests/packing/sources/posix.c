/* Tells how it was started on POSIX: its words, signals that it ignores, signals that are held back. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int flood(void)
{
    while (puts("more") >= 0)
        ;
    return 9;
}

static int wait_for_signal(void)
{
    puts("ready");
    fflush(stdout);
    return pause();
}

static int measure(int count, char **words)
{
    size_t sum = 0;
    for (int i = 1; i < count; i++)
        sum += strlen(words[i]);
    printf("%d words, %zu bytes\n", count, sum);
    return 0;
}

int main(int count, char **words)
{
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "--flood"))
        return flood();
    if (!strcmp(verb, "--wait"))
        return wait_for_signal();
    if (!strcmp(verb, "--measure"))
        return measure(count, words);
    for (int i = 0; i < count; i++)
        printf("[%s]\n", words[i]);
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
            printf("ignores %d\n", number);
        if (sigismember(&blocked, number) == 1)
            printf("blocks %d\n", number);
    }
    return 3;
}
