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
extern int omp_get_level(void);
extern int omp_get_max_threads(void);
extern int omp_get_num_threads(void);

/* What compiled code and this runtime call. */
#define FOR_EACH_FUNCTION(DO)                                                  \
  DO(__kmpc_fork_call)                                                         \
  DO(__kmpc_serialized_parallel)                                               \
  DO(__kmpc_end_serialized_parallel)                                           \
  DO(__kmpc_global_thread_num)                                                 \
  DO(__kmpc_barrier)                                                           \
  DO(omp_get_level)                                                            \
  DO(omp_get_max_threads)                                                      \
  DO(omp_get_num_threads)

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

/* A parallel region. Its loops deal out their iterations themselves: Debian's
 * libomp makes a line of text, for a debugger, of each such call. */
typedef struct {
  void (*region)(int32_t *, int32_t *, void *);
  void *argument;
  _Alignas(64) _Atomic uint64_t taken; /* the numbers that threads took */
} Team;

/* What a thread knows of the region that it runs. In each loop a thread takes
 * one number more than it runs iterations, and all have waited for each other
 * before the next: so all know the number at which that one starts. */
typedef struct {
  Team *team;   /* NULL: one thread, which takes all iterations at once */
  bool is_next; /* the region has had a loop */
  uint64_t start, lower, count; /* of the loop: its number, its iterations */
} Share;

static _Thread_local Share share;

static void run_shared(int32_t *thread, int32_t *bound, void *argument) {
  Team *team = argument;
  const Share around = share;
  share = (Share){.team = team};
  team->region(thread, bound, team->argument);
  share = around;
}

static void run_alone(void *place, const Team *team) {
  int32_t thread = functions.__kmpc_global_thread_num(place), bound = 0;
  const Share around = share;
  share = (Share){.team = NULL};
  functions.__kmpc_serialized_parallel(place, thread);
  team->region(&thread, &bound, team->argument);
  functions.__kmpc_end_serialized_parallel(place, thread);
  share = around;
}

/* MLIR hands over one pointer to all that the region needs, or nothing. Older
 * runtimes have no such call with a condition. */
void attn_rt_kmpc_fork_call_if(void *place, int32_t count, void *region,
                               int32_t is_shared, void *argument) {
  Team team = {(void (*)(int32_t *, int32_t *, void *))region,
               count > 0 ? argument : NULL, 0};
  if (is_shared && functions.omp_get_max_threads() > 1)
    functions.__kmpc_fork_call(place, 1, (void *)run_shared, &team);
  else
    run_alone(place, &team);
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

/* Schedules are dynamic, in steps of one, and threads wait for each other after
 * each loop but the last of a region (PrepareParallelLoops.cpp). */
void attn_rt_kmpc_dispatch_init_8u(void *place, int32_t thread,
                                   int32_t schedule, uint64_t lower,
                                   uint64_t upper, int64_t stride,
                                   int64_t chunk) {
  (void)place, (void)thread, (void)schedule, (void)stride, (void)chunk;
  if (share.team && share.is_next)
    share.start += share.count + (uint64_t)functions.omp_get_num_threads();
  share.is_next = true;
  share.lower = lower;
  share.count = upper + 1 - lower;
}

int32_t attn_rt_kmpc_dispatch_next_8u(void *place, int32_t thread,
                                      int32_t *is_last, uint64_t *lower,
                                      uint64_t *upper, int64_t *stride) {
  uint64_t number = 0, size = share.count;
  (void)place, (void)thread;
  if (share.team) {
    number =
        atomic_fetch_add_explicit(&share.team->taken, 1, memory_order_relaxed) -
        share.start;
    size = 1;
  }
  if (number >= share.count)
    return 0;
  *lower = share.lower + number;
  *upper = *lower + size - 1;
  *is_last = number + size == share.count;
  *stride = 1;
  if (!share.team)
    share.count = 0;
  return 1;
}
