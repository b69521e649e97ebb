// Calls of functions of two inputs and an output, which print how they ended.
#ifndef ATTN_TEST_INTEGRATION_GPU_ENTRIES_H
#define ATTN_TEST_INTEGRATION_GPU_ENTRIES_H

#include "Driver.h"

enum { Int = 0, Float = 2 };

typedef int32_t Entry(DLTensor *const *, int32_t, DLTensor *const *, int32_t,
                      char *, size_t);
typedef int32_t StreamEntry(DLTensor *const *, int32_t, DLTensor *const *,
                            int32_t, char *, size_t, void *);

static float x[] = {1, 2, 3, 4}, y[] = {-1, -2, -3, -4};
static int64_t four[] = {4};
static char message[256];

static void call(const char *what, Entry *entry, DLTensor a, DLTensor b,
                 DLTensor out) {
  DLTensor *in[] = {&a, &b}, *outs[] = {&out};
  int32_t status = entry(in, 2, outs, 1, message, sizeof message);
  printf("%s: %d %s\n", what, (int)status, message);
}

static void enqueue(const char *what, StreamEntry *entry, DLTensor a,
                    DLTensor b, DLTensor out, void *stream) {
  DLTensor *in[] = {&a, &b}, *outs[] = {&out};
  int32_t status = entry(in, 2, outs, 1, message, sizeof message, stream);
  printf("%s: %d %s\n", what, (int)status, message);
}

#endif // ATTN_TEST_INTEGRATION_GPU_ENTRIES_H
