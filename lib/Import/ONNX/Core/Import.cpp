//===- Import.cpp - From an ONNX model to a module ------------------------===//

#include "attn/Import/ONNX/Import.h"

#include "Core/Importer.h"
#include "Core/TensorData.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

OwningOpRef<ModuleOp> mlir::attn::importONNX(StringRef path,
                                             MLIRContext &context,
                                             const ImportOptions &options) {
  context
      .loadDialect<AttnDialect, arith::ArithDialect, cf::ControlFlowDialect,
                   func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                   scf::SCFDialect, tensor::TensorDialect>();
  auto model = std::make_shared<::attn::onnx::ModelProto>();
  std::string message;
  if (!::attn::onnx::parseFile(path.str(), *model, message)) {
    emitError(FileLineColLoc::get(&context, path, 0, 0)) << message;
    return nullptr;
  }
  return onnx::Importer(path, context, options, model).importModel();
}
