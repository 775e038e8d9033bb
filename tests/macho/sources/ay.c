/* The library in the middle. */
extern int bee_call(int number);

int ay_check(void)
{
    return bee_call(41) - 42;
}
