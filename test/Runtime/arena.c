// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -o %t
// RUN: %t | FileCheck %s

// Large temporaries of calls: what is free is taken again, in the call and in
// later ones, and no two of them overlap.

#include "Runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *_mlir_memref_to_llvm_alloc(int64_t size);
void _mlir_memref_to_llvm_free(void *pointer);

enum { BLOCKS = 64, STEPS = 20000 };

static unsigned char *blocks[BLOCKS];
static size_t sizes[BLOCKS];
static int misplaced, overwritten;

static unsigned char mark(int n) { return (unsigned char)(n + 1); }

static void fill(int n) {
  sizes[n] = (size_t)(rand() % 3000000) + 1;
  blocks[n] = _mlir_memref_to_llvm_alloc((int64_t)sizes[n]);
  misplaced += (uintptr_t)blocks[n] % 64 != 0;
  // Both ends: an overlap covers one of them.
  blocks[n][0] = blocks[n][sizes[n] / 2] = blocks[n][sizes[n] - 1] = mark(n);
}

static void empty(int n) {
  overwritten += blocks[n][0] != mark(n) ||
                 blocks[n][sizes[n] - 1] != mark(n) ||
                 blocks[n][sizes[n] / 2] != mark(n);
  _mlir_memref_to_llvm_free(blocks[n]);
  blocks[n] = NULL;
}

// Leaves some of them to the end of the call.
static void call_with_many(void) {
  AttnContext context;
  attn_context_enter(&context, NULL, 0);
  for (int i = 0; i < STEPS; ++i) {
    const int n = rand() % BLOCKS;
    if (blocks[n])
      empty(n);
    else
      fill(n);
  }
  attn_context_exit(&context);
  memset(blocks, 0, sizeof blocks);
}

// Where a call finds memory for `size` bytes twice: they are one place, in
// which is still what the last call has left.
static void call_with_one(int64_t size) {
  AttnContext context;
  attn_context_enter(&context, NULL, 0);
  char *first = _mlir_memref_to_llvm_alloc(size);
  printf("%s, ", first[4096] == 99 ? "kept" : "new");
  first[4096] = 99;
  _mlir_memref_to_llvm_free(first);
  printf("%s\n",
         _mlir_memref_to_llvm_alloc(size) == first ? "again" : "elsewhere");
  attn_context_exit(&context);
}

// Neighbors that are free are one, whichever was freed first.
static void join_neighbors(void) {
  AttnContext context;
  attn_context_enter(&context, NULL, 0);
  for (int first = 0; first < 2; ++first) {
    void *pair[2];
    for (int i = 0; i < 2; ++i)
      pair[i] = _mlir_memref_to_llvm_alloc(1 << 20);
    void *after = _mlir_memref_to_llvm_alloc(1 << 20);
    _mlir_memref_to_llvm_free(pair[first]);
    _mlir_memref_to_llvm_free(pair[1 - first]);
    void *both = _mlir_memref_to_llvm_alloc(2 << 20);
    printf("%s\n", both == pair[0] ? "joined" : "apart");
    _mlir_memref_to_llvm_free(both);
    _mlir_memref_to_llvm_free(after);
  }
  attn_context_exit(&context);
}

static void fail_half_way(void) {
  char message[100];
  AttnContext context;
  attn_context_enter(&context, message, sizeof message);
  if (!setjmp(context.leave)) {
    _mlir_memref_to_llvm_alloc(1 << 20);
    _mlir_memref_to_llvm_alloc(INT64_MAX >> 9);
  }
  attn_context_exit(&context);
  printf("%d %s\n", (int)context.status, message);
}

int main(void) {
  srand(1);
  for (int i = 0; i < 3; ++i)
    call_with_many();
  printf("%d misplaced, %d overwritten\n", misplaced, overwritten);
  // CHECK: {{^}}0 misplaced, 0 overwritten
  call_with_one(5 << 20);
  // CHECK: {{.*}}, again
  call_with_one(4 << 20);
  // CHECK: kept, again
  join_neighbors();
  // CHECK: joined
  // CHECK: joined
  fail_half_way();
  // CHECK: {{[0-9]+}} expected {{[0-9]+}} bytes of memory, got none
  return 0;
}
