//===- LowerContractions.cpp - Products of matrices by kernels ------------===//
#include "Contract/ContractKernel.h"
#include "Contract/TileContract.h"
#include "Kernels/TileFallback.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Calls of kernels
//===----------------------------------------------------------------------===//

namespace {

/// Calls of functions that take the operands of a product.
class Calls {
public:
  Calls(ContractOp op, CPUTargetAttr target, KernelFunctions &functions)
      : op(op), target(target), functions(functions) {}

  /// The function for any number of rows, `most` at a time if not 0.
  func::FuncOp getKernel(int64_t most) {
    return ContractKernel::getFunction(op, most, target, functions);
  }
  void call(func::FuncOp function, ValueRange operands,
            ImplicitLocOpBuilder &b);
  void callForMany(ValueRange operands, ImplicitLocOpBuilder &b);
  func::FuncOp getByNumberOfRows();

private:
  void callByNumberOfRows(ValueRange operands, ImplicitLocOpBuilder &b);

  ContractOp op;
  CPUTargetAttr target;
  KernelFunctions &functions;
};

} // namespace

void Calls::call(func::FuncOp function, ValueRange operands,
                 ImplicitLocOpBuilder &b) {
  Values arguments;
  for (auto [operand, type] :
       llvm::zip_equal(operands, function.getArgumentTypes()))
    arguments.push_back(b.createOrFold<memref::CastOp>(type, operand));
  func::CallOp::create(b, function, arguments);
}

/// A call of the function for tiles where there are some, or of that for any
/// number of rows.
void Calls::callForMany(ValueRange operands, ImplicitLocOpBuilder &b) {
  func::FuncOp function = getKernel(0);
  if (!TileContract::suits(op, target))
    return call(function, operands, b);
  func::FuncOp onTiles = TileContract::getFunction(op, target, functions);
  auto branch = scf::IfOp::create(b, createHasTiles(b, op.getLoc()),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  call(onTiles, operands, b);
  b.setInsertionPointToStart(branch.elseBlock());
  call(function, operands, b);
}

/// From the fewest on, each in the `else` of the one before.
void Calls::callByNumberOfRows(ValueRange operands, ImplicitLocOpBuilder &b) {
  Value rows = memref::DimOp::create(b, operands.back(), 0);
  for (int64_t most = 1; most <= ContractKernel::smallM; most *= 2) {
    Value limit = arith::ConstantIndexOp::create(b, most);
    Value fits =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ule, rows, limit);
    auto branch = scf::IfOp::create(b, fits, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    call(getKernel(most), operands, b);
    b.setInsertionPointToStart(branch.elseBlock());
  }
  callForMany(operands, b);
}

/// One for all equal products, so that each costs its caller one call.
func::FuncOp Calls::getByNumberOfRows() {
  func::FuncOp kernel = getKernel(0);
  return functions.getOrInsert(
      op.getLoc(), (kernel.getName() + "_by_rows").str(),
      kernel.getFunctionType(), [&](func::FuncOp function, Operation *end) {
        ImplicitLocOpBuilder b(op.getLoc(), end);
        callByNumberOfRows(function.getArguments(), b);
      });
}

/// Calls in place of `op`.
static void lowerToCalls(ContractOp op, CPUTargetAttr target,
                         KernelFunctions &functions) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Calls calls(op, target, functions);
  int64_t known = cast<MemRefType>(op.getAcc().getType()).getDimSize(0);
  bool isDynamic = ShapedType::isDynamic(known);
  // Elements that are far apart are packed, however few share them.
  MatrixKind rhs = MatrixKind::get(op.getRhs(), false);
  bool isSmallM = rhs.hasUnitStride && !rhs.isInPairs &&
                  (isDynamic || known <= ContractKernel::smallM);
  if (!isSmallM) {
    calls.callForMany(op->getOperands(), b);
  } else if (isDynamic) {
    calls.call(calls.getByNumberOfRows(), op->getOperands(), b);
  } else {
    int64_t most = llvm::PowerOf2Ceil(std::max<int64_t>(known, 1));
    calls.call(calls.getKernel(most), op->getOperands(), b);
  }
  op.erase();
}

//===----------------------------------------------------------------------===//
// Operands that suit no kernel
//===----------------------------------------------------------------------===//

/// Of rhs, in its order in memory.
static Values getRhsPosition(ContractOp op, OpBuilder &b, Value step,
                             Value column) {
  if (!isPacked(op.getRhs()))
    return op.getRhsTransposed() ? Values{column, step} : Values{step, column};
  Location loc = op.getLoc();
  Value width = arith::ConstantIndexOp::create(
      b, loc, cast<MemRefType>(op.getRhs().getType()).getDimSize(2));
  Values place{arith::DivUIOp::create(b, loc, column, width), step,
               arith::RemUIOp::create(b, loc, column, width)};
  if (isPackedInPairs(op.getRhs())) {
    Value two = arith::ConstantIndexOp::create(b, loc, 2);
    place[1] = arith::DivUIOp::create(b, loc, step, two);
    place.push_back(arith::RemUIOp::create(b, loc, step, two));
  }
  return place;
}

/// One element after the other, for an accumulator of any strides, and panels
/// that are not those of the registers.
static void lowerToLoops(ContractOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Type type = getElementTypeOrSelf(op.getAcc().getType());
  auto sizeOf = [&](Value operand, int64_t d) {
    return b.createOrFold<memref::DimOp>(
        operand, arith::ConstantIndexOp::create(b, d).getResult());
  };
  auto load = [&](Value memref, ValueRange at) {
    Value element = memref::LoadOp::create(b, memref, at);
    if (element.getType() == type)
      return element;
    return arith::ExtFOp::create(b, type, element).getResult();
  };
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Values ends{sizeOf(op.getAcc(), 0), sizeOf(op.getAcc(), 1),
              sizeOf(op.getLhs(), 1 - op.getLhsRowDim())};
  scf::buildLoopNest(
      b, op.getLoc(), {zero, zero, zero}, ends, {one, one, one},
      [&](OpBuilder &nested, Location loc, ValueRange at) {
        b.setInsertionPoint(nested.getInsertionBlock(),
                            nested.getInsertionPoint());
        Values left =
            op.getLhsTransposed() ? Values{at[2], at[0]} : Values{at[0], at[2]};
        Value product = arith::MulFOp::create(
            b, load(op.getLhs(), left),
            load(op.getRhs(), getRhsPosition(op, b, at[2], at[1])));
        Value sum = arith::AddFOp::create(b, load(op.getAcc(), at.drop_back()),
                                          product);
        memref::StoreOp::create(b, sum, op.getAcc(), at.drop_back());
      });
  op.erase();
}

/// Whether panels are those that the registers hold, from end to end.
static bool suitsRegisters(ContractOp op, CPUTargetAttr target) {
  if (!MatrixKind::get(op.getAcc(), false).hasUnitStride)
    return false;
  auto element = cast<FloatType>(getElementTypeOrSelf(op.getAcc().getType()));
  auto type = cast<MemRefType>(op.getRhs().getType());
  if (!isPacked(op.getRhs()))
    return true;
  const int64_t width = type.getDimSize(2);
  ContractShape shape = ContractShape::get(target, element);
  if (!arePanelsWhole(op.getRhs()))
    return false;
  if (isPackedInPairs(op.getRhs()))
    return width % shape.lanes == 0 && width <= 2 * shape.columns();
  return width == shape.columns();
}

void attn::lowerContractions(Operation *root, CPUTargetAttr target,
                             KernelFunctions &functions) {
  SmallVector<ContractOp> ops;
  root->walk([&](ContractOp op) { ops.push_back(op); });
  for (ContractOp op : ops)
    if (suitsRegisters(op, target))
      lowerToCalls(op, target, functions);
    else
      lowerToLoops(op);
}
