extern int ay_check(void);
extern int puts(const char *text);

int main(void)
{
    puts("checked");
    return ay_check();
}
