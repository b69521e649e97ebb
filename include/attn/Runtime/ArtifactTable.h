/*===- ArtifactTable.h - What a compiled function says of itself ---*- C -*-===
 *
 * The compiler writes one table per public function into the artifact; the C
 * runtime checks a caller's tensors against it. Both sides include this file.
 * Plain C.
 *
 * The table is an array of int64_t: the header fields below, then one name per
 * symbol (an offset into the string pool), then the tensors, inputs first. A
 * tensor is its fields, then ATTN_DIM_FIELDS numbers for each dimension.
 * Strings are offsets into a pool of NUL-terminated strings. No pointers, so
 * the table needs no relocation.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_ARTIFACTTABLE_H
#define ATTN_RUNTIME_ARTIFACTTABLE_H

/** The layout of the table; a runtime refuses another one. */
#define ATTN_TABLE_VERSION 4

enum AttnTableHeader {
  ATTN_HEADER_VERSION,
  ATTN_HEADER_FUNCTION, /**< string: the function's name */
  ATTN_HEADER_FEATURES, /**< string: needed CPU features, with commas */
  ATTN_HEADER_NUM_INPUTS,
  ATTN_HEADER_NUM_OUTPUTS,
  ATTN_HEADER_NUM_SYMBOLS, /**< names of dimensions */
  ATTN_HEADER_FIELDS
};

enum AttnTableTensor {
  ATTN_TENSOR_NAME,  /**< string */
  ATTN_TENSOR_DTYPE, /**< string, for messages */
  ATTN_TENSOR_CODE,  /**< DLPack type code */
  ATTN_TENSOR_BITS,
  ATTN_TENSOR_RANK,
  ATTN_TENSOR_DECIDES, /**< 1: an input whose value decides shapes */
  ATTN_TENSOR_SHARES,  /**< the input whose memory an output may have, or -1 */
  ATTN_TENSOR_FIELDS
};

enum AttnTableDimension {
  ATTN_DIM_SIZE,   /**< -1: known when run */
  ATTN_DIM_SYMBOL, /**< index of a symbol, or -1 */
  ATTN_DIM_FIELDS
};

/** What an exported function returns. OUT.h repeats these for callers. */
enum AttnStatus {
  ATTN_OK = 0,
  /** A tensor, count or pointer is not what the function takes. */
  ATTN_INVALID_ARGUMENT = 1,
  ATTN_OUT_OF_MEMORY = 2,
  /** A check in the compiled code failed: an index out of range, or sizes that
     do not fit together. */
  ATTN_CHECK_FAILED = 3,
  /** This machine lacks a CPU feature that the code was compiled for. */
  ATTN_UNSUPPORTED_CPU = 4,
  /** Another runtime of OpenMP has started in this process, and the artifact
     cannot call it. */
  ATTN_OPENMP_CONFLICT = 5,
  /** The file of weights that belongs to the artifact is not there, is another
     one's, or is not whole. */
  ATTN_INVALID_PARAMETERS = 6,
  /** There is no GPU, no driver for one, or a driver that is too old. */
  ATTN_NO_DEVICE = 7,
  /** The driver reports an error. */
  ATTN_DEVICE_FAILED = 8
};

#endif /* ATTN_RUNTIME_ARTIFACTTABLE_H */
