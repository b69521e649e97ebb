/*===- CPU.c - Does this machine have what the code needs? -----------------===
 *
 * Asked before any compiled code runs, so that the answer is a message and not
 * an illegal instruction; of tiles, before code that uses them.
 *
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE /* syscall */
#include "Runtime.h"

#include <string.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct {
  const char *name;
  uint32_t leaf, subleaf;
  char reg;
  uint32_t bit;
  uint64_t state;
} Feature;

static const Feature features_known[] = {
#define ATTN_CPU_FEATURE(name, leaf, subleaf, reg, bit, state)                 \
  {name, leaf, subleaf, #reg[0], bit, state},
#include "attn/Runtime/CPUFeatures.def"
#undef ATTN_CPU_FEATURE
};

/* What the operating system saves and restores (XGETBV, register 0). */
static uint64_t saved_state(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27)))
    return 0;
  __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return ((uint64_t)d << 32) | a;
}

static bool has_feature(const Feature *feature) {
  uint32_t a, b, c, d;
  if (!__get_cpuid_count(feature->leaf, feature->subleaf, &a, &b, &c, &d))
    return false;
  uint32_t word = feature->reg == 'A'   ? a
                  : feature->reg == 'B' ? b
                  : feature->reg == 'C' ? c
                                        : d;
  return (word >> feature->bit & 1) &&
         (saved_state() & feature->state) == feature->state;
}

static const Feature *find_feature(const char *name, size_t length) {
  for (size_t i = 0; i < sizeof features_known / sizeof *features_known; ++i)
    if (strlen(features_known[i].name) == length &&
        memcmp(features_known[i].name, name, length) == 0)
      return &features_known[i];
  return NULL;
}
#endif

bool attn_missing_feature(const char *features, char *name, size_t size) {
#if defined(__x86_64__)
  while (*features) {
    size_t length = strcspn(features, ",");
    const Feature *feature = find_feature(features, length);
    if (!feature || !has_feature(feature)) {
      size_t kept = length < size ? length : size - 1;
      memcpy(name, features, kept);
      name[kept] = '\0';
      return true;
    }
    features += length + (features[length] == ',');
  }
#else
  (void)features, (void)name, (void)size;
#endif
  return false;
}

bool attn_request_tiles(void) {
#if defined(__linux__) && defined(__x86_64__)
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* asm/prctl.h */
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return false;
#endif
}

int64_t attn_rt_num_threads(void) {
  return attn_omp_num_threads ? attn_omp_num_threads() : 1;
}

bool attn_rt_has_tiles(void) {
  enum { UNKNOWN, NO, YES };
  static _Atomic int answer = UNKNOWN;
  char missing[32];
  if (answer == UNKNOWN)
    answer =
        !attn_missing_feature("amx-tile,amx-bf16", missing, sizeof missing) &&
                attn_request_tiles()
            ? YES
            : NO;
  return answer == YES;
}
