//===- X86Ops.cpp - Instructions of x86-64 --------------------------------===//
#include "attn/Dialect/Attn/IR/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult X86BytesOp::verify() {
  auto from = cast<MemRefType>(getBooleans().getType());
  auto expected = MemRefType::Builder(from).setElementType(
      IntegerType::get(getContext(), 8));
  if (getBytes().getType() == MemRefType(expected))
    return success();
  return emitOpError("expected ")
         << MemRefType(expected) << ", got " << getBytes().getType();
}
