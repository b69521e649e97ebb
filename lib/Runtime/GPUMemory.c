/*===- GPUMemory.c - Memory of a GPU for one call ---------------------------===
 *
 * Temporaries come from the device's pool, in the order of the stream, or from
 * a workspace of the caller's. There they have the places that the same
 * requests had when they were measured.
 *
 *===----------------------------------------------------------------------===*/

#include "GPU.h"

/* Of blocks in a workspace. */
static const size_t alignment = 256;

/* The first gap between other blocks. */
static void place(AttnGPUCall *call, AttnGPUBlock *block) {
  AttnGPUWorkspace *workspace = &call->workspace;
  block->size = (block->size + alignment - 1) / alignment * alignment;
  AttnGPUBlock **link = &call->blocks;
  block->address = workspace->address;
  while (*link && (*link)->address - block->address < block->size) {
    block->address = (*link)->address + (*link)->size;
    link = &(*link)->next;
  }
  const size_t end = block->address - workspace->address + block->size;
  if (end > workspace->size)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected a workspace of at least %zu bytes, got %zu", end,
               workspace->size);
  if (end > workspace->used)
    workspace->used = end;
  block->next = *link;
  *link = block;
}

static void take_from_pool(AttnGPUCall *call, AttnGPUBlock *block) {
  CUresult status =
      call->driver->cuMemAllocAsync(&block->address, block->size, call->stream);
  if (status == CUDA_ERROR_OUT_OF_MEMORY)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected %zu bytes of the GPU's memory, got none", block->size);
  attn_gpu_expect(status, "allocate memory");
  block->next = call->blocks;
  call->blocks = block;
}

/* Called by compiled code. */
void *attn_rt_gpu_allocate(int64_t size) {
  AttnGPUCall *call = attn_gpu_current();
  AttnGPUBlock *block = attn_allocate(sizeof *block);
  block->size = size ? (size_t)size : 1;
  if (call->has_workspace)
    place(call, block);
  else
    take_from_pool(call, block);
  return (void *)(uintptr_t)block->address;
}

bool attn_gpu_free_block(void *pointer) {
  AttnGPUCall *call = attn_gpu_current();
  AttnGPUBlock **link = &call->blocks;
  while (*link && (*link)->address != (uintptr_t)pointer)
    link = &(*link)->next;
  if (!*link)
    return false;
  if (!call->has_workspace)
    attn_gpu_expect(
        call->driver->cuMemFreeAsync((*link)->address, call->stream),
        "free memory");
  *link = (*link)->next;
  return true;
}

void attn_gpu_free_blocks(AttnGPUCall *call) {
  if (call->has_workspace)
    return;
  for (AttnGPUBlock *block = call->blocks; block; block = block->next)
    call->driver->cuMemFreeAsync(block->address, call->stream);
}

void attn_gpu_use_workspace(AttnGPUCall *call, const AttnFunction *function) {
  const CUdeviceptr address = (uintptr_t)function->workspace;
  call->has_workspace = function->has_workspace;
  if (!function->workspace_size)
    return; /* nothing fits in */
  attn_gpu_check_address(call, address, "workspace", 0);
  if (address % alignment)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "expected a workspace aligned to %zu bytes, got one %zu off",
               alignment, (size_t)(address % alignment));
  call->workspace = (AttnGPUWorkspace){address, function->workspace_size, 0};
}

void attn_gpu_measure(AttnGPUCall *call) {
  call->measures = call->has_workspace = true;
  call->blocks = NULL;
  call->workspace = (AttnGPUWorkspace){alignment, SIZE_MAX, 0};
}
