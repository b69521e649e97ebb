//===- StreamBuilder.cpp - A loop over query tiles as streams -------------===//
#include "StreamBuilder.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// What a stream can do
//===----------------------------------------------------------------------===//

std::string StreamBuilder::findState() {
  SmallVector<FinalizeStateOp> ends;
  loop.walk([&](FinalizeStateOp op) { ends.push_back(op); });
  loop.walk([&](AttendOp op) { attends.push_back(op); });
  if (attends.empty() || ends.size() > 1)
    return "expected a loop of one state";
  if (ends.empty())
    return findPart();
  FinalizeStateOp op = ends.front();
  end = {op.getOutput(), op.getLse(), op.getSink(), op.getOutputLayoutAttr(),
         op.getLseLayoutAttr()};
  return "";
}

std::string StreamBuilder::findPart() {
  SmallVector<tensor::ParallelInsertSliceOp> inserts;
  for (Operation &op : loop.getTerminator().getYieldingOps())
    inserts.push_back(cast<tensor::ParallelInsertSliceOp>(op));
  if (inserts.size() != 3)
    return "expected a loop that ends a state, or leaves one";
  end = {inserts[0].getSource(), inserts[1].getSource(), {}, {}, {}};
  return "";
}

/// Defined before the loops over key tiles.
bool StreamBuilder::isOutsideLoops(Value value) {
  Region *region = value.getParentRegion();
  return region == &loop.getRegion() ||
         region->isProperAncestor(&loop.getRegion());
}

Value StreamBuilder::toValue(OpFoldResult value) {
  return getValueOrCreateConstantIndexOp(builder, loop.getLoc(), value);
}

StreamBuilder::KeySlice StreamBuilder::getSlice(Value slice,
                                                DenseI64ArrayAttr layout) {
  auto op = slice.getDefiningOp<tensor::ExtractSliceOp>();
  const SmallVector<OpFoldResult> offsets = op.getMixedOffsets(),
                                  sizes = op.getMixedSizes();
  const SmallVector<int64_t> order = getLayout(layout, 4);
  auto at = [&](int64_t dim) { return llvm::find(order, dim) - order.begin(); };
  return {op.getSource(), toValue(offsets[at(Batch)]),
          toValue(offsets[at(Head)]), toValue(offsets[at(Sequence)]),
          toValue(sizes[at(Sequence)])};
}

/// A copy of a region of an attend, with its tile's first key as an argument.
void StreamBuilder::moveRegion(Region &from, Value first, Region &to) {
  if (from.empty())
    return;
  IRMapping mapping;
  from.cloneInto(&to, mapping);
  Block &block = to.front();
  // The batch of a tile is the first of its slice.
  builder.setInsertionPointToStart(&block);
  Value zero = arith::ConstantIndexOp::create(builder, loop.getLoc(), 0);
  const unsigned batch = block.getNumArguments() - 4;
  block.getArgument(batch).replaceAllUsesWith(zero);
  block.eraseArgument(batch);
  Value argument = block.addArgument(builder.getIndexType(), loop.getLoc());
  to.walk([&](Operation *op) { op->replaceUsesOfWith(first, argument); });
  auto yield = cast<YieldOp>(block.getTerminator());
  builder.setInsertionPoint(yield);
  tile::YieldOp::create(builder, yield.getLoc(), yield.getOperands());
  yield.erase();
}

std::string StreamBuilder::checkRegions(AttendOp attend) {
  AttendOp masked = getMasked();
  auto isSame = [&](Region &a, Value firstOfA, Region &b, Value firstOfB) {
    Region left, right;
    moveRegion(a, firstOfA, left);
    moveRegion(b, firstOfB, right);
    return OperationEquivalence::isRegionEquivalentTo(
        &left, &right, OperationEquivalence::IgnoreLocations);
  };
  auto first = [&](AttendOp op) {
    auto slice = op.getKey().getDefiningOp<tensor::ExtractSliceOp>();
    const SmallVector<int64_t> order = getLayout(op.getKeyLayoutAttr(), 4);
    auto offset = slice.getMixedOffsets()[llvm::find(order, int64_t(Sequence)) -
                                          order.begin()];
    return dyn_cast<Value>(offset);
  };
  Value mine = first(attend), others = first(masked);
  if (!isSame(attend.getScore(), mine, masked.getScore(), others) ||
      (!attend.getMask().empty() &&
       !isSame(attend.getMask(), mine, masked.getMask(), others)))
    return "expected regions that are the same in all tiles";
  for (Region *region : {&attend.getScore(), &attend.getMask()}) {
    bool isOutside = true;
    region->walk([&](Operation *op) {
      for (Value operand : op->getOperands())
        isOutside &= operand == mine ||
                     region->isAncestor(operand.getParentRegion()) ||
                     isOutsideLoops(operand);
    });
    if (!isOutside)
      return "expected regions that know of the key tile its first key alone";
  }
  return "";
}

/// Loops and branches around, up to the loop over query tiles.
std::string StreamBuilder::checkLoops(AttendOp attend) {
  for (Operation *op = attend->getParentOp(); op != loop;
       op = op->getParentOp()) {
    if (!isa<scf::ForOp, scf::IfOp>(op))
      return "expected loops over key tiles that are scf.for or scf.if";
    for (Type type : op->getResultTypes())
      if (!isa<RankedTensorType>(type))
        return "expected loops over key tiles that carry a state alone";
  }
  return "";
}

std::string StreamBuilder::checkAttend(AttendOp attend) {
  for (Value operand : {attend.getKey(), attend.getValue()}) {
    auto slice = operand.getDefiningOp<tensor::ExtractSliceOp>();
    if (!slice || slice.getType().getRank() != 4)
      return "expected keys and values that are slices";
    if (!isOutsideLoops(slice.getSource()))
      return "expected keys and values that are whole outside of loops";
  }
  if (attend.getQuery() != attends.front().getQuery())
    return "expected the same queries for all keys";
  if (std::string obstacle = checkLoops(attend); !obstacle.empty())
    return obstacle;
  return checkRegions(attend);
}

std::string StreamBuilder::getObstacle() {
  if (std::string obstacle = findState(); !obstacle.empty())
    return obstacle;
  for (AttendOp attend : attends)
    if (std::string obstacle = checkAttend(attend); !obstacle.empty())
      return obstacle;
  return "";
}

//===----------------------------------------------------------------------===//
// The stream
//===----------------------------------------------------------------------===//

/// One with a mask, if there is one.
AttendOp StreamBuilder::getMasked() {
  for (AttendOp attend : attends)
    if (!attend.getMask().empty())
      return attend;
  return attends.front();
}

void StreamBuilder::cloneVisit(AttendOp attend, IRMapping &mapping) {
  auto slice = cast<tensor::ExtractSliceOp>(attend.getKey().getDefiningOp());
  const SmallVector<int64_t> order = getLayout(attend.getKeyLayoutAttr(), 4);
  const size_t at = llvm::find(order, int64_t(Sequence)) - order.begin();
  auto mapped = [&](OpFoldResult value) {
    return mapping.lookupOrDefault(toValue(value));
  };
  tile::VisitOp::create(
      builder, attend.getLoc(), mapped(slice.getMixedOffsets()[at]),
      mapped(slice.getMixedSizes()[at]), !attend.getMask().empty());
}

static bool hasAttend(Operation &op) {
  return op.walk([](AttendOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// The loops without the state, each attend as a visit.
void StreamBuilder::cloneVisits(Block &from, IRMapping &mapping) {
  const bool isBody = &from == loop.getBody();
  for (Operation &op : from.without_terminator()) {
    if (auto attend = dyn_cast<AttendOp>(op)) {
      cloneVisit(attend, mapping);
    } else if (!hasAttend(op)) {
      // What is outside of all loops stays there; slices are a publish's.
      if (!isBody && !isa<tensor::ExtractSliceOp>(op))
        builder.clone(op, mapping);
    } else if (auto inner = dyn_cast<scf::ForOp>(op)) {
      auto copy = scf::ForOp::create(
          builder, op.getLoc(), mapping.lookupOrDefault(inner.getLowerBound()),
          mapping.lookupOrDefault(inner.getUpperBound()),
          mapping.lookupOrDefault(inner.getStep()));
      mapping.map(inner.getInductionVar(), copy.getInductionVar());
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(copy.getBody()->getTerminator());
      cloneVisits(*inner.getBody(), mapping);
    } else {
      auto branch = cast<scf::IfOp>(op);
      auto copy = scf::IfOp::create(
          builder, op.getLoc(), mapping.lookupOrDefault(branch.getCondition()),
          /*withElseRegion=*/branch.elseBlock() != nullptr);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(copy.thenBlock()->getTerminator());
      cloneVisits(*branch.thenBlock(), mapping);
      if (!branch.elseBlock())
        continue;
      builder.setInsertionPoint(copy.elseBlock()->getTerminator());
      cloneVisits(*branch.elseBlock(), mapping);
    }
  }
}

/// Where the forall wants `value`, as a slice of what it shares.
static Value getDestination(OpBuilder &builder, Value value) {
  for (Operation *user : value.getUsers())
    if (auto insert = dyn_cast<tensor::ParallelInsertSliceOp>(user))
      return tensor::ExtractSliceOp::create(
          builder, value.getLoc(), insert.getSourceType(), insert.getDest(),
          insert.getMixedOffsets(), insert.getMixedSizes(),
          insert.getMixedStrides());
  auto type = cast<RankedTensorType>(value.getType());
  return tensor::EmptyOp::create(
      builder, value.getLoc(),
      tensor::getMixedSizes(builder, value.getLoc(), value),
      type.getElementType());
}

/// Warps take the query where it lies: a copy in scratch is for other kernels.
static Value getQuery(AttendOp attend) {
  auto copy = attend.getQuery().getDefiningOp<bufferization::AllocTensorOp>();
  return copy && copy.getCopy() ? copy.getCopy() : attend.getQuery();
}

/// `key`, whose type has the number of its features, which is that of the
/// query's.
static Value castFeatures(OpBuilder &builder, Value key, AttendOp attend) {
  auto at = [](DenseI64ArrayAttr layout) {
    const SmallVector<int64_t> order = getLayout(layout, 4);
    return llvm::find(order, int64_t(Feature)) - order.begin();
  };
  auto query = cast<RankedTensorType>(attend.getQuery().getType());
  auto type = cast<RankedTensorType>(key.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[at(attend.getKeyLayoutAttr())] =
      query.getDimSize(at(attend.getQueryLayoutAttr()));
  return builder.createOrFold<tensor::CastOp>(attend.getLoc(),
                                              type.clone(shape), key);
}

tile::StreamOp StreamBuilder::createStream() {
  AttendOp attend = attends.front();
  // Offsets of the batch and the head are the same in all tiles.
  KeySlice key = getSlice(attend.getKey(), attend.getKeyLayoutAttr());
  key.tensor = castFeatures(builder, key.tensor, attend);
  Value value =
      attend.getValue().getDefiningOp<tensor::ExtractSliceOp>().getSource();
  Value output = getDestination(builder, end.output);
  SmallVector<Type> types{output.getType()};
  Value lse;
  if (end.lse) {
    lse = getDestination(builder, end.lse);
    types.push_back(lse.getType());
  }
  const double scale = *attend.getStaticScale();
  return tile::StreamOp::create(
      builder, attend.getLoc(), types, getQuery(attend), key.tensor, key.batch,
      key.head, value, output, lse, end.sink, builder.getF64FloatAttr(scale),
      schedule, attend.getQueryLayoutAttr(), attend.getKeyLayoutAttr(),
      attend.getValueLayoutAttr(), end.outputLayout, end.lseLayout);
}

void StreamBuilder::replaceEnd(tile::StreamOp stream) {
  if (auto finalize = end.output.getDefiningOp<FinalizeStateOp>()) {
    finalize->replaceAllUsesWith(stream.getResults());
    finalize.erase();
    return;
  }
  Operation &sum = loop.getTerminator().getRegion().front().back();
  sum.erase();
  end.output.replaceAllUsesWith(stream.getResult(0));
  end.lse.replaceAllUsesWith(stream.getResult(1));
}

void StreamBuilder::build() {
  auto finalize = end.output.getDefiningOp<FinalizeStateOp>();
  builder.setInsertionPoint(finalize ? finalize : loop.getTerminator());
  tile::StreamOp stream = createStream();
  builder.setInsertionPointToStart(&stream.getVisits().emplaceBlock());
  IRMapping mapping;
  cloneVisits(*loop.getBody(), mapping);
  tile::YieldOp::create(builder, loop.getLoc());
  AttendOp masked = getMasked();
  builder.setInsertionPoint(stream);
  Value first = getSlice(masked.getKey(), masked.getKeyLayoutAttr()).first;
  moveRegion(masked.getScore(), first, stream.getScore());
  moveRegion(masked.getMask(), first, stream.getMask());
  replaceEnd(stream);
  // The loops with the state, of which nothing is needed any more.
  SmallVector<Operation *> body;
  for (Operation &op : loop.getBody()->without_terminator())
    body.push_back(&op);
  for (Operation *op : llvm::reverse(body))
    if (hasAttend(*op) ||
        (isa<InitStateOp, bufferization::AllocTensorOp>(op) && op->use_empty()))
      op->erase();
}
