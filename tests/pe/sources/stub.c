/* What stands behind every name of a stub: code that returns 0, and behind it more zeros than anybody reads. */

__asm__(".text\n.globl stub\nstub:\n\txorl %eax, %eax\n\tret\n\t.fill 4096, 1, 0\n");
