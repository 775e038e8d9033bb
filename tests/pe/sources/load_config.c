/* A load configuration whose DependentLoadFlags say LOAD_LIBRARY_SEARCH_SYSTEM32. The linker looks for its name. */

const struct {
    unsigned size;
    unsigned char between[0x4a];
    unsigned short dependent_load_flags;
    unsigned char rest[0x20];
} _load_config_used = {0x70, {0}, 0x800, {0}};
