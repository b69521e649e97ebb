//===- Outline.cpp - Equal segments as calls of one function --------------===//

#include "Outline.h"
#include "ResultSizes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The result of an op of a segment, by its place there.
struct ResultPlace {
  unsigned op, result;

  Value in(const Segment &segment) const {
    return segment.getOps()[op]->getResult(result);
  }
};

/// Makes a function of the first segment, and calls of all.
class Outlining {
public:
  explicit Outlining(ArrayRef<Segment> segments) : segments(segments) {
    for (const Segment &segment : segments)
      operands.push_back(segment.getOperands());
    findInputs();
    for (unsigned i = 0; i < inputs.size(); ++i)
      constants.push_back(findConstant(i));
    findResults();
  }

  func::FuncOp createFunction(func::FuncOp caller, SymbolTable &symbols);
  void replaceByCall(unsigned segment, func::FuncOp function);

private:
  void findInputs();
  void findResults();
  bool canPassDestination(ResultPlace place);
  Operation *findConstant(unsigned input) const;
  Value getInput(unsigned input, unsigned segment) const {
    return operands[segment][inputs[input]]->get();
  }
  void setOperands(ArrayRef<Operation *> clones, Block *block);

  ArrayRef<Segment> segments;
  /// Of each segment, in the same order.
  SmallVector<SmallVector<OpOperand *>> operands;
  /// An operand for each input: the first that reads it.
  SmallVector<unsigned> inputs;
  /// Of each input the constant that it is in all segments, or nothing.
  SmallVector<Operation *> constants;
  /// For each operand the number of its input, or none of an inner value.
  SmallVector<std::optional<unsigned>> inputOf;
  SmallVector<ResultPlace> results;
  /// Whether the caller says where a result goes.
  SmallVector<bool> hasDestination;
};

} // namespace

/// Operands that are one value in each segment are one input.
void Outlining::findInputs() {
  std::map<std::vector<void *>, unsigned> known;
  for (auto [i, operand] : llvm::enumerate(operands.front())) {
    inputOf.push_back(std::nullopt);
    if (segments.front().isInside(operand->get()))
      continue;
    std::vector<void *> values;
    for (const auto &of : operands)
      values.push_back(of[i]->get().getAsOpaquePointer());
    auto [it, isNew] = known.try_emplace(values, inputs.size());
    if (isNew)
      inputs.push_back(i);
    inputOf.back() = it->second;
  }
}

void Outlining::findResults() {
  for (auto [i, op] : llvm::enumerate(segments.front().getOps()))
    for (unsigned j = 0; j < op->getNumResults(); ++j) {
      ResultPlace place{unsigned(i), j};
      if (llvm::none_of(segments, [&](const Segment &segment) {
            return segment.isUsedOutside(place.in(segment));
          }))
        continue;
      results.push_back(place);
      hasDestination.push_back(canPassDestination(place));
    }
}

/// Tries to compute the sizes of a result ahead of the first segment.
bool Outlining::canPassDestination(ResultPlace place) {
  const Segment &segment = segments.front();
  Value result = place.in(segment);
  if (!isa<RankedTensorType>(result.getType()))
    return false;
  OpBuilder b(segment.getOps().front());
  return succeeded(ResultSizes(segment, b).getDynamicSizes(result));
}

Operation *Outlining::findConstant(unsigned input) const {
  Attribute constant;
  for (unsigned i = 0; i < segments.size(); ++i) {
    Attribute value;
    if (!matchPattern(getInput(input, i), m_Constant(&value)) ||
        (constant && constant != value))
      return nullptr;
    constant = value;
  }
  return getInput(input, 0).getDefiningOp();
}

/// Lets what was cloned read the function's arguments and constants.
void Outlining::setOperands(ArrayRef<Operation *> clones, Block *block) {
  OpBuilder b = OpBuilder::atBlockBegin(block);
  SmallVector<Value> values;
  unsigned argument = 0;
  for (unsigned i = 0; i < constants.size(); ++i)
    values.push_back(constants[i] ? b.clone(*constants[i])->getResult(0)
                                  : Value(block->getArgument(argument++)));
  SmallVector<OpOperand *> cloned;
  for (Operation *op : clones)
    attn::getOperands(op, cloned);
  for (auto [operand, input] : llvm::zip_equal(cloned, inputOf))
    if (input)
      operand->set(values[*input]);
}

/// A tensor of which the function may only read.
static void setReadOnly(func::FuncOp function, unsigned argument) {
  function.setArgAttr(argument,
                      bufferization::BufferizationDialect::kWritableAttrName,
                      BoolAttr::get(function.getContext(), false));
}

func::FuncOp Outlining::createFunction(func::FuncOp caller,
                                       SymbolTable &symbols) {
  OpBuilder b(caller.getContext());
  Location loc = segments.front().getOps().front()->getLoc();
  auto function =
      func::FuncOp::create(loc, "attn_layer", b.getFunctionType({}, {}));
  function.setPrivate();
  function.setNoInline(true);
  // Inlined by LLVM, the layers would be compiled one by one again.
  function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  Block *block = function.addEntryBlock();
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (!constants[i])
      block->addArgument(getInput(i, 0).getType(), loc);
  const unsigned numInputs = block->getNumArguments();
  b.setInsertionPointToStart(block);
  IRMapping mapping;
  SmallVector<Operation *> clones;
  for (Operation *op : segments.front().getOps())
    clones.push_back(b.clone(*op, mapping));
  SmallVector<Value> values;
  for (auto [place, passed] : llvm::zip_equal(results, hasDestination)) {
    Value value = clones[place.op]->getResult(place.result);
    if (passed)
      value = bufferization::MaterializeInDestinationOp::create(
                  b, loc, value, block->addArgument(value.getType(), loc))
                  .getResult();
    values.push_back(value);
  }
  setOperands(clones, block);
  func::ReturnOp::create(b, loc, values);
  function.setType(
      b.getFunctionType(block->getArgumentTypes(), ValueRange(values)));
  for (unsigned i = 0; i < numInputs; ++i)
    if (isa<TensorType>(block->getArgument(i).getType()))
      setReadOnly(function, i);
  symbols.insert(function, std::next(Block::iterator(caller)));
  return function;
}

void Outlining::replaceByCall(unsigned index, func::FuncOp function) {
  const Segment &segment = segments[index];
  Operation *first = segment.getOps().front();
  OpBuilder b(first);
  SmallVector<Value> arguments;
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (!constants[i])
      arguments.push_back(getInput(i, index));
  ResultSizes sizes(segment, b);
  for (auto [place, passed] : llvm::zip_equal(results, hasDestination)) {
    if (!passed)
      continue;
    Value result = place.in(segment);
    arguments.push_back(tensor::EmptyOp::create(
        b, result.getLoc(), result.getType(), *sizes.getDynamicSizes(result)));
  }
  auto call = func::CallOp::create(b, first->getLoc(), function, arguments);
  for (auto [place, value] : llvm::zip_equal(results, call.getResults()))
    place.in(segment).replaceAllUsesWith(value);
  for (Operation *op : llvm::reverse(segment.getOps()))
    op->erase();
}

func::FuncOp attn::outline(ArrayRef<Segment> segments, func::FuncOp caller,
                           SymbolTable &symbols) {
  Outlining outlining(segments);
  func::FuncOp function = outlining.createFunction(caller, symbols);
  for (unsigned i = 0; i < segments.size(); ++i)
    outlining.replaceByCall(i, function);
  return function;
}
