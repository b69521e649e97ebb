//===- LoopReduction.cpp - Sums in blocks, and other reductions -----------===//
#include "Loops/LoopKernel.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::attn;

/// Vectors that are added up apart from each other, to hide the latency.
static constexpr int64_t kChains = 4;
/// Vectors of a block along the lanes, and elements of one across.
static constexpr int64_t kBlockVectors = 64, kBlockElements = 32;

bool LoopKernel::isCompensated(unsigned result) {
  return isa<arith::AddFOp>(plan.combiners[result]);
}

/// `a` is what was there before.
Value LoopKernel::combine(unsigned result, Value a, Value b2) {
  Operation *combiner = plan.combiners[result];
  OperationState state(b.getLoc(), combiner->getName(), ValueRange{a, b2},
                       a.getType(),
                       combiner->getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = combiner->getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

/// What changes nothing, by result.
Values LoopKernel::getNeutral() {
  Values neutral;
  for (Operation *combiner : plan.combiners) {
    TypedAttr attr = *arith::getNeutralElement(combiner);
    auto type = b.vector.clone(attr.getType());
    neutral.push_back(arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, Attribute(attr))));
  }
  return neutral;
}

Values LoopKernel::getStart() {
  Values start;
  for (auto [n, neutral] : llvm::enumerate(getNeutral())) {
    start.push_back(neutral);
    if (isCompensated(n))
      start.push_back(
          arith::ConstantOp::create(b, b.getZeroAttr(neutral.getType())));
  }
  return start;
}

/// Adds up the elements of one result, or of a vector of them.
void LoopKernel::reduce(const RegionVectorizer &row, Value mask) {
  SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (plan.isReduced(loop) && loop != plan.vectorLoop)
      loops.push_back(loop);
  if (plan.isReduced(plan.vectorLoop))
    loops.push_back(plan.vectorLoop);
  finish(reduceFrom(row, loops, getStart(), mask), mask);
}

/// The innermost of the loops in blocks.
Values LoopKernel::reduceFrom(const RegionVectorizer &row,
                              ArrayRef<unsigned> loops, Values state,
                              Value mask) {
  unsigned loop = loops.front();
  Value zero = b.index(0), size = sizes[loop];
  if (loops.size() > 1)
    return b.loop(zero, size, 1, state, [&](Value i, ValueRange carried) {
      position[loop] = i;
      return reduceFrom(row, loops.drop_front(), Values(carried), mask);
    });
  int64_t block =
      loop == plan.vectorLoop ? kBlockVectors * b.lanes() : kBlockElements;
  if (std::optional<int64_t> known = getConstantIntValue(size);
      known && *known <= block)
    return fold(state, reduceBlock(row, loop, zero, size, mask));
  return b.loop(zero, size, block, state, [&](Value first, ValueRange carried) {
    Value count = b.blockSize(size, first, block);
    return fold(carried, reduceBlock(row, loop, first, count, mask));
  });
}

Values LoopKernel::reduceBlock(const RegionVectorizer &row, unsigned loop,
                               Value first, Value count, Value mask) {
  if (loop == plan.vectorLoop)
    return reduceLanes(row, first, count);
  return b.loop(first, b.add(first, count), 1, getNeutral(),
                [&](Value i, ValueRange parts) {
                  position[loop] = i;
                  return accumulate(row, parts, mask);
                });
}

/// Elements that lie side by side, as many chains of vectors at once.
Values LoopKernel::reduceLanes(const RegionVectorizer &row, Value first,
                               Value count) {
  const size_t results = plan.combiners.size();
  int64_t lanes = b.lanes();
  Values parts;
  for (int64_t chain = 0; chain < kChains; ++chain)
    llvm::append_range(parts, getNeutral());
  auto step = [&](Value at, ValueRange before) {
    Values after;
    for (size_t chain = 0; chain < before.size() / results; ++chain) {
      position[plan.vectorLoop] = b.add(at, int64_t(chain) * lanes);
      llvm::append_range(
          after, accumulate(row, before.slice(chain * results, results), {}));
    }
    return after;
  };
  Value end = b.add(first, b.wholeSteps(count, kChains * lanes));
  Value last = b.add(first, b.wholeSteps(count, lanes));
  if (end != first)
    parts = b.loop(first, end, kChains * lanes, parts, step);
  Values sums =
      llvm::to_vector(llvm::ArrayRef<Value>(parts).take_front(results));
  if (last != end)
    sums = b.loop(end, last, lanes, sums, step);
  Value rest = b.createOrFold<arith::SubIOp>(b.add(first, count), last);
  if (last != b.add(first, count) && getConstantIntValue(rest) != 0) {
    Value isThere =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, b.index(0));
    auto addRest = [&] {
      position[plan.vectorLoop] = last;
      Value mask =
          vector::CreateMaskOp::create(b, b.vector.clone(b.getI1Type()), rest);
      return accumulate(row, sums, mask);
    };
    sums = b.choose(isThere, addRest, sums);
  }
  for (size_t n = 0; n < results; ++n) {
    Value upper = combine(n, parts[2 * results + n], parts[3 * results + n]);
    sums[n] = combine(n, combine(n, sums[n], parts[results + n]), upper);
  }
  return sums;
}

/// The elements at `position` and `parts`, each with its own.
Values LoopKernel::accumulate(const RegionVectorizer &row, ValueRange parts,
                              Value mask) {
  RegionVectorizer element = row;
  defineInner(element, mask);
  element.inlineSlice(body, getRoots());
  Values neutral = getNeutral(), sums;
  for (auto [n, root] : llvm::enumerate(getRoots())) {
    Value term = b.broadcast(element.lookup(root));
    if (mask)
      term = arith::SelectOp::create(b, mask, term, neutral[n]);
    sums.push_back(combine(n, parts[n], term));
  }
  return sums;
}

/// A part into the whole. Of a sum of floats, what the addition loses is kept:
/// with z = sum - a, it is (a - (sum - z)) + (b - z), exactly.
Values LoopKernel::fold(ValueRange state, ValueRange parts) {
  Values next;
  for (auto [n, part] : llvm::enumerate(parts)) {
    Value a = state[next.size()];
    Value sum = combine(n, a, part);
    next.push_back(sum);
    if (!isCompensated(n))
      continue;
    auto sub = [&](Value x, Value y) {
      return arith::SubFOp::create(b, x, y).getResult();
    };
    Value z = sub(sum, a);
    Value lost = arith::AddFOp::create(b, sub(a, sub(sum, z)), sub(part, z));
    next.push_back(arith::AddFOp::create(b, state[next.size()], lost));
  }
  return next;
}

/// Adds what was summed up to what is there.
void LoopKernel::finish(ValueRange state, Value mask) {
  size_t next = 0;
  for (auto [n, init] : llvm::enumerate(op.getDpsInitsMutable())) {
    Value total = state[next++];
    if (isCompensated(n)) {
      // Of sums that are not finite nothing is lost.
      Value lost = state[next++];
      Value isNaN =
          arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, lost, lost);
      Value zero = arith::ConstantOp::create(b, b.getZeroAttr(lost.getType()));
      lost = arith::SelectOp::create(b, isNaN, zero, lost);
      total = arith::AddFOp::create(b, total, lost);
    }
    if (plan.isReduced(plan.vectorLoop))
      total = combineLanes(n, total);
    store(combine(n, load(init, mask), total), init, mask);
  }
}

/// Halves of the vector, until one element is left.
Value LoopKernel::combineLanes(unsigned result, Value vector) {
  for (int64_t half = b.lanes() / 2; half >= 1; half /= 2) {
    SmallVector<int64_t> lower, upper;
    for (int64_t lane = 0; lane < half; ++lane) {
      lower.push_back(lane);
      upper.push_back(half + lane);
    }
    Value low = vector::ShuffleOp::create(b, vector, vector, lower);
    Value high = vector::ShuffleOp::create(b, vector, vector, upper);
    vector = combine(result, low, high);
  }
  return vector::ExtractOp::create(b, vector, 0);
}
