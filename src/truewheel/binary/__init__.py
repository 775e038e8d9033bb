"""Native files: ELF, Mach-O, PE and WebAssembly, read from bytes into values."""
