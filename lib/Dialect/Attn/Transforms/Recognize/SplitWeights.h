//===- SplitWeights.h - Weights that are sums of softmaxes ------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SPLITWEIGHTS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SPLITWEIGHTS_H

#include "Match.h"

namespace mlir::attn::recognize {

/// (f A + g B) V, where A and B are softmaxes of two products and f and g go by
/// rows at most, becomes f (A V) + g (B V), as in differential attention: no
/// weights need to be kept then. Gives A V and B V, or nothing.
SmallVector<Contraction> splitWeights(TensorReader &reader,
                                      const Contraction &output);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SPLITWEIGHTS_H
