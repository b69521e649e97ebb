/*===- Arena.h - Memory that a call uses again ---------------------*- C -*-===
 *
 * Large temporaries of a call lie in blocks of an arena: what one layer frees,
 * the next one takes, without the system. The arena stays for the next call.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_ARENA_H
#define ATTN_RUNTIME_ARENA_H

#include "Runtime.h"

/** A cache line: vectors of 64 bytes would else lie in two. */
enum { ATTN_ALIGNMENT = 64 };

/** What stands before the memory of an allocation. */
struct AttnAllocation {
  /** Neighbors: in the call, or in the memory of an arena. */
  AttnAllocation *previous, *next;
  AttnContext *owner;
  /** Of an arena: with this header. 0: from the C library. */
  size_t size;
  bool is_free;
};

/** The header's room. */
enum { ATTN_HEADER_SIZE = ATTN_ALIGNMENT };
_Static_assert(sizeof(AttnAllocation) <= ATTN_HEADER_SIZE, "header too small");

/** From here on, allocations come from the arena. */
enum { ATTN_ARENA_SMALLEST = 32 << 10 };

/** A block of `size` bytes, with its header, a multiple of ATTN_ALIGNMENT. NULL
 * where the system has no more. */
AttnAllocation *attn_arena_take(AttnContext *context, size_t size);
void attn_arena_give(AttnAllocation *block);
/** Behind a call: everything in its arena is free, and goes to a later call or
 * to the system. */
void attn_arena_leave(AttnContext *context);

#endif /* ATTN_RUNTIME_ARENA_H */
