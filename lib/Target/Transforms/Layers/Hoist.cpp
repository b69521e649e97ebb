//===- Hoist.cpp - What many use, as early as can be ----------------------===//

#include "Hoist.h"
#include "Segment.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `op` says how a tensor is seen, and reads nothing of it.
static bool isReshape(Operation *op) {
  return isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
      op);
}

/// Whether the sizes of what `op` reads need no check: each loop's is that of
/// one operand, or known.
static bool hasSizesOfItsOwn(linalg::LinalgOp op) {
  llvm::SmallBitVector isKnown(op.getNumLoops()), isSeen = isKnown;
  for (OpOperand &operand : op->getOpOperands()) {
    ArrayRef<int64_t> shape = op.getShape(&operand);
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isProjectedPermutation())
      return false;
    for (auto [size, expr] : llvm::zip_equal(shape, map.getResults())) {
      const unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      const bool isStatic = ShapedType::isStatic(size);
      if (isSeen[loop] && !(isStatic && isKnown[loop]))
        return false;
      isSeen.set(loop);
      isKnown[loop] = isStatic;
    }
  }
  return true;
}

/// Whether `op` may be computed though a check before it fails.
static bool isSafe(Operation *op) {
  if (isa<tensor::DimOp, tensor::EmptyOp>(op) || isReshape(op))
    return true;
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return extract.getIndices().empty();
  if (auto loops = dyn_cast<linalg::LinalgOp>(op))
    return hasSizesOfItsOwn(loops) &&
           llvm::all_of(*loops.getBlock(), [](Operation &nested) {
             return isa<linalg::YieldOp>(nested) || isSafe(&nested);
           });
  return op->getNumRegions() == 0 && isPure(op) &&
         llvm::none_of(op->getOperandTypes(), llvm::IsaPred<ShapedType>);
}

/// Whether `op` only makes the tensor that its one user writes, and goes with
/// it.
static bool isDestination(Operation *op) {
  return isa<tensor::EmptyOp, linalg::FillOp>(op) && op->hasOneUse();
}

/// Whether `op` computes and checks, and does nothing else.
static bool isComputation(Operation *op) {
  return !op->walk([](Operation *nested) {
              // What a parallel loop writes is its result.
              if (isa<cf::AssertOp, scf::InParallelOp,
                      tensor::ParallelInsertSliceOp>(nested))
                return WalkResult::advance();
              auto product = dyn_cast<linalg::LinalgOp>(nested);
              if (product && product.hasPureTensorSemantics())
                return WalkResult::advance();
              auto effects = dyn_cast<MemoryEffectOpInterface>(nested);
              bool isFree =
                  effects
                      ? effects.hasNoEffect()
                      : nested->hasTrait<OpTrait::HasRecursiveMemoryEffects>();
              return isFree ? WalkResult::advance() : WalkResult::interrupt();
            }).wasInterrupted();
}

/// Which ops of a block are moved.
static llvm::DenseSet<Operation *> findShared(Block &block) {
  llvm::DenseSet<Operation *> shared;
  auto isShared = [&](Operation *user) {
    return shared.contains(block.findAncestorOpInBlock(*user));
  };
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (op.hasTrait<OpTrait::ConstantLike>() || isDestination(&op) ||
        !isComputation(&op))
      continue;
    llvm::SmallPtrSet<Operation *, 4> users;
    for (Operation *user : op.getUsers())
      users.insert(block.findAncestorOpInBlock(*user));
    // Where one stands says nothing: that of the first layer's input, behind
    // the attention, say, is then no part of the layer.
    if (isReshape(&op) || users.size() > 1 || llvm::all_of(users, isShared))
      shared.insert(&op);
  }
  return shared;
}

static Operation *getLater(Operation *lhs, Operation *rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return lhs->isBeforeInBlock(rhs) ? rhs : lhs;
}

namespace {

/// Moves an op, and what makes the tensor that it writes.
class Move {
public:
  explicit Move(Operation *op) { add(op); }

  /// The last op of the block that computes what is read, but constants.
  Operation *getLastOperand() const { return last; }

  /// Moves all behind `place`; gives the last of them.
  Operation *toBehind(Operation *place) {
    for (Operation *op : llvm::reverse(ops)) {
      if (place)
        op->moveAfter(place);
      else
        op->moveBefore(op->getBlock(), op->getBlock()->begin());
      place = op;
    }
    return place;
  }

private:
  void add(Operation *op) {
    ops.push_back(op);
    SmallVector<OpOperand *> operands;
    getOperands(op, operands);
    for (OpOperand *operand : operands) {
      Operation *definition = operand->get().getDefiningOp();
      if (!definition || definition->getBlock() != op->getBlock() ||
          definition->hasTrait<OpTrait::ConstantLike>())
        continue;
      if (isDestination(definition))
        add(definition);
      else
        last = getLater(last, definition);
    }
  }

  /// Each before those that it reads.
  SmallVector<Operation *> ops;
  Operation *last = nullptr;
};

} // namespace

/// Whether `op` may end the call.
static bool hasCheck(Operation *op) {
  return op
      ->walk([](Operation *nested) {
        return isa<cf::AssertOp, CallOpInterface>(nested)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {

/// What is moved first: the rest goes no further up than checks, and what all
/// layers read is then not among what the first one computes for itself.
enum class Rank { Check, Layers, Rest };

/// Moves shared ops up to where their operands are known.
class Hoisting {
public:
  Hoisting(Block &block, size_t smallest) : shared(findShared(block)) {
    size_t place = 0;
    for (Operation &op : block.without_terminator()) {
      ops.push_back(&op);
      places[&op] = place;
      op.walk([&](Operation *) { ++place; });
    }
    for (Operation *op : llvm::reverse(ops))
      ranks[op] = findRank(op, smallest);
  }

  void hoist();

private:
  bool isReadByLayers(Operation *op, size_t smallest);
  Rank findRank(Operation *op, size_t smallest);
  void move(Operation *op, Operation *lastCheck);
  void move(Rank rank);

  llvm::DenseSet<Operation *> shared;
  SmallVector<Operation *> ops;         // as they were
  DenseMap<Operation *, size_t> places; // how many ops are before
  DenseMap<Operation *, Rank> ranks;
  /// Of what was moved behind an op the last, or one that it is behind.
  DenseMap<Operation *, Operation *> ends;
};

} // namespace

/// Whether equal ops read it that are as far apart as layers are.
bool Hoisting::isReadByLayers(Operation *op, size_t smallest) {
  DenseMap<size_t, std::pair<size_t, size_t>> ranges; // of places, by key
  for (Operation *user : op->getUsers()) {
    auto found = places.find(op->getBlock()->findAncestorOpInBlock(*user));
    if (found == places.end())
      continue;
    auto [place, isNew] = ranges.try_emplace(
        getKey(found->first), std::pair(found->second, found->second));
    auto &[first, last] = place->second;
    first = std::min(first, found->second);
    last = std::max(last, found->second);
    if (last - first >= smallest)
      return true;
  }
  return false;
}

/// What they are computed of goes with checks and what layers read. A size may
/// be that of what the first layer computes.
Rank Hoisting::findRank(Operation *op, size_t smallest) {
  if (isa<cf::AssertOp>(op))
    return Rank::Check;
  if (!shared.contains(op))
    return Rank::Rest;
  Rank rank = isReadByLayers(op, smallest) ? Rank::Layers : Rank::Rest;
  for (Operation *user : op->getUsers())
    if (auto found = ranks.find(op->getBlock()->findAncestorOpInBlock(*user));
        found != ranks.end() && !isa<tensor::DimOp>(found->first))
      rank = std::min(rank, found->second);
  return rank;
}

void Hoisting::move(Operation *op, Operation *lastCheck) {
  Move move(op);
  Operation *last = move.getLastOperand();
  if (!isa<cf::AssertOp>(op) && !isSafe(op))
    last = getLater(last, lastCheck);
  // Behind all that went there, and behind that; but never down, where it may
  // have stayed when what it was moved behind went on.
  Operation *end = last;
  for (Operation *next = ends.lookup(end); next && next->isBeforeInBlock(op);
       next = ends.lookup(end))
    end = next;
  ends[last] = ends[end] = move.toBehind(end);
}

void Hoisting::move(Rank rank) {
  Operation *lastCheck = nullptr;
  for (Operation *op : ops) {
    // What writes much does so best where it is read.
    if (rank == Rank::Rest && isa<scf::ForallOp, linalg::LinalgOp>(op))
      continue;
    if (shared.contains(op) && ranks.lookup(op) == rank)
      move(op, lastCheck);
    if (hasCheck(op))
      lastCheck = getLater(lastCheck, op);
  }
}

void Hoisting::hoist() {
  // Constants are no part of layers, and come before all.
  Operation *end = nullptr;
  for (Operation *op : ops)
    if (op->hasTrait<OpTrait::ConstantLike>()) {
      if (end)
        op->moveAfter(end);
      else
        op->moveBefore(op->getBlock(), op->getBlock()->begin());
      ends[nullptr] = end = op;
    }
  for (Rank rank : {Rank::Check, Rank::Layers, Rank::Rest})
    move(rank);
}

void attn::hoistShared(Block &block, size_t smallest) {
  if (block.without_terminator().empty())
    return;
  Hoisting(block, smallest).hoist();
}
