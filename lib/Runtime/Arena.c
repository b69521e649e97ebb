/*===- Arena.c - Memory that a call uses again -----------------------------===
 *
 * An arena is a list of chunks from the system, each cut into blocks, of which
 * the first that is large enough is taken: a call stays where it has been, in
 * pages that are there. Neighbors that are free become one. A call that needed
 * several chunks tells the next one to begin with one as large.
 *
 *===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE /* MADV_HUGEPAGE */
#define _GNU_SOURCE
#endif

#include "Arena.h"

#include <stdatomic.h>
#include <sys/mman.h>

struct AttnChunk {
  AttnChunk *next;
  size_t size; /* with this header */
};

/* Large pages are as long, where the system has them. */
static const size_t granule = (size_t)2 << 20;

/* More than this goes back to the system behind each call. */
static const size_t kept_limit = (size_t)1 << 30;

/* The arena of the last call, if it has one chunk; whoever takes it owns it. */
static _Atomic(AttnChunk *) kept;

/* What a call needed that had several chunks. */
static _Atomic size_t expected_size;

static AttnAllocation *first_block(AttnChunk *chunk) {
  return (AttnAllocation *)((char *)chunk + ATTN_ALIGNMENT);
}

static void make_one_block(AttnChunk *chunk) {
  AttnAllocation *block = first_block(chunk);
  block->previous = block->next = NULL;
  block->size = chunk->size - ATTN_ALIGNMENT;
  block->is_free = true;
}

/* Begins where a large page does: the ends of a longer piece go back. */
static AttnChunk *map_chunk(size_t size) {
  char *start = mmap(NULL, size + granule, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED)
    return NULL;
  const size_t before = -(uintptr_t)start % granule;
  if (before)
    munmap(start, before);
  if (granule - before)
    munmap(start + before + size, granule - before);
  AttnChunk *chunk = (AttnChunk *)(start + before);
  madvise(chunk, size, MADV_HUGEPAGE);
  chunk->next = NULL;
  chunk->size = size;
  make_one_block(chunk);
  return chunk;
}

static void unmap_chunk(AttnChunk *chunk) {
  if (chunk)
    munmap(chunk, chunk->size);
}

static size_t round_up(size_t size) {
  return (size + granule - 1) / granule * granule;
}

static size_t size_of_arena(const AttnContext *context) {
  size_t size = 0;
  for (const AttnChunk *chunk = context->arena; chunk; chunk = chunk->next)
    size += chunk->size;
  return size;
}

/* As large again as what is there, if the system has that. */
static AttnChunk *add_chunk(AttnContext *context, size_t size) {
  const size_t needed = round_up(size + ATTN_ALIGNMENT);
  size_t wanted =
      context->arena ? size_of_arena(context) : atomic_load(&expected_size);
  AttnChunk *chunk = wanted > needed ? map_chunk(wanted) : NULL;
  if (!chunk)
    chunk = map_chunk(needed);
  AttnChunk **end = &context->arena;
  while (*end)
    end = &(*end)->next;
  *end = chunk;
  return chunk;
}

static void cut(AttnAllocation *block, size_t size) {
  if (block->size - size < ATTN_ARENA_SMALLEST)
    return;
  AttnAllocation *rest = (AttnAllocation *)((char *)block + size);
  rest->size = block->size - size;
  rest->is_free = true;
  rest->previous = block;
  rest->next = block->next;
  if (rest->next)
    rest->next->previous = rest;
  block->next = rest;
  block->size = size;
}

static AttnAllocation *take_from(AttnChunk *chunk, size_t size) {
  AttnAllocation *block = first_block(chunk);
  while (block && (!block->is_free || block->size < size))
    block = block->next;
  if (!block)
    return NULL;
  cut(block, size);
  block->is_free = false;
  return block;
}

AttnAllocation *attn_arena_take(AttnContext *context, size_t size) {
  if (!context->arena)
    context->arena = atomic_exchange(&kept, NULL);
  for (AttnChunk *chunk = context->arena; chunk; chunk = chunk->next) {
    AttnAllocation *block = take_from(chunk, size);
    if (block)
      return block;
  }
  AttnChunk *chunk = add_chunk(context, size);
  return chunk ? take_from(chunk, size) : NULL;
}

/* What follows `block` becomes part of it. */
static void join_next(AttnAllocation *block) {
  AttnAllocation *next = block->next;
  block->size += next->size;
  block->next = next->next;
  if (block->next)
    block->next->previous = block;
}

void attn_arena_give(AttnAllocation *block) {
  block->is_free = true;
  if (block->next && block->next->is_free)
    join_next(block);
  if (block->previous && block->previous->is_free)
    join_next(block->previous);
}

void attn_arena_leave(AttnContext *context) {
  AttnChunk *chunk = context->arena;
  context->arena = NULL;
  if (chunk && !chunk->next && chunk->size <= kept_limit) {
    make_one_block(chunk);
    unmap_chunk(atomic_exchange(&kept, chunk));
    return;
  }
  size_t size = 0;
  while (chunk) {
    AttnChunk *next = chunk->next;
    size += chunk->size;
    unmap_chunk(chunk);
    chunk = next;
  }
  if (size)
    atomic_store(&expected_size, size);
}

__attribute__((destructor)) static void unmap_kept(void) {
  unmap_chunk(atomic_exchange(&kept, NULL));
}
