//===- GridSample.h - An image at places that a grid gives ------*- C++ -*-===//
#ifndef ATTN_LIB_IMPORT_ONNX_OPS_GRIDSAMPLE_H
#define ATTN_LIB_IMPORT_ONNX_OPS_GRIDSAMPLE_H

#include "Core/Node.h"

namespace mlir::attn::onnx {

LogicalResult importGridSample(Node &n);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_GRIDSAMPLE_H
