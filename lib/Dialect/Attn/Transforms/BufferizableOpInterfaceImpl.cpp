//===- BufferizableOpInterfaceImpl.cpp - attn in one-shot bufferize -------===//
#include "attn/Dialect/Attn/Transforms/BufferizableOpInterfaceImpl.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::bufferization;

/// The buffers of all operands.
static LogicalResult getBuffers(Operation *op, RewriterBase &rewriter,
                                const BufferizationOptions &options,
                                BufferizationState &state,
                                SmallVectorImpl<Value> &buffers) {
  for (Value operand : op->getOperands()) {
    FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
    if (failed(buffer))
      return failure();
    buffers.push_back(*buffer);
  }
  return success();
}

namespace {

struct AttendModel
    : BufferizableOpInterface::ExternalModel<AttendModel, AttendOp> {
  static constexpr unsigned numInputs = 3; // query, key, value

  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &operand,
                               const AnalysisState &) const {
    return operand.getOperandNumber() >= numInputs;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    if (operand.getOperandNumber() < numInputs)
      return {};
    return {{op->getResult(operand.getOperandNumber() - numInputs),
             BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto attend = cast<AttendOp>(op);
    SmallVector<Value> buffers;
    if (failed(getBuffers(op, rewriter, options, state, buffers)))
      return failure();
    auto inPlace = AttendInPlaceOp::create(
        rewriter, op->getLoc(), buffers[0], buffers[1], buffers[2], buffers[3],
        buffers[4], buffers[5], attend.getScaleAttr(),
        attend.getQueryLayoutAttr(), attend.getKeyLayoutAttr(),
        attend.getValueLayoutAttr());
    inPlace.getScore().takeBody(attend.getScore());
    inPlace.getMask().takeBody(attend.getMask());
    replaceOpWithBufferizedValues(rewriter, op,
                                  ValueRange(buffers).drop_front(numInputs));
    return success();
  }
};

/// Writes output and state where they lie.
struct LinearChunkModel
    : BufferizableOpInterface::ExternalModel<LinearChunkModel, LinearChunkOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return &operand != &cast<LinearChunkOp>(op).getOutputMutable();
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return getWritten(op, operand).has_value();
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    if (auto result = getWritten(op, operand))
      return {{op->getResult(*result), BufferRelation::Equivalent}};
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    if (failed(getBuffers(op, rewriter, options, state, buffers)))
      return failure();
    LinearChunkOp::create(rewriter, op->getLoc(), TypeRange(), buffers,
                          op->getAttrs());
    replaceOpWithBufferizedValues(rewriter, op,
                                  ValueRange(buffers).take_back(2));
    return success();
  }

private:
  /// The result that an operand becomes.
  static std::optional<unsigned> getWritten(Operation *op, OpOperand &operand) {
    auto chunk = cast<LinearChunkOp>(op);
    if (&operand == &chunk.getOutputMutable())
      return 0;
    if (&operand == &chunk.getStateMutable())
      return 1;
    return std::nullopt;
  }
};

/// Updates its accumulator where it lies.
struct ContractModel
    : BufferizableOpInterface::ExternalModel<ContractModel, ContractOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return &operand == &cast<ContractOp>(op).getAccMutable();
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &state) const {
    if (bufferizesToMemoryWrite(op, operand, state))
      return {{op->getResult(0), BufferRelation::Equivalent}};
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    if (failed(getBuffers(op, rewriter, options, state, buffers)))
      return failure();
    ContractOp::create(rewriter, op->getLoc(), TypeRange(), buffers,
                       op->getAttrs());
    replaceOpWithBufferizedValues(rewriter, op, buffers.back());
    return success();
  }
};

} // namespace

void attn::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    AttendOp::attachInterface<AttendModel>(*context);
    LinearChunkOp::attachInterface<LinearChunkModel>(*context);
    ContractOp::attachInterface<ContractModel>(*context);
  });
}
