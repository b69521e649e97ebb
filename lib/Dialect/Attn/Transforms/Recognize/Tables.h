//===- Tables.h - Expressions as tensors ------------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TABLES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TABLES_H

#include "Expr.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn::recognize {

/// Tables that were written before ops that read them, by what they hold and
/// where.
using Tables = DenseMap<std::pair<Expr, Block *>, Value>;

/// `size` before `op`.
OpFoldResult emitSize(OpBuilder &builder, Location loc, Expr size,
                      Operation *op);

/// The tensor of `expr` over `positions`, before `op`; an integer position is a
/// dimension of size 1. One op computes it.
Value buildTable(Expr expr, ArrayRef<Expr> positions, Operation *op);

/// The same; where a tensor holds just that, itself.
Value makeTensor(ExprContext &c, Expr expr, ArrayRef<Expr> positions,
                 Operation *op);

/// A tensor whose dimensions are called `from`, in the order `to`. Those that
/// `to` lacks have size 1.
Value toDims(OpBuilder &builder, Location loc, Value tensor,
             ArrayRef<int64_t> from, ArrayRef<int64_t> to);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TABLES_H
