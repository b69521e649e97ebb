//===- BlockSparse.cpp - A table says which blocks attend -----------------===//
#include "PositionOps.h"

using namespace mlir;
using namespace mlir::attn;

/// table[b, h, i floordiv query_block, j floordiv key_block] (D17).
Value BlockSparseOp::expand(OpBuilder &builder, ElementReader read) {
  ReadIndex query{getQuery(), static_cast<int64_t>(getQueryBlock())};
  ReadIndex key{getKey(), static_cast<int64_t>(getKeyBlock())};
  return read(builder, getLoc(), "table", getTable(),
              {{getBatch()}, {getHead()}, query, key});
}

LogicalResult BlockSparseOp::verify() {
  for (auto [name, block] : {std::pair("query_block", getQueryBlock()),
                             {"key_block", getKeyBlock()}})
    if (static_cast<int64_t>(block) <= 0)
      return emitOpError("expected ")
             << name << " to be positive, got " << static_cast<int64_t>(block);
  return success();
}
