//===- MergeProducts.h - Scores that are sums of products -------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MERGEPRODUCTS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MERGEPRODUCTS_H

#include "MatchAttention.h"

namespace mlir::attn::recognize {

/// Query and key of a product: a sum over features of what goes by the query
/// times what goes by the key. Of one key, in the order of the operands.
struct ScoreProduct {
  Expr query, key, feature;
};

/// The product that `read` reads an element of; nothing where it is none.
std::optional<ScoreProduct> readProduct(TensorReader &reader, Expr read,
                                        Expr keyPosition);

/// Takes products that are added to that of queries and keys into it, where
/// that costs less than a bias for each pair: with their features behind the
/// others', one product has the same sum.
void mergeProducts(TensorReader &reader, AttentionParts &parts);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MERGEPRODUCTS_H
