//===- Remarks.h - What attn-recognize says ---------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REMARKS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REMARKS_H

#include "mlir/IR/Remarks.h"

namespace mlir::attn::recognize {

inline remark::RemarkOpts getRemark(StringRef name) {
  return remark::RemarkOpts::name(name).category("attn-recognize");
}

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_REMARKS_H
