//===- BlockReads.cpp - Reads of captured tensors at intervals ------------===//
#include "BlockBounds.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Tables are worth no more than these.
static constexpr unsigned maxReads = 8;
static constexpr unsigned maxRank = 8;
static constexpr int64_t maxBlock = int64_t(1) << 20;

namespace {

class BlockRead {
public:
  BlockRead(BlockTables &tables, EmittedArith &arith, OpBuilder &builder,
            Location loc, const BlockTables::Request &request)
      : tables(tables), arith(arith), b(builder), loc(loc), request(request),
        type(dyn_cast<RankedTensorType>(request.tensor.getType())) {}

  EmittedInterval read() {
    if (!isPossible())
      return {};
    table = tables.getTable(b, loc, request, blocks);
    if (!table)
      return {};
    arith.countReads(numReads());
    for (auto [dim, index] : llvm::enumerate(request.indices))
      checkBounds(dim, index);
    EmittedInterval elements;
    std::tie(elements.low, elements.high) =
        valid ? readWhereValid() : readAll(b);
    elements.valid = valid;
    return elements;
  }

private:
  using Pair = std::pair<Value, Value>;

  /// Sets the blocks.
  bool isPossible() {
    if (!type || type.getRank() > maxRank)
      return false;
    const Type element = type.getElementType();
    if (request.test ? !isa<FloatType>(element) : !element.isIntOrIndex())
      return false;
    for (const EmittedInterval &index : request.indices) {
      if (!index.isKnown() || index.span > maxBlock)
        return false;
      blocks.push_back(getBlock(index));
    }
    const bool isDense =
        llvm::count_if(blocks, [](int64_t block) { return block > 1; }) > 1;
    return numReads() <= maxReads && !(isDense && request.servesOnePair);
  }

  /// The size of blocks of which an interval meets at most two, or one where it
  /// lies on a grid.
  static int64_t getBlock(const EmittedInterval &index) {
    if (index.span <= 1)
      return 1;
    return index.grid ? index.grid : int64_t(llvm::PowerOf2Ceil(index.span));
  }

  /// Whether an index meets one block only.
  bool isSingle(unsigned dim) const {
    const EmittedInterval &index = request.indices[dim];
    return index.isPoint() || blocks[dim] == index.grid;
  }

  unsigned numReads() const {
    unsigned reads = 1;
    for (unsigned dim = 0; dim < blocks.size(); ++dim)
      reads *= isSingle(dim) ? 1 : 2;
    return reads;
  }

  /// What is not valid may be any number: it must not be read at.
  void checkBounds(unsigned dim, const EmittedInterval &index) {
    const auto require = [&](arith::CmpIPredicate predicate, Value end,
                             Value bound) {
      valid = arith.conjunction(
          valid, arith.make<arith::CmpIOp>(predicate, end, bound));
    };
    valid = arith.conjunction(valid, index.valid);
    if (index.range.low < 0)
      require(arith::CmpIPredicate::sge, index.low, arith.constant(0));
    const bool covers =
        !type.isDynamicDim(dim) && index.range.high < type.getDimSize(dim);
    if (!covers)
      require(arith::CmpIPredicate::slt, index.high,
              b.createOrFold<tensor::DimOp>(loc, request.tensor, dim));
  }

  /// Bit n of `corner`: the second block in dimension n.
  Pair readCorner(OpBuilder &inner, unsigned corner) {
    SmallVector<Value> at;
    for (auto [dim, index] : llvm::enumerate(request.indices)) {
      Value end = corner >> dim & 1 ? index.high : index.low;
      if (blocks[dim] != 1) {
        Value by = arith::ConstantIndexOp::create(inner, loc, blocks[dim]);
        end = inner.createOrFold<arith::DivUIOp>(loc, end, by);
      }
      at.push_back(end);
    }
    if (table->isTensorItself()) {
      Value element = table->load(inner, loc, at);
      return {element, element};
    }
    return {tensor::ExtractOp::create(inner, loc, table->low, at),
            tensor::ExtractOp::create(inner, loc, table->high, at)};
  }

  Pair readAll(OpBuilder &inner) {
    unsigned singles = 0;
    for (unsigned dim = 0; dim < blocks.size(); ++dim)
      singles |= unsigned(isSingle(dim)) << dim;
    Pair bounds = readCorner(inner, 0);
    for (unsigned corner = 1; corner < 1u << blocks.size(); ++corner) {
      if (corner & singles)
        continue;
      const Pair next = readCorner(inner, corner);
      bounds = {getSmaller(inner, loc, bounds.first, next.first),
                getLarger(inner, loc, bounds.second, next.second)};
    }
    return bounds;
  }

  Pair readWhereValid() {
    const bool isPoint = numReads() == 1 && table->isTensorItself();
    const Type element = request.test ? b.getI1Type() : type.getElementType();
    auto branch = scf::IfOp::create(
        b, loc, valid,
        [&](OpBuilder &inner, Location l) {
          const Pair bounds = readAll(inner);
          SmallVector<Value> results{bounds.first};
          if (!isPoint)
            results.push_back(bounds.second);
          scf::YieldOp::create(inner, l, results);
        },
        [&](OpBuilder &inner, Location l) {
          Value zero = arith::ConstantOp::create(
              inner, l, cast<TypedAttr>(inner.getZeroAttr(element)));
          scf::YieldOp::create(inner, l,
                               SmallVector<Value>(isPoint ? 1 : 2, zero));
        });
    return {branch.getResult(0), branch.getResult(isPoint ? 0 : 1)};
  }

  BlockTables &tables;
  EmittedArith &arith;
  OpBuilder &b;
  Location loc;
  const BlockTables::Request &request;
  RankedTensorType type;
  SmallVector<int64_t> blocks;
  const BlockTable *table = nullptr;
  Value valid;
};

} // namespace

EmittedInterval BlockTables::read(EmittedArith &arith, OpBuilder &builder,
                                  Location loc, const Request &request) {
  return BlockRead(*this, arith, builder, loc, request).read();
}
