// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -lm -o %t
// RUN: %t | FileCheck %s

// Every number of a narrow format is kept; between two neighbors, a wider
// number becomes the nearer one, and the even one from the middle. The values
// come from the definition of the formats, by ldexp.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef _Float16 Half;
Half __truncdfhf2(double value);
Half __truncsfhf2(float value);
Half __truncdfbf2(double value);
Half __truncsfbf2(float value);
float __extendhfsf2(Half half);

typedef struct {
  const char *name;
  int mantissa, exponents, bias;
  Half (*from_double)(double);
  Half (*from_float)(float);
} Format;

static unsigned bits_of(Half half) {
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

// Of a finite number without a sign; the one after the largest is where the
// next exponent would begin.
static double value_of(const Format *format, unsigned bits) {
  unsigned exponent = bits >> format->mantissa;
  double rest = bits & ((1u << format->mantissa) - 1);
  return exponent == 0 ? ldexp(rest, 1 - format->bias - format->mantissa)
                       : ldexp(rest + (1u << format->mantissa),
                               (int)exponent - format->bias - format->mantissa);
}

static long wrong;

static void expect(const Format *format, double value, unsigned right) {
  unsigned sign = 0x8000;
  wrong += bits_of(format->from_double(value)) != right;
  wrong += bits_of(format->from_double(-value)) != (right | sign);
  if ((double)(float)value != value)
    return;
  wrong += bits_of(format->from_float((float)value)) != right;
  wrong += bits_of(format->from_float(-(float)value)) != (right | sign);
}

static void check(const Format *format) {
  unsigned infinity = (unsigned)format->exponents << format->mantissa;
  for (unsigned bits = 0; bits < infinity; ++bits) {
    double low = value_of(format, bits), high = value_of(format, bits + 1);
    double middle = low + (high - low) / 2;
    expect(format, low, bits);
    expect(format, middle, bits + (bits & 1));
    expect(format, nextafter(middle, 0), bits);
    expect(format, nextafter(middle, INFINITY), bits + 1);
    expect(format, nextafterf((float)middle, 0), bits);
    expect(format, nextafterf((float)middle, INFINITY), bits + 1);
  }
  expect(format, INFINITY, infinity);
  unsigned nan = bits_of(format->from_double(NAN)) & 0x7fff;
  wrong += nan <= infinity || !(nan >> (format->mantissa - 1) & 1);
  printf("%s: %u numbers, %ld wrong\n", format->name, infinity, wrong);
}

int main(void) {
  static const Format formats[] = {
      {"f16", 10, 31, 15, __truncdfhf2, __truncsfhf2},
      {"bf16", 7, 255, 127, __truncdfbf2, __truncsfbf2}};
  for (int i = 0; i < 2; ++i)
    check(&formats[i]);
  // CHECK: f16: 31744 numbers, 0 wrong
  // CHECK-NEXT: bf16: 32640 numbers, 0 wrong
  for (unsigned bits = 0; bits <= 0xffff; ++bits) {
    uint16_t narrow = (uint16_t)bits;
    Half half;
    memcpy(&half, &narrow, sizeof half);
    float wide = __extendhfsf2(half);
    uint32_t quiet;
    memcpy(&quiet, &wide, sizeof quiet);
    wrong += isnan(wide) && !(quiet >> 22 & 1);
    unsigned size = bits & 0x7fff;
    double right = size < 0x7c00    ? value_of(&formats[0], size)
                   : size == 0x7c00 ? INFINITY
                                    : NAN;
    wrong += (fabs((double)wide) != right && !(isnan(wide) && isnan(right))) ||
             (signbit(wide) != 0) != (bits >> 15 != 0);
  }
  printf("extended: %ld wrong\n", wrong);
  // CHECK-NEXT: extended: 0 wrong
  return 0;
}
