//===- Explain.cpp - The attentions of a graph, in words ------------------===//

#include "attn/Driver/Explain.h"
#include "attn/Analysis/RegionText.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Near misses
//===----------------------------------------------------------------------===//

namespace {
/// Keeps what attn-recognize declined.
class NearMissStreamer : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit NearMissStreamer(std::vector<NearMiss> &misses) : misses(misses) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    if (remark.getRemarkName() != "Declined")
      return;
    SmallVector<std::string> names = getNodeNames(remark.getLocation());
    std::string reason;
    for (const remark::detail::Remark::Arg &arg : remark.getArgs())
      reason += arg.val;
    misses.push_back({names.empty() ? "" : names.back(), reason});
  }

private:
  std::vector<NearMiss> &misses;
};
} // namespace

/// Optimizes with an engine for remarks that lives as long as that takes.
static LogicalResult optimize(ModuleOp module, const CompileOptions &options,
                              std::vector<NearMiss> &misses) {
  MLIRContext *context = module.getContext();
  remark::RemarkCategories categories;
  categories.missed = "attn-recognize";
  if (failed(remark::enableOptimizationRemarks(
          *context, std::make_unique<NearMissStreamer>(misses),
          std::make_unique<remark::RemarkEmittingPolicyAll>(), categories)))
    return failure();
  LogicalResult result = lowerToStage(module, Stage::Optimized, options);
  context->setRemarkEngine(nullptr);
  return result;
}

//===----------------------------------------------------------------------===//
// Attentions
//===----------------------------------------------------------------------===//

static std::string formatNumber(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6g", value);
  return text;
}

static ExplainedAttention describe(AttentionOp op) {
  ExplainedAttention found;
  if (auto function = op->getParentOfType<FunctionOpInterface>())
    found.function = function.getName().str();
  for (const std::string &name : getNodeNames(op.getLoc()))
    found.nodes.push_back(name);
  auto size = [&](Value tensor, int64_t dim) {
    return describeSize(tensor, getTensorDim(op.getLayoutOf(tensor), dim));
  };
  Value query = op.getQuery(), key = op.getKey(), value = op.getValue();
  found.batch = size(query, Batch);
  found.heads = size(query, Head);
  found.kvHeads = size(key, Head);
  found.queries = size(query, Sequence);
  found.keys = size(key, Sequence);
  found.headSize = size(query, Feature);
  found.valueSize = size(value, Feature);
  llvm::raw_string_ostream(found.dtype)
      << cast<RankedTensorType>(query.getType()).getElementType();
  std::optional<double> scale = op.getStaticScale();
  found.scale = scale ? formatNumber(*scale) : "1/sqrt(head size)";
  found.mask = describeMask(op);
  found.score = describeScore(op);
  found.sink = describeSink(op);
  if (Value pairs = findTensorOfPairs(op))
    found.pairs = describeTensor(pairs);
  return found;
}

FailureOr<Explanation> attn::explain(ModuleOp module,
                                     const CompileOptions &options) {
  Explanation explanation;
  if (failed(optimize(module, options, explanation.nearMisses)))
    return failure();
  module->walk([&](Operation *op) {
    if (auto attention = dyn_cast<AttentionOp>(op))
      explanation.attentions.push_back(describe(attention));
    else if (isa<AttnDialect>(op->getDialect()) &&
             !op->getParentOfType<AttentionOp>())
      ++explanation.others[op->getName().getStringRef().str()];
  });
  return explanation;
}
