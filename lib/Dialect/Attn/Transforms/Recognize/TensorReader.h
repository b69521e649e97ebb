//===- TensorReader.h - From ops on tensors to expressions ------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TENSORREADER_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TENSORREADER_H

#include "Expr.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::scf {
class ForOp;
} // namespace mlir::scf

namespace mlir::attn::recognize {

/// One loop that folds elements: combiner(accumulator, element).
struct Reduction {
  linalg::LinalgOp op;
  StringAttr combiner;
  /// The element at the loop's position.
  Expr element;
  Expr initial;
};

/// Reads elements of a function's tensors.
class TensorReader {
public:
  /// Learns from the names of sizes, from loops that two operands share, and
  /// from the checks of run time in `function`: a size that is asserted to be
  /// another one is it.
  TensorReader(ExprContext &c, Operation *function);

  ExprContext &c;

  /// The element that `read` reads, as an expression of its producer's
  /// operands; null where the producer is no view and not elementwise.
  Expr lookThrough(Expr read);
  /// Looks through until the outermost op is not a read that can be.
  Expr head(Expr expr);
  /// Looks through every read in `expr`.
  Expr full(Expr expr);

  /// A value of a region, for these arguments; null where it is made of what is
  /// not understood.
  Expr readBody(Block &block, Value value, ArrayRef<Expr> arguments);

  Expr sizeOf(Value tensor, int64_t dim);
  Expr scalarOf(Value value);

  /// The element of a reduction over one loop, where `position` runs over it.
  std::optional<Reduction> readReduction(Expr read, Expr position);

  /// The size of the one loop that is reduced; null where no operand has it.
  Expr getReducedSize(linalg::LinalgOp op);

  /// The expressions of a linalg op's loops, those of the result being
  /// `indices`, and `reduced` for the others. Empty where the result does not
  /// hold each loop once.
  SmallVector<Expr> getLoops(linalg::LinalgOp op, unsigned result,
                             ArrayRef<Expr> indices, ArrayRef<Expr> reduced);
  Expr readOperand(linalg::LinalgOp op, OpOperand &operand,
                   ArrayRef<Expr> loops);

  /// Forgets elements, after ops were replaced.
  void forgetElements() {
    fullOf.clear();
    through.clear();
  }

  /// Ops whose results were looked through.
  DenseSet<Operation *> visited;

private:
  using Scalars = DenseMap<Value, Expr>;
  Expr lookThroughLinalg(linalg::LinalgOp op, unsigned result,
                         ArrayRef<Expr> indices);
  Expr lookThroughReshape(Operation *op, ArrayRef<Expr> indices);
  Expr lookThroughSlice(Operation *op, ArrayRef<Expr> indices);
  Expr lookThroughLoops(scf::ForOp outermost);
  bool writesZeros(scf::ForOp outermost);
  Expr readNext(ArrayRef<scf::ForOp> nest, tensor::InsertOp insertion);
  Expr readConstant(ElementsAttr attribute, ArrayRef<Expr> indices);
  Expr evaluate(Value value, Scalars &scalars, ArrayRef<Expr> loops);
  Expr evaluateOp(Operation *op, unsigned result, Scalars &scalars,
                  ArrayRef<Expr> loops);
  Expr evaluatePositionOp(Operation *op, ArrayRef<Expr> operands);
  void learnFrom(Operation *function);
  void learnNames(FunctionOpInterface function);
  void learnLoops(linalg::LinalgOp op);
  void learnEqual(Expr a, Expr b);
  void learnRange(Value condition);

  DenseMap<Expr, Expr> fullOf;
  DenseMap<Expr, Expr> through;
  /// Elements of constants, which stay what they are.
  DenseMap<Expr, Expr> constants;
  /// Loops, and whether they write zeros.
  DenseMap<Operation *, bool> zeros;
  Scalars outer;
  unsigned depth = 0;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_TENSORREADER_H
