//===- SplitKeys.cpp - Keys that several blocks share ---------------------===//
#include "SplitKeys.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Reductions over the parts, which are the first dimension of operands and the
/// last one of loops.
class PartReductions {
public:
  PartReductions(OpBuilder &builder, Location loc, Value output, Value lse)
      : b(builder), loc(loc), output(output), lse(lse) {}

  /// The state of all parts.
  SmallVector<Value> reduce() {
    const double infinity = std::numeric_limits<double>::infinity();
    Value max = reduceTo(lse, -infinity, {}, [&](ValueRange args) -> Value {
      return arith::MaximumFOp::create(b, loc, args[0], args[1]);
    });
    Value sum = reduceTo(lse, 0, max, [&](ValueRange args) -> Value {
      Value weight = weigh(args[0], args[1], 0);
      return arith::AddFOp::create(b, loc, weight, args[2]);
    });
    // What has underflowed shows an infinity yet.
    const double least = std::numeric_limits<float>::denorm_min();
    Value acc = reduceTo(output, 0, max, [&](ValueRange args) -> Value {
      Value weight = weigh(args[1], args[2], least);
      Value weighted = arith::MulFOp::create(b, loc, args[0], weight);
      return arith::AddFOp::create(b, loc, weighted, args[3]);
    });
    return {acc, max, sum};
  }

private:
  Value constant(double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }

  /// exp(lse - max), at least `least`; 0 of a part that nothing attends to.
  Value weigh(Value lse, Value max, double least) {
    Value difference = arith::SubFOp::create(b, loc, lse, max);
    Value weight = math::ExpOp::create(b, loc, difference);
    weight = arith::MaximumFOp::create(b, loc, weight, constant(least));
    Value isEmpty = arith::CmpFOp::create(
        b, loc, arith::CmpFPredicate::OEQ, lse,
        constant(-std::numeric_limits<double>::infinity()));
    return arith::SelectOp::create(b, loc, isEmpty, constant(0), weight);
  }

  Value fill(Value like, double value) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, like);
    Value empty = tensor::EmptyOp::create(b, loc, ArrayRef(sizes).drop_front(),
                                          b.getF32Type());
    return linalg::FillOp::create(b, loc, constant(value), empty).getResult(0);
  }

  /// `body` of an element of `from`, of `lse` if that is another, of `max` and
  /// of what there is so far.
  Value reduceTo(Value from, double start, Value max,
                 function_ref<Value(ValueRange)> body) {
    const unsigned rank = cast<RankedTensorType>(from.getType()).getRank();
    SmallVector<AffineExpr> kept;
    for (unsigned n = 0; n + 1 < rank; ++n)
      kept.push_back(b.getAffineDimExpr(n));
    auto getMap = [&](Value value, bool hasPart) {
      SmallVector<AffineExpr> dims;
      if (hasPart)
        dims.push_back(b.getAffineDimExpr(rank - 1));
      const unsigned size = cast<RankedTensorType>(value.getType()).getRank();
      llvm::append_range(dims, ArrayRef(kept).take_front(size - hasPart));
      return AffineMap::get(rank, 0, dims, b.getContext());
    };
    SmallVector<Value> inputs{from};
    SmallVector<AffineMap> maps{getMap(from, true)};
    if (from != lse) {
      inputs.push_back(lse);
      maps.push_back(getMap(lse, true));
    }
    if (max) {
      inputs.push_back(max);
      maps.push_back(getMap(max, false));
    }
    Value init = fill(from, start);
    maps.push_back(getMap(init, false));
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    iterators.back() = utils::IteratorType::reduction;
    return linalg::GenericOp::create(
               b, loc, init.getType(), inputs, init, maps, iterators,
               [&](OpBuilder &, Location, ValueRange args) {
                 linalg::YieldOp::create(b, loc, body(args));
               })
        .getResult(0);
  }

  OpBuilder &b;
  Location loc;
  Value output, lse;
};

} // namespace

std::optional<SplitKeys> SplitKeys::find(Value result) {
  if (auto cast = result.getDefiningOp<tensor::CastOp>())
    result = cast.getSource();
  auto finalize = result.getDefiningOp<FinalizeStateOp>();
  auto merge =
      finalize ? finalize.getAcc().getDefiningOp<scf::ForOp>() : nullptr;
  if (!merge)
    return std::nullopt;
  scf::ForallOp parts;
  merge.walk([&](tensor::ExtractSliceOp slice) {
    parts = slice.getSource().getDefiningOp<scf::ForallOp>();
  });
  if (!parts)
    return std::nullopt;
  return SplitKeys{parts, merge, finalize};
}

void SplitKeys::mergeOutputs() {
  OpBuilder builder(merge);
  SmallVector<Value> state =
      PartReductions(builder, merge.getLoc(), parts.getResult(0),
                     parts.getResult(1))
          .reduce();
  for (auto [old, value] : llvm::zip_equal(merge.getResults(), state))
    old.replaceAllUsesWith(builder.createOrFold<tensor::CastOp>(
        merge.getLoc(), old.getType(), value));
  merge.erase();
}

void SplitKeys::erase() {
  for (Operation *user : llvm::make_early_inc_range(finalize->getUsers()))
    user->erase();
  finalize.erase();
  merge.erase();
  parts.erase();
}
