/*===- Memory.c - The memory of a call -------------------------------------===
 *
 * Compiled code allocates through the functions that
 * finalize-memref-to-llvm{use-generic-functions} names. Each block is linked
 * into its call, so that a call that fails half-way leaves nothing behind. No
 * memory is an error code.
 *
 *===----------------------------------------------------------------------===*/

#include "Arena.h"

#include <stdlib.h>

/* No machine has as much; anything above it is a product that went wrong. */
static const int64_t size_limit = INT64_MAX >> 8;

static void link_allocation(AttnContext *owner, AttnAllocation *block) {
  block->owner = owner;
  block->previous = NULL;
  block->next = owner ? owner->allocations : NULL;
  if (block->next)
    block->next->previous = block;
  if (owner)
    owner->allocations = block;
}

static void unlink_allocation(AttnAllocation *block) {
  if (block->next)
    block->next->previous = block->previous;
  if (block->previous)
    block->previous->next = block->next;
  else if (block->owner)
    block->owner->allocations = block->next;
}

/* Threads of a parallel loop have no call, and no arena. */
static AttnAllocation *take(AttnContext *context, size_t size) {
  if (context && size >= ATTN_ARENA_SMALLEST)
    return attn_arena_take(context, size);
  AttnAllocation *block = aligned_alloc(ATTN_ALIGNMENT, size);
  if (!block)
    return NULL;
  block->size = 0;
  link_allocation(context, block);
  return block;
}

void *attn_allocate(size_t size) {
  const size_t whole = (size + ATTN_HEADER_SIZE + ATTN_ALIGNMENT - 1) &
                       ~(size_t)(ATTN_ALIGNMENT - 1);
  AttnAllocation *block =
      size <= (size_t)size_limit ? take(attn_current_context(), whole) : NULL;
  if (!block)
    attn_leave(ATTN_OUT_OF_MEMORY, "expected %zu bytes of memory, got none",
               size);
  return (char *)block + ATTN_HEADER_SIZE;
}

static void deallocate(void *pointer) {
  const AttnContext *context = attn_current_context();
  if (!pointer ||
      (context && context->device && context->device->free(pointer)))
    return;
  AttnAllocation *block =
      (AttnAllocation *)((char *)pointer - ATTN_HEADER_SIZE);
  if (block->size) {
    attn_arena_give(block);
    return;
  }
  unlink_allocation(block);
  free(block);
}

void attn_free_all(AttnContext *context) {
  AttnAllocation *block = context->allocations;
  while (block) {
    AttnAllocation *next = block->next;
    free(block);
    block = next;
  }
  context->allocations = NULL;
  attn_arena_leave(context);
}

void *_mlir_memref_to_llvm_alloc(int64_t size) {
  return attn_allocate((size_t)size);
}

void _mlir_memref_to_llvm_free(void *pointer) { deallocate(pointer); }

/* Called by compiled code, see attn-check-allocation-sizes. */

/* Saturates, so that a zero further on still makes an empty buffer. */
int64_t attn_rt_multiply_size(int64_t size, int64_t dimension) {
  if (dimension < 0)
    attn_leave(ATTN_CHECK_FAILED,
               "expected a dimension of at least 0, got %lld",
               (long long)dimension);
  int64_t product;
  return __builtin_mul_overflow(size, dimension, &product) ? INT64_MAX
                                                           : product;
}

void attn_rt_check_size(int64_t size) {
  if (size > size_limit)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected a temporary that fits in memory, got one of more than "
               "%lld bytes",
               (long long)size_limit);
}
