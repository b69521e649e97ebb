/*===- tensors.c - Tensors in files and on the device
 * -----------------------===*/

#include "runner.h"

#include <math.h>

/* A file's bytes behind the header of NumPy's format; NULL: there are not
 * `size`. */
static void *read_array(const char *file, size_t size) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  FILE *in = fopen(path, "rb");
  unsigned char head[10];
  void *bytes = malloc(size + 1);
  bool is_read = in && bytes &&
                 fread(head, 1, sizeof head, in) == sizeof head &&
                 !fseek(in, head[8] + 256 * head[9], SEEK_CUR) &&
                 fread(bytes, 1, size, in) == size;
  if (in)
    fclose(in);
  if (is_read)
    return bytes;
  snprintf(problem, sizeof problem, "cannot read %zu bytes of %.400s", size,
           path);
  free(bytes);
  return NULL;
}

static float from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float value = exponent == 31 ? (fraction ? NAN : INFINITY)
                : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                               : ldexpf((float)fraction, -24);
  return bits >> 15 ? -value : value;
}

static uint16_t to_half(float value) {
  /* Of numbers near one. */
  int exponent;
  float fraction = frexpf(fabsf(value), &exponent);
  if (exponent < -13)
    return 0;
  int rounded = (int)lrintf(ldexpf(fraction, 11)) + ((exponent + 13) << 10);
  return (uint16_t)((signbit(value) ? 0x8000 : 0) | rounded);
}

static float from_bfloat(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

static double element(const DLTensor *tensor, const void *bytes, size_t n) {
  switch (tensor->dtype.code * 100 + tensor->dtype.bits) {
  case 216:
    return (double)from_half(((const uint16_t *)bytes)[n]);
  case 416:
    return (double)from_bfloat(((const uint16_t *)bytes)[n]);
  case 232:
    return (double)((const float *)bytes)[n];
  case 264:
    return ((const double *)bytes)[n];
  case 8:
    return ((const int8_t *)bytes)[n];
  case 16:
    return ((const int16_t *)bytes)[n];
  case 32:
    return ((const int32_t *)bytes)[n];
  case 64:
    return (double)((const int64_t *)bytes)[n];
  case 116:
    return ((const uint16_t *)bytes)[n];
  case 132:
    return ((const uint32_t *)bytes)[n];
  case 164:
    return (double)((const uint64_t *)bytes)[n];
  default:
    return ((const uint8_t *)bytes)[n];
  }
}

/* Uniform numbers in [-1, 1), the same each time. */
static void fill(const DLTensor *tensor, void *bytes, size_t count) {
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (size_t n = 0; n < count; ++n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const float value = (float)(int32_t)(state >> 32) * 0x1p-31f;
    uint32_t wide;
    memcpy(&wide, &value, 4);
    switch (tensor->dtype.code * 100 + tensor->dtype.bits) {
    case 216:
      ((uint16_t *)bytes)[n] = to_half(value);
      break;
    case 416:
      ((uint16_t *)bytes)[n] = (uint16_t)(wide >> 16);
      break;
    case 232:
      ((float *)bytes)[n] = value;
      break;
    case 264:
      ((double *)bytes)[n] = (double)value;
      break;
    default: /* positions and the like: zeros are right */
      memset(bytes, 0, count * tensor->dtype.bits / 8);
      return;
    }
  }
}

size_t count_elements(const Operand *operand) {
  size_t count = 1;
  for (int d = 0; d < operand->tensor.ndim; ++d)
    count *= (size_t)operand->shape[d];
  return count;
}

bool allocate(Operand *operand) {
  CUdeviceptr address = 0;
  if (!did("allocate", cuda.cuMemAlloc_v2(&address, operand->bytes + 1)))
    return false;
  operand->tensor.data = (void *)(uintptr_t)address;
  return true;
}

bool upload(Operand *operand) {
  void *bytes = strcmp(operand->file, "-")
                    ? read_array(operand->file, operand->bytes)
                    : malloc(operand->bytes + 1);
  if (!bytes)
    return false;
  if (!strcmp(operand->file, "-"))
    fill(&operand->tensor, bytes, count_elements(operand));
  bool is_there =
      allocate(operand) &&
      (!operand->bytes ||
       did("copy", cuda.cuMemcpyHtoD_v2((uintptr_t)operand->tensor.data, bytes,
                                        operand->bytes)));
  free(bytes);
  return is_there;
}

bool agrees(const Operand *out, int number) {
  void *expected = read_array(out->file, out->bytes);
  void *got = malloc(out->bytes + 1);
  bool is_right =
      expected && got &&
      (!out->bytes ||
       did("copy",
           cuda.cuMemcpyDtoH_v2(got, (uintptr_t)out->tensor.data, out->bytes)));
  for (size_t n = 0; is_right && n < count_elements(out); ++n) {
    const double a = element(&out->tensor, got, n),
                 b = element(&out->tensor, expected, n);
    is_right = a == b || (isnan(a) && isnan(b)) ||
               fabs(a - b) <= out->absolute + out->relative * fabs(b);
    if (!is_right)
      snprintf(problem, sizeof problem,
               "output %d: element %zu: expected %g, got %g", number, n, b, a);
  }
  free(expected);
  free(got);
  return is_right;
}
