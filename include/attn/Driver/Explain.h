//===- Explain.h - The attentions of a graph, in words ----------*- C++ -*-===//
//
// What attn-recognize found in a model, with masks and modifiers as text, and
// what stopped a near miss:
//
//   auto explanation = explain(module, options);   // the module is optimized
//   if (succeeded(explanation)) print(llvm::outs(), *explanation);
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_DRIVER_EXPLAIN_H
#define ATTN_DRIVER_EXPLAIN_H

#include "attn/Driver/Driver.h"

#include <map>

namespace llvm {
class raw_ostream;
namespace json {
class OStream;
} // namespace json
} // namespace llvm

namespace mlir::attn {

/// One attn.attention. Sizes are numbers or names of dimensions.
struct ExplainedAttention {
  std::string function;
  /// ONNX nodes it came from, from the product of the scores to the output;
  /// places in the file where there are none.
  std::vector<std::string> nodes;
  std::string batch, heads, kvHeads, queries, keys, headSize, valueSize;
  std::string dtype, scale;
  /// As attn/Analysis/RegionText.h writes them.
  std::string mask, score;
  /// The logit of a sink; else empty.
  std::string sink;
  /// A tensor with one value for each pair, which a region reads; else empty.
  std::string pairs;
};

/// What looked like attention and was left as it is.
struct NearMiss {
  std::string node, reason;
};

struct Explanation {
  std::vector<ExplainedAttention> attentions;
  std::vector<NearMiss> nearMisses;
  /// Other ops of the dialect, by name.
  std::map<std::string, int64_t> others;
};

/// Takes `module` to Stage::Optimized, in place, and reads it.
FailureOr<Explanation> explain(ModuleOp module, const CompileOptions &options);

/// A table.
void print(llvm::raw_ostream &os, const Explanation &explanation);
/// {"attentions": [{"nodes": [...], ...}], "near_misses": [...], "others": {}}
std::string formatJSON(const Explanation &explanation);

/// Draws the tiles of each mask of an optimized module as one panel of a PNG
/// file. Where lengths or offsets have no value the panel is left out, and
/// `leftOut` counts it; --dim gives values.
LogicalResult drawMasks(ModuleOp module, StringRef path, int64_t &leftOut);

} // namespace mlir::attn

#endif // ATTN_DRIVER_EXPLAIN_H
