/*===- runner.h - Cases, tensors and calls
 * ----------------------------------===*/

#ifndef ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H
#define ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H

#include "driver.h"

enum { MAX_TENSORS = 64, MAX_RANK = 8 };

typedef struct {
  DLTensor tensor;
  int64_t shape[MAX_RANK];
  char file[128];
  size_t bytes;
} Operand;

typedef struct {
  char kind[16], name[160], library[128], function[128], unit[8];
  double relative, absolute, work;
  int num_in, num_out;
  Operand in[MAX_TENSORS], out[MAX_TENSORS];
} Case;

typedef struct {
  DLTensor *in[MAX_TENSORS], *out[MAX_TENSORS];
  void *library;
  CUdeviceptr workspace;
  size_t workspace_size;
} Call;

/* Where the files are. */
extern const char *folder;
extern Driver cuda;
extern CUstream stream;
extern CUevent start, end;
/* What went wrong last. */
extern char problem[512];

/* Whether the driver did it; else `problem` says what it did not do. */
bool did(const char *what, CUresult status);

/* tensors.c */
size_t count_elements(const Operand *operand);
bool allocate(Operand *operand);
/* The contents of its file, or numbers where it has none. */
bool upload(Operand *operand);
/* Whether an output is what it must be. */
bool agrees(const Case *item, const Operand *out, int number);

/* calls.c */
bool open_case(Case *item, Call *call);
void close_case(Case *item);
/* Calls the function, which waits. */
bool run_once(const Case *item, Call *call);
bool take_workspace(const Case *item, Call *call);
/* Seconds of one of `count` calls, by events; 0 where one fails. */
double time_calls(const Case *item, Call *call, long count);

#endif /* ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H */
