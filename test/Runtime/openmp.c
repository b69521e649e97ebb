// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror %s %build/lib/Runtime/libAttnRuntime.a -l:libomp.so.5 -lm -o %t
// RUN: env OMP_NUM_THREADS=1 %t | FileCheck %s
// RUN: env OMP_NUM_THREADS=2 %t | FileCheck %s
// RUN: env OMP_NUM_THREADS=5 %t | FileCheck %s

// The loops of a region are dealt out by the runtime itself. As compiled code
// calls it: two hundred regions, shared or not, each of four loops of 0 to 40
// iterations, one of which runs a region within; every iteration is run by one
// thread, once, and after those of the loop before.

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

void attn_rt_kmpc_fork_call_if(void *place, int32_t count, void *region,
                               int32_t is_shared, void *argument);
void attn_rt_kmpc_barrier(void *place, int32_t thread);
void attn_rt_kmpc_dispatch_init_8u(void *place, int32_t thread,
                                   int32_t schedule, uint64_t lower,
                                   uint64_t upper, int64_t stride,
                                   int64_t chunk);
int32_t attn_rt_kmpc_dispatch_next_8u(void *place, int32_t thread,
                                      int32_t *is_last, uint64_t *lower,
                                      uint64_t *upper, int64_t *stride);

enum { LOOPS = 4, MOST = 40 };
static char ident[24]; // Of ident_t, which the runtime does not look into.

typedef struct {
  int seed;
  bool has_inner;
  _Atomic int runs[LOOPS][MOST], early, last;
} Region;

static int length(const Region *region, int loop) {
  return (region->seed * 13 + loop * 17) % (MOST + 1);
}

static void run(int32_t *thread, int32_t *bound, Region *region);

static bool is_whole(const Region *region) {
  int wrong = region->early, last = 0;
  for (int loop = 0; loop < LOOPS; ++loop) {
    last += length(region, loop) > 0;
    for (int i = 0; i < MOST; ++i)
      wrong += region->runs[loop][i] != (i < length(region, loop));
  }
  return wrong == 0 && region->last == last;
}

static void iterate(Region *region, int loop, int i) {
  for (int before = 0; loop > 0 && before < length(region, loop - 1); ++before)
    region->early += region->runs[loop - 1][before] != 1;
  if (region->has_inner && loop == 1) {
    Region inner = {.seed = region->seed + i};
    attn_rt_kmpc_fork_call_if(ident, 1, (void *)run, i % 2, &inner);
    region->early += !is_whole(&inner);
  }
  ++region->runs[loop][i];
}

static void run(int32_t *thread, int32_t *bound, Region *region) {
  (void)bound;
  for (int loop = 0; loop < LOOPS; ++loop) {
    int32_t is_last = 0;
    uint64_t lower, upper;
    int64_t stride;
    attn_rt_kmpc_dispatch_init_8u(ident, *thread, 0, 1,
                                  (uint64_t)length(region, loop), 1, 1);
    while (attn_rt_kmpc_dispatch_next_8u(ident, *thread, &is_last, &lower,
                                         &upper, &stride)) {
      for (uint64_t i = lower; i <= upper; ++i)
        iterate(region, loop, (int)i - 1);
      region->last += is_last;
    }
    if (loop + 1 < LOOPS)
      attn_rt_kmpc_barrier(ident, *thread);
  }
}

int main(void) {
  int wrong = 0;
  for (int seed = 0; seed < 200; ++seed) {
    Region region = {.seed = seed, .has_inner = seed % 3 == 0};
    attn_rt_kmpc_fork_call_if(ident, 1, (void *)run, seed % 4 != 1, &region);
    wrong += !is_whole(&region);
  }
  printf("%d of 200 regions are wrong\n", wrong);
  // CHECK: {{^}}0 of 200 regions are wrong
  return 0;
}
