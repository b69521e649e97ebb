// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -o %t
// RUN: %t | FileCheck %s

// Where the system denies the tile registers of AMX, a call says so and runs
// nothing; where it permits them later, calls run, and ask no more. The system
// is played by this program, so any machine will do.

#include "Runtime.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int32_t attn_rt_call(const int64_t *table, const char *strings, AttnEntry entry,
                     AttnShapes shapes, DLTensor *const *in, int32_t n_in,
                     DLTensor *const *out, int32_t n_out, char *message,
                     size_t size);
int32_t attn_rt_shapes(const int64_t *table, const char *strings,
                       AttnEntry entry, AttnShapes shapes, DLTensor *const *in,
                       int32_t n_in, DLTensor *const *out, int32_t n_out,
                       char *message, size_t size);

static int denial, num_requests, num_runs;

// In place of libc's.
long syscall(long number, ...) {
  va_list args;
  va_start(args, number);
  long code = va_arg(args, int), component = va_arg(args, int);
  va_end(args);
  if (number != SYS_arch_prctl || code != 0x1023 || component != 18)
    printf("expected a request for tile data, got %ld, %ld, %ld\n", number,
           code, component);
  ++num_requests;
  errno = denial;
  return denial ? -1 : 0;
}

static void entry(void **descriptors) {
  (void)descriptors;
  ++num_runs;
}

static void shapes(void **descriptors) { (void)descriptors; }

int main(void) {
  static const char strings[] = "\0f"; // no features; the name
  static const int64_t table[] = {
      ATTN_TABLE_VERSION, 1, 0, /*uses tiles*/ 1, 0, 0, 0};
  char message[200];
  for (int call = 0; call < 5; ++call) {
    denial = call == 0 ? EPERM : call < 3 ? EOPNOTSUPP : 0;
    int32_t status = call == 2
                         ? attn_rt_shapes(table, strings, entry, shapes, NULL,
                                          0, NULL, 0, message, sizeof message)
                         : attn_rt_call(table, strings, entry, shapes, NULL, 0,
                                        NULL, 0, message, sizeof message);
    printf("call %d: %d '%s', %d requests, %d runs\n", call, (int)status,
           message, num_requests, num_runs);
  }
  // CHECK: call 0: 4 'expected the system to permit AMX tiles, got 'Operation not permitted' from arch_prctl: compile 'f' with -amx-tile', 1 requests, 0 runs
  // CHECK-NEXT: call 1: 4 'expected the system to permit AMX tiles, got 'Operation not supported' from arch_prctl: compile 'f' with -amx-tile', 2 requests, 0 runs
  // CHECK-NEXT: call 2: 4 '{{.*}}Operation not supported{{.*}}', 3 requests, 0 runs
  // CHECK-NEXT: call 3: 0 '', 4 requests, 1 runs
  // CHECK-NEXT: call 4: 0 '', 4 requests, 2 runs
}
