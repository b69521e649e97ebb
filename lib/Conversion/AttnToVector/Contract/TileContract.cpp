//===- TileContract.cpp - Products of matrices on AMX tiles ---------------===//
#include "Contract/TileContract.h"
#include "Kernels/AMX/TileProduct.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"

using namespace mlir;
using namespace mlir::attn;

/// Pairs are for tiles, whatever rows there are. Other operands must be packed,
/// which few rows do not pay for.
bool TileContract::suits(ContractOp op, CPUTargetAttr target) {
  Type lhs = getElementTypeOrSelf(op.getLhs().getType());
  const bool isNarrow = getElementTypeOrSelf(op.getRhs().getType()).isBF16() &&
                        (lhs.isBF16() || (lhs.isF32() && op.getRoundLhs()));
  MatrixKind acc = MatrixKind::get(op.getAcc(), false);
  if (!target.getAmx() || !isNarrow || !acc.element.isF32() ||
      !acc.hasUnitStride)
    return false;
  auto type = cast<MemRefType>(op.getRhs().getType());
  if (isPackedInPairs(op.getRhs()))
    return type.getDimSize(2) == kColumns && !type.isDynamicDim(1) &&
           type.getDimSize(1) % kTile == 0 && arePanelsWhole(op.getRhs());
  MatrixKind left = MatrixKind::get(op.getLhs(), op.getLhsTransposed());
  MatrixKind right = MatrixKind::get(op.getRhs(), op.getRhsTransposed());
  const int64_t known = cast<MemRefType>(op.getAcc().getType()).getDimSize(0);
  const bool isSmallM =
      !ShapedType::isDynamic(known) && known <= ContractKernel::smallM;
  return !right.panel && right.hasUnitStride && left.hasUnitStride &&
         !left.isTransposed && !isSmallM;
}

func::FuncOp TileContract::getFunction(ContractOp op, CPUTargetAttr target,
                                       KernelFunctions &functions) {
  MatrixKind lhs = MatrixKind::get(op.getLhs(), op.getLhsTransposed());
  MatrixKind rhs = MatrixKind::get(op.getRhs(), op.getRhsTransposed());
  MatrixKind acc = MatrixKind::get(op.getAcc(), false);
  auto type = FunctionType::get(
      op.getContext(), {lhs.getType(), rhs.getType(), acc.getType()}, {});
  return functions.getOrInsert(
      op.getLoc(),
      "__attn_contract_" + lhs.getName() + "_" + rhs.getName() + "_on_tiles",
      type, [&](func::FuncOp function, Operation *end) {
        TileContract(function, end, lhs, rhs, target, functions).emit();
      });
}

TileContract::TileContract(func::FuncOp function, Operation *end,
                           const MatrixKind &left, const MatrixKind &right,
                           CPUTargetAttr target, KernelFunctions &functions)
    : left(left), right(right),
      b(end, target, Float32Type::get(end->getContext()), kTile, &functions),
      lhs(function.getArgument(0)), rhs(function.getArgument(1)),
      acc(function.getArgument(2)) {
  zero = b.index(0);
  rows = b.createOrFold<memref::DimOp>(acc, zero);
  columns = b.createOrFold<memref::DimOp>(acc, b.index(1));
  depth =
      b.createOrFold<memref::DimOp>(lhs, b.index(left.isTransposed ? 0 : 1));
  packedLeft = b.scratch({kRows / kTile, kDepth / kSteps, kTile, kSteps},
                         b.getBF16Type());
  edge = b.scratch({2 * kTile, 2 * kTile}, b.element);
  // A row of a tile is all of a pair.
  panels =
      isReadInPlace()
          ? memref::CollapseShapeOp::create(
                b, rhs, SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}})
                .getResult()
          : b.scratch({kPanels, kDepth / 2, 2 * kColumns}, b.getBF16Type());
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

void TileContract::emit() {
  b.loop(zero, depth, kDepth, [&](Value step) {
    if (isReadInPlace())
      return addBlock(step, zero, columns);
    constexpr int64_t width = kPanels * kColumns;
    b.loop(zero, columns, width, [&](Value column) {
      addBlock(step, column, b.blockSize(columns, column, width));
    });
  });
}

/// All rows of acc, for `width` columns.
void TileContract::addBlock(Value step, Value column, Value width) {
  b.loop(zero, rows, kRows, [&](Value row) {
    Product product{row,   column,
                    step,  b.blockSize(rows, row, kRows),
                    width, b.blockSize(depth, step, kDepth),
                    {}};
    product.tiles =
        arith::CeilDivUIOp::create(b, product.steps, b.index(kSteps));
    packLeft(product);
    addPanels(product);
  });
}

void TileContract::addPanels(const Product &product) {
  b.loop(zero, product.columns, kColumns, [&](Value first) {
    Value panel = b.createOrFold<arith::DivUIOp>(first, b.index(kColumns));
    Product part = product;
    part.column = b.add(product.column, first);
    part.columns = b.blockSize(product.columns, first, kColumns);
    if (!isReadInPlace()) {
      Value isFirst =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, product.row, zero);
      b.branch(isFirst, [&] { packRight(part, panel); }, [] {});
    }
    addPanel(part, panel);
  });
}

/// The rows of a panel of acc. The last of them may fill one tile or none.
void TileContract::addPanel(const Product &product, Value panel) {
  Value isWide = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                       product.columns, b.index(kColumns));
  b.loop(zero, product.rows, 2 * kTile, [&](Value first) {
    Value left = arith::SubIOp::create(b, product.rows, first);
    auto isAtLeast = [&](int64_t count) {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::uge, left,
                                   b.index(count));
    };
    Value isWhole = arith::AndIOp::create(b, isWide, isAtLeast(2 * kTile));
    b.branch(
        isWhole, [&] { addWhole(product, first, panel); },
        [&] {
          b.branch(
              isAtLeast(kTile + 1), [&] { addEdge(product, first, panel, 2); },
              [&] { addEdge(product, first, panel, 1); });
        });
  });
}

/// Where acc lies. The first four times two tiles of rows fetch the panel
/// beside, each a quarter of its lines; others find it there.
void TileContract::addWhole(const Product &product, Value first, Value panel) {
  constexpr int64_t parts = 4;
  Sums sums{acc, b.add(product.row, first), product.column, 2, 0, zero};
  if (isReadInPlace()) {
    Value part = b.min(
        arith::DivUIOp::create(b, sums.row, b.index(2 * kTile)).getResult(),
        b.index(parts - 1));
    sums.linesAhead = 2 * kTile / parts;
    sums.pairAhead =
        arith::MulIOp::create(b, part, b.index(kTile / parts)).getResult();
  }
  multiply(product, first, panel, sums, {16, 4, 1});
}

/// In a copy of acc's elements.
void TileContract::addEdge(const Product &product, Value first, Value panel,
                           int64_t rowTiles) {
  copyEdge(product, first, /*isBack=*/false);
  multiply(product, first, panel,
           {edge, zero, zero, rowTiles, isReadInPlace() ? 2 * kTile : 0, zero},
           {4, 1});
  copyEdge(product, first, /*isBack=*/true);
}

void TileContract::copyEdge(const Product &product, Value first, bool isBack) {
  Value most = b.index(2 * kTile);
  Value count = b.min(arith::SubIOp::create(b, product.rows, first), most);
  Value masks[] = {
      b.firstLanes(product.columns),
      b.firstLanes(arith::SubIOp::create(b, product.columns, b.index(kTile)))};
  b.loop(zero, count, 1, [&](Value row) {
    for (int64_t tile = 0; tile < 2; ++tile) {
      Values inside{row, b.index(tile * kTile)};
      Values there{b.add(b.add(product.row, first), row),
                   b.add(product.column, tile * kTile)};
      if (isBack)
        vector::MaskedStoreOp::create(b, acc, there, masks[tile],
                                      b.load(edge, inside));
      else
        b.store(b.loadWide(acc, there, masks[tile]), edge, inside);
    }
  });
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Two by two tiles of sums, or one by two; of the sum, as many tiles in a row
/// as one of `counts`.
void TileContract::multiply(const Product &product, Value first, Value panel,
                            const Sums &sums, ArrayRef<int64_t> counts) {
  Value step = zero;
  for (int64_t count : counts) {
    Value end = count == 1 ? product.tiles : b.wholeSteps(product.tiles, count);
    b.loop(step, end, count, [&](Value at) {
      multiplySteps(product, first, panel, sums, at, count);
    });
    step = end;
  }
}

void TileContract::multiplySteps(const Product &product, Value first,
                                 Value panel, const Sums &sums, Value step,
                                 int64_t count) {
  auto narrow = amx::TileType::get({kTile, kSteps}, b.getBF16Type());
  auto wide = amx::TileType::get({kTile, kTile}, b.element);
  Value rowTile = arith::DivUIOp::create(b, first, b.index(kTile));
  // Panels in place hold all of the sum.
  Value from = isReadInPlace()
                   ? arith::DivUIOp::create(b, product.step, b.index(2))
                   : zero;
  Value pair =
      b.add(from, arith::MulIOp::create(b, step, b.index(kTile)).getResult());
  auto place = [&](int64_t i, int64_t j) {
    return Values{b.add(sums.row, i * kTile), b.add(sums.column, j * kTile)};
  };
  TileProduct tiles{
      sums.rowTiles,
      2,
      count,
      [&](int64_t i, int64_t n) -> Value {
        return amx::TileLoadOp::create(
            b, narrow, packedLeft,
            Values{b.add(rowTile, i), b.add(step, n), zero, zero});
      },
      [&](int64_t j, int64_t n) -> Value {
        return amx::TileLoadOp::create(
            b, narrow, panels,
            Values{panel, b.add(pair, n * kTile), b.index(j * kSteps)});
      },
      [&](int64_t i, int64_t j) -> Value {
        return amx::TileLoadOp::create(b, wide, sums.memref, place(i, j));
      },
      [&](int64_t i, int64_t j, Value sum) {
        amx::TileStoreOp::create(b, sums.memref, place(i, j), sum);
      },
      {},
      {},
      {}};
  tiles.begin();
  for (int64_t n = 0; n < count; ++n) {
    fetch(sums, panel, b.add(pair, n * kTile));
    for (int64_t j = 0; j < tiles.numRight; ++j)
      for (int64_t i = 0; i < tiles.numLeft; ++i)
        tiles.multiply(b, b.getLoc(), i, j, n);
  }
  tiles.finishAll();
}

/// Lines of the panel beside, which has two for each pair.
void TileContract::fetch(const Sums &sums, Value panel, Value pair) {
  for (int64_t n = 0; n < sums.linesAhead; ++n)
    memref::PrefetchOp::create(
        b, panels,
        Values{b.add(panel, 1), b.add(pair, b.add(sums.pairAhead, n / 2)),
               b.index(n % 2 * kColumns)},
        /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
}
