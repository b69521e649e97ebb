//===- CreateShapeFunctions.cpp - Output shapes from input shapes ---------===//

#include "DescribeDimension.h"
#include "ShapePatterns.h"

#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
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
    replaceWrites();
    eraseNestedAsserts();
    carrySizesThroughLoops(function);
    simplify();
    eraseDataDependentAsserts();
    simplify();
    readDimensions();
    if (failed(verifyNoData()))
      return failure();
    eraseOldArguments();
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
    oldArguments = function.getNumArguments();
    for (int64_t count : {countDimensions(signature.inputs),
                          countDimensions(signature.outputs)})
      (void)function.insertArgument(
          function.getNumArguments(),
          MemRefType::get({count}, builder.getI64Type()), {},
          function.getLoc());
    from = function.getArgument(oldArguments);
    to = function.getArgument(oldArguments + 1);
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
                      signature.inputs.size();
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
  /// alive.
  void eraseNestedAsserts() {
    SmallVector<cf::AssertOp> nested;
    function.walk([&](cf::AssertOp op) {
      if (op->getParentOp() != function)
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

  /// An op that reads elements of a tensor, or that this function cannot look
  /// through.
  static bool readsData(Operation *op) {
    if (isa<tensor::DimOp>(op))
      return false;
    return llvm::any_of(op->getOperandTypes(), llvm::IsaPred<TensorType>) ||
           isa<func::CallOp>(op);
  }

  static Operation *findDataRead(Value value) {
    if (Operation *op = value.getDefiningOp(); op && readsData(op))
      return op;
    SetVector<Operation *> slice;
    BackwardSliceOptions options;
    options.omitUsesFromAbove = false;
    (void)getBackwardSlice(value, &slice, options);
    auto found = llvm::find_if(slice, readsData);
    return found == slice.end() ? nullptr : *found;
  }

  void eraseDataDependentAsserts() {
    SmallVector<cf::AssertOp> asserts;
    function.walk([&](cf::AssertOp op) {
      if (findDataRead(op.getArg()))
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
           llvm::make_early_inc_range(function.getArgument(i).getUsers())) {
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

  LogicalResult verifyNoData() {
    LogicalResult result = success();
    function.walk([&](memref::StoreOp op) {
      Operation *read = findDataRead(op.getValueToStore());
      if (!read || failed(result))
        return;
      std::optional<int64_t> index =
          getConstantIntValue(op.getIndices().front());
      result = emitDataDependent(*index, read);
    });
    if (failed(result))
      return failure();
    for (unsigned i = 0; i < oldArguments; ++i)
      if (!function.getArgument(i).use_empty())
        return emitDataDependent(-1,
                                 *function.getArgument(i).getUsers().begin());
    return success();
  }

  /// `index` counts the dimensions of all outputs end to end; -1 means none in
  /// particular.
  LogicalResult emitDataDependent(int64_t index, Operation *read) {
    InFlightDiagnostic diagnostic = read->emitError();
    diagnostic << "expected " << describeDimension(index) << " of '"
               << signature.name
               << "' to follow from the shapes of its arguments, got '"
               << read->getName() << "', which reads their data";
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

  void eraseOldArguments() {
    BitVector old(function.getNumArguments());
    old.set(0, oldArguments);
    (void)function.eraseArguments(old);
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
  unsigned oldArguments = 0;
  Value from, to;
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

  LogicalResult verifyInlined(func::FuncOp entry) {
    WalkResult result = entry.walk([](func::CallOp op) {
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
