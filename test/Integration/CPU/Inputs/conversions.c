// Compares every conversion of conversions.mlir with rounding by search in the
// table of all numbers of the narrow type.
//
// usage: conversions, linked with the artifact. Prints one line per function:
// its name and "ok", or the first difference.

#include "conversions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Int = 0, Float = 2, BFloat = 4 };

typedef struct {
  const char *name;
  int code, exponent_bits, mantissa_bits;
  double values[32768]; // of the numbers without sign, in order; the last
                        // finite one is below `infinity`
  int infinity;
} Narrow;

static Narrow f16 = {"f16", Float, 5, 10, {0}, 0},
              bf16 = {"bf16", BFloat, 8, 7, {0}, 0};

// The value of a number, straight from the definition of the format.
static double decode_unsigned(const Narrow *type, int bits) {
  int mantissa = bits & ((1 << type->mantissa_bits) - 1);
  int exponent = bits >> type->mantissa_bits;
  int bias = (1 << (type->exponent_bits - 1)) - 1;
  if (exponent == (1 << type->exponent_bits) - 1)
    return mantissa ? NAN : INFINITY;
  return exponent ? ldexp(mantissa + (1 << type->mantissa_bits),
                          exponent - bias - type->mantissa_bits)
                  : ldexp(mantissa, 1 - bias - type->mantissa_bits);
}

static void prepare(Narrow *type) {
  type->infinity = ((1 << type->exponent_bits) - 1) << type->mantissa_bits;
  for (int i = 0; i < 32768; ++i)
    type->values[i] = decode_unsigned(type, i);
}

static double decode(const Narrow *type, uint16_t bits) {
  double value = type->values[bits & 0x7fff];
  return bits >> 15 ? -value : value;
}

// To nearest, ties to even, by binary search; beyond the last number counts as
// if there were one more.
static uint16_t encode(const Narrow *type, double value) {
  uint16_t sign = signbit(value) ? 0x8000 : 0;
  value = fabs(value);
  int low = 0, high = type->infinity;
  double last = type->values[high - 1];
  double beyond = last + (last - type->values[high - 2]);
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (type->values[middle] <= value)
      low = middle;
    else
      high = middle;
  }
  double above = high == type->infinity ? beyond : type->values[high];
  double middle = type->values[low] + (above - type->values[low]) / 2;
  int up = value > middle || (value == middle && (low & 1));
  return sign | (uint16_t)(up ? high : low);
}

static int same(const Narrow *type, uint16_t got, double expected_value) {
  if (isnan(expected_value))
    return isnan(decode(type, got));
  return got == encode(type, expected_value);
}

static DLTensor tensor(void *data, int code, int bits, int64_t *count) {
  DLTensor t = {.data = data, .ndim = 1, .shape = count};
  t.device.device_type = 1;
  t.dtype.code = (uint8_t)code;
  t.dtype.bits = (uint8_t)bits;
  t.dtype.lanes = 1;
  return t;
}

static void run(const char *name, attn_function function, DLTensor *in, int n,
                DLTensor out) {
  DLTensor *inputs[] = {&in[0], &in[1], &in[2]}, *outputs[] = {&out};
  char message[200];
  if (function(inputs, n, outputs, 1, message, sizeof message) != 0) {
    printf("%s: %s\n", name, message);
    exit(1);
  }
}

// Every number of the narrow type, every middle between two, and the nearest on
// both sides of that.
enum { Samples = 65536 * 4 };
static double samples64[Samples];
static float samples32[Samples];
static uint16_t narrow[Samples], narrow2[Samples], narrow3[Samples],
    result[Samples];
static float result32[Samples];
static double result64[Samples];
static int32_t ints[Samples];
static int64_t count = Samples;

static void fill(const Narrow *type) {
  for (int i = 0; i < 65536; ++i) {
    double value = decode(type, (uint16_t)i);
    double next = decode(type, (uint16_t)(i + 1));
    double middle = value + (next - value) / 2;
    double at[4] = {value, middle, nextafter(middle, INFINITY),
                    nextafter(middle, -INFINITY)};
    float at32[4] = {(float)value, (float)middle,
                     nextafterf((float)middle, INFINITY),
                     nextafterf((float)middle, -INFINITY)};
    memcpy(&samples64[i * 4], at, sizeof at);
    memcpy(&samples32[i * 4], at32, sizeof at32);
  }
}

static void report(const Narrow *type, const char *name, int bad,
                   double expected, double got) {
  if (bad < 0)
    printf("%s %s: ok\n", type->name, name);
  else
    printf("%s %s: sample %d: expected %a, got %a\n", type->name, name, bad,
           expected, got);
}

static void narrowing(const Narrow *type, const char *name,
                      attn_function function, int bits) {
  DLTensor in[3] = {
      tensor(bits == 64 ? (void *)samples64 : samples32, Float, bits, &count)};
  run(name, function, in, 1, tensor(result, type->code, 16, &count));
  int bad = -1;
  double value = 0;
  for (int i = 0; i < Samples && bad < 0; ++i) {
    value = bits == 64 ? samples64[i] : samples32[i];
    if (!same(type, result[i], value))
      bad = i;
  }
  report(type, name, bad, value, bad < 0 ? 0 : decode(type, result[bad]));
}

static void widening(const Narrow *type, const char *name,
                     attn_function function, int bits) {
  for (int i = 0; i < Samples; ++i)
    narrow[i] = (uint16_t)i;
  DLTensor in[3] = {tensor(narrow, type->code, 16, &count)};
  run(name, function, in, 1,
      tensor(bits == 64 ? (void *)result64 : result32, Float, bits, &count));
  int bad = -1;
  double value = 0, got = 0;
  for (int i = 0; i < 65536 && bad < 0; ++i) {
    value = decode(type, (uint16_t)i);
    got = bits == 64 ? result64[i] : result32[i];
    if (isnan(value) ? !isnan(got)
                     : got != value || signbit(got) != signbit(value))
      bad = i;
  }
  report(type, name, bad, value, got);
}

static uint32_t next_random(void) {
  static uint64_t state = 12345;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

static void integers(const Narrow *type, const char *to_name, attn_function to,
                     const char *from_name, attn_function from) {
  for (int i = 0; i < Samples; ++i)
    ints[i] = (int32_t)next_random() >> (next_random() % 32);
  DLTensor in[3] = {tensor(ints, Int, 32, &count)};
  run(to_name, to, in, 1, tensor(result, type->code, 16, &count));
  int bad = -1;
  for (int i = 0; i < Samples && bad < 0; ++i)
    if (!same(type, result[i], ints[i]))
      bad = i;
  report(type, to_name, bad, bad < 0 ? 0 : ints[bad],
         bad < 0 ? 0 : decode(type, result[bad]));

  for (int i = 0; i < Samples; ++i)
    do
      narrow[i] = (uint16_t)next_random();
    while (!(fabs(decode(type, narrow[i])) < 2147483648.0));
  in[0] = tensor(narrow, type->code, 16, &count);
  run(from_name, from, in, 1, tensor(ints, Int, 32, &count));
  bad = -1;
  for (int i = 0; i < Samples && bad < 0; ++i)
    if (ints[i] != (int32_t)decode(type, narrow[i]))
      bad = i;
  report(type, from_name, bad, bad < 0 ? 0 : decode(type, narrow[bad]),
         bad < 0 ? 0 : ints[bad]);
}

static double apply(char op, double a, double b) {
  // The compiler must not fuse what follows: each step is rounded.
  volatile double exact = op == '+'   ? a + b
                          : op == '-' ? a - b
                          : op == '*' ? a * b
                                      : a / b;
  return exact;
}

static void arithmetic(const Narrow *type, const char *name, char op,
                       attn_function function) {
  for (int i = 0; i < Samples; ++i) {
    narrow[i] = (uint16_t)next_random();
    // Half of the pairs are close, where sums cancel and round.
    narrow2[i] = i % 2 ? (uint16_t)next_random()
                       : (uint16_t)(narrow[i] ^ (next_random() & 0x83ff));
    narrow3[i] = (uint16_t)next_random();
  }
  DLTensor in[3] = {tensor(narrow, type->code, 16, &count),
                    tensor(narrow2, type->code, 16, &count),
                    tensor(narrow3, type->code, 16, &count)};
  run(name, function, in, op == '&' ? 3 : 2,
      tensor(result, type->code, 16, &count));
  int bad = -1;
  double expected = 0;
  for (int i = 0; i < Samples && bad < 0; ++i) {
    double a = decode(type, narrow[i]), b = decode(type, narrow2[i]);
    expected = apply(op == '&' ? '+' : op, a, b);
    if (op == '&') {
      double sum = isnan(expected) ? NAN : decode(type, encode(type, expected));
      expected = apply('*', sum, decode(type, narrow3[i]));
    }
    if (!same(type, result[i], expected))
      bad = i;
  }
  report(type, name, bad, expected, bad < 0 ? 0 : decode(type, result[bad]));
}

#define TEST(type)                                                             \
  prepare(&type);                                                              \
  fill(&type);                                                                 \
  narrowing(&type, "from f32", f32_to_##type, 32);                             \
  narrowing(&type, "from f64", f64_to_##type, 64);                             \
  widening(&type, "to f32", type##_to_f32, 32);                                \
  widening(&type, "to f64", type##_to_f64, 64);                                \
  integers(&type, "from i32", i32_to_##type, "to i32", type##_to_i32);         \
  arithmetic(&type, "add", '+', type##_add);                                   \
  arithmetic(&type, "sub", '-', type##_sub);                                   \
  arithmetic(&type, "mul", '*', type##_mul);                                   \
  arithmetic(&type, "div", '/', type##_div);                                   \
  arithmetic(&type, "add, mul", '&', type##_add_mul)

int main(void) {
  TEST(f16);
  TEST(bf16);
}
