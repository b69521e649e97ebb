/*===- Runtime.h - The small C library inside every artifact -------*- C -*-===
 *
 * The compiler calls the attn_rt_* functions by name; see the passes in
 * lib/Target. Everything is hidden: an artifact exports its own functions only,
 * so two artifacts in one process do not meet.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_RUNTIME_H
#define ATTN_RUNTIME_RUNTIME_H

#include "attn/Runtime/ArtifactTable.h"
#include "attn/Runtime/DLPack.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AttnAllocation AttnAllocation;
typedef struct AttnChunk AttnChunk;

/** The state of one call: where to leave to, what to say, what to free. Calls
 * nest per thread, and do not share. */
typedef struct AttnContext {
  jmp_buf leave;
  struct AttnContext *outer;
  AttnAllocation *allocations; /* from the C library */
  AttnChunk *arena;
  _Atomic int32_t status;
  char *message;
  size_t message_size;
  int parallel_level;
  const struct AttnDevice *device; /* NULL: the CPU */
  struct AttnGPUCall *gpu;
} AttnContext;

/** Compiled code: takes memref descriptors of all inputs, then all outputs. */
typedef void (*AttnEntry)(void **descriptors);
/** Compiled code: takes memref descriptors of the dimensions of all inputs, of
 * those of all outputs, which it fills in, and of the inputs whose value
 * decides shapes. */
typedef void (*AttnShapes)(void **descriptors);

struct AttnDevice;

/** One public function of the artifact. */
typedef struct {
  const int64_t *table;
  const char *strings;
  AttnEntry entry;
  AttnShapes shapes;
  /** Where its tensors are; NULL: on the CPU. */
  const struct AttnDevice *device;
  /** The stream of the device that is the caller's, who waits for it if
   * `is_async`. */
  void *stream;
  bool is_async;
  /** Whether temporaries lie in memory of the device that is the caller's. */
  bool has_workspace;
  void *workspace;
  size_t workspace_size;
} AttnFunction;

/** The caller's arguments of one call. */
typedef struct {
  DLTensor *const *in;
  int32_t n_in;
  DLTensor *const *out;
  int32_t n_out;
  size_t *bytes; /* what is measured */
} AttnArguments;

/** What differs where tensors are not on the CPU. */
typedef struct AttnDevice {
  /** Before compiled code runs; leaves where the device cannot be used. */
  void (*enter)(const AttnFunction *function, const AttnArguments *args);
  /** Leaves unless all tensors are in the device's memory. */
  void (*check)(const AttnArguments *args);
  /** From the device to the host, when everything before is done. */
  void (*fetch)(void *to, const void *from, size_t size);
  /** From the device to itself. */
  void (*copy)(void *to, const void *from, size_t size);
  /** Behind compiled code: leaves where something has gone wrong. */
  void (*finish)(void);
  /** However the call has ended. */
  void (*leave)(AttnContext *context);
  /** From here on, compiled code does nothing but ask for memory. */
  void (*measure)(void);
  /** How much memory that was at a time, at most. */
  size_t (*get_measure)(void);
  /** Frees what compiled code has allocated there; false: it is the host's. */
  bool (*free)(void *pointer);
} AttnDevice;

/* Call.c */
int32_t attn_call(const AttnFunction *function, const AttnArguments *args,
                  char *message, size_t size);
int32_t attn_call_shapes(const AttnFunction *function,
                         const AttnArguments *args, char *message, size_t size);

/** Writes to args->bytes what a workspace of the device must have for these
 * inputs. */
int32_t attn_call_measuring(const AttnFunction *function,
                            const AttnArguments *args, char *message,
                            size_t size);

/* Context.c */
void attn_context_enter(AttnContext *context, char *message, size_t size);
void attn_context_exit(AttnContext *context);
/** Leaves the call with `status` and a printf-style message. Needs an entered
 * context. */
_Noreturn void attn_leave(int32_t status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory.c */
void *attn_allocate(size_t size);
void attn_free_all(AttnContext *context);
AttnContext *attn_current_context(void);

/* CPU.c */
/** The first feature of a list with commas that this machine lacks, copied to
 * `name`; false when it has all. */
bool attn_missing_feature(const char *features, char *name, size_t size);

/** Asks the system for the tile registers of AMX; what is granted holds for all
 * threads of the process. */
bool attn_request_tiles(void);
/** Whether this machine has tiles of bf16 and the system grants them, asked
 * once. Where not, attention runs on vectors. */
bool attn_rt_has_tiles(void);
/** How many threads parallel loops have here, at least 1. */
int64_t attn_rt_num_threads(void);

/* OpenMP.c, which is there where the artifact has threads. */
/** How many parallel regions this thread is in; 0 where attn_check_openmp would
 * leave. */
int attn_omp_get_level(void) __attribute__((weak));
/** How many threads a parallel region of this one's would have. */
int attn_omp_num_threads(void) __attribute__((weak));
/** Leaves with ATTN_OPENMP_CONFLICT when another runtime of OpenMP than the one
 * that the artifact can call has started in this process. */
void attn_check_openmp(void) __attribute__((weak));

/* Parameters.c */
/** Leaves with ATTN_INVALID_PARAMETERS when the file of weights that the
 * artifact needs could not be mapped. */
void attn_check_parameters(void);

/* Check.c: each leaves with ATTN_INVALID_ARGUMENT when something is wrong. */
/** Without `with_data`, only the data that decides shapes must be there. */
void attn_check_inputs(const AttnFunction *function, const AttnArguments *args,
                       int64_t *symbols, bool with_data);
void attn_check_outputs(const AttnFunction *function, const AttnArguments *args,
                        int64_t *symbols, const int64_t *shapes);
void attn_check_shape_requests(const AttnFunction *function,
                               const AttnArguments *args);

/* Table.c: reading the table, and tensors. */
int64_t attn_num_tensors(const int64_t *table);
const int64_t *attn_first_tensor(const int64_t *table);
const int64_t *attn_next_tensor(const int64_t *tensor);
const int64_t *attn_first_output(const int64_t *table);
/** Where the elements of a caller's tensor begin, or NULL. */
char *attn_first_element(const DLTensor *tensor);
/** The number of dimensions of tensors [from, to). */
int64_t attn_num_dimensions(const int64_t *table, int64_t from, int64_t to);

#endif /* ATTN_RUNTIME_RUNTIME_H */
