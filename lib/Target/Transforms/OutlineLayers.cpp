//===- OutlineLayers.cpp - One function for the layers of a model ---------===//

#include "Layers/Hoist.h"
#include "Layers/Outline.h"
#include "Layers/Repeats.h"

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_OUTLINELAYERS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The ops of a block that may go into a function, and what they repeat.
class Sequence {
public:
  explicit Sequence(Block &block) {
    for (Operation &op : block.without_terminator())
      if (!op.hasTrait<OpTrait::ConstantLike>())
        add(&op);
  }

  /// The equivalent segments whose outlining saves most, or none that save
  /// `smallest` ops.
  SmallVector<Segment> findLayers(size_t smallest) const;

private:
  void add(Operation *op) {
    size_t weight = 0;
    op->walk([&](Operation *) { ++weight; });
    ops.push_back(op);
    // Calls are not moved into functions: each is unlike all others.
    keys.push_back(isa<func::CallOp>(op) ? size_t(op) : getKey(op));
    weights.push_back(weight);
  }

  Segment getSegment(size_t start, size_t length) const {
    return Segment(ArrayRef(ops).slice(start, length));
  }

  size_t findPhase(const Repeat &repeat) const;
  SmallVector<Segment> getSegmentsInARow(const Repeat &repeat) const;
  SmallVector<Segment> getSegmentsApart(const Repeat &repeat) const;

  SmallVector<Operation *> ops;
  SmallVector<size_t> keys, weights;
};

} // namespace

/// How many values computed in `segment` something else uses.
static size_t countResults(const Segment &segment) {
  size_t count = 0;
  for (Operation *op : segment.getOps())
    count += llvm::count_if(op->getResults(), [&](Value result) {
      return segment.isUsedOutside(result);
    });
  return count;
}

/// Where to cut: the first of the places where the fewest values are handed on.
size_t Sequence::findPhase(const Repeat &repeat) const {
  size_t best = 0, fewest = SIZE_MAX;
  for (size_t phase = 0; phase <= repeat.length % repeat.period; ++phase) {
    size_t results =
        countResults(getSegment(repeat.start + phase, repeat.period));
    if (results < fewest) {
      fewest = results;
      best = phase;
    }
  }
  return best;
}

SmallVector<Segment> Sequence::getSegmentsInARow(const Repeat &repeat) const {
  const size_t start = repeat.start + findPhase(repeat);
  const size_t count = (repeat.start + repeat.length - start) / repeat.period;
  SmallVector<Segment> segments;
  for (size_t i = 0; i < count; ++i) {
    segments.push_back(getSegment(start + i * repeat.period, repeat.period));
    if (!isEquivalent(segments.front(), segments.back())) {
      segments.pop_back();
      break;
    }
  }
  return segments;
}

SmallVector<Segment> Sequence::getSegmentsApart(const Repeat &repeat) const {
  const size_t length = repeat.length;
  ArrayRef<size_t> wanted = ArrayRef(keys).slice(repeat.start, length);
  SmallVector<Segment> segments = {getSegment(repeat.start, length)};
  for (size_t i = repeat.start + length; i + length <= keys.size(); ++i) {
    if (ArrayRef(keys).slice(i, length) != wanted ||
        !isEquivalent(segments.front(), getSegment(i, length)))
      continue;
    segments.push_back(getSegment(i, length));
    i += length - 1;
  }
  return segments;
}

SmallVector<Segment> Sequence::findLayers(size_t smallest) const {
  for (const Repeat &repeat : findRepeats(keys, weights, smallest)) {
    SmallVector<Segment> segments = repeat.isInARow()
                                        ? getSegmentsInARow(repeat)
                                        : getSegmentsApart(repeat);
    if (repeat.weight * (segments.size() - 1) >= smallest)
      return segments;
  }
  return {};
}

namespace {
struct OutlineLayers : attn::impl::OutlineLayersBase<OutlineLayers> {
  using OutlineLayersBase::OutlineLayersBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.getBody().hasOneBlock())
        functions.push_back(function);
    SymbolTable symbols(getOperation());
    for (func::FuncOp function : functions)
      outlineLayers(function, symbols);
  }

  void outlineLayers(func::FuncOp function, SymbolTable &symbols) {
    size_t size = 0;
    function.walk([&](Operation *) { ++size; });
    while (size >= 2 * smallest) {
      hoistShared(function.front(), smallest);
      Sequence sequence(function.front());
      SmallVector<Segment> segments = sequence.findLayers(smallest);
      if (segments.empty())
        return;
      const size_t length = segments.front().getOps().size();
      func::FuncOp layer = outline(segments, function, symbols);
      remark::passed(
          function.getLoc(),
          remark::RemarkOpts::name("Outlined").category("attn-outline-layers"))
          << (Twine(segments.size()) + " times " + Twine(length) +
              " ops as calls of '" + layer.getName() + "'")
                 .str();
    }
  }
};
} // namespace
