//===- KernelCost.cpp - About how long kernels take -----------------------===//
#include "Kernels/KernelCost.h"
#include "Steps/KernelShape.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getFeatures(MemRefType type, DenseI64ArrayAttr layout) {
  return type.getDimSize(getTensorDim(getLayout(layout, 4), Feature));
}

KernelCost::KernelCost(AttendOp op, CPUTargetAttr target)
    : lanes(getLanes(target, op.getScoreType())) {
  auto key = cast<MemRefType>(op.getKey().getType());
  auto value = cast<MemRefType>(op.getValue().getType());
  features = getFeatures(key, op.getKeyLayoutAttr());
  valueFeatures = getFeatures(value, op.getValueLayoutAttr());
  auto bytesOf = [](MemRefType type, int64_t count) {
    return count * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  };
  bytes = bytesOf(key, features) + bytesOf(value, valueFeatures);
}
