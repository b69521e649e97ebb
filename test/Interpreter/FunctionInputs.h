//===- FunctionInputs.h - Inputs that stand beside a function ---*- C++ -*-===//

#ifndef ATTN_TEST_INTERPRETER_FUNCTIONINPUTS_H
#define ATTN_TEST_INTERPRETER_FUNCTIONINPUTS_H

#include "attn/Support/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::attn {

inline ::attn::Tensor toTensor(DenseElementsAttr elements) {
  ShapedType type = elements.getType();
  std::string name;
  llvm::raw_string_ostream(name) << type.getElementType();
  ::attn::Tensor tensor(*::attn::parseDType(name),
                        ::attn::Shape(type.getShape()));
  if (isa<FloatType>(type.getElementType()))
    for (auto [n, value] : llvm::enumerate(elements.getValues<APFloat>())) {
      bool inexact;
      APFloat wide = value;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &inexact);
      tensor.set(n, wide.convertToDouble());
    }
  else
    for (auto [n, value] : llvm::enumerate(elements.getValues<APInt>()))
      tensor.setInt(n, value.getSExtValue());
  return tensor;
}

/// The tensors of the function's attribute `name`.
inline std::vector<::attn::Tensor> readInputs(func::FuncOp function,
                                              StringRef name) {
  std::vector<::attn::Tensor> inputs;
  if (auto array = function->getAttrOfType<ArrayAttr>(name))
    for (Attribute input : array)
      inputs.push_back(toTensor(cast<DenseElementsAttr>(input)));
  return inputs;
}

/// Those of `inputs`, `inputs1`, ..., as far as they go.
inline std::vector<std::vector<::attn::Tensor>>
readAllInputs(func::FuncOp function) {
  std::vector<std::vector<::attn::Tensor>> all = {
      readInputs(function, "inputs")};
  for (unsigned n = 1;; ++n) {
    std::string name = "inputs" + std::to_string(n);
    if (!function->hasAttr(name))
      return all;
    all.push_back(readInputs(function, name));
  }
}

} // namespace mlir::attn

#endif // ATTN_TEST_INTERPRETER_FUNCTIONINPUTS_H
