//===- OutlineKernels.cpp - One function per kind of loop nest ------------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Everything that `op` reads from outside, in a fixed order.
static SetVector<Value> getInputs(Operation *op) {
  SetVector<Value> inputs(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), inputs);
  return inputs;
}

/// Constants go with the op, where they fold; everything else becomes an
/// argument.
static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isa<arith::ConstantOp>(op) && !isa<ShapedType>(value.getType());
}

namespace {
struct OutlineKernels : attn::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](linalg::LinalgOp op) {
      // A check in a function could not tell that a parallel loop calls it.
      bool isInParallel = op->getParentOfType<scf::ParallelOp>() ||
                          op->getParentOfType<scf::ForallOp>();
      if (op->getNumResults() == 0 && !isInParallel)
        ops.push_back(op);
      return WalkResult::skip();
    });
    for (linalg::LinalgOp op : ops)
      outline(op);
    kernels.clear();
  }

  void outline(linalg::LinalgOp op) {
    SetVector<Value> inputs = getInputs(op);
    SmallVector<Value> arguments;
    llvm::copy_if(inputs, std::back_inserter(arguments),
                  [](Value value) { return !isConstant(value); });
    func::FuncOp kernel = findOrInsert(makeKernel(op, inputs, arguments));
    OpBuilder builder(op);
    func::CallOp::create(builder, op.getLoc(), kernel, arguments);
    op->erase();
  }

  func::FuncOp makeKernel(linalg::LinalgOp op, const SetVector<Value> &inputs,
                          ArrayRef<Value> arguments) {
    OpBuilder builder(&getContext());
    Location loc = op.getLoc();
    auto kernel = func::FuncOp::create(
        loc, "attn_kernel",
        builder.getFunctionType(ValueRange(arguments).getTypes(), {}));
    kernel.setPrivate();
    // Inlined, a model would be one function too large for LLVM's loop passes.
    kernel->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
    Block *block = kernel.addEntryBlock();
    builder.setInsertionPointToStart(block);
    IRMapping mapping;
    mapping.map(arguments, block->getArguments());
    for (Value input : inputs)
      if (isConstant(input))
        builder.clone(*input.getDefiningOp(), mapping);
    builder.clone(*op, mapping);
    func::ReturnOp::create(builder, loc);
    return kernel;
  }

  /// The layers of a model repeat: equal kernels are one.
  func::FuncOp findOrInsert(func::FuncOp kernel) {
    llvm::hash_code hash = mlir::hash_value(kernel.getFunctionType());
    kernel.walk([&](Operation *op) {
      hash = llvm::hash_combine(
          hash, op->getName().getAsOpaquePointer(),
          op->getDiscardableAttrDictionary().getAsOpaquePointer());
    });
    SmallVector<func::FuncOp> &candidates = kernels[hash];
    for (func::FuncOp known : candidates)
      if (known.getFunctionType() == kernel.getFunctionType() &&
          OperationEquivalence::isRegionEquivalentTo(
              &known.getBody(), &kernel.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        kernel.erase();
        return known;
      }
    SymbolTable(getOperation()).insert(kernel);
    candidates.push_back(kernel);
    return kernel;
  }

  std::map<size_t, SmallVector<func::FuncOp>> kernels;
};
} // namespace
