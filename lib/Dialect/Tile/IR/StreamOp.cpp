//===- StreamOp.cpp - attn_tile.stream in one-shot bufferization ----------===//
#include "attn/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace mlir::attn::tile;
using namespace mlir::bufferization;

/// Its regions say what is done; control does not leave the op.
void StreamOp::getSuccessorRegions(RegionBranchPoint point,
                                   SmallVectorImpl<RegionSuccessor> &regions) {
  if (!point.isParent())
    return;
  for (Region *region : {&getVisits(), &getScore(), &getMask()})
    if (!region->empty())
      regions.emplace_back(region);
}

void StreamOp::getSuccessorRegions(Region &,
                                   SmallVectorImpl<RegionSuccessor> &) {}

/// On tensors none.
void StreamOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  if (getNumResults())
    return;
  effects.emplace_back(MemoryEffects::Read::get());
  effects.emplace_back(MemoryEffects::Write::get());
}

bool StreamOp::bufferizesToMemoryRead(OpOperand &operand,
                                      const AnalysisState &state) {
  return !bufferizesToMemoryWrite(operand, state);
}

bool StreamOp::bufferizesToMemoryWrite(OpOperand &operand,
                                       const AnalysisState &) {
  return operand.get() == getOutput() || operand.get() == getLse();
}

AliasingValueList StreamOp::getAliasingValues(OpOperand &operand,
                                              const AnalysisState &) {
  if (operand.get() == getOutput())
    return {{getResult(0), BufferRelation::Equivalent}};
  if (operand.get() == getLse())
    return {{getResult(1), BufferRelation::Equivalent}};
  return {};
}

LogicalResult StreamOp::bufferize(RewriterBase &rewriter,
                                  const BufferizationOptions &options,
                                  BufferizationState &state) {
  SmallVector<Value> operands;
  for (Value operand : getOperands()) {
    if (isa<TensorType>(operand.getType())) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operand = *buffer;
    }
    operands.push_back(operand);
  }
  auto inPlace = StreamOp::create(rewriter, getLoc(), TypeRange(), operands,
                                  (*this)->getAttrs());
  for (auto [to, from] :
       llvm::zip_equal(inPlace->getRegions(), (*this)->getRegions()))
    to.takeBody(from);
  SmallVector<Value> results{inPlace.getOutput()};
  if (getLse())
    results.push_back(inPlace.getLse());
  replaceOpWithBufferizedValues(rewriter, *this, results);
  return success();
}
