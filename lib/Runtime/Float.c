/*===- Float.c - Conversions that the compiler calls -----------------------===
 *
 * LLVM calls these where a CPU has no instruction for them. libgcc 12 has none
 * for bfloat16. Every narrowing is rounded once, to nearest, ties to even; NaN
 * stays NaN (quiet, with the top of its payload).
 *
 * By the System V ABI a half or bfloat16 travels in the low 16 bits of an SSE
 * register; _Float16 is the C type that does.
 *
 *===----------------------------------------------------------------------===*/

#include <stdint.h>
#include <string.h>

typedef _Float16 Half; /* 16 bits in an SSE register, whatever they mean */

static Half half_of(uint16_t bits) {
  Half half;
  memcpy(&half, &bits, sizeof half);
  return half;
}

static uint16_t bits_of(Half half) {
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

/* A narrow binary format: its mantissa bits and the largest biased exponent. */
typedef struct {
  int mantissa, max_exponent, bias;
} Format;

static const Format half_format = {10, 31, 15};
static const Format bfloat_format = {7, 255, 127};

/* value >> shift, rounded to nearest, ties to even. */
static uint64_t shift_rounded(uint64_t value, int shift) {
  if (shift <= 0)
    return value;
  if (shift > 63)
    return 0;
  uint64_t half = 1ull << (shift - 1);
  uint64_t rest = value & ((half << 1) - 1);
  uint64_t kept = value >> shift;
  return kept + (rest > half || (rest == half && (kept & 1)));
}

/* Rounds a double to `format`, once. */
static uint16_t narrow(double value, const Format *format) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 63 << 15);
  int exponent = (int)(bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & ((1ull << 52) - 1);
  uint16_t infinity = (uint16_t)(format->max_exponent << format->mantissa);
  if (exponent == 0x7ff && mantissa)
    return sign | infinity | (uint16_t)(1 << (format->mantissa - 1)) |
           (uint16_t)(mantissa >> (52 - format->mantissa));
  if (exponent == 0x7ff)
    return sign | infinity;
  if (exponent == 0) /* below every number of either format */
    return sign;
  int target = exponent - 1023 + format->bias;
  int extra = target < 1 ? 1 - target : 0; /* subnormal: fewer bits stay */
  uint64_t rounded =
      shift_rounded(mantissa | 1ull << 52, 52 - format->mantissa + extra);
  /* The leading one adds 1 to the exponent, and so does a carry out of it. */
  uint64_t result =
      rounded + ((uint64_t)(target < 1 ? 0 : target - 1) << format->mantissa);
  return sign | (result >= infinity ? infinity : (uint16_t)result);
}

/* f32 -> f64 is exact, so rounding the double rounds the float once. */
Half __truncdfhf2(double value) { return half_of(narrow(value, &half_format)); }
Half __truncsfhf2(float value) { return half_of(narrow(value, &half_format)); }
Half __truncdfbf2(double value) {
  return half_of(narrow(value, &bfloat_format));
}
Half __truncsfbf2(float value) {
  return half_of(narrow(value, &bfloat_format));
}

float __extendhfsf2(Half half) {
  uint32_t bits = bits_of(half);
  uint32_t sign = bits >> 15 << 31, exponent = bits >> 10 & 31,
           mantissa = bits & 1023;
  float result;
  if (exponent == 0) { /* zero or subnormal: mantissa * 2^-24, exactly */
    result = (float)mantissa * 0x1p-24f;
    return sign ? -result : result;
  }
  uint32_t wide = exponent == 31
                      ? 0x7f800000u | mantissa << 13 | (mantissa ? 1u << 22 : 0)
                      : (exponent + 112) << 23 | mantissa << 13;
  wide |= sign;
  memcpy(&result, &wide, sizeof result);
  return result;
}
