/*===- Symbols.h - Names of the runtime's that passes share --------*- C
 * -*-===*/

#ifndef ATTN_RUNTIME_SYMBOLS_H
#define ATTN_RUNTIME_SYMBOLS_H

/** Whether the machine has AMX's tiles and the system grants them: called by
 * kernels, and defined by their emulation. */
#define ATTN_HAS_TILES "attn_rt_has_tiles"

#endif /* ATTN_RUNTIME_SYMBOLS_H */
