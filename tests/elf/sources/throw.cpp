// Throws from the library at the bottom, past a frame with something to clean up.
#include <stdexcept>
#include <string>

struct Cleaner {
    int *count;
    ~Cleaner() { ++*count; }
};

extern "C" __attribute__((visibility("default"))) int bee_throw(int *count)
{
    Cleaner cleaner{count};
    throw std::runtime_error(std::string("thrown by ") + "bee");
}
