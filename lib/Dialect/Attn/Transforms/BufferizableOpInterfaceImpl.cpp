//===- BufferizableOpInterfaceImpl.cpp - attn in one-shot bufferize -------===//
#include "attn/Dialect/Attn/Transforms/BufferizableOpInterfaceImpl.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::bufferization;

namespace {

/// An op in destination style, on memrefs: it writes where they lie. Its last
/// operands are what its results become.
template <typename OpTy>
struct InPlace : BufferizableOpInterface::ExternalModel<InPlace<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    auto chunk = dyn_cast<LinearChunkOp>(op);
    return !chunk || &operand != &chunk.getOutputMutable();
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return operand.getOperandNumber() >= numRead(op);
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    if (operand.getOperandNumber() < numRead(op))
      return {};
    return {{op->getResult(operand.getOperandNumber() - numRead(op)),
             BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    auto inPlace = OpTy::create(rewriter, op->getLoc(), TypeRange(), buffers,
                                op->getAttrs());
    for (auto [from, to] :
         llvm::zip_equal(op->getRegions(), inPlace->getRegions()))
      to.takeBody(from);
    replaceOpWithBufferizedValues(rewriter, op,
                                  ValueRange(buffers).drop_front(numRead(op)));
    return success();
  }

private:
  static unsigned numRead(Operation *op) {
    return op->getNumOperands() - op->getNumResults();
  }
};

/// Upstream says nothing of its effects: what nobody reads would stay, and all
/// that is around it.
struct AllocTensorEffects
    : MemoryEffectOpInterface::ExternalModel<AllocTensorEffects,
                                             AllocTensorOp> {
  void
  getEffects(Operation *op,
             SmallVectorImpl<MemoryEffects::EffectInstance> &effects) const {
    effects.emplace_back(MemoryEffects::Allocate::get(), op->getOpResult(0));
  }
};

} // namespace

void attn::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    AttendOp::attachInterface<InPlace<AttendOp>>(*context);
    LinearChunkOp::attachInterface<InPlace<LinearChunkOp>>(*context);
    ContractOp::attachInterface<InPlace<ContractOp>>(*context);
  });
  registry.addExtension(+[](MLIRContext *context, BufferizationDialect *) {
    AllocTensorOp::attachInterface<AllocTensorEffects>(*context);
  });
}
