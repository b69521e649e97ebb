/*===- Memory.c - The memory of a call -------------------------------------===
 *
 * Compiled code allocates through the functions that
 * finalize-memref-to-llvm{use-generic-functions} names. Each block is linked
 * into its call, so that a call that fails half-way leaves nothing behind. No
 * memory is an error code.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

#include <stdlib.h>

struct AttnAllocation {
  AttnContext *owner;
  AttnAllocation *previous, *next;
};

/* Keeps what follows the header at the start of a cache line: vectors of 64
 * bytes would else lie in two. */
enum { ALIGNMENT = 64, HEADER_SIZE = ALIGNMENT };
_Static_assert(sizeof(AttnAllocation) <= HEADER_SIZE, "header too small");

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

void *attn_allocate(size_t size) {
  AttnAllocation *block =
      size <= (size_t)size_limit
          ? aligned_alloc(ALIGNMENT, (size + HEADER_SIZE + ALIGNMENT - 1) &
                                         ~(size_t)(ALIGNMENT - 1))
          : NULL;
  if (!block)
    attn_leave(ATTN_OUT_OF_MEMORY, "expected %zu bytes of memory, got none",
               size);
  link_allocation(attn_current_context(), block);
  return (char *)block + HEADER_SIZE;
}

static void deallocate(void *pointer) {
  const AttnContext *context = attn_current_context();
  if (!pointer ||
      (context && context->device && context->device->free(pointer)))
    return;
  AttnAllocation *block = (AttnAllocation *)((char *)pointer - HEADER_SIZE);
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
