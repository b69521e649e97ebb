//===- RegionText.h - Masks and score modifiers as text ---------*- C++ -*-===//
// b, h, i, j are batch, head, query and key.
//
//     causal & window 128 & attention_mask[b, j] != 0
//     softcap(score, 50) + bias[h, j - i]
//===----------------------------------------------------------------------===//
#ifndef ATTN_ANALYSIS_REGIONTEXT_H
#define ATTN_ANALYSIS_REGIONTEXT_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Which pairs attend: "all" without a mask region.
std::string describeMask(AttentionOp op);

/// What the score region makes of a score: "score" without one.
std::string describeScore(AttentionOp op);

/// The logit that joins the sum of each row: a number, or one for each head as
/// "NAME[h]"; empty without one.
std::string describeSink(AttentionOp op);

/// What a tensor is called: an input by its name, another by the ONNX node, or
/// else the op, that made it.
std::string describeTensor(Value tensor);

/// The size of a dimension: a number, or the name it has in the model.
std::string describeSize(Value tensor, int64_t dim);

/// The ONNX nodes that `loc` names, each once; places in a file where there are
/// none.
SmallVector<std::string> getNodeNames(Location loc);

/// A tensor that the op's regions read at a query and at a key, which is one
/// value for each pair; null where there is none.
Value findTensorOfPairs(AttentionOp op);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_REGIONTEXT_H
