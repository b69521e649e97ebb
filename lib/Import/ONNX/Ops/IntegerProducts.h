//===- IntegerProducts.h - Products of small integers -----------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_INTEGERPRODUCTS_H
#define ATTN_LIB_IMPORT_ONNX_OPS_INTEGERPRODUCTS_H

#include "Core/Registry.h"

namespace mlir::attn::onnx {

LogicalResult importConvInteger(Node &n);
LogicalResult importMatMulInteger(Node &n);
LogicalResult importQLinearConv(Node &n);
LogicalResult importQLinearMatMul(Node &n);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_INTEGERPRODUCTS_H
