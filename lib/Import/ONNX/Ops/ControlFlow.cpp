//===- ControlFlow.cpp - If, Loop, Scan -----------------------------------===//

#include "Core/Emit.h"
#include "Core/Registry.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Sizes and checks that are made inside of a region stay inside.
struct RegionScope {
  explicit RegionScope(Node &n) : math(n.math), guard(n.b) {
    math.enterRegion();
  }
  ~RegionScope() { math.leaveRegion(); }
  IndexMath &math;
  OpBuilder::InsertionGuard guard;
};

static LogicalResult setAll(Node &n, ArrayRef<Operand> results) {
  if (results.size() != n.numOutputs())
    return n.error() << "expected subgraphs with " << n.numOutputs()
                     << " outputs, got " << results.size();
  for (auto [i, result] : llvm::enumerate(results))
    if (failed(n.setOutput(i, result)))
      return failure();
  return success();
}

/// Makes `size`, which was computed in `block`, usable before `anchor`, by
/// moving what computes it there.
static bool hoist(OpFoldResult size, Block *block, Operation *anchor,
                  unsigned depth = 0) {
  constexpr unsigned maxDepth = 1000; // The stack ends somewhere.
  auto value = dyn_cast<Value>(size);
  if (!value || value.getParentBlock() != block)
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth || op->getNumRegions() != 0 || !isPure(op) ||
      !llvm::all_of(op->getOperands(), [&](Value operand) {
        return hoist(operand, block, anchor, depth + 1);
      }))
    return false;
  op->moveBefore(anchor);
  return true;
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

static LogicalResult importBranch(Node &n, const pb::GraphProto &graph,
                                  Block &block,
                                  SmallVectorImpl<Operand> &results) {
  RegionScope region(n);
  n.b.setInsertionPointToEnd(&block);
  return n.importer.importSubgraph(graph, n.scope, {}, n.loc, results);
}

namespace {
/// A branch while it is imported, in a region of its own.
struct Branch {
  Region region;
  SmallVector<Operand> results;

  Block *block() { return &region.front(); }
};
} // namespace

/// The sizes of a result, each usable before `anchor`; null where the branches
/// do not agree on it, or only they can tell it.
static FailureOr<Sizes> joinSizes(Node &n, Branch &yes, Branch &no, size_t i,
                                  Operation *anchor) {
  const Operand &one = yes.results[i], &other = no.results[i];
  if (one.rank() != other.rank() || one.elementType() != other.elementType() ||
      one.isUnsigned != other.isUnsigned)
    return n.error() << "expected output " << i
                     << " to have the same element type and rank in both "
                        "branches, got "
                     << one.type() << " and " << other.type();
  Sizes sizes;
  for (auto [size, same] : llvm::zip_equal(one.shape, other.shape))
    sizes.push_back(n.math.equal(size, same) && hoist(size, yes.block(), anchor)
                        ? size
                        : OpFoldResult());
  return sizes;
}

/// The type of a result of these sizes.
static RankedTensorType joinedType(const Sizes &sizes, Type elementType) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(size ? constantOf(size).value_or(ShapedType::kDynamic)
                         : ShapedType::kDynamic);
  return RankedTensorType::get(shape, elementType);
}

/// Ends a branch, with its results as `types`.
static void yieldResults(Node &n, Branch &branch, TypeRange types) {
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPointToEnd(branch.block());
  SmallVector<Value> values;
  for (auto [operand, type] : llvm::zip_equal(branch.results, types))
    values.push_back(
        n.b.createOrFold<tensor::CastOp>(n.loc, type, operand.value));
  scf::YieldOp::create(n.b, n.loc, values);
}

static LogicalResult importDynamicIf(Node &n, const pb::GraphProto &thenGraph,
                                     const pb::GraphProto &elseGraph) {
  Value condition = extractScalar(n, n.input(0));
  // Where sizes that a branch computes move to.
  Operation *anchor = arith::ConstantIndexOp::create(n.b, n.loc, 0);
  Branch yes, no;
  if (failed(
          importBranch(n, thenGraph, yes.region.emplaceBlock(), yes.results)) ||
      failed(importBranch(n, elseGraph, no.region.emplaceBlock(), no.results)))
    return failure();
  if (yes.results.size() != no.results.size())
    return n.error() << "expected branches of as many outputs, got "
                     << yes.results.size() << " and " << no.results.size();
  SmallVector<Sizes> sizes;
  SmallVector<Type> types;
  for (size_t i = 0; i < yes.results.size(); ++i) {
    FailureOr<Sizes> joined = joinSizes(n, yes, no, i, anchor);
    if (failed(joined))
      return failure();
    sizes.push_back(*joined);
    types.push_back(joinedType(*joined, yes.results[i].elementType()));
  }
  yieldResults(n, yes, types);
  yieldResults(n, no, types);
  auto branch = scf::IfOp::create(n.b, n.loc, types, condition, true);
  branch.getThenRegion().takeBody(yes.region);
  branch.getElseRegion().takeBody(no.region);
  SmallVector<Operand> results;
  for (auto [i, shape] : llvm::enumerate(sizes)) {
    for (auto [d, size] : llvm::enumerate(shape))
      if (!size) {
        Value taken = tensor::DimOp::create(n.b, n.loc, branch.getResult(i), d);
        n.math.setNonNegative(taken);
        size = taken;
      }
    results.push_back(operandWithSizes(n, branch.getResult(i), shape,
                                       yes.results[i].isUnsigned));
  }
  return setAll(n, results);
}

static LogicalResult importIf(Node &n) {
  const pb::GraphProto *thenGraph = n.graphAttr("then_branch");
  const pb::GraphProto *elseGraph = n.graphAttr("else_branch");
  if (!thenGraph || !elseGraph)
    return n.error() << "expected attributes 'then_branch' and 'else_branch'";
  const Operand &condition = n.input(0);
  if (!condition.isBool())
    return n.error() << "expected the condition to be one boolean, got "
                     << condition.type();
  if (failed(
          requireEqual(n, n.math.product(condition.shape), n.math.constant(1),
                       "expected '" + condition.name + "' to be one boolean")))
    return failure();
  if (!isConstant(condition))
    return importDynamicIf(n, *thenGraph, *elseGraph);
  // A branch that is always taken is simply there.
  bool taken = *constantOf(condition.elements->front()) != 0;
  SmallVector<Operand> results;
  if (failed(n.importer.importSubgraph(taken ? *thenGraph : *elseGraph, n.scope,
                                       {}, n.loc, results)))
    return failure();
  return setAll(n, results);
}

//===----------------------------------------------------------------------===//
// Loops over a known number of iterations
//===----------------------------------------------------------------------===//

namespace {
/// An output that gathers one element of every iteration along `axis`.
struct Collected {
  int64_t axis = 0;
  bool reverse = false;
};

/// What Loop and Scan have in common: `count` iterations over states.
struct Iteration {
  OpFoldResult count;
  SmallVector<Operand> states;
  SmallVector<Collected> collected;
  /// The body's results: new states, then an element of each collected output.
  llvm::function_ref<LogicalResult(Value index, ArrayRef<Operand> states,
                                   SmallVectorImpl<Operand> &results)>
      body;
};
} // namespace

static Sizes withAxis(const Sizes &sizes, int64_t axis, OpFoldResult size) {
  Sizes result = sizes;
  result.insert(result.begin() + axis, size);
  return result;
}

/// A state keeps its type and sizes from one iteration to the next.
static LogicalResult checkState(Node &n, Operand &next, const Operand &initial,
                                size_t i) {
  if (next.rank() != initial.rank() ||
      next.elementType() != initial.elementType() ||
      next.isUnsigned != initial.isUnsigned)
    return n.error() << "expected state " << i << " to keep its type, got "
                     << initial.type() << " and then " << next.type();
  for (int64_t d = 0; d < next.rank(); ++d)
    if (failed(requireEqual(n, next.shape[d], initial.shape[d],
                            "expected state " + Twine(i) +
                                " to keep the size of its dimension " +
                                Twine(d))))
      return failure();
  next = makeOperand(n, next.value, initial.shape, next.isUnsigned);
  return success();
}

/// Puts an iteration's element into its place of the collected tensor.
static Value collect(Node &n, const Operand &element, Value into, Value index,
                     const Collected &how, OpFoldResult count) {
  int64_t rank = element.rank() + 1;
  Sizes offsets(rank, n.math.constant(0));
  ScalarBuilder s(n.b, n.loc);
  Value at = index;
  if (how.reverse)
    at = s.sub(s.sub(n.math.materialize(count), s.index(1)), index);
  offsets[how.axis] = at;
  return insertSlice(n, element.value,
                     withAxis(element.shape, how.axis, n.math.constant(1)),
                     into, offsets);
}

/// Emits the loop. The body is imported into a block of its own first: what it
/// collects decides which further values the loop carries.
static LogicalResult emitLoop(Node &n, Iteration &iteration) {
  size_t numStates = iteration.states.size();
  Region region;
  Block *block = &region.emplaceBlock();
  Value index = block->addArgument(n.b.getIndexType(), n.loc);
  n.math.setNonNegative(index);
  SmallVector<Operand> states(iteration.states), results;
  for (Operand &state : states) {
    state.value = block->addArgument(state.type(), n.loc);
    state.elements.reset();
  }
  ScalarBuilder s(n.b, n.loc);
  // Where the loop will be; sizes that the body computes move before it.
  Value lower = s.index(0), step = s.index(1);
  Value upper = n.math.materialize(iteration.count);
  SmallVector<Value> yielded, initial;
  SmallVector<Sizes> sizes;
  Operation *anchor = step.getDefiningOp();
  {
    RegionScope scope(n);
    n.b.setInsertionPointToEnd(block);
    if (failed(iteration.body(index, states, results)))
      return failure();
    if (results.size() != numStates + iteration.collected.size())
      return n.error() << "expected a body with "
                       << numStates + iteration.collected.size()
                       << " results, got " << results.size();
    for (size_t i = 0; i < numStates; ++i) {
      if (failed(checkState(n, results[i], iteration.states[i], i)))
        return failure();
      yielded.push_back(results[i].value);
      initial.push_back(iteration.states[i].value);
      sizes.push_back(iteration.states[i].shape);
    }
  }
  for (auto [i, how] : llvm::enumerate(iteration.collected)) {
    const Operand &element = results[numStates + i];
    FailureOr<int64_t> axis = n.axis(how.axis, element.rank() + 1);
    if (failed(axis))
      return failure();
    how.axis = *axis;
    for (OpFoldResult size : element.shape)
      if (!hoist(size, block, anchor))
        return n.error() << "expected collected output " << i
                         << " to have sizes that do not depend on data";
    sizes.push_back(withAxis(element.shape, how.axis, iteration.count));
    if (failed(checkSizes(n, sizes.back())))
      return failure();
    initial.push_back(emptyTensor(n, sizes.back(), element.elementType()));
    Value into = block->addArgument(initial.back().getType(), n.loc);
    RegionScope scope(n);
    n.b.setInsertionPointToEnd(block);
    yielded.push_back(collect(n, element, into, index, how, iteration.count));
  }
  auto loop = scf::ForOp::create(n.b, n.loc, lower, upper, step, initial);
  loop.getRegion().takeBody(region);
  OpBuilder inner = OpBuilder::atBlockEnd(loop.getBody());
  scf::YieldOp::create(inner, n.loc, yielded);
  SmallVector<Operand> outputs;
  for (auto [i, shape] : llvm::enumerate(sizes))
    outputs.push_back(
        operandWithSizes(n, loop.getResult(i), shape, results[i].isUnsigned));
  return setAll(n, outputs);
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

/// A list attribute of `count` numbers, 0 where it is left out.
static FailureOr<SmallVector<int64_t>> listAttr(Node &n, StringRef name,
                                                size_t count) {
  SmallVector<int64_t> list(count, 0);
  if (auto given = n.intsAttr(name))
    list = *given;
  if (list.size() != count)
    return n.error() << "expected attribute '" << name << "' to have " << count
                     << " entries, got " << list.size();
  return list;
}

/// Element `index` of a scanned input, without the axis.
static FailureOr<Operand> scanned(Node &n, const Operand &data, int64_t axis,
                                  bool reverse, Value index) {
  ScalarBuilder s(n.b, n.loc);
  Value at = index;
  if (reverse)
    at = s.sub(s.sub(n.math.materialize(data.shape[axis]), s.index(1)), index);
  Sizes offsets(data.rank(), n.math.constant(0)), sizes = data.shape;
  offsets[axis] = at;
  sizes[axis] = n.math.constant(1);
  SmallVector<int64_t> ones(data.rank(), 1);
  Operand part = slice(n, data, offsets, sizes, ones);
  sizes.erase(sizes.begin() + axis);
  return reshape(n, part, sizes);
}

static LogicalResult importScan(Node &n) {
  const pb::GraphProto *graph = n.graphAttr("body");
  int64_t numInputs = n.intAttr("num_scan_inputs", 0);
  if (!graph)
    return n.error() << "expected attribute 'body'";
  if (numInputs < 1 || numInputs > int64_t(n.numInputs()))
    return n.error() << "expected num_scan_inputs to be in [1, "
                     << n.numInputs() << "], got " << numInputs;
  size_t numStates = n.numInputs() - numInputs;
  if (size_t(graph->output_size()) < numStates)
    return n.error() << "expected a body with at least " << numStates
                     << " outputs, got " << graph->output_size();
  size_t numOutputs = graph->output_size() - numStates;
  auto axes = listAttr(n, "scan_input_axes", numInputs);
  auto directions = listAttr(n, "scan_input_directions", numInputs);
  auto outputAxes = listAttr(n, "scan_output_axes", numOutputs);
  auto outputDirections = listAttr(n, "scan_output_directions", numOutputs);
  if (failed(axes) || failed(directions) || failed(outputAxes) ||
      failed(outputDirections))
    return failure();
  for (const Operand &operand : n.allInputs())
    if (!operand)
      return n.error() << "expected every input to be there";

  ArrayRef<Operand> inputs = n.allInputs().drop_front(numStates);
  for (auto [axis, operand] : llvm::zip_equal(*axes, inputs)) {
    FailureOr<int64_t> own = n.axis(axis, operand.rank());
    if (failed(own))
      return failure();
    axis = *own;
    if (failed(
            requireEqualDims(n, operand, axis, inputs.front(), axes->front())))
      return failure();
  }
  Iteration iteration;
  iteration.count = inputs.front().shape[axes->front()];
  iteration.states = SmallVector<Operand>(n.allInputs().take_front(numStates));
  for (auto [axis, direction] : llvm::zip_equal(*outputAxes, *outputDirections))
    iteration.collected.push_back({axis, direction != 0});
  auto body = [&](Value index, ArrayRef<Operand> states,
                  SmallVectorImpl<Operand> &results) -> LogicalResult {
    SmallVector<Operand> arguments(states);
    for (auto [i, operand] : llvm::enumerate(inputs)) {
      FailureOr<Operand> element =
          scanned(n, operand, (*axes)[i], (*directions)[i] != 0, index);
      if (failed(element))
        return failure();
      arguments.push_back(*element);
    }
    return n.importer.importSubgraph(*graph, n.scope, arguments, n.loc,
                                     results);
  };
  iteration.body = body;
  return emitLoop(n, iteration);
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// Inputs: the number of iterations, a condition, states. The body takes the
/// iteration, the condition and the states, and gives a condition, states and
/// elements. Loops that end early are not supported: their outputs would have
/// sizes that depend on data.
static LogicalResult importLoop(Node &n) {
  const pb::GraphProto *graph = n.graphAttr("body");
  if (!graph)
    return n.error() << "expected attribute 'body'";
  if (!n.hasInput(0))
    return n.error() << "expected a number of iterations";
  FailureOr<Sizes> count = n.indexElements(0, "number of iterations");
  if (failed(count))
    return failure();
  if (count->size() != 1)
    return n.error() << "expected one number of iterations";
  auto alwaysTrue = [](const Operand &condition) {
    return isConstant(condition) && condition.elements->size() == 1 &&
           constantOf(condition.elements->front()) == 1;
  };
  if (n.hasInput(1) && !alwaysTrue(n.input(1)))
    return n.error() << "expected a condition that is always true";
  size_t numStates = n.numInputs() < 2 ? 0 : n.numInputs() - 2;
  if (size_t(graph->output_size()) < numStates + 1)
    return n.error() << "expected a body with at least " << numStates + 1
                     << " outputs, got " << graph->output_size();
  Iteration iteration;
  iteration.count = n.math.max(count->front(), n.math.constant(0));
  for (size_t i = 0; i < numStates; ++i) {
    if (!n.hasInput(i + 2))
      return n.error() << "expected input " << i + 2 << " to be there";
    iteration.states.push_back(n.input(i + 2));
  }
  iteration.collected.resize(graph->output_size() - 1 - numStates);
  auto body = [&](Value index, ArrayRef<Operand> states,
                  SmallVectorImpl<Operand> &results) -> LogicalResult {
    SmallVector<Operand> arguments{
        fromElements(n, {OpFoldResult(index)}, {}, n.b.getI64Type()),
        fromElements(n, {n.math.constant(1)}, {}, n.b.getI1Type())};
    llvm::append_range(arguments, states);
    if (failed(n.importer.importSubgraph(*graph, n.scope, arguments, n.loc,
                                         results)))
      return failure();
    if (!alwaysTrue(results.front()))
      return n.error() << "expected a body whose condition stays true";
    results.erase(results.begin());
    return success();
  };
  iteration.body = body;
  return emitLoop(n, iteration);
}

ArrayRef<OpEntry> mlir::attn::onnx::controlFlowOps() {
  static const OpEntry table[] = {
      {"If", importIf, 1, 1},
      {"Loop", importLoop, 0, variadic},
      {"Scan", importScan, 1, variadic, 9},
  };
  return table;
}
