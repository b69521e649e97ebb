//===- AttentionKernels.cpp - The kernels, and which one is taken ---------===//
#include "Kernels/AttentionKernel.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::attn;

static ArrayRef<const AttentionKernel *> getKernels() {
  static const AttentionKernel *const kernels[] = {
      &getDecodeKernel(),  &getAMXDecodeKernel(), &getAMXKernel(),
      &getPrefillKernel(), &getAMXLinearKernel(), &getLinearKernel()};
  return kernels;
}

namespace {
struct Candidate {
  const AttentionKernel *kernel;
  double cost;
};
} // namespace

/// Those that suit `op`, the cheapest first.
static SmallVector<Candidate> getCandidates(Operation *op,
                                            CPUTargetAttr target) {
  SmallVector<Candidate> candidates;
  for (const AttentionKernel *kernel : getKernels())
    if (std::optional<double> cost = kernel->getCost(op, target))
      candidates.push_back({kernel, *cost});
  llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
    return a.cost < b.cost;
  });
  return candidates;
}

const AttentionKernel &attn::chooseKernel(Operation *op, CPUTargetAttr target) {
  return *getCandidates(op, target).front().kernel;
}

void attn::explainKernels(Operation *op, CPUTargetAttr target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "cycles for each key: ";
  llvm::interleaveComma(getCandidates(op, target), os,
                        [&](const Candidate &candidate) {
                          os << candidate.kernel->getName() << " "
                             << llvm::format("%.1f", candidate.cost);
                        });
  remark::passed(op->getLoc(), remark::RemarkOpts::name("Kernel").category(
                                   "convert-attn-to-vector"))
      << text;
}
