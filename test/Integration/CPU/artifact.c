// RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/artifact.mlir -o %t/artifact.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t %s %t/artifact.so -Wl,-rpath,%t -pthread -o %t/test
// RUN: %t/test | FileCheck %s

// What callers may get wrong, and what they are told. Status 0 is success, 1 a
// wrong argument, 2 out of memory, 3 a failed check.

#include "artifact.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { Int = 0, UInt = 1, Float = 2, Bool = 6 };
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static DLTensor tensor(void *data, int code, int bits, int ndim,
                       int64_t *shape) {
  DLTensor t = {.data = data, .ndim = ndim, .shape = shape};
  t.device.device_type = 1;
  t.dtype.code = (uint8_t)code;
  t.dtype.bits = (uint8_t)bits;
  t.dtype.lanes = 1;
  return t;
}

static void report(const char *what, int32_t status, const char *message) {
  printf("%s: %d %s\n", what, (int)status, message);
}

static char message[256];

static int32_t add(const char *what, DLTensor a, DLTensor b, DLTensor out) {
  DLTensor *in[] = {&a, &b}, *outs[] = {&out};
  int32_t status = vector_add(in, 2, outs, 1, message, sizeof message);
  report(what, status, message);
  return status;
}

static float x[] = {1, 2, 3, 4}, y[] = {10, 20, 30, 40}, z[4];
static int64_t four[] = {4}, three[] = {3}, zero[] = {0}, minus[] = {-1};
static int64_t two_by_two[] = {2, 2};

static void vectors(void) {
  DLTensor a = tensor(x, Float, 32, 1, four), b = tensor(y, Float, 32, 1, four),
           c = tensor(z, Float, 32, 1, four), bad;
  // CHECK: add: 0 {{$}}
  // CHECK-NEXT: 11 22 33 44
  add("add", a, b, c);
  printf("%g %g %g %g\n", z[0], z[1], z[2], z[3]);

  // CHECK: dtype: 1 input 1 'arg1': expected elements of f32 (DLPack code 2, 32 bits, 1 lane), got int32 of 1 lanes (DLPack code 0)
  bad = tensor(y, Int, 32, 1, four);
  add("dtype", a, bad, c);
  // CHECK: bits: 1 input 0 'arg0': expected elements of f32 {{.*}}, got float64
  bad = tensor(y, Float, 64, 1, four);
  add("bits", bad, b, c);
  // CHECK: lanes: 1 input 0 'arg0': {{.*}} got float32 of 2 lanes
  bad = a;
  bad.dtype.lanes = 2;
  add("lanes", bad, b, c);
  // CHECK: rank: 1 input 0 'arg0': expected rank 1, got 2
  add("rank", tensor(x, Float, 32, 2, two_by_two), b, c);
  // CHECK: negative rank: 1 input 0 'arg0': expected rank 1, got -1
  add("negative rank", tensor(x, Float, 32, -1, four), b, c);
  // CHECK: unequal: 3 linalg.add: expected dimension 0 of operand 1 to equal dimension 0 of operand 0
  add("unequal", a, tensor(y, Float, 32, 1, three), c);
  // CHECK: output shape: 1 output 0 'result0': expected dimension 0 to be 4, got 3
  add("output shape", a, b, tensor(z, Float, 32, 1, three));
  // CHECK: output dtype: 1 output 0 'result0': expected elements of f32
  add("output dtype", a, b, tensor(z, Float, 16, 1, four));
  // CHECK: negative size: 1 input 0 'arg0': expected dimension 0 to be at least 0, got -1
  add("negative size", tensor(x, Float, 32, 1, minus), b, c);
  // CHECK: no shape: 1 input 0 'arg0': expected a shape of 1 dimensions, got NULL
  add("no shape", tensor(x, Float, 32, 1, NULL), b, c);
  // CHECK: no data: 1 input 0 'arg0': expected data, got NULL
  add("no data", tensor(NULL, Float, 32, 1, four), b, c);
  // CHECK: device: 1 input 0 'arg0': expected a tensor on the CPU (device type 1), got 2
  bad = a;
  bad.device.device_type = 2;
  add("device", bad, b, c);
  // CHECK: alignment: 1 input 0 'arg0': expected data aligned to its elements of 4 bytes, got an address 2 bytes off
  bad = a;
  bad.byte_offset = 2;
  add("alignment", bad, b, c);
  // CHECK: overlap: 1 output 0 'result0': expected memory of its own, got some of input 1 'arg1'
  add("overlap", a, b, b);
  // CHECK: stride: 1 input 0 'arg0': expected stride 0 to be 1 elements (row-major, no gaps), got 2
  int64_t two = 2, one = 1;
  bad = a;
  bad.strides = &two;
  add("stride", bad, b, c);
  // CHECK: huge: 1 {{.*}} expected a tensor that fits in memory, got dimension 0 of 4611686018427387904
  int64_t huge = INT64_C(1) << 62;
  add("huge", tensor(x, Float, 32, 1, &huge), tensor(y, Float, 32, 1, &huge),
      tensor(z, Float, 32, 1, &huge));

  // What is allowed: strides that say row-major, any stride along 1,
  // byte_offset, and nothing at all.
  // CHECK: row-major: 0
  bad = a;
  bad.strides = &one;
  add("row-major", bad, b, c);
  // CHECK: offset: 0
  // CHECK-NEXT: 12 23 34 4
  DLTensor last = tensor(x, Float, 32, 1, three);
  last.byte_offset = sizeof(float);
  z[3] = 4;
  add("offset", last, tensor(y, Float, 32, 1, three),
      tensor(z, Float, 32, 1, three));
  printf("%g %g %g %g\n", z[0], z[1], z[2], z[3]);
  // CHECK: length 1: 0
  bad = tensor(x, Float, 32, 1, &one);
  bad.strides = &two;
  add("length 1", bad, tensor(y, Float, 32, 1, &one),
      tensor(z, Float, 32, 1, &one));
  // CHECK: empty: 0
  DLTensor none = tensor(NULL, Float, 32, 1, zero);
  add("empty", none, none, none);
}

static void counts(void) {
  DLTensor a = tensor(x, Float, 32, 1, four), c = tensor(z, Float, 32, 1, four);
  DLTensor *in[] = {&a, &a, &a}, *out[] = {&c, &c}, *null[] = {&a, NULL};
  // CHECK: few inputs: 1 expected 2 inputs, got 1
  report("few inputs", vector_add(in, 1, out, 1, message, sizeof message),
         message);
  // CHECK: many inputs: 1 expected 2 inputs, got 3
  report("many inputs", vector_add(in, 3, out, 1, message, sizeof message),
         message);
  // CHECK: no outputs: 1 expected 1 outputs, got 0
  report("no outputs", vector_add(in, 2, out, 0, message, sizeof message),
         message);
  // CHECK: no array: 1 expected an array of 2 inputs, got NULL
  report("no array", vector_add(NULL, 2, out, 1, message, sizeof message),
         message);
  // CHECK: no tensor: 1 input 1 'arg1': expected a tensor, got NULL
  report("no tensor", vector_add(null, 2, out, 1, message, sizeof message),
         message);
  // CHECK: no output: 1 output 0 'result0': expected a tensor, got NULL
  report("no output", vector_add(in, 2, null + 1, 1, message, sizeof message),
         message);
  // CHECK: short message: 1 expected 2
  char few[11];
  report("short message", vector_add(in, 1, out, 1, few, sizeof few), few);
  // CHECK: no message: 1 {{$}}
  report("no message", vector_add(in, 1, out, 1, NULL, 100), "");
}

static void names(void) {
  double matrix[8] = {1, 2, 3, 4, 5, 6, 7, 8}, weights[3] = {10, 100, 1000},
         result[8];
  int64_t shape[] = {2, 4}, wide[] = {2, 5}, two[] = {2};
  DLTensor m = tensor(matrix, Float, 64, 2, shape),
           w = tensor(weights, Float, 64, 1, two),
           r = tensor(result, Float, 64, 2, shape);
  DLTensor *in[] = {&m, &w}, *out[] = {&r};
  // CHECK: names: 0
  // CHECK-NEXT: 10 40 500 800
  report("names", scale_rows(in, 2, out, 1, message, sizeof message), message);
  printf("%g %g %g %g\n", result[0], result[3], result[4], result[7]);
  // CHECK: static: 1 input 0 'x': expected dimension 1 to be 4, got 5
  m.shape = wide;
  report("static", scale_rows(in, 2, out, 1, message, sizeof message), message);
  // CHECK: symbol: 1 input 1 'w': expected dimension 0 to be 2 ('rows', as in an earlier dimension), got 3
  m.shape = shape;
  w.shape = three;
  report("symbol", scale_rows(in, 2, out, 1, message, sizeof message), message);
}

static void shapes(void) {
  int64_t shape[] = {5, 4}, five[] = {5}, got[] = {-7, -7};
  DLTensor m = tensor(NULL, Float, 64, 2, shape),
           w = tensor(NULL, Float, 64, 1, five), r = tensor(NULL, 0, 0, 2, got);
  DLTensor *in[] = {&m, &w}, *out[] = {&r};
  // CHECK: shapes: 0
  // CHECK-NEXT: 5 x 4
  report("shapes", scale_rows_shapes(in, 2, out, 1, message, sizeof message),
         message);
  printf("%d x %d\n", (int)got[0], (int)got[1]);
  // CHECK: shapes rank: 1 output 0 'y': expected rank 2, got 1
  r.ndim = 1;
  report("shapes rank",
         scale_rows_shapes(in, 2, out, 1, message, sizeof message), message);
  // CHECK: shapes unequal: 3 linalg.add: expected dimension 0 of operand 1
  DLTensor a = tensor(NULL, Float, 32, 1, four),
           b = tensor(NULL, Float, 32, 1, three);
  DLTensor *unequal[] = {&a, &b};
  report("shapes unequal",
         vector_add_shapes(unequal, 2, out, 1, message, sizeof message),
         message);
}

static int32_t ones_shapes(DLTensor *count, DLTensor *some, DLTensor *ones) {
  DLTensor *in[] = {count, some}, *out[] = {ones};
  return make_ones_shapes(in, 2, out, 1, message, sizeof message);
}

static int32_t fill_ones(DLTensor *count, DLTensor *some, DLTensor *ones) {
  DLTensor *in[] = {count, some}, *out[] = {ones};
  return make_ones(in, 2, out, 1, message, sizeof message);
}

/* Inputs whose values decide shapes. */
static void deciding(void) {
  int64_t count = 3, one[] = {1}, got[] = {-7};
  uint8_t some = 1;
  DLTensor c = tensor(&count, Int, 64, 0, NULL),
           s = tensor(&some, Bool, 8, 1, one),
           o = tensor(NULL, Float, 32, 1, got);
  // CHECK: three: 0 {{$}}
  // CHECK-NEXT: 3
  report("three", ones_shapes(&c, &s, &o), message);
  printf("%d\n", (int)got[0]);
  // CHECK: filled: 0 {{$}}
  // CHECK-NEXT: 1 1 1
  o.data = z;
  report("filled", fill_ones(&c, &s, &o), message);
  printf("%g %g %g\n", z[0], z[1], z[2]);
  // CHECK: none: 0 {{$}}
  // CHECK-NEXT: 0
  some = 0;
  report("none", ones_shapes(&c, &s, &o), message);
  printf("%d\n", (int)got[0]);
  // CHECK: other size: 1 output 0 'ones': expected dimension 0 to be 0, got 3
  got[0] = 3;
  report("other size", fill_ones(&c, &s, &o), message);
  // CHECK: negative: 3 tensor.empty: expected dimension 0 to be at least 0
  // CHECK: negative call: 3 tensor.empty: expected dimension 0 to be at least 0
  some = 1;
  count = -2;
  report("negative", ones_shapes(&c, &s, &o), message);
  report("negative call", fill_ones(&c, &s, &o), message);
  // CHECK: no flag: 1 input 1 'some': expected data, which decides the shapes of outputs, got NULL
  s.data = NULL;
  report("no flag", ones_shapes(&c, &s, &o), message);
  // CHECK: elsewhere: 1 input 0 'count': expected a tensor on the CPU (device type 1), got 2
  c.device.device_type = 2;
  report("elsewhere", ones_shapes(&c, &s, &o), message);
}

static void scalars(void) {
  int32_t a = 7, b = 2, q = 0;
  DLTensor ta = tensor(&a, Int, 32, 0, NULL), tb = tensor(&b, Int, 32, 0, NULL),
           tq = tensor(&q, Int, 32, 0, NULL);
  DLTensor *in[] = {&ta, &tb}, *out[] = {&tq};
  // CHECK: divide: 0
  // CHECK-NEXT: 3
  report("divide", divide(in, 2, out, 1, message, sizeof message), message);
  printf("%d\n", (int)q);
  // CHECK: by zero: 3 arith.divsi: expected a divisor other than 0, got 0
  b = 0;
  report("by zero", divide(in, 2, out, 1, message, sizeof message), message);
  // CHECK: overflow: 3 arith.divsi: expected a quotient that its type can hold
  a = INT32_MIN, b = -1;
  report("overflow", divide(in, 2, out, 1, message, sizeof message), message);

  uint8_t flags[6] = {1, 0, 1, 0, 1, 1}, copy[6] = {0};
  int16_t numbers[3];
  int64_t shape[] = {2, 3};
  DLTensor tf = tensor(flags, Bool, 8, 2, shape),
           tc = tensor(copy, Bool, 8, 2, shape),
           tn = tensor(numbers, Int, 16, 1, three);
  DLTensor *flag_in[] = {&tf}, *flag_out[] = {&tc, &tn};
  // CHECK: copies: 0
  // CHECK-NEXT: same 7 -8 9
  report("copies",
         same_and_constant(flag_in, 1, flag_out, 2, message, sizeof message),
         message);
  printf("%s %d %d %d\n", memcmp(flags, copy, 6) ? "different" : "same",
         numbers[0], numbers[1], numbers[2]);
  // CHECK: two outputs in one place: 1 output 1 'result1': expected memory of its own, got some of output 0 'result0'
  tn.data = (void *)(((uintptr_t)copy + 1) & ~(uintptr_t)1);
  report("two outputs in one place",
         same_and_constant(flag_in, 1, flag_out, 2, message, sizeof message),
         message);
}

static int32_t gather(int64_t id, char *text, size_t size) {
  enum { N = 64 };
  float table[N], out[N];
  int64_t ids[N], n = N;
  for (int i = 0; i < N; ++i)
    table[i] = (float)i, ids[i] = i;
  ids[N - 1] = id;
  DLTensor tt = tensor(table, Float, 32, 1, &n),
           ti = tensor(ids, Int, 64, 1, &n), to = tensor(out, Float, 32, 1, &n);
  DLTensor *in[] = {&tt, &ti}, *outs[] = {&to};
  return gather_plus_total(in, 2, outs, 1, text, size);
}

static void memory(void) {
  // CHECK: inside: 0
  report("inside", gather(5, message, sizeof message), message);
  // CHECK: outside: 3 expected an id within the table
  report("outside", gather(64, message, sizeof message), message);
  // CHECK: negative: 3 expected an id within the table
  report("negative", gather(-1, message, sizeof message), message);
  // The allocator keeps remainders of what it aligned: the first calls settle
  // them.
  size_t before = 0;
  for (int i = 0; i < 1100; ++i) {
    if (i == 100)
      before = mallinfo2().uordblks;
    gather(i % 2 ? 64 : 3, message, sizeof message);
  }
  // CHECK: leaked: 0
  printf("leaked: %d\n", (int)(mallinfo2().uordblks - before));

  int8_t byte = 0;
  int64_t sum = 0, huge = INT64_C(1) << 40, none = 0;
  DLTensor a = tensor(&byte, Int, 8, 1, &huge),
           out = tensor(&sum, Int, 64, 0, NULL);
  DLTensor b = a;
  DLTensor *in[] = {&a, &b}, *outs[] = {&out};
  // CHECK: too much: 2 expected a temporary that fits in memory, got one of more than {{[0-9]+}} bytes
  report("too much", count_pairs(in, 2, outs, 1, message, sizeof message),
         message);
  // CHECK: no memory: 2 expected {{[0-9]+}} bytes of memory, got none
  int64_t large = INT64_C(1) << 25;
  a.shape = b.shape = &large;
  report("no memory", count_pairs(in, 2, outs, 1, message, sizeof message),
         message);
  // CHECK: empty and huge: 0
  a.shape = &none;
  b.shape = &huge;
  report("empty and huge", count_pairs(in, 2, outs, 1, message, sizeof message),
         message);
}

// Calls that fail and calls that succeed, at once.
static void *call_many(void *argument) {
  int *wrong = argument;
  char text[64];
  for (int i = 0; i < 2000; ++i) {
    int64_t id = (i + *wrong) % 2 ? 64 : 1;
    int32_t expected = id == 64 ? ATTN_CHECK_FAILED : ATTN_OK;
    if (gather(id, text, sizeof text) != expected ||
        strcmp(text, id == 64 ? "expected an id within the table" : ""))
      return argument;
  }
  return NULL;
}

static void threads(void) {
  pthread_t thread[2];
  int parity[] = {0, 1}, failures = 0;
  for (int i = 0; i < COUNT(thread); ++i)
    pthread_create(&thread[i], NULL, call_many, &parity[i]);
  for (int i = 0; i < COUNT(thread); ++i) {
    void *failed;
    pthread_join(thread[i], &failed);
    failures += failed != NULL;
  }
  // CHECK: failed threads: 0
  printf("failed threads: %d\n", failures);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  vectors();
  counts();
  names();
  shapes();
  deciding();
  scalars();
  memory();
  threads();
}
