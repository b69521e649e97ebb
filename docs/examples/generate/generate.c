/* Greedy decoding with a compiled decoder, in C:
 *
 *     attn-compile --static-caches tiny.onnx -o tiny.so
 *     cc -DMODEL=tiny -DHEADER='"tiny.h"' -DCACHES=4 -DHEADS=2 -DHEAD_SIZE=8 \
 *        -DVOCABULARY=96 generate.c ./tiny.so -o generate
 *     ./generate 20 5 17 42        (20 tokens after 5 17 42)
 *
 * The model: token ids i64 [1, new], then CACHES f32 caches [1, HEADS,
 * capacity, HEAD_SIZE], then how many tokens they hold, i64; it gives logits
 * f32 [1, new, VOCABULARY] and the caches, which are updated in place.
 * generate.py does the same for more kinds of model. */

#include HEADER
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  DLTensor tensor;
  int64_t shape[4];
} Value;

/* Token ids, caches, and how many tokens these hold; logits and caches. */
typedef struct {
  Value in[CACHES + 2], out[CACHES + 1];
  int64_t length;
} Decoder;

static void fail(const char *message) {
  fprintf(stderr, "generate: error: %s\n", message);
  exit(1);
}

static void *allocate(int64_t count, size_t size) {
  void *data = calloc(count ? (size_t)count : 1, size);
  if (!data)
    fail("out of memory");
  return data;
}

static void describe(Value *value, void *data, int32_t rank, DLDataType type) {
  DLTensor tensor = {data, {1, 0}, rank, type, value->shape, NULL, 0};
  value->tensor = tensor;
}

static void start(Decoder *decoder, int64_t capacity) {
  const DLDataType i64 = {0, 64, 1}, f32 = {2, 32, 1};
  describe(&decoder->in[0], NULL, 2, i64);
  describe(&decoder->in[CACHES + 1], &decoder->length, 0, i64);
  describe(&decoder->out[0], allocate(capacity * VOCABULARY, sizeof(float)), 3,
           f32);
  decoder->in[0].shape[0] = decoder->out[0].shape[0] = 1;
  decoder->out[0].shape[2] = VOCABULARY;
  decoder->length = 0;
  for (int i = 1; i <= CACHES; ++i) {
    const int64_t shape[] = {1, HEADS, capacity, HEAD_SIZE};
    memcpy(decoder->in[i].shape, shape, sizeof shape);
    memcpy(decoder->out[i].shape, shape, sizeof shape);
    describe(&decoder->in[i],
             allocate(HEADS * capacity * HEAD_SIZE, sizeof(float)), 4, f32);
    describe(&decoder->out[i], decoder->in[i].tensor.data, 4, f32);
  }
}

static void finish(Decoder *decoder) {
  for (int i = 0; i <= CACHES; ++i)
    free(decoder->out[i].tensor.data);
}

static int64_t likeliest(const float *logits) {
  int64_t best = 0;
  for (int64_t i = 1; i < VOCABULARY; ++i)
    if (logits[i] > logits[best])
      best = i;
  return best;
}

/* Reads tokens; the one that follows them. */
static int64_t step(Decoder *decoder, int64_t *tokens, int64_t count) {
  DLTensor *in[CACHES + 2], *out[CACHES + 1];
  char message[512];
  decoder->in[0].tensor.data = tokens;
  decoder->in[0].shape[1] = decoder->out[0].shape[1] = count;
  for (int i = 0; i < CACHES + 2; ++i)
    in[i] = &decoder->in[i].tensor;
  for (int i = 0; i < CACHES + 1; ++i)
    out[i] = &decoder->out[i].tensor;
  if (MODEL(in, CACHES + 2, out, CACHES + 1, message, sizeof message))
    fail(message);
  decoder->length += count;
  return likeliest((const float *)out[0]->data + (count - 1) * VOCABULARY);
}

int main(int argc, char **argv) {
  if (argc < 3 || atol(argv[1]) < 1)
    fail("expected COUNT TOKEN..., of at least 1 token each");
  const int64_t given = argc - 2, count = atol(argv[1]);
  int64_t *prompt = allocate(given, sizeof *prompt);
  for (int64_t i = 0; i < given; ++i)
    prompt[i] = strtoll(argv[i + 2], NULL, 10);
  Decoder decoder;
  start(&decoder, given + count);
  int64_t token = step(&decoder, prompt, given);
  for (int64_t i = 1; i < count; ++i) {
    printf("%lld ", (long long)token);
    token = step(&decoder, &token, 1);
  }
  printf("%lld\n", (long long)token);
  finish(&decoder);
  free(prompt);
  return 0;
}
