/*===- Symbols.h - Names of the runtime's that passes share --------*- C
 * -*-===*/

#ifndef ATTN_RUNTIME_SYMBOLS_H
#define ATTN_RUNTIME_SYMBOLS_H

/** Whether the machine has AMX's tiles and the system grants them: called by
 * kernels, and defined by their emulation. */
#define ATTN_HAS_TILES "attn_rt_has_tiles"

/** How many threads a parallel loop here has, at least 1: called by code that
 * divides its work by them, where that changes no result. */
#define ATTN_NUM_THREADS "attn_rt_num_threads"

#endif /* ATTN_RUNTIME_SYMBOLS_H */
