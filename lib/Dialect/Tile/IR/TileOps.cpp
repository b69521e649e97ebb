//===- TileOps.cpp - What ops on tiles demand -----------------------------===//
#include "attn/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace mlir::attn::tile;

#define GET_OP_CLASSES
#include "attn/Dialect/Tile/IR/TileOps.cpp.inc"

static LogicalResult verifyRank(Operation *op, StringRef name, Value value,
                                int64_t rank) {
  if (!value)
    return success();
  const int64_t actual = cast<ShapedType>(value.getType()).getRank();
  if (actual == rank)
    return success();
  return op->emitOpError("expected ")
         << name << " of rank " << rank << ", got " << actual;
}

/// Arguments and the yielded values of a region, unless it is empty.
static LogicalResult verifyBody(Operation *op, StringRef name, Region &body,
                                TypeRange arguments, TypeRange results) {
  if (body.empty())
    return success();
  if (body.getArgumentTypes() != arguments)
    return op->emitOpError("expected arguments of types (")
           << arguments << ") in the " << name << " region, got ("
           << body.getArgumentTypes() << ")";
  auto yield = dyn_cast<YieldOp>(body.front().getTerminator());
  if (!yield || yield.getOperandTypes() != results)
    return op->emitOpError("expected the ")
           << name << " region to yield (" << results << ")";
  return success();
}

LogicalResult StreamOp::verify() {
  for (auto [name, value] : {std::pair<StringRef, Value>("query", getQuery()),
                             {"key", getKey()},
                             {"value", getValue()},
                             {"output", getOutput()}})
    if (failed(verifyRank(*this, name, value, 4)))
      return failure();
  if (failed(verifyRank(*this, "lse", getLse(), 3)) ||
      failed(verifyRank(*this, "sink", getSink(), 1)))
    return failure();
  const bool isOnTensors = isa<TensorType>(getOutput().getType());
  const unsigned results = isOnTensors ? 1 + (getLse() ? 1 : 0) : 0;
  if (getNumResults() != results)
    return emitOpError("expected ")
           << results << " results, got " << getNumResults();
  Builder builder(getContext());
  Type index = builder.getIndexType(), f32 = builder.getF32Type();
  if (failed(verifyBody(*this, "visits", getVisits(), {}, {})) ||
      failed(verifyBody(*this, "score", getScore(),
                        {f32, index, index, index, index}, f32)))
    return failure();
  return verifyBody(*this, "mask", getMask(), {index, index, index, index},
                    builder.getI1Type());
}

LogicalResult VisitOp::verify() {
  if ((*this)->getParentOfType<StreamOp>())
    return success();
  return emitOpError("expected an attn_tile.stream around it");
}

LogicalResult StageOp::verify() {
  RingType ring = getRing().getType();
  if (getKey().getType() != ring.getKey())
    return emitOpError("expected keys of type ")
           << ring.getKey() << ", got " << getKey().getType();
  if (getValue().getType() != ring.getValue())
    return emitOpError("expected values of type ")
           << ring.getValue() << ", got " << getValue().getType();
  return success();
}

/// A left operand in registers, as large as one in shared memory.
static FragmentType getFragment(Type type) {
  if (auto tile = dyn_cast<TileType>(type))
    return FragmentType::get(type.getContext(), tile.getRows(),
                             tile.getColumns(), tile.getElement());
  return cast<FragmentType>(type);
}

LogicalResult MmaOp::verify() {
  FragmentType a = getFragment(getLhs().getType());
  TileType b = getRhs().getType();
  AccType c = getAcc().getType();
  const int64_t k = getDepth();
  const int64_t n = getTransposed() ? b.getRows() : b.getColumns();
  if (a.getElement() != b.getElement())
    return emitOpError("expected operands of one type, got ")
           << a.getElement() << " and " << b.getElement();
  if (a.getColumns() != k)
    return emitOpError("expected a right operand of ")
           << a.getColumns() << " products, got " << k;
  if (a.getRows() != c.getRows() || n != c.getColumns())
    return emitOpError("expected an acc of ")
           << a.getRows() << "x" << n << ", got " << c.getRows() << "x"
           << c.getColumns();
  return success();
}

LogicalResult ToFragmentOp::verify() {
  AccType from = getAcc().getType();
  FragmentType to = getResult().getType();
  if (from.getRows() == to.getRows() && from.getColumns() == to.getColumns())
    return success();
  return emitOpError("expected a fragment of ")
         << from.getRows() << "x" << from.getColumns() << ", got "
         << to.getRows() << "x" << to.getColumns();
}

LogicalResult MapOp::verify() {
  Builder builder(getContext());
  SmallVector<Type> arguments(1 + getRows().size(), builder.getF32Type());
  arguments.append(2, builder.getIndexType());
  return verifyBody(*this, "map", getBody(), arguments, builder.getF32Type());
}

LogicalResult MapRowsOp::verify() {
  Builder builder(getContext());
  SmallVector<Type> arguments(getRows().size(), builder.getF32Type());
  arguments.push_back(builder.getIndexType());
  SmallVector<Type> results(getNumResults(), builder.getF32Type());
  return verifyBody(*this, "map", getBody(), arguments, results);
}

LogicalResult ReduceRowsOp::verify() {
  const int64_t rows = getAcc().getType().getRows();
  if (getResult().getType().getRows() == rows)
    return success();
  return emitOpError("expected ")
         << rows << " rows, got " << getResult().getType().getRows();
}
