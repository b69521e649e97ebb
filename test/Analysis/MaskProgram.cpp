//===- MaskProgram.cpp - Evaluates mask regions pair by pair --------------===//
#include "RandomMask.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

/// Arguments of the function after q, k and v.
enum Argument : unsigned {
  Scalar0 = 3,
  Scalar1,
  Flag,
  Lengths,
  Segments,
  Table
};

static unsigned argumentNumber(Value value) {
  return cast<BlockArgument>(value).getArgNumber();
}

static char tableAt(const Inputs &inputs, int64_t b, int64_t h, int64_t row,
                    int64_t column) {
  if (row >= inputs.tableRows || column >= inputs.tableColumns)
    return false;
  return inputs.table[((b * numHeads + h) * inputs.tableRows + row) *
                          inputs.tableColumns +
                      column];
}

MaskProgram::MaskProgram(AttentionOp op, func::FuncOp function)
    : op(op), function(function) {
  for (Value argument : function.getArguments())
    addSlot(argument);
  for (Value argument : op.getMask().getArguments())
    addSlot(argument);
  for (Operation &inner : op.getMask().front().without_terminator()) {
    order.push_back(&inner);
    addSlot(inner.getResult(0));
  }
}

void MaskProgram::addSlot(Value value) {
  slotOf[value] = slots.size();
  slots.push_back(0);
}

void MaskProgram::run(const Inputs &inputs, const int64_t (&position)[4]) {
  slot(function.getArgument(Scalar0)) = inputs.scalars[0];
  slot(function.getArgument(Scalar1)) = inputs.scalars[1];
  slot(function.getArgument(Flag)) = inputs.flag;
  for (unsigned n = 0; n < 4; ++n)
    slot(op.getMask().getArgument(n)) = position[n];
  for (Operation *inner : order)
    slot(inner->getResult(0)) = evaluate(inner, inputs);
}

bool MaskProgram::operator()(const Inputs &inputs, int64_t b, int64_t h,
                             int64_t i, int64_t j) {
  run(inputs, {b, h, i, j});
  return slot(op.getMask().front().getTerminator()->getOperand(0)) != 0;
}

int64_t MaskProgram::valueOf(Value value, const Inputs &inputs, int64_t b,
                             int64_t h) {
  run(inputs, {b, h, 0, 0});
  return slot(value);
}

static bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b) {
  using P = arith::CmpIPredicate;
  const uint64_t ua = a, ub = b;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return ua < ub;
  case P::ule:
    return ua <= ub;
  case P::ugt:
    return ua > ub;
  case P::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are handled");
}

int64_t MaskProgram::evaluate(Operation *inner, const Inputs &inputs) {
  const auto at = [&](unsigned n) { return slot(inner->getOperand(n)); };
  const auto floored = [](int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
  };
  return llvm::TypeSwitch<Operation *, int64_t>(inner)
      .Case<arith::ConstantOp>([&](arith::ConstantOp constant) -> int64_t {
        auto value = cast<IntegerAttr>(constant.getValue()).getValue();
        return value.getBitWidth() == 1 ? value.getZExtValue()
                                        : value.getSExtValue();
      })
      .Case<arith::AddIOp>([&](auto) { return at(0) + at(1); })
      .Case<arith::SubIOp>([&](auto) { return at(0) - at(1); })
      .Case<arith::MulIOp>([&](auto) { return at(0) * at(1); })
      .Case<arith::FloorDivSIOp>([&](auto) { return floored(at(0), at(1)); })
      .Case<arith::CeilDivSIOp>([&](auto) { return -floored(-at(0), at(1)); })
      .Case<arith::DivSIOp>([&](auto) { return at(0) / at(1); })
      .Case<arith::RemSIOp>([&](auto) { return at(0) % at(1); })
      .Case<arith::RemUIOp>(
          [&](auto) -> int64_t { return uint64_t(at(0)) % uint64_t(at(1)); })
      .Case<arith::MinSIOp>([&](auto) { return std::min(at(0), at(1)); })
      .Case<arith::MaxSIOp>([&](auto) { return std::max(at(0), at(1)); })
      .Case<arith::AndIOp>([&](auto) { return at(0) & at(1); })
      .Case<arith::OrIOp>([&](auto) { return at(0) | at(1); })
      .Case<arith::XOrIOp>([&](auto) { return at(0) ^ at(1); })
      .Case<arith::SelectOp>([&](auto) { return at(0) ? at(1) : at(2); })
      .Case<arith::IndexCastOp>([&](auto) { return at(0); })
      .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) -> int64_t {
        return compare(cmp.getPredicate(), at(0), at(1));
      })
      .Case<tensor::ExtractOp>([&](tensor::ExtractOp read) -> int64_t {
        switch (argumentNumber(read.getTensor())) {
        case Lengths:
          return inputs.lengths[at(1)];
        case Segments:
          return inputs.segments[at(1)][at(2)];
        default:
          return tableAt(inputs, at(1), at(2), at(3), at(4));
        }
      })
      .Case<CausalOp>([&](CausalOp causal) -> int64_t {
        return at(1) <= at(0) + (causal.getOffset() ? at(2) : 0);
      })
      .Case<WindowOp>([&](WindowOp window) -> int64_t {
        const int64_t p = at(0) + (window.getOffset() ? at(2) : 0);
        return (window.getLeft() == uint64_t(-1) ||
                p - int64_t(window.getLeft()) <= at(1)) &&
               (window.getRight() == uint64_t(-1) ||
                at(1) <= p + int64_t(window.getRight()));
      })
      .Case<PrefixOp>([&](auto) -> int64_t { return at(0) < at(1); })
      .Case<SameSegmentOp>([&](auto) -> int64_t {
        const auto &segments = inputs.segments[at(2)];
        return segments[at(3)] == segments[at(4)];
      })
      .Case<BlockSparseOp>([&](auto) -> int64_t {
        return tableAt(inputs, at(1), at(2), at(3) / tableQueryBlock,
                       at(4) / tableKeyBlock);
      })
      .Default([](Operation *other) -> int64_t {
        llvm::report_fatal_error("expected an op that the test knows, got " +
                                 other->getName().getStringRef());
      });
}

/// Bounds of `at(n)` for n in `range` within [0, size).
static Interval boundsOf(Interval range, int64_t size,
                         function_ref<Interval(int64_t)> at) {
  std::optional<Interval> bounds;
  for (int64_t n = std::max<int64_t>(0, range.low);
       n <= std::min(range.high, size - 1); ++n)
    bounds = bounds ? join(*bounds, at(n)) : at(n);
  return bounds.value_or(Interval::point(0));
}

std::optional<Interval> test::readInputs(const Inputs &inputs, Value captured,
                                         ArrayRef<Interval> indices) {
  const auto bounds = [&](unsigned n, int64_t size, auto at) {
    return boundsOf(indices[n], size, at);
  };
  switch (argumentNumber(captured)) {
  case Scalar0:
  case Scalar1:
    return Interval::point(inputs.scalars[argumentNumber(captured) - Scalar0]);
  case Flag:
    return Interval::point(inputs.flag);
  case Lengths:
    return bounds(0, numBatches, [&](int64_t b) {
      return Interval::point(inputs.lengths[b]);
    });
  case Segments:
    return bounds(0, numBatches, [&](int64_t b) {
      const auto &segments = inputs.segments[b];
      return bounds(1, segments.size(),
                    [&](int64_t n) { return Interval::point(segments[n]); });
    });
  case Table:
    return bounds(0, numBatches, [&](int64_t b) {
      return bounds(1, numHeads, [&](int64_t h) {
        return bounds(2, inputs.tableRows, [&](int64_t row) {
          return bounds(3, inputs.tableColumns, [&](int64_t column) {
            return Interval::point(tableAt(inputs, b, h, row, column));
          });
        });
      });
    });
  default:
    return std::nullopt;
  }
}
