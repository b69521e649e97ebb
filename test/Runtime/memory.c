// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -o %t
// RUN: %t | FileCheck %s

// A block of any size begins with a cache line, so that no vector of it lies in
// two.

#include <stdint.h>
#include <stdio.h>

void *_mlir_memref_to_llvm_alloc(int64_t size);
void _mlir_memref_to_llvm_free(void *pointer);

int main(void) {
  void *blocks[64];
  int wrong = 0;
  for (int i = 0; i < 64; ++i) {
    blocks[i] = _mlir_memref_to_llvm_alloc(i < 60 ? i : 100000 * i);
    wrong += (uintptr_t)blocks[i] % 64 != 0;
  }
  for (int i = 0; i < 64; ++i)
    _mlir_memref_to_llvm_free(blocks[i]);
  printf("%d of 64 begin elsewhere\n", wrong);
  // CHECK: {{^}}0 of 64 begin elsewhere
  return 0;
}
