//===- Handlers.h - The handlers of ops, by family --------------*- C++ -*-===//

#ifndef ATTN_LIB_INTERPRETER_HANDLERS_H
#define ATTN_LIB_INTERPRETER_HANDLERS_H

#include "Program.h"

namespace mlir::attn::interpreter {

void addArithHandlers(Handlers &handlers);
void addMathHandlers(Handlers &handlers);
void addTensorHandlers(Handlers &handlers);
void addTensorShapeHandlers(Handlers &handlers);
void addTensorSliceHandlers(Handlers &handlers);
void addLinalgHandlers(Handlers &handlers);
void addSoftmaxHandlers(Handlers &handlers);
void addControlFlowHandlers(Handlers &handlers);
void addAffineHandlers(Handlers &handlers);
void addPositionHandlers(Handlers &handlers);
void addAttentionHandlers(Handlers &handlers);
void addStateHandlers(Handlers &handlers);
void addEncodingHandlers(Handlers &handlers);

/// The handler of elementwise ops, on scalars and on tensors of one shape.
LogicalResult runElementwise(const Step &step, Frame &frame);

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_HANDLERS_H
