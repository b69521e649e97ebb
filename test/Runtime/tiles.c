// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -o %t
// RUN: %t | FileCheck %s

// Code for tiles of AMX runs where the machine has them and the system grants
// them, which is asked once; a machine that has none asks no system. The system
// is played by this program, so any machine will do.

#include "Runtime.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int denial, num_requests;

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

// An answer lasts as long as the process.
static void ask(const char *system, int error) {
  fflush(stdout);
  if (fork()) {
    wait(NULL);
    return;
  }
  denial = error;
  printf("%s: %d\n", system, attn_request_tiles());
  char missing[32];
  bool machine =
      !attn_missing_feature("amx-tile,amx-bf16", missing, sizeof missing);
  num_requests = 0;
  bool first = attn_rt_has_tiles();
  denial = EPERM - error;
  bool second = attn_rt_has_tiles();
  printf("as the machine has: %d, the same again: %d, asked as often: %d\n",
         first == (machine && !error), first == second,
         num_requests == machine);
  fflush(stdout);
  _exit(0);
}

int main(void) {
  ask("denies", EPERM);
  ask("grants", 0);
  // CHECK: denies: 0
  // CHECK-NEXT: as the machine has: 1, the same again: 1, asked as often: 1
  // CHECK-NEXT: grants: 1
  // CHECK-NEXT: as the machine has: 1, the same again: 1, asked as often: 1
}
