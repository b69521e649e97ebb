//===- Depth.h - Blocks of an image as channels, and back -------*- C++ -*-===//
#ifndef ATTN_LIB_IMPORT_ONNX_OPS_DEPTH_H
#define ATTN_LIB_IMPORT_ONNX_OPS_DEPTH_H

#include "Core/Node.h"

namespace mlir::attn::onnx {

LogicalResult importDepthToSpace(Node &n);
LogicalResult importSpaceToDepth(Node &n);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_DEPTH_H
