//===- Prefetch.cpp - Rows asked for early --------------------------------===//
#include "Steps/Prefetch.h"

using namespace mlir;
using namespace mlir::attn;

void attn::prefetchAhead(KernelBuilder &b, Value matrix, Value row, Value first,
                         int64_t size) {
  constexpr int64_t bytesAhead = 4096, bytesOfLine = 64;
  auto type = cast<MemRefType>(matrix.getType());
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  int64_t rowsAhead = llvm::divideCeil(bytesAhead, bytes * type.getDimSize(1));
  for (int64_t column = 0; column < size; column += bytesOfLine / bytes)
    prefetch(b, matrix, b.add(row, rowsAhead), b.add(first, column));
}

void attn::prefetch(KernelBuilder &b, Value matrix, Value row, Value column,
                    CacheLevel level) {
  memref::PrefetchOp::create(b, matrix, ValueRange{row, column},
                             /*isWrite=*/false,
                             /*localityHint=*/level == CacheLevel::First ? 3
                                                                         : 2,
                             /*isDataCache=*/true);
}
