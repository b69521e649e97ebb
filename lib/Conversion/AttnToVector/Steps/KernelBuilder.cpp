//===- KernelBuilder.cpp - Vector code in few words -----------------------===//
#include "Steps/KernelBuilder.h"
#include "Steps/Divisor.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

Value KernelBuilder::splat(double value) {
  Attribute attr = FloatAttr::get(element, value);
  return arith::ConstantOp::create(*this, DenseElementsAttr::get(vector, attr));
}

Value KernelBuilder::scalar(double value) {
  return arith::ConstantOp::create(*this, FloatAttr::get(element, value));
}

Value KernelBuilder::broadcast(Value value) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(*this, vector.clone(value.getType()),
                                     value);
}

Value KernelBuilder::widen(Value value) {
  Type type = value.getType();
  if (getElementTypeOrSelf(type) == element)
    return value;
  Type wide = element;
  if (auto shaped = dyn_cast<VectorType>(type))
    wide = shaped.clone(element);
  return arith::ExtFOp::create(*this, wide, value);
}

Value KernelBuilder::multiplyAdd(Value a, Value b, Value c) {
  if (target.getFma())
    return math::FmaOp::create(*this, a, b, c);
  return arith::AddFOp::create(*this, arith::MulFOp::create(*this, a, b), c);
}

Value KernelBuilder::maximum(Value a, Value b) {
  Value greater = arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, a, b);
  return arith::SelectOp::create(*this, greater, a, b);
}

Value KernelBuilder::minimum(Value a, Value b) {
  Value less = arith::CmpFOp::create(*this, arith::CmpFPredicate::OLT, a, b);
  return arith::SelectOp::create(*this, less, a, b);
}

Value KernelBuilder::load(Value memref, ValueRange position) {
  return vector::LoadOp::create(*this, vector, memref, position);
}

Value KernelBuilder::loadWide(Value memref, ValueRange position, Value mask) {
  Type narrow = cast<MemRefType>(memref.getType()).getElementType();
  VectorType type = vector.clone(narrow);
  if (!mask)
    return widen(vector::LoadOp::create(*this, type, memref, position));
  Value none = arith::ConstantOp::create(*this, getZeroAttr(type));
  return widen(
      vector::MaskedLoadOp::create(*this, type, memref, position, mask, none));
}

Value KernelBuilder::loadElement(Value memref, ValueRange position) {
  return widen(memref::LoadOp::create(*this, memref, position));
}

Value KernelBuilder::firstLanes(Value count) {
  return vector::CreateMaskOp::create(*this, vector.clone(getI1Type()), count);
}

void KernelBuilder::store(Value value, Value memref, ValueRange position) {
  vector::StoreOp::create(*this, value, memref, position);
}

using Lanes = SmallVector<int64_t>;

/// Groups of `group` lanes in [from, to), which begin `step` lanes apart.
static void appendGroups(Lanes &lanes, int64_t from, int64_t to, int64_t group,
                         int64_t step) {
  for (int64_t first = from; first < to; first += step)
    for (int64_t lane = first; lane < first + group; ++lane)
      lanes.push_back(lane);
}

/// Even blocks of 128 bits of two vectors, one after the other, or odd ones.
static Lanes getBlocks(int64_t size, int64_t block, bool isOdd) {
  Lanes lanes;
  for (int64_t first : {int64_t(0), size})
    appendGroups(lanes, first + isOdd * block, first + size, block, 2 * block);
  return lanes;
}

/// In each block of 128 bits, groups of the lower halves of two vectors in
/// turn, or of the upper ones.
static Lanes getUnpacked(int64_t size, int64_t block, int64_t group,
                         bool isUpper) {
  Lanes lanes;
  for (int64_t first = isUpper * block / 2; first < size; first += block)
    for (int64_t lane = first; lane < first + block / 2; lane += group)
      for (int64_t vector : {int64_t(0), size})
        appendGroups(lanes, vector + lane, vector + lane + group, group, group);
  return lanes;
}

/// How many lanes of a vector 128 bits have, or all where it has fewer.
static int64_t getBlockLanes(VectorType type) {
  return std::min<int64_t>(type.getDimSize(0),
                           128 / type.getElementTypeBitWidth());
}

/// Two vectors whose numbers differ in one bit are shuffled to two others: that
/// bit becomes one of the lanes' numbers, and the bit that this pushes out one
/// of the vectors'. Each shuffle is one instruction.
static void shufflePairs(OpBuilder &builder, Values &vectors, int64_t bit,
                         const Lanes &lower, const Lanes &upper) {
  for (int64_t n = 0, count = vectors.size(); n < count; ++n) {
    if (n & bit)
      continue;
    Value first = vectors[n], second = vectors[n + bit];
    Location loc = first.getLoc();
    vectors[n] = vector::ShuffleOp::create(builder, loc, first, second, lower);
    vectors[n + bit] =
        vector::ShuffleOp::create(builder, loc, first, second, upper);
  }
}

/// Each square of lanes of as many vectors in a row as a block has lanes.
Values KernelBuilder::transposeJoined(Values vectors) {
  auto type = cast<VectorType>(vectors[0].getType());
  const int64_t size = type.getDimSize(0), block = getBlockLanes(type);
  for (int64_t group = 1; group < block; group *= 2)
    shufflePairs(*this, vectors, group, getUnpacked(size, block, group, false),
                 getUnpacked(size, block, group, true));
  // Of four lanes the two bits went round.
  if (block == 4)
    for (size_t n = 0; n < vectors.size(); n += 4)
      std::swap(vectors[n + 1], vectors[n + 2]);
  return vectors;
}

Values KernelBuilder::transpose(Values vectors) {
  auto type = cast<VectorType>(vectors[0].getType());
  const int64_t size = type.getDimSize(0), block = getBlockLanes(type);
  for (int64_t bit = block; bit < size; bit *= 2)
    shufflePairs(*this, vectors, bit, getBlocks(size, block, false),
                 getBlocks(size, block, true));
  return transposeJoined(vectors);
}

Value KernelBuilder::unpack(Value first, Value second, bool isUpper) {
  auto type = cast<VectorType>(first.getType());
  return vector::ShuffleOp::create(
      *this, first, second,
      getUnpacked(type.getDimSize(0), getBlockLanes(type), 1, isUpper));
}

/// One vector of all lanes, by halves.
static Value join(KernelBuilder &b, ArrayRef<Value> blocks) {
  if (blocks.size() == 1)
    return blocks[0];
  Value lower = join(b, blocks.take_front(blocks.size() / 2)),
        upper = join(b, blocks.drop_front(blocks.size() / 2));
  int64_t size = cast<VectorType>(lower.getType()).getDimSize(0);
  return vector::ShuffleOp::create(
      b, lower, upper, llvm::to_vector(llvm::seq<int64_t>(2 * size)));
}

int64_t KernelBuilder::blockLanes() { return getBlockLanes(vector); }

Values KernelBuilder::joinRows(function_ref<Value(int64_t row)> loadBlock) {
  Values joined;
  for (int64_t n = 0; n < blockLanes(); ++n) {
    Values blocks;
    for (int64_t row = n; row < lanes(); row += blockLanes())
      blocks.push_back(loadBlock(row));
    joined.push_back(join(*this, blocks));
  }
  return joined;
}

Values KernelBuilder::addProducts(ValueRange sums, ValueRange right,
                                  function_ref<Value(int64_t row)> left,
                                  Product product) {
  Values result(sums);
  for (size_t row = 0; row < sums.size() / right.size(); ++row) {
    Value factor = broadcast(left(row));
    for (auto [n, vector] : llvm::enumerate(right)) {
      Value &sum = result[row * right.size() + n];
      sum = product ? product(factor, vector, sum)
                    : multiplyAdd(factor, vector, sum);
    }
  }
  return result;
}

Value KernelBuilder::wholeSteps(Value size, int64_t step) {
  if (isMultipleOf(size, step))
    return size;
  Value rest = createOrFold<arith::RemUIOp>(size, index(step));
  return createOrFold<arith::SubIOp>(size, rest);
}

Value KernelBuilder::alignUp(Value size, int64_t step) {
  return wholeSteps(add(size, step - 1), step);
}

Value KernelBuilder::blockSize(Value size, Value first, int64_t step) {
  if (isMultipleOf(size, step))
    return index(step);
  return min(index(step), arith::SubIOp::create(*this, size, first));
}

Value KernelBuilder::asArgument(Value value) {
  return arith::AddIOp::create(*this, value, index(0)); // not folded yet
}

Values KernelBuilder::call(StringRef name, function_ref<Values()> body) {
  auto draft = scf::ExecuteRegionOp::create(*this, TypeRange());
  Values results;
  {
    OpBuilder::InsertionGuard guard(*this);
    createBlock(&draft.getRegion());
    results = body();
    scf::YieldOp::create(*this, results);
  }
  // A failing check in a parallel loop has to leave the loop.
  auto isCheck = [](cf::AssertOp) { return WalkResult::interrupt(); };
  if (draft.walk(isCheck).wasInterrupted()) {
    Block &block = draft.getRegion().front();
    block.getTerminator()->erase();
    getInsertionBlock()->getOperations().splice(draft->getIterator(),
                                                block.getOperations());
    draft.erase();
    return results;
  }
  auto code =
      scf::ExecuteRegionOp::create(*this, ValueRange(results).getTypes());
  code.getRegion().takeBody(draft.getRegion());
  draft.erase();
  return Values(functions->outline(code, name).getResults());
}

/// Loops are written as they should be: LLVM would spend a fifth of its time on
/// finding out that it cannot unroll them further.
static LLVM::LoopAnnotationAttr getLoopAnnotation(Builder &builder) {
  auto unroll = LLVM::LoopUnrollAttr::get(builder.getContext(),
                                          /*disable=*/builder.getBoolAttr(true),
                                          {}, {}, {}, {}, {}, {});
  return LLVM::LoopAnnotationAttr::get(builder.getContext(), {}, {}, {}, unroll,
                                       {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                                       {});
}

Values KernelBuilder::loop(Value from, Value to, int64_t step,
                           ValueRange carried,
                           function_ref<Values(Value, ValueRange)> body) {
  std::optional<int64_t> first = getConstantIntValue(from),
                         end = getConstantIntValue(to);
  if (from == to || (first && end && *first >= *end))
    return Values(carried);
  OpBuilder::InsertionGuard guard(*this);
  auto op = scf::ForOp::create(*this, from, to, index(step), carried);
  op->setAttr("loop_annotation", getLoopAnnotation(*this));
  setInsertionPointToStart(op.getBody());
  Values results = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(*this, results);
  return Values(op.getResults());
}

void KernelBuilder::loop(Value from, Value to, int64_t step,
                         function_ref<void(Value)> body) {
  loop(from, to, step, {}, [&](Value i, ValueRange) -> Values {
    body(i);
    return {};
  });
}

Values
KernelBuilder::unrolledLoop(Value from, Value to, ValueRange carried,
                            function_ref<Values(Value, ValueRange)> body) {
  constexpr int64_t together = 4;
  Value count = createOrFold<arith::SubIOp>(to, from);
  Value whole = wholeSteps(count, together);
  Value end = whole == count ? to : add(from, whole);
  Values sums =
      loop(from, end, together, carried, [&](Value first, ValueRange before) {
        Values next(before);
        for (int64_t n = 0; n < together; ++n)
          next = body(add(first, n), next);
        return next;
      });
  return isMultipleOf(count, together) ? sums : loop(end, to, 1, sums, body);
}

std::pair<Value, Value>
KernelBuilder::find(Value from, Value last, int64_t step,
                    function_ref<Value(Value)> isFound) {
  // Functions are made of code whose place is known.
  auto loop = scf::WhileOp::create(
      *this, TypeRange{getIndexType(), getI1Type()}, from, nullptr, nullptr);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBeforeBody());
  Value at = loop.getBeforeArguments()[0], found = isFound(at);
  Value isLast =
      arith::CmpIOp::create(*this, arith::CmpIPredicate::eq, at, last);
  Value ends = arith::OrIOp::create(*this, found, isLast);
  Value goesOn = arith::XOrIOp::create(
      *this, ends, arith::ConstantOp::create(*this, getBoolAttr(true)));
  scf::ConditionOp::create(*this, goesOn, ValueRange{at, found});
  setInsertionPointToStart(loop.getAfterBody());
  scf::YieldOp::create(*this, add(loop.getAfterArguments()[0], step));
  return {loop.getResult(0), loop.getResult(1)};
}

void KernelBuilder::branch(Value condition, function_ref<void()> then,
                           function_ref<void()> otherwise) {
  OpBuilder::InsertionGuard guard(*this);
  auto op = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  setInsertionPointToStart(op.thenBlock());
  then();
  setInsertionPointToStart(op.elseBlock());
  otherwise();
}

Values KernelBuilder::choose(Value condition, function_ref<Values()> then,
                             ValueRange otherwise) {
  return choose(condition, then, [&] { return Values(otherwise); });
}

Values KernelBuilder::choose(Value condition, function_ref<Values()> then,
                             function_ref<Values()> otherwise) {
  OpBuilder::InsertionGuard guard(*this);
  // The types are those of what a branch yields, once there is one.
  auto draft = scf::IfOp::create(*this, TypeRange(), condition,
                                 /*addThenBlock=*/true, /*addElseBlock=*/true);
  Values results;
  for (auto [block, body] : {std::pair(draft.thenBlock(), then),
                             std::pair(draft.elseBlock(), otherwise)}) {
    setInsertionPointToEnd(block);
    results = body();
    scf::YieldOp::create(*this, results);
  }
  setInsertionPoint(draft);
  auto op = scf::IfOp::create(*this, ValueRange(results).getTypes(), condition,
                              /*addThenBlock=*/false, /*addElseBlock=*/false);
  op.getThenRegion().takeBody(draft.getThenRegion());
  op.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  return Values(op.getResults());
}

Value KernelBuilder::scratch(ArrayRef<int64_t> shape, Type type) {
  OpBuilder::InsertionGuard guard(*this);
  // A sequential loop is a scope too, but its lowering gives nothing back.
  Block *block = getInsertionBlock();
  while (isa<scf::ForOp>(block->getParentOp()) ||
         !block->getParentOp()->hasTrait<OpTrait::AutomaticAllocationScope>())
    block = block->getParentOp()->getBlock();
  setInsertionPointToStart(block);
  return memref::AllocaOp::create(*this, MemRefType::get(shape, type),
                                  getI64IntegerAttr(64));
}

Value KernelBuilder::clearedScratch(ArrayRef<int64_t> shape, Type type) {
  Value result = scratch(shape, type);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointAfterValue(result);
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(type));
  linalg::FillOp::create(*this, zero, result);
  return result;
}
