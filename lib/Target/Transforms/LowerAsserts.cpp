//===- LowerAsserts.cpp - A failing check leaves with an error ------------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERASSERTS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Makes the calls of the runtime (lib/Runtime/Context.c) and the messages.
class AssertLowering {
public:
  explicit AssertLowering(ModuleOp module)
      : module(module), symbols(module), builder(module.getContext()),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  void lower(cf::AssertOp op) {
    Location loc = op.getLoc();
    if (Operation *parallel = getOutermostParallel(op)) {
      Value context = getContext(parallel);
      beginBranch(op);
      call(loc, "attn_rt_record", {context, getMessage(loc, op.getMsg())});
    } else if (isa<FunctionOpInterface>(op->getParentOp())) {
      callCheck(op);
    } else {
      beginBranch(op);
      call(loc, "attn_rt_fail", {getMessage(loc, op.getMsg())});
    }
    op.erase();
  }

private:
  /// Goes on where the check failed.
  void beginBranch(cf::AssertOp op) {
    builder.setInsertionPoint(op);
    Location loc = op.getLoc();
    Value no = arith::ConstantIntOp::create(builder, loc, 0, 1);
    Value failed = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                         op.getArg(), no);
    auto branch = scf::IfOp::create(builder, loc, failed);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
  }

  /// A call and no branch: a thousand checks of a function's sizes would split
  /// its block into as many, and what each says of sizes holds up LLVM.
  void callCheck(cf::AssertOp op) {
    builder.setInsertionPoint(op);
    Location loc = op.getLoc();
    Value message = getMessage(loc, op.getMsg());
    if (!symbols.lookup(kCheckName))
      defineCheck();
    call(loc, kCheckName, {op.getArg(), message});
  }

  static constexpr StringLiteral kCheckName = "attn_rt_check";

  /// void attn_rt_check(i1 holds, ptr message)
  void defineCheck() {
    OpBuilder::InsertionGuard guard(builder);
    Location loc = module.getLoc();
    LLVM::LLVMFuncOp check =
        declare(kCheckName, {builder.getI1Type(), pointer},
                LLVM::LLVMVoidType::get(builder.getContext()));
    check.setLinkage(LLVM::Linkage::Internal);
    check.setPassthroughAttr(builder.getStrArrayAttr({"noinline"}));
    Block *entry = check.addEntryBlock(builder);
    Block *done = builder.createBlock(&check.getBody());
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    Block *wrong = builder.createBlock(&check.getBody());
    call(loc, "attn_rt_fail", {entry->getArgument(1)});
    LLVM::UnreachableOp::create(builder, loc);
    builder.setInsertionPointToStart(entry);
    LLVM::CondBrOp::create(builder, loc, entry->getArgument(0), done, wrong);
  }

  static bool isParallel(Operation *op) {
    return isa<scf::ParallelOp, scf::ForallOp>(op) ||
           op->getName().getStringRef() == "omp.parallel";
  }

  static Operation *getOutermostParallel(Operation *op) {
    Operation *found = nullptr;
    while ((op = op->getParentOp()))
      if (isParallel(op))
        found = op;
    return found;
  }

  /// The context of the call, read before the parallel op; what failed inside
  /// is acted upon after it.
  Value getContext(Operation *parallel) {
    Value &context = contexts[parallel];
    if (context)
      return context;
    Location loc = parallel->getLoc();
    builder.setInsertionPoint(parallel);
    context = call(loc, "attn_rt_context", {}, pointer).getResult();
    builder.setInsertionPointAfter(parallel);
    call(loc, "attn_rt_leave_if_failed", {context});
    return context;
  }

  Value getMessage(Location loc, StringRef text) {
    StringAttr &name = messages[text];
    if (!name)
      name = createMessage(text);
    return LLVM::AddressOfOp::create(builder, loc, pointer, name.getValue());
  }

  StringAttr createMessage(StringRef text) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    std::string terminated = text.str() + '\0';
    auto type =
        LLVM::LLVMArrayType::get(builder.getI8Type(), terminated.size());
    auto global = LLVM::GlobalOp::create(
        builder, module.getLoc(), type, /*isConstant=*/true,
        LLVM::Linkage::Internal, "attn_message",
        builder.getStringAttr(terminated));
    return symbols.insert(global);
  }

  LLVM::CallOp call(Location loc, StringRef name, ValueRange arguments,
                    Type result = {}) {
    if (!result)
      result = LLVM::LLVMVoidType::get(builder.getContext());
    auto function = symbols.lookup<LLVM::LLVMFuncOp>(name);
    if (!function)
      function = declare(name, arguments.getTypes(), result);
    return LLVM::CallOp::create(builder, loc, function, arguments);
  }

  LLVM::LLVMFuncOp declare(StringRef name, TypeRange arguments, Type result) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto function = LLVM::LLVMFuncOp::create(
        builder, module.getLoc(), name,
        LLVM::LLVMFunctionType::get(result, llvm::to_vector(arguments)));
    // LLVM then keeps failing paths out of the way of the others.
    if (name == "attn_rt_fail")
      function.setPassthroughAttr(
          builder.getStrArrayAttr({"noreturn", "cold"}));
    symbols.insert(function);
    return function;
  }

  ModuleOp module;
  SymbolTable symbols;
  OpBuilder builder;
  Type pointer;
  llvm::StringMap<StringAttr> messages;
  DenseMap<Operation *, Value> contexts;
};

struct LowerAsserts : attn::impl::LowerAssertsBase<LowerAsserts> {
  void runOnOperation() override {
    SmallVector<cf::AssertOp> asserts;
    getOperation().walk([&](cf::AssertOp op) { asserts.push_back(op); });
    AssertLowering lowering(getOperation());
    for (cf::AssertOp op : asserts)
      lowering.lower(op);
  }
};

} // namespace
