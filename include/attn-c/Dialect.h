/*===- attn-c/Dialect.h - C API of the attn dialect ----------------*- C -*-===*
 *
 * Register the dialect, build attention ops, and ask what they are. What each
 * op means is in docs/Spec.md.
 *
 * The functions follow MLIR's C API: a null MlirValue, MlirType or MlirBlock
 * stands for "none"; created operations are detached and owned by the caller
 * until they are inserted. Only mlirOperationVerify verifies.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_C_DIALECT_H
#define ATTN_C_DIALECT_H

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

/* mlirGetDialectHandle__attn__() */
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(Attn, attn);

/*===-- Building an attention
 * -----------------------------------------------===*/

/* The tensors of an attention that have a layout, with their canonical shape.
 */
typedef enum AttnTensor {
  ATTN_QUERY = 0,  /* [B, Hq, Sq, D] of f16, bf16, f32 or f64 */
  ATTN_KEY = 1,    /* [B, Hkv, Sk, D], Hkv divides Hq */
  ATTN_VALUE = 2,  /* [B, Hkv, Sk, Dv] */
  ATTN_OUTPUT = 3, /* [B, Hq, Sq, Dv] */
  ATTN_LSE = 4,    /* [B, Hq, Sq] */
  ATTN_SCORES = 5  /* [B, Hq, Sq, Sk] */
} AttnTensor;

/* The point at which scores are returned. */
typedef enum AttnScoresStage {
  ATTN_SCORES_SCALED = 0,       /* scale * Q K^T */
  ATTN_SCORES_INTERMEDIATE = 1, /* second value yielded by the score region */
  ATTN_SCORES_MODIFIED = 2,     /* after it, -inf where masked */
  ATTN_SCORES_WEIGHTS = 3       /* after the softmax (and the prob region) */
} AttnScoresStage;

/* What attnAttentionCreate builds from. Set all to zero (`= {0}`), then what is
 * needed: only query, key and value are required. */
typedef struct AttnAttentionSpec {
  MlirValue query, key, value;
  MlirValue sink;      /* [Hq]: a logit that joins the denominator only */
  const double *scale; /* NULL: 1/sqrt(D) */
  /* By AttnTensor: NULL for the canonical order, or four numbers (three for the
   * lse): tensor dimension p holds the canonical dimension layouts[t][p]. */
  const int64_t *layouts[6];
  MlirType outputType;         /* null: derived, of the query's element type */
  MlirType lseType;            /* null: no such result */
  MlirType scoresType;         /* null: no such result */
  AttnScoresStage scoresStage; /* of the result of scoresType */
  bool causal;            /* a mask: key j attends if j <= i + causalOffset */
  MlirValue causalOffset; /* an index; null: 0 */
} AttnAttentionSpec;

/* Builds an `attn.attention`. A spec that cannot be built (an operand that is
 * missing or no ranked tensor of four dimensions, a layout that is no
 * permutation) is an error, emitted at `location`, and gives a null operation.
 */
MLIR_CAPI_EXPORTED MlirOperation
attnAttentionCreate(MlirLocation location, const AttnAttentionSpec *spec);

/* The regions of an attention. The arguments of score and prob are a score or
 * a probability (f32, or f64 when an input is f64) and four indices: batch,
 * query head, query and key position; those of mask are the four indices. */
typedef enum AttnRegion {
  ATTN_REGION_SCORE = 0, /* ends by yielding a score */
  ATTN_REGION_MASK = 1,  /* ends by yielding an i1: whether the pair attends */
  ATTN_REGION_PROB = 2   /* ends by yielding a probability */
} AttnRegion;

/* Adds the block of a region that is empty so far, and returns it, without a
 * terminator (attnYieldCreate makes one); null if the region has a block. */
MLIR_CAPI_EXPORTED MlirBlock attnAttentionAddRegion(MlirOperation attention,
                                                    AttnRegion region);

/* The end of a region. */
MLIR_CAPI_EXPORTED MlirOperation attnYieldCreate(MlirLocation location,
                                                 intptr_t numValues,
                                                 const MlirValue *values);

/*===-- Asking an attention: the operation must be one
 * ----------------------===*/

MLIR_CAPI_EXPORTED bool attnOperationIsAAttention(MlirOperation operation);

/* An operand or result; null for a result that the op does not have. */
MLIR_CAPI_EXPORTED MlirValue attnAttentionGetTensor(MlirOperation attention,
                                                    AttnTensor tensor);

/* Writes the layout of `tensor` into `layout`, which has room for four numbers,
 * and returns how many there are. */
MLIR_CAPI_EXPORTED intptr_t attnAttentionGetLayout(MlirOperation attention,
                                                   AttnTensor tensor,
                                                   int64_t *layout);

/* The sink operand, or null. */
MLIR_CAPI_EXPORTED MlirValue attnAttentionGetSink(MlirOperation attention);

/* The block of a region, or null. */
MLIR_CAPI_EXPORTED MlirBlock attnAttentionGetRegion(MlirOperation attention,
                                                    AttnRegion region);

/* True and `*scale`, where the scale is an attribute or D is static. */
MLIR_CAPI_EXPORTED bool attnAttentionGetScale(MlirOperation attention,
                                              double *scale);

/*===-- Predicates and score modifiers, for the regions
 * ---------------------===*/

/* `attn.causal`: key <= query + offset. A null offset is 0. */
MLIR_CAPI_EXPORTED MlirOperation attnCausalCreate(MlirLocation location,
                                                  MlirValue query,
                                                  MlirValue key,
                                                  MlirValue offset);

/* `attn.window`: p - left <= key <= p + right with p = query + offset; a bound
 * of -1 is no bound, a null offset is 0. */
MLIR_CAPI_EXPORTED MlirOperation attnWindowCreate(MlirLocation location,
                                                  MlirValue query,
                                                  MlirValue key,
                                                  MlirValue offset,
                                                  int64_t left, int64_t right);

/* `attn.softcap`: cap * tanh(score / cap). */
MLIR_CAPI_EXPORTED MlirOperation attnSoftcapCreate(MlirLocation location,
                                                   MlirValue score, double cap);

#ifdef __cplusplus
}
#endif

#endif /* ATTN_C_DIALECT_H */
