/*===- OpenMP.c - Threads, from the one runtime of OpenMP in the process ----===
 *
 * Two copies of LLVM's runtime of OpenMP (libomp, and Intel's libiomp5) do not
 * run in one process: the second one that starts ends it. Python wheels bring
 * copies that the loader shows to nobody else. So compiled code calls the
 * runtime through here (see attn::emitCode), and the first call looks which one
 * is there: the one that has started, or else one that somebody else brought,
 * which may start later, or else the artifact's own libomp. Part of artifacts
 * with threads only.
 *
 *===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "LoadedObjects.h"
#include "Runtime.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of libomp. ident_t is not looked into. */
extern void __kmpc_fork_call(void *, int32_t, void *, ...);
extern void __kmpc_serialized_parallel(void *, int32_t);
extern void __kmpc_end_serialized_parallel(void *, int32_t);
extern int32_t __kmpc_global_thread_num(void *);
extern void __kmpc_barrier(void *, int32_t);
extern void __kmpc_dispatch_init_8u(void *, int32_t, int32_t, uint64_t,
                                    uint64_t, int64_t, int64_t);
extern int32_t __kmpc_dispatch_next_8u(void *, int32_t, int32_t *, uint64_t *,
                                       uint64_t *, int64_t *);
extern int omp_get_level(void);
extern int omp_get_max_threads(void);

/* What compiled code and this runtime call. */
#define FOR_EACH_FUNCTION(DO)                                                  \
  DO(__kmpc_fork_call)                                                         \
  DO(__kmpc_serialized_parallel)                                               \
  DO(__kmpc_end_serialized_parallel)                                           \
  DO(__kmpc_global_thread_num)                                                 \
  DO(__kmpc_barrier)                                                           \
  DO(__kmpc_dispatch_init_8u)                                                  \
  DO(__kmpc_dispatch_next_8u)                                                  \
  DO(omp_get_level)                                                            \
  DO(omp_get_max_threads)

typedef struct {
#define DECLARE(name) __typeof__(&name) name;
  FOR_EACH_FUNCTION(DECLARE)
#undef DECLARE
} Functions;

/* As the loader bound them: the artifact's own libomp, or one that is there for
 * everybody. */
static Functions functions = {
#define USE(name) name,
    FOR_EACH_FUNCTION(USE)
#undef USE
};

/* Set before `is_bound`: NULL, or whose runtime cannot be called. */
static const char *stranger;
static _Atomic bool is_bound;

static bool find_functions(const AttnObject *object, Functions *found) {
#define FIND(name)                                                             \
  if (!(found->name = (__typeof__(&name))attn_find_symbol(object, #name)))     \
    return false;
  FOR_EACH_FUNCTION(FIND)
#undef FIND
  return true;
}

static bool read_file(const char *path, char *text, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? -1 : read(file, text, size - 1);
  if (file >= 0)
    close(file);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

/* A runtime that has started says so under a name with the number of the
 * process, in shared memory, a file, or the environment, depending on its
 * version: as ADDRESS-VALUE-NAME, with the address of one of its variables. */
static bool find_started(AttnObject *object) {
  char name[64], path[96], text[512];
  static const char *const folders[] = {"/dev/shm", "/tmp"};
  for (int with_user = 1; with_user >= 0; --with_user) {
    snprintf(name, sizeof name,
             with_user ? "__KMP_REGISTERED_LIB_%d_%d"
                       : "__KMP_REGISTERED_LIB_%d",
             (int)getpid(), (int)getuid());
    for (int i = 0; i < 2; ++i) {
      snprintf(path, sizeof path, "%s/%s", folders[i], name);
      if (read_file(path, text, sizeof text) &&
          attn_find_object_of((void *)strtoull(text, NULL, 16), object))
        return true;
    }
    const char *value = getenv(name);
    if (value && attn_find_object_of((void *)strtoull(value, NULL, 16), object))
      return true;
  }
  return false;
}

/* Who sets this asks for two runtimes. */
static bool may_be_two(void) {
  const char *value = getenv("KMP_DUPLICATE_LIB_OK");
  return value && (strchr("1tTyY", value[0]) != NULL || !strcmp(value, "on"));
}

static void choose_runtime(void) {
  AttnObject own, other;
  Functions found;
  if (!attn_find_object_of((void *)functions.__kmpc_fork_call, &own))
    return;
  bool is_started = find_started(&other);
  if (!is_started && !attn_find_object_with("__kmpc_fork_call", &own, &other))
    return;
  if (other.base == own.base)
    return;
  if (find_functions(&other, &found) && attn_keep_object(&other))
    functions = found;
  else if (is_started && !may_be_two())
    stranger = *other.name ? other.name : "the program itself";
}

static void bind(void) {
  static atomic_flag is_taken = ATOMIC_FLAG_INIT;
  if (atomic_load_explicit(&is_bound, memory_order_acquire))
    return;
  while (atomic_flag_test_and_set_explicit(&is_taken, memory_order_acquire))
    sched_yield();
  if (!atomic_load_explicit(&is_bound, memory_order_relaxed)) {
    choose_runtime();
    atomic_store_explicit(&is_bound, true, memory_order_release);
  }
  atomic_flag_clear_explicit(&is_taken, memory_order_release);
}

int attn_omp_get_level(void) {
  bind();
  return stranger ? 0 : functions.omp_get_level();
}

int attn_omp_num_threads(void) {
  return attn_omp_get_level() > 0 || stranger ? 1
                                              : functions.omp_get_max_threads();
}

void attn_check_openmp(void) {
  bind();
  if (stranger)
    attn_leave(ATTN_OPENMP_CONFLICT,
               "expected one OpenMP runtime in the process, got that of '%s', "
               "which cannot be called from here and allows no other: set "
               "KMP_DUPLICATE_LIB_OK=TRUE to run libomp beside it",
               stranger);
}

/* Called by compiled code, see attn::emitCode. */

/* The loop of a region that one thread runs: all iterations are its own, and
 * libomp, which would deal them out one by one, is not asked. (Debian's makes a
 * line of text of each such call, for a debugger.) */
typedef struct {
  bool is_alone;
  uint64_t lower, upper; /* to come; both inclusive */
} Loop;

static _Thread_local Loop loop;

static void run_alone(void *place, void *region, void *argument) {
  int32_t thread = functions.__kmpc_global_thread_num(place), bound = 0;
  loop = (Loop){true, 1, 0};
  functions.__kmpc_serialized_parallel(place, thread);
  ((void (*)(int32_t *, int32_t *, void *))region)(&thread, &bound, argument);
  functions.__kmpc_end_serialized_parallel(place, thread);
}

/* MLIR hands over one pointer to all that the region needs, or nothing. Older
 * runtimes have no such call with a condition. */
void attn_rt_kmpc_fork_call_if(void *place, int32_t count, void *region,
                               int32_t is_shared, void *argument) {
  const Loop around = loop;
  if (is_shared && functions.omp_get_max_threads() > 1) {
    loop.is_alone = false;
    functions.__kmpc_fork_call(place, count, region, argument);
  } else {
    run_alone(place, region, argument);
  }
  loop = around;
}

void attn_rt_kmpc_fork_call(void *place, int32_t count, void *region,
                            void *argument) {
  attn_rt_kmpc_fork_call_if(place, count, region, 1, argument);
}

int32_t attn_rt_kmpc_global_thread_num(void *place) {
  return functions.__kmpc_global_thread_num(place);
}

void attn_rt_kmpc_barrier(void *place, int32_t thread) {
  functions.__kmpc_barrier(place, thread);
}

void attn_rt_kmpc_dispatch_init_8u(void *place, int32_t thread,
                                   int32_t schedule, uint64_t lower,
                                   uint64_t upper, int64_t stride,
                                   int64_t chunk) {
  if (loop.is_alone) {
    loop.lower = lower;
    loop.upper = upper;
    return;
  }
  functions.__kmpc_dispatch_init_8u(place, thread, schedule, lower, upper,
                                    stride, chunk);
}

int32_t attn_rt_kmpc_dispatch_next_8u(void *place, int32_t thread,
                                      int32_t *is_last, uint64_t *lower,
                                      uint64_t *upper, int64_t *stride) {
  if (loop.is_alone) {
    const bool is_left = loop.lower <= loop.upper;
    *is_last = is_left;
    *lower = loop.lower;
    *upper = loop.upper;
    *stride = 1;
    loop.lower = 1;
    loop.upper = 0;
    return is_left;
  }
  return functions.__kmpc_dispatch_next_8u(place, thread, is_last, lower, upper,
                                           stride);
}
