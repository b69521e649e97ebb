//===- NodeOrder.h - Which node comes after which ---------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_NODEORDER_H
#define ATTN_LIB_IMPORT_ONNX_CORE_NODEORDER_H

#include "mlir/Support/LLVM.h"
#include "onnx.pb.h"

namespace mlir::attn::onnx {

namespace pb = ::attn::onnx;

/// Positions of the nodes so that each comes after those whose outputs it or
/// its subgraphs read: the order that they have, but for what comes too late.
/// ONNX asks for that order; ONNX Runtime takes any, and tools that convert
/// models append nodes. Of nodes that read each other in a circle one stays too
/// early.
SmallVector<int64_t>
getNodeOrder(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_NODEORDER_H
