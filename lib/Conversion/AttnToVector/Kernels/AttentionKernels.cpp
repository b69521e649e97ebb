//===- AttentionKernels.cpp - The kernels, and which one is taken ---------===//
#include "Kernels/AttentionKernel.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::attn;

static ArrayRef<const AttentionKernel *> getKernels() {
  static const AttentionKernel *const kernels[] = {
      &getDecodeKernel(), &getAMXKernel(), &getPrefillKernel(),
      &getLinearKernel()};
  return kernels;
}

namespace {
struct Candidate {
  const AttentionKernel *kernel;
  double cost;
};
} // namespace

static void explainChoice(Operation *op, ArrayRef<Candidate> candidates) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "cycles for each key: ";
  llvm::interleaveComma(candidates, os, [&](const Candidate &candidate) {
    os << candidate.kernel->getName() << " "
       << llvm::format("%.1f", candidate.cost);
  });
  remark::passed(op->getLoc(), remark::RemarkOpts::name("Kernel").category(
                                   "convert-attn-to-vector"))
      << text;
}

const AttentionKernel &attn::chooseKernel(Operation *op, CPUTargetAttr target) {
  SmallVector<Candidate> candidates;
  for (const AttentionKernel *kernel : getKernels())
    if (std::optional<double> cost = kernel->getCost(op, target))
      candidates.push_back({kernel, *cost});
  llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
    return a.cost < b.cost;
  });
  explainChoice(op, candidates);
  return *candidates.front().kernel;
}
