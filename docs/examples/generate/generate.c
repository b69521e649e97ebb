/* Greedy decoding with a compiled decoder, in C:
 *
 *     attn-compile tiny.onnx -o tiny.so
 *     cc -DMODEL=tiny -DHEADER='"tiny.h"' -DCACHES=4 -DHEADS=2 -DHEAD_SIZE=8 \
 *        generate.c ./tiny.so -o generate
 *     ./generate 20 5 17 42        (20 tokens after 5 17 42)
 *
 * The model: token ids i64 [1, new], then CACHES f32 caches [1, HEADS, past,
 * HEAD_SIZE]; gives logits f32 [1, new, vocabulary] and the caches, longer by
 * `new`. generate.py does the same for more kinds of model. */

#include HEADER
#include <stdio.h>
#include <stdlib.h>

#define JOIN(a, b) a##b
#define SHAPES_OF(model) JOIN(model, _shapes)
#define VALUES (CACHES + 1) /* the first is the tokens, or the logits */

typedef struct {
  DLTensor tensor;
  int64_t shape[4];
} Value;

static void fail(const char *message) {
  fprintf(stderr, "generate: error: %s\n", message);
  exit(1);
}

static void *allocate(size_t size) {
  void *data = malloc(size ? size : 1);
  if (!data)
    fail("out of memory");
  return data;
}

/* A tensor without data, whose shape is in the value itself. */
static void declare(Value *value, int32_t rank, uint8_t code, uint8_t bits) {
  DLTensor tensor = {NULL, {1, 0}, rank, {code, bits, 1}, value->shape, NULL, 0};
  value->tensor = tensor;
}

static void declare_cache(Value *value) {
  declare(value, 4, 2, 32);
  value->shape[0] = 1, value->shape[1] = HEADS, value->shape[3] = HEAD_SIZE;
}

static size_t elements(const Value *value) {
  size_t count = 1;
  for (int d = 0; d < value->tensor.ndim; ++d)
    count *= (size_t)value->shape[d];
  return count;
}

/* Asks for the shapes of the outputs, gives them memory, and computes. */
static void run(Value *in, Value *out) {
  DLTensor *inputs[VALUES], *outputs[VALUES];
  char message[512];
  for (int i = 0; i < VALUES; ++i)
    inputs[i] = &in[i].tensor, outputs[i] = &out[i].tensor;
  if (SHAPES_OF(MODEL)(inputs, VALUES, outputs, VALUES, message, sizeof message))
    fail(message);
  for (int i = 0; i < VALUES; ++i)
    out[i].tensor.data = allocate(elements(&out[i]) * sizeof(float));
  if (MODEL(inputs, VALUES, outputs, VALUES, message, sizeof message))
    fail(message);
}

static int64_t likeliest(const Value *logits) {
  int64_t vocabulary = logits->shape[2], best = 0;
  const float *last = (const float *)logits->tensor.data + (logits->shape[1] - 1) * vocabulary;
  for (int64_t i = 1; i < vocabulary; ++i)
    if (last[i] > last[best])
      best = i;
  return best;
}

/* One step: reads tokens, replaces the caches, returns the next token. */
static int64_t step(int64_t *tokens, int64_t count, Value *caches) {
  Value in[VALUES], out[VALUES];
  declare(&in[0], 2, 0, 64);
  in[0].shape[0] = 1, in[0].shape[1] = count, in[0].tensor.data = tokens;
  declare(&out[0], 3, 2, 32);
  for (int i = 1; i < VALUES; ++i) {
    declare_cache(&in[i]);
    in[i].shape[2] = caches[i].shape[2], in[i].tensor.data = caches[i].tensor.data;
    declare_cache(&out[i]);
  }
  run(in, out);
  for (int i = 1; i < VALUES; ++i) {
    free(caches[i].tensor.data);
    caches[i].tensor.data = out[i].tensor.data, caches[i].shape[2] = out[i].shape[2];
  }
  int64_t next = likeliest(&out[0]);
  free(out[0].tensor.data);
  return next;
}

int main(int argc, char **argv) {
  if (argc < 3)
    fail("expected COUNT TOKEN..., got less");
  Value caches[VALUES];
  for (int i = 1; i < VALUES; ++i) {
    declare_cache(&caches[i]);
    caches[i].shape[2] = 0, caches[i].tensor.data = allocate(0); /* no keys yet */
  }
  int64_t *prompt = allocate((size_t)(argc - 2) * sizeof *prompt);
  for (int i = 2; i < argc; ++i)
    prompt[i - 2] = strtoll(argv[i], NULL, 10);
  int64_t token = step(prompt, argc - 2, caches);
  free(prompt);
  printf("%lld", (long long)token);
  for (long left = strtol(argv[1], NULL, 10) - 1; left > 0; --left) {
    token = step(&token, 1, caches);
    printf(" %lld", (long long)token);
  }
  puts("");
  for (int i = 1; i < VALUES; ++i)
    free(caches[i].tensor.data);
  return 0;
}
