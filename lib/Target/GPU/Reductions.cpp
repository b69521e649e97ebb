//===- Reductions.cpp - Reductions that one thread does -------------------===//

#include "Reductions.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

/// Turns of the innermost loop that are added up without care.
static constexpr int64_t kBlockTurns = 8;

namespace {

using Values = SmallVector<Value>;

class Reduction {
public:
  Reduction(RewriterBase &rewriter, linalg::GenericOp op)
      : b(op.getLoc(), rewriter), op(op),
        numParallel(op.getNumParallelLoops()) {
    for (OpOperand &init : op.getDpsInitsMutable())
      sums.push_back(findSum(op.getMatchingBlockArgument(&init)));
  }

  bool isPossible() {
    if (numParallel == op.getNumLoops())
      return false;
    return llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &init) {
      AffineMap map = op.getMatchingIndexingMap(&init);
      return llvm::all_of(map.getResults(), [&](AffineExpr result) {
        auto dim = dyn_cast<AffineDimExpr>(result);
        return dim && dim.getPosition() < numParallel;
      });
    });
  }

  void convert() {
    findSizes();
    Values ends(llvm::ArrayRef<Value>(sizes).take_front(numParallel));
    if (ends.empty()) // one iteration
      ends.push_back(index(1));
    Values zeros(ends.size(), index(0)), ones(ends.size(), index(1));
    auto loop = scf::ParallelOp::create(b, zeros, ends, ones);
    b.setInsertionPointToStart(loop.getBody());
    position.assign(op.getNumLoops(), index(0));
    for (unsigned n = 0; n < numParallel; ++n)
      position[n] = loop.getInductionVars()[n];
    Values state;
    SmallVector<Values> places;
    for (auto [n, init] : llvm::enumerate(op.getDpsInitsMutable())) {
      places.push_back(getPlace(init));
      state.push_back(memref::LoadOp::create(b, init.get(), places.back()));
      if (sums[n])
        state.push_back(constant(state.back().getType(), 0));
    }
    state = reduceFrom(numParallel, state);
    size_t next = 0;
    for (auto [n, init] : llvm::enumerate(op.getDpsInitsMutable())) {
      Value value = state[next++];
      if (sums[n])
        value = addLost(value, state[next++]);
      memref::StoreOp::create(b, value, init.get(), places[n]);
    }
  }

private:
  Value index(int64_t n) { return arith::ConstantIndexOp::create(b, n); }
  Value constant(Type type, double value) {
    return arith::ConstantOp::create(b, FloatAttr::get(type, value));
  }

  /// The addition of `element` to what the iteration makes, where that is all.
  arith::AddFOp findSum(BlockArgument element) {
    auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
    const unsigned n = element.getArgNumber() - op.getNumDpsInputs();
    auto sum = yield.getOperand(n).getDefiningOp<arith::AddFOp>();
    if (!sum || !element.hasOneUse() || !sum->hasOneUse() ||
        (sum.getLhs() != element && sum.getRhs() != element))
      return {};
    return sum;
  }

  void findSizes() {
    for (Range range : cast<linalg::LinalgOp>(op.getOperation())
                           .createLoopRanges(b, op.getLoc()))
      sizes.push_back(
          getValueOrCreateConstantIndexOp(b, op.getLoc(), range.size));
  }

  Values getPlace(OpOperand &operand) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    Values place;
    for (unsigned n = 0; n < map.getNumResults(); ++n)
      place.push_back(
          affine::AffineApplyOp::create(b, map.getSubMap(n), position));
    return place;
  }

  Value load(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    return memref::LoadOp::create(b, operand.get(), getPlace(operand));
  }

  /// The loops from `loop` on.
  Values reduceFrom(unsigned loop, ValueRange state) {
    if (loop + 1 < op.getNumLoops())
      return repeat(index(0), sizes[loop], 1, state,
                    [&](Value i, ValueRange carried) {
                      position[loop] = i;
                      return reduceFrom(loop + 1, carried);
                    });
    return repeat(index(0), sizes[loop], kBlockTurns, state,
                  [&](Value first, ValueRange carried) {
                    return fold(carried, reduceBlock(loop, first, carried));
                  });
  }

  Values repeat(Value from, Value to, int64_t step, ValueRange state,
                function_ref<Values(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(b, from, to, index(step), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(
        b, body(loop.getInductionVar(), loop.getRegionIterArgs()));
    return loop.getResults();
  }

  /// Sums of the block alone; of other results, what they are behind it.
  Values reduceBlock(unsigned loop, Value first, ValueRange carried) {
    Value end = arith::AddIOp::create(b, first, index(kBlockTurns));
    end = arith::MinSIOp::create(b, end, sizes[loop]);
    Values start;
    for (arith::AddFOp sum : sums) {
      start.push_back(sum ? constant(sum.getType(), -0.0) : carried.front());
      carried = carried.drop_front(sum ? 2 : 1);
    }
    return repeat(first, end, 1, start, [&](Value i, ValueRange values) {
      position[loop] = i;
      return runBody(values);
    });
  }

  Values runBody(ValueRange values) {
    IRMapping mapping;
    for (OpOperand *input : op.getDpsInputOperands())
      mapping.map(op.getMatchingBlockArgument(input), load(*input));
    for (auto [argument, value] :
         llvm::zip_equal(op.getRegionOutputArgs(), values))
      mapping.map(argument, value);
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (auto iteration = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(iteration.getResult(), position[iteration.getDim()]);
      else
        b.clone(inner, mapping);
    }
    Values results;
    for (Value yielded : op.getBody()->getTerminator()->getOperands())
      results.push_back(mapping.lookupOrDefault(yielded));
    return results;
  }

  /// Adds the sums of a block, and what the additions lose.
  Values fold(ValueRange carried, ValueRange parts) {
    Values next;
    for (auto [sum, part] : llvm::zip_equal(sums, parts)) {
      if (!sum) {
        next.push_back(part);
        carried = carried.drop_front();
        continue;
      }
      Value before = carried[0], lost = carried[1];
      Value total = add(before, part);
      Value share = sub(total, before);
      Value error = add(sub(before, sub(total, share)), sub(part, share));
      llvm::append_values(next, total, add(lost, error));
      carried = carried.drop_front(2);
    }
    return next;
  }

  /// Of an infinite sum, what is lost is no number.
  Value addLost(Value sum, Value lost) {
    Value none =
        arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, lost, lost);
    return arith::SelectOp::create(b, none, sum, add(sum, lost));
  }

  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }

  ImplicitLocOpBuilder b;
  linalg::GenericOp op;
  unsigned numParallel;
  Values position, sizes;
  SmallVector<arith::AddFOp> sums; // by result; null where it is no sum
};

} // namespace

LogicalResult attn::convertReduction(RewriterBase &rewriter,
                                     linalg::GenericOp op) {
  Reduction reduction(rewriter, op);
  if (!reduction.isPossible())
    return rewriter.notifyMatchFailure(op, "expected results that parallel "
                                           "loops choose the elements of");
  reduction.convert();
  return success();
}
