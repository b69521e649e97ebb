//===- BlockBounds.cpp - Bounds of captured tensors by blocks -------------===//
#include "BlockBounds.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

using Pair = std::pair<Value, Value>;

Value attn::getSmaller(OpBuilder &b, Location loc, Value x, Value y) {
  if (x.getType().isInteger(1))
    return b.createOrFold<arith::AndIOp>(loc, x, y);
  return b.createOrFold<arith::MinSIOp>(loc, x, y);
}

Value attn::getLarger(OpBuilder &b, Location loc, Value x, Value y) {
  if (x.getType().isInteger(1))
    return b.createOrFold<arith::OrIOp>(loc, x, y);
  return b.createOrFold<arith::MaxSIOp>(loc, x, y);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {

/// Writes the loops over one block, from the outermost dimension on.
class BlockLoops {
public:
  BlockLoops(const BlockTable &table, SmallVector<Value> first)
      : table(table), first(std::move(first)), at(this->first) {}

  Pair reduce(OpBuilder &b, Location loc) {
    Value start = table.load(b, loc, first);
    return nest(b, loc, 0, {start, start});
  }

private:
  Pair nest(OpBuilder &b, Location loc, unsigned dim, Pair bounds) {
    while (dim < first.size() && table.blocks[dim] == 1)
      ++dim;
    if (dim == first.size()) {
      Value element = table.load(b, loc, at);
      return {getSmaller(b, loc, bounds.first, element),
              getLarger(b, loc, bounds.second, element)};
    }
    const auto index = [&](int64_t n) -> Value {
      return arith::ConstantIndexOp::create(b, loc, n);
    };
    Value size = b.createOrFold<tensor::DimOp>(loc, table.tensor, dim);
    Value end = b.createOrFold<arith::AddIOp>(loc, first[dim],
                                              index(table.blocks[dim]));
    end = b.createOrFold<arith::MinSIOp>(loc, end, size);
    auto loop = scf::ForOp::create(
        b, loc, first[dim], end, index(1), {bounds.first, bounds.second},
        [&](OpBuilder &inner, Location l, Value position, ValueRange carried) {
          at[dim] = position;
          const Pair next = nest(inner, l, dim + 1, {carried[0], carried[1]});
          scf::YieldOp::create(inner, l, ValueRange{next.first, next.second});
        });
    return {loop.getResult(0), loop.getResult(1)};
  }

  const BlockTable &table;
  SmallVector<Value> first, at;
};

} // namespace

Value BlockTable::load(OpBuilder &b, Location loc, ValueRange indices) const {
  Value element = tensor::ExtractOp::create(b, loc, tensor, indices);
  if (!test)
    return element;
  IRMapping mapping;
  arith::CmpFOp compare = test;
  for (Value operand : compare->getOperands()) {
    TypedAttr constant;
    Value copy = element;
    if (matchPattern(operand, m_Constant(&constant)))
      copy = arith::ConstantOp::create(b, loc, constant);
    mapping.map(operand, copy);
  }
  return b.clone(*compare, mapping)->getResult(0);
}

void BlockTable::build(OpBuilder &b, Location loc) {
  low = high = tensor;
  if (isTensorItself())
    return;
  auto type = cast<RankedTensorType>(tensor.getType());
  const unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes;
  for (auto [dim, block] : llvm::enumerate(blocks)) {
    if (!type.isDynamicDim(dim)) {
      sizes.push_back(
          b.getIndexAttr(llvm::divideCeil(type.getDimSize(dim), block)));
      continue;
    }
    Value size = b.createOrFold<tensor::DimOp>(loc, tensor, dim);
    Value by = arith::ConstantIndexOp::create(b, loc, block);
    sizes.push_back(b.createOrFold<arith::CeilDivUIOp>(loc, size, by));
  }
  const Type element = test ? b.getI1Type() : type.getElementType();
  const auto empty = [&]() -> Value {
    return tensor::EmptyOp::create(b, loc, sizes, element);
  };
  SmallVector<Value> outs{empty(), empty()};
  const AffineMap map = b.getMultiDimIdentityMap(rank);
  const SmallVector<utils::IteratorType> loops(rank,
                                               utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, TypeRange(ValueRange(outs)), ValueRange(), outs,
      ArrayRef<AffineMap>{map, map}, loops,
      [&](OpBuilder &inner, Location l, ValueRange) {
        SmallVector<Value> first;
        for (auto [dim, block] : llvm::enumerate(blocks)) {
          Value index = linalg::IndexOp::create(inner, l, dim);
          Value size = arith::ConstantIndexOp::create(inner, l, block);
          first.push_back(inner.createOrFold<arith::MulIOp>(l, index, size));
        }
        const Pair bounds =
            BlockLoops(*this, std::move(first)).reduce(inner, l);
        linalg::YieldOp::create(inner, l,
                                ValueRange{bounds.first, bounds.second});
      });
  low = generic.getResult(0);
  high = generic.getResult(1);
}

void BlockTables::build(OpBuilder &builder, Location loc) {
  for (BlockTable &table : tables)
    table.build(builder, loc);
}

void BlockTables::setCollecting(bool on) {
  collects = on;
  if (!on)
    for (BlockTable &table : tables)
      table.low = table.high = nullptr;
}

BlockTable *BlockTables::getTable(OpBuilder &builder, Location loc,
                                  const Request &request,
                                  ArrayRef<int64_t> blocks) {
  for (BlockTable &table : tables)
    if (table.tensor == request.tensor && table.test == request.test &&
        ArrayRef(table.blocks) == blocks)
      return table.low ? &table : nullptr;
  BlockTable table{
      request.tensor, request.test, SmallVector<int64_t>(blocks), {}, {}};
  if (!collects && !table.isTensorItself())
    return nullptr;
  table.build(builder, loc);
  tables.push_back(table);
  return &tables.back();
}
