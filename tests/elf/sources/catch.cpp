// Catches what the library at the bottom throws: only where the types of both are one.
#include <stdexcept>
#include <string>

extern "C" int bee_throw(int *count);

extern "C" int ay_caught(void)
{
    int count = 0;
    try {
        bee_throw(&count);
    } catch (const std::runtime_error &error) {
        return count == 1 && std::string(error.what()) == "thrown by bee" ? 0 : 8;
    }
    return 9;
}
