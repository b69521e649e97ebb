//===- CutAliasChains.cpp - Bound what bufferization has to compare -------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SubsetOpInterface.h"

#include "llvm/ADT/EquivalenceClasses.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CUTALIASCHAINS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Which tensors may come to share a buffer, and how many ops use each such
/// set, as far as the ops that were added tell.
class AliasChains {
public:
  AliasChains(const bufferization::AnalysisState &state, unsigned limit)
      : state(state), limit(limit) {}

  /// Adds `op`; gives the operand that makes a set larger than the limit, if
  /// one does. The caller then replaces it and adds the op again.
  OpOperand *add(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isTensor(operand.get()) && isCut(operand))
        return &operand;
    for (OpOperand &operand : op->getOpOperands())
      if (isTensor(operand.get()))
        for (Value other : getSharing(operand))
          join(operand.get(), other);
    // What a caller passes shares nothing yet.
    if (!isa<FunctionOpInterface>(op))
      for (Region &region : op->getRegions())
        addArguments(region);
    return nullptr;
  }

private:
  static bool isTensor(Value value) {
    return isa<RankedTensorType>(value.getType());
  }

  void addArguments(Region &region) {
    for (Block &block : region)
      for (BlockArgument argument : block.getArguments())
        if (isTensor(argument))
          for (auto &alias : state.getAliasingOpOperands(argument))
            join(argument, alias.opOperand->get());
  }

  /// What a function may not write does not come back from it either.
  static bool isReadOnly(OpOperand &operand) {
    auto call = dyn_cast<func::CallOp>(operand.getOwner());
    auto callee = call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
                             call, call.getCalleeAttr())
                       : func::FuncOp();
    if (!callee)
      return false;
    auto isWritable = callee.getArgAttrOfType<BoolAttr>(
        operand.getOperandNumber(),
        bufferization::BufferizationDialect::kWritableAttrName);
    return isWritable && !isWritable.getValue();
  }

  /// Also what is inserted: empty tensors at its origin are eliminated.
  SmallVector<Value> getSharing(OpOperand &operand) {
    SmallVector<Value> values;
    if (isReadOnly(operand))
      return values;
    for (auto &alias : state.getAliasingValues(operand))
      values.push_back(alias.value);
    auto insertion = dyn_cast<SubsetInsertionOpInterface>(operand.getOwner());
    if (insertion && &insertion.getSourceOperand() == &operand)
      llvm::append_range(values, operand.getOwner()->getResults());
    return values;
  }

  /// Scratch of parallel loops is not allocated, so they stay as they are.
  bool isCut(OpOperand &operand) {
    Operation *op = operand.getOwner();
    if (op->hasTrait<OpTrait::IsTerminator>() ||
        op->getParentOfType<scf::ForallOp>())
      return false;
    bool joins = state.bufferizesToMemoryWrite(operand) ||
                 isa<SubsetInsertionOpInterface>(op);
    return joins && !getSharing(operand).empty() &&
           uses.lookup(sets.getOrInsertLeaderValue(operand.get())) >= limit;
  }

  void join(Value a, Value b) {
    Value left = sets.getOrInsertLeaderValue(a),
          right = sets.getOrInsertLeaderValue(b);
    unsigned total = uses.lookup(left) + 1;
    if (left != right)
      total += uses.lookup(right);
    sets.unionSets(a, b);
    uses[sets.getLeaderValue(a)] = total;
  }

  const bufferization::AnalysisState &state;
  unsigned limit;
  llvm::EquivalenceClasses<Value> sets;
  /// By the leader of each set.
  DenseMap<Value, unsigned> uses;
};

struct CutAliasChains : attn::impl::CutAliasChainsBase<CutAliasChains> {
  using CutAliasChainsBase::CutAliasChainsBase;

  void runOnOperation() override {
    bufferization::BufferizationOptions options;
    bufferization::AnalysisState state(options);
    AliasChains chains(state, limit);
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<bufferization::BufferizableOpInterface>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      while (OpOperand *operand = chains.add(op))
        cut(*operand);
  }

  /// The chain goes on from a copy.
  static void cut(OpOperand &operand) {
    Operation *op = operand.getOwner();
    OpBuilder builder(op);
    operand.set(bufferization::AllocTensorOp::create(
        builder, op->getLoc(), cast<RankedTensorType>(operand.get().getType()),
        /*dynamicSizes=*/ValueRange(), /*copy=*/operand.get()));
    remark::missed(op->getLoc(), remark::RemarkOpts::name("Copied").category(
                                     "attn-cut-alias-chains"))
        << "copied operand " << Twine(operand.getOperandNumber()).str()
        << ": expected fewer tensors that share its buffer";
  }
};

} // namespace
