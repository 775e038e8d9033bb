/* The library at the bottom. */
static int room[1024];

int bee_call(int number)
{
    room[number % 1024] += number;
    return number + 1;
}
