/*===- runner.h - Cases, tensors and calls
 * ----------------------------------===*/

#ifndef ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H
#define ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H

#include "driver.h"

enum { MAX_TENSORS = 64, MAX_RANK = 8, MAX_PEAKS = 8 };

typedef struct {
  DLTensor tensor;
  int64_t shape[MAX_RANK];
  char file[128];
  size_t bytes;
  /* How close an output must be. */
  double relative, absolute;
} Operand;

typedef struct {
  char kind[16], name[256], library[128], function[128], unit[8];
  double work;
  int num_in, num_out;
  Operand in[MAX_TENSORS], out[MAX_TENSORS];
} Case;

typedef struct {
  DLTensor *in[MAX_TENSORS], *out[MAX_TENSORS];
  void *library;
  CUdeviceptr workspace;
  size_t workspace_size;
} Call;

typedef struct {
  char name[16], file[128];
  double work, rate;
} Peak;

/* What outlives a process that a kernel has spoiled: shared with the one that
 * starts it, and with those that go on. */
typedef struct {
  /* How many steps began, and whether the last one runs still. */
  int num_begun;
  bool running;
  double since;
  char kind[16], name[256];
  int num_results, num_passed, num_failed, num_peaks;
  Peak peaks[MAX_PEAKS];
  char card[128];
  int driver, multiprocessors;
  bool is_interpreted, has_header;
} Progress;

/* Of the steps that a process did; SPOILED: another one must go on. */
typedef enum { COMPLETE, INCOMPLETE, SPOILED } Outcome;

/* Where the files are. */
extern const char *folder;
extern Driver cuda;
extern CUstream stream;
extern CUevent start, end;
/* What went wrong last. */
extern char problem[512];
extern Progress *progress;
extern FILE *result;

double now(void);
/* Whether the driver did it; else `problem` says what it did not do. */
bool did(const char *what, CUresult status);

/* tensors.c */
size_t count_elements(const Operand *operand);
bool allocate(Operand *operand);
/* The contents of its file, or numbers where it has none. */
bool upload(Operand *operand);
/* Whether an output is what it must be. */
bool agrees(const Operand *out, int number);

/* calls.c */
bool open_case(Case *item, Call *call);
void close_case(Case *item, Call *call);
/* Calls the function, which waits. */
bool run_once(const Case *item, Call *call);
bool take_workspace(const Case *item, Call *call);
/* Seconds of one of `count` calls, by events; 0 where one fails. */
double time_calls(const Case *item, Call *call, long count);

/* results.c */
void print_header(void);
void check_case(Case *item);
void time_case(Case *item);
/* The step that ran when its process ended. */
void print_lost(const char *why);
void print_end(void);

/* peaks.c */
void measure_peaks(void);

/* steps.c */
/* Does the steps behind those that began, while `until` has not come. */
Outcome run_steps(FILE *list, double until);

#endif /* ATTN_TOOLS_DEV_GPU_RUN_RUNNER_H */
