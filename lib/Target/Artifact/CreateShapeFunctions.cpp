//===- CreateShapeFunctions.cpp - Output shapes from input shapes ---------===//

#include "DescribeDimension.h"
#include "ShapePatterns.h"

#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CREATESHAPEFUNCTIONS
#include "attn/Target/Artifact/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the shape function of one entry point.
class ShapeFunction {
public:
  ShapeFunction(func::FuncOp entry, const FrozenRewritePatternSet &patterns)
      : entry(entry),
        signature(
            getSignature(entry->getAttrOfType<DictionaryAttr>(kEntryAttrName))),
        function(cast<func::FuncOp>(entry->clone())), patterns(patterns) {
    function->removeAttr(kEntryAttrName);
    function.setName(getShapesName(signature.name));
    OpBuilder builder(entry->getContext());
    builder.setInsertionPointAfter(entry);
    builder.insert(function);
  }

  LogicalResult build() {
    addMemRefArguments();
    replaceSharedInputs();
    replaceWrites();
    eraseNestedAsserts();
    carrySizesThroughLoops(function);
    simplify();
    findDecidingInputs();
    eraseDataDependentAsserts();
    simplify();
    readDimensions();
    if (failed(verifyData()))
      return failure();
    eraseUnusedArguments();
    simplify();
    describeOutputs();
    return success();
  }

private:
  void addMemRefArguments() {
    auto countDimensions = [](ArrayRef<TensorSignature> tensors) {
      int64_t count = 0;
      for (const TensorSignature &tensor : tensors)
        count += tensor.shape.size();
      return count;
    };
    Builder builder(function.getContext());
    for (int64_t count : {countDimensions(signature.outputs),
                          countDimensions(signature.inputs)})
      (void)function.insertArgument(
          0, MemRefType::get({count}, builder.getI64Type()), {},
          function.getLoc());
    from = function.getArgument(0);
    to = function.getArgument(1);
  }

  /// The inputs come behind the dimensions, and then the outputs.
  BlockArgument getInput(unsigned i) {
    return function.getArgument(numDimensionArguments + i);
  }

  /// An input in an output's memory has its own sizes.
  void replaceSharedInputs() {
    for (auto [i, output] : llvm::enumerate(signature.outputs)) {
      if (!output.shares)
        continue;
      Value input = getInput(*output.shares);
      for (Operation *user : llvm::make_early_inc_range(
               getInput(signature.inputs.size() + i).getUsers())) {
        OpBuilder builder(user);
        if (auto tensor = dyn_cast<bufferization::ToTensorOp>(user))
          tensor.replaceAllUsesWith(input);
        else if (auto dim = dyn_cast<memref::DimOp>(user))
          dim.replaceAllUsesWith(tensor::DimOp::create(builder, dim.getLoc(),
                                                       input, dim.getIndex())
                                     .getResult());
        else
          continue;
        user->erase();
      }
      skipCopies(input);
    }
  }

  /// A copy of an input has its sizes.
  static void skipCopies(Value input) {
    for (Operation *user : llvm::make_early_inc_range(input.getUsers()))
      if (auto copy = dyn_cast<bufferization::AllocTensorOp>(user)) {
        copy.replaceAllUsesWith(input);
        copy.erase();
      }
  }

  /// Each write of a result becomes writes of its dimensions.
  void replaceWrites() {
    SmallVector<bufferization::MaterializeInDestinationOp> writes;
    function.walk([&](bufferization::MaterializeInDestinationOp op) {
      writes.push_back(op);
    });
    for (auto op : writes) {
      writeDimensions(op);
      op.erase();
    }
  }

  void writeDimensions(bufferization::MaterializeInDestinationOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    unsigned output = cast<BlockArgument>(op.getDest()).getArgNumber() -
                      numDimensionArguments - signature.inputs.size();
    int64_t offset = 0;
    for (unsigned i = 0; i < output; ++i)
      offset += signature.outputs[i].shape.size();
    auto type = cast<RankedTensorType>(op.getSource().getType());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      Value size = tensor::DimOp::create(builder, loc, op.getSource(), d);
      Value wide =
          arith::IndexCastOp::create(builder, loc, builder.getI64Type(), size);
      Value index = arith::ConstantIndexOp::create(builder, loc, offset + d);
      memref::StoreOp::create(builder, loc, wide, to, index);
    }
  }

  /// Checks inside loops and bodies look at data; they would only keep those
  /// alive. Those of branches may look at sizes alone.
  void eraseNestedAsserts() {
    SmallVector<cf::AssertOp> nested;
    function.walk([&](cf::AssertOp op) {
      Operation *around = op->getParentOp();
      while (isa<scf::IfOp>(around))
        around = around->getParentOp();
      if (around != function)
        nested.push_back(op);
    });
    for (cf::AssertOp op : nested)
      op.erase();
  }

  void simplify() {
    (void)applyPatternsGreedily(function, patterns);
    IRRewriter rewriter(function.getContext());
    DominanceInfo dominance(function);
    eliminateCommonSubExpressions(rewriter, dominance, function);
    (void)applyPatternsGreedily(function, patterns);
  }

  /// What one result of a branch follows from.
  static void addBranch(scf::IfOp branch, unsigned result,
                        SetVector<Operation *> &ops,
                        SmallVectorImpl<Value> &worklist) {
    ops.insert(branch);
    worklist.push_back(branch.getCondition());
    for (scf::YieldOp yield : {branch.thenYield(), branch.elseYield()}) {
      Value yielded = yield.getOperand(result);
      worklist.push_back(yielded);
      if (isa<TensorType>(yielded.getType()))
        ops.insert(yield); // It hands on elements.
    }
  }

  /// All ops that `value` follows from, with those in their regions.
  static SetVector<Operation *> getOpsBehind(Value value) {
    SetVector<Operation *> ops;
    SetVector<Value> seen;
    SmallVector<Value> worklist{value};
    while (!worklist.empty()) {
      Value next = worklist.pop_back_val();
      if (!seen.insert(next))
        continue;
      Operation *op = next.getDefiningOp();
      if (auto branch = dyn_cast_or_null<scf::IfOp>(op)) {
        addBranch(branch, cast<OpResult>(next).getResultNumber(), ops,
                  worklist);
        continue;
      }
      if (!op)
        op = next.getParentBlock()->getParentOp();
      if (isa<func::FuncOp>(op) || ops.contains(op))
        continue;
      op->walk([&](Operation *nested) {
        ops.insert(nested);
        llvm::append_range(worklist, nested->getOperands());
      });
    }
    return ops;
  }

  /// Callers ask for shapes before the work, which must not be done twice: an
  /// op that makes more than a handful of elements out of a tensor's, or that
  /// this function cannot look through.
  static bool isTooMuch(Operation *op) {
    constexpr int64_t maxElements = 64;
    if (isa<func::CallOp>(op))
      return true;
    if (isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
            tensor::ExtractSliceOp>(op))
      return false; // The same elements, under other indices.
    if (!llvm::any_of(op->getOperandTypes(), llvm::IsaPred<TensorType>))
      return false;
    return llvm::any_of(op->getResultTypes(), [&](Type type) {
      auto tensor = dyn_cast<TensorType>(type);
      return tensor && (!tensor.hasStaticShape() ||
                        tensor.getNumElements() > maxElements);
    });
  }

  static Operation *findTooMuch(Value value) {
    SetVector<Operation *> ops = getOpsBehind(value);
    auto found = llvm::find_if(ops, isTooMuch);
    return found == ops.end() ? nullptr : *found;
  }

  /// Sets a bit for each input whose elements `value` follows from.
  void findReadInputs(Value value, BitVector &inputs) {
    for (Operation *op : getOpsBehind(value)) {
      if (isa<tensor::DimOp>(op))
        continue;
      for (Value operand : op->getOperands()) {
        auto argument = dyn_cast<BlockArgument>(operand);
        if (argument && argument.getOwner() == &function.front() &&
            argument.getArgNumber() >= numDimensionArguments)
          inputs.set(argument.getArgNumber() - numDimensionArguments);
      }
    }
  }

  void findDecidingInputs() {
    deciding.resize(function.getNumArguments() - numDimensionArguments);
    function.walk([&](memref::StoreOp op) {
      findReadInputs(op.getValueToStore(), deciding);
    });
  }

  /// What an assertion holds, and the conditions of the branches around it.
  static SmallVector<Value> getConditions(cf::AssertOp op) {
    SmallVector<Value> conditions{op.getArg()};
    for (auto branch = op->getParentOfType<scf::IfOp>(); branch;
         branch = branch->getParentOfType<scf::IfOp>())
      conditions.push_back(branch.getCondition());
    return conditions;
  }

  /// Only what decides shapes is there to be checked.
  void eraseDataDependentAsserts() {
    SmallVector<cf::AssertOp> asserts;
    function.walk([&](cf::AssertOp op) {
      BitVector inputs(deciding.size());
      bool takesTooMuch = false;
      for (Value condition : getConditions(op)) {
        findReadInputs(condition, inputs);
        takesTooMuch |= findTooMuch(condition) != nullptr;
      }
      if (inputs.test(deciding) || takesTooMuch)
        asserts.push_back(op);
    });
    for (cf::AssertOp op : asserts)
      op.erase();
  }

  /// tensor.dim of an input becomes a load from the dimensions that the caller
  /// gave.
  void readDimensions() {
    int64_t offset = 0;
    for (auto [i, input] : llvm::enumerate(signature.inputs)) {
      for (Operation *user :
           llvm::make_early_inc_range(getInput(i).getUsers())) {
        auto dim = dyn_cast<tensor::DimOp>(user);
        std::optional<int64_t> d = dim ? dim.getConstantIndex() : std::nullopt;
        if (!d)
          continue;
        OpBuilder builder(dim);
        Value index =
            arith::ConstantIndexOp::create(builder, dim.getLoc(), offset + *d);
        Value wide = memref::LoadOp::create(builder, dim.getLoc(), from, index);
        Value size = arith::IndexCastOp::create(builder, dim.getLoc(),
                                                builder.getIndexType(), wide);
        dim.replaceAllUsesWith(size);
        dim.erase();
      }
      offset += input.shape.size();
    }
  }

  LogicalResult verifyData() {
    LogicalResult result = success();
    function.walk([&](memref::StoreOp op) {
      Operation *read = findTooMuch(op.getValueToStore());
      if (!read || failed(result))
        return;
      std::optional<int64_t> index =
          getConstantIntValue(op.getIndices().front());
      result = emitDataDependent(*index, read);
    });
    if (failed(result))
      return failure();
    for (unsigned i = 0; i < deciding.size(); ++i)
      if (!deciding.test(i) && !getInput(i).use_empty())
        return emitDataDependent(-1, *getInput(i).getUsers().begin());
    return success();
  }

  /// `index` counts the dimensions of all outputs end to end; -1 means none in
  /// particular.
  LogicalResult emitDataDependent(int64_t index, Operation *read) {
    InFlightDiagnostic diagnostic = read->emitError();
    diagnostic << "expected " << describeDimension(index) << " of '"
               << signature.name
               << "' to follow from the shapes of its arguments and from few "
                  "elements of their data, got '"
               << read->getName() << "'";
    return diagnostic;
  }

  std::string describeDimension(int64_t index) {
    for (auto [i, output] : llvm::enumerate(signature.outputs)) {
      int64_t rank = output.shape.size();
      if (index >= 0 && index < rank)
        return llvm::formatv("dimension {0} of result {1} ('{2}')", index, i,
                             output.name);
      index -= rank;
    }
    return "the shapes of the results";
  }

  /// What stays are the inputs whose values decide shapes.
  void eraseUnusedArguments() {
    for (auto [i, input] : llvm::enumerate(signature.inputs))
      input.decidesShapes = !getInput(i).use_empty();
    BitVector unused(function.getNumArguments());
    for (unsigned i = 0; i < deciding.size(); ++i)
      unused[numDimensionArguments + i] = getInput(i).use_empty();
    (void)function.eraseArguments(unused);
  }

  /// Dimensions of outputs that the model does not name are told in terms of
  /// the inputs'.
  void describeOutputs() {
    SmallVector<Dimension> inputs;
    for (const TensorSignature &input : signature.inputs)
      llvm::append_range(inputs, input.shape);
    SmallVector<Dimension *> outputs;
    for (TensorSignature &output : signature.outputs)
      for (Dimension &dimension : output.shape)
        outputs.push_back(&dimension);
    function.walk([&](memref::StoreOp op) {
      std::optional<int64_t> index =
          getConstantIntValue(op.getIndices().front());
      if (!index || !StringRef(outputs[*index]->name).starts_with("result"))
        return;
      if (auto known =
              attn::describeDimension(op.getValueToStore(), from, inputs))
        *outputs[*index] = *known;
    });
    entry->setAttr(kEntryAttrName,
                   getSignatureAttr(entry.getContext(), signature));
  }

  func::FuncOp entry;
  FunctionSignature signature;
  func::FuncOp function;
  const FrozenRewritePatternSet &patterns;
  static constexpr unsigned numDimensionArguments = 2;
  Value from, to;
  /// The arguments behind those whose values decide shapes.
  BitVector deciding;
};

struct CreateShapeFunctions
    : attn::impl::CreateShapeFunctionsBase<CreateShapeFunctions> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    for (Dialect *dialect : context->getLoadedDialects())
      dialect->getCanonicalizationPatterns(set);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      op.getCanonicalizationPatterns(set, context);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(set);
    memref::populateResolveShapedTypeResultDimsPatterns(set);
    scf::populateSCFForLoopCanonicalizationPatterns(set);
    populateShapePatterns(set);
    patterns = FrozenRewritePatternSet(std::move(set));
    return success();
  }

  void runOnOperation() override {
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kEntryAttrName))
        entries.push_back(function);
    for (func::FuncOp entry : entries)
      if (failed(verifyInlined(entry)) ||
          failed(ShapeFunction(entry, patterns).build()))
        return signalPassFailure();
  }

  /// Sizes depend on nothing that the runtime answers.
  LogicalResult verifyInlined(func::FuncOp entry) {
    WalkResult result = entry.walk([](func::CallOp op) {
      if (op.getCallee().starts_with("attn_rt_"))
        return WalkResult::advance();
      op.emitError() << "expected a call that can be inlined, got one of '"
                     << op.getCallee()
                     << "', which has no body or calls itself";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
