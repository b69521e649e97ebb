/*===- EmbeddedRuntime.c - The runtime's archive as bytes ------------------===
 *
 * attn_runtime_archive ... attn_runtime_archive_end is libAttnRuntime.a (see
 * attn/Target/Artifact/Artifact.h).
 *
 *===----------------------------------------------------------------------===*/

__asm__(".section .rodata\n"
        ".global attn_runtime_archive\n"
        ".balign 16\n"
        "attn_runtime_archive:\n"
        ".incbin \"" ATTN_RUNTIME_ARCHIVE "\"\n"
        ".global attn_runtime_archive_end\n"
        "attn_runtime_archive_end:\n"
        ".byte 0\n"
        ".text\n");

/* A translation unit holds at least one declaration. */
extern const char attn_runtime_archive[];
