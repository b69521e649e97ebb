//===- LowerLaunches.cpp - Launches as calls, kernels as functions --------===//

#include "HostCode.h"
#include "KernelChecks.h"

#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Tile/IR/Tile.h"
#include "attn/Target/GPU/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERLAUNCHES
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The functions that kernels become, in the order of their numbers.
class Kernels {
public:
  explicit Kernels(ModuleOp host) : builder(host.getContext()) {
    builder.setInsertionPointToEnd(host.getBody());
    module = ModuleOp::create(builder, host.getLoc(), kKernelsName);
    if (Attribute target = getTarget(host))
      setTarget(module, target);
  }

  /// The number of the function that does what `kernel` does.
  int64_t getNumber(gpu::GPUFuncOp kernel) {
    auto [it, isNew] = numbers.try_emplace(kernel, 0);
    if (isNew)
      it->second = findOrInsert(convert(kernel));
    return it->second;
  }

  /// Adds what the kernels say, and has those behind a check look for a failure
  /// first.
  void finish() {
    SmallVector<Attribute> texts;
    for (StringRef message : messages)
      texts.push_back(builder.getStringAttr(message));
    module->setAttr(kMessagesAttr, builder.getArrayAttr(texts));
    if (messages.empty())
      return;
    for (func::FuncOp function : functions)
      guard(function);
  }

private:
  func::FuncOp convert(gpu::GPUFuncOp kernel) {
    Location loc = kernel.getLoc();
    SmallVector<Type> types(kernel.getArgumentTypes());
    types.push_back(LLVM::LLVMPointerType::get(builder.getContext()));
    auto function = func::FuncOp::create(loc, kernel.getName(),
                                         builder.getFunctionType(types, {}));
    Block *block = function.addEntryBlock();
    IRMapping mapping;
    mapping.map(kernel.getArguments(), block->getArguments().drop_back());
    kernel.getBody().cloneInto(&function.getBody(), mapping);
    Block *body = mapping.lookup(&kernel.getBody().front());
    block->getOperations().splice(block->end(), body->getOperations());
    body->erase();
    SmallVector<cf::AssertOp> checks;
    function.walk([&](cf::AssertOp check) { checks.push_back(check); });
    for (cf::AssertOp check : checks)
      lowerCheck(check, block->getArguments().back(),
                 getMessageNumber(check.getMsg()));
    function.walk([&](Operation *op) { lower(op); });
    return function;
  }

  void lower(Operation *op) {
    builder.setInsertionPoint(op);
    if (auto id = dyn_cast<gpu::BlockIdOp>(op))
      read<NVVM::BlockIdXOp>(op);
    else if (auto id = dyn_cast<gpu::ThreadIdOp>(op))
      read<NVVM::ThreadIdXOp>(op);
    else if (isa<gpu::ReturnOp>(op)) {
      func::ReturnOp::create(builder, op->getLoc());
      op->erase();
    }
  }

  template <typename Register> void read(Operation *op) {
    Location loc = op->getLoc();
    Value number = Register::create(builder, loc, builder.getI32Type());
    op->replaceAllUsesWith(arith::IndexCastUIOp::create(
        builder, loc, builder.getIndexType(), number));
    op->erase();
  }

  int64_t getMessageNumber(StringRef message) {
    auto *found = llvm::find(messages, message);
    if (found == messages.end()) {
      messages.push_back(message.str());
      found = messages.end() - 1;
    }
    return found - messages.begin();
  }

  static bool hasStream(func::FuncOp function) {
    auto find = [](tile::SpecializeOp) { return WalkResult::interrupt(); };
    return function.walk(find).wasInterrupted();
  }

  /// What reads by an index that a kernel before has found wrong must not run.
  void guard(func::FuncOp function) {
    Block *entry = &function.getBody().front();
    Block *body = entry->splitBlock(entry->begin());
    builder.setInsertionPointToStart(entry);
    Location loc = function.getLoc();
    Value word = LLVM::LoadOp::create(builder, loc, builder.getI32Type(),
                                      entry->getArguments().back());
    Value none = arith::ConstantIntOp::create(builder, loc, -1, 32);
    Value fails = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                        word, none);
    // Other blocks may write it now: those that wait for each other go by what
    // one of them has read.
    if (hasStream(function))
      fails = tile::VoteAnyOp::create(builder, loc, fails.getType(), fails);
    Block *end = builder.createBlock(&function.getBody());
    func::ReturnOp::create(builder, loc);
    builder.setInsertionPointToEnd(entry);
    cf::CondBranchOp::create(builder, loc, fails, end, body);
  }

  int64_t findOrInsert(func::FuncOp function) {
    for (auto [number, known] : llvm::enumerate(functions))
      if (known.getFunctionType() == function.getFunctionType() &&
          OperationEquivalence::isRegionEquivalentTo(
              &known.getBody(), &function.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        function.erase();
        return number;
      }
    const int64_t number = functions.size();
    function->setAttr(kKernelAttr, builder.getI64IntegerAttr(number));
    SymbolTable(module).insert(function);
    functions.push_back(function);
    return number;
  }

  OpBuilder builder;
  ModuleOp module;
  SmallVector<func::FuncOp> functions;
  DenseMap<Operation *, int64_t> numbers;
  SmallVector<std::string> messages;
};

/// The arguments of a launch, each in a slot of its own on the host's stack.
class Arguments {
public:
  Arguments(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  void add(Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type)
      return addScalar(value);
    auto parts = memref::ExtractStridedMetadataOp::create(builder, loc, value);
    Value base = getAlignedPointer(builder, loc, value);
    llvm::append_values(values, base, base,
                        toI64(builder, loc, parts.getOffset()));
    for (Value size : parts.getSizes())
      values.push_back(toI64(builder, loc, size));
    for (Value stride : parts.getStrides())
      values.push_back(toI64(builder, loc, stride));
  }

  /// An array of pointers to them.
  Value store(func::FuncOp function) {
    Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
    const int64_t count = values.size();
    Value slots = createSlot(function, builder.getI64Type(), count + 1);
    Value addresses = createSlot(function, pointer, count + 1);
    for (auto [n, value] : llvm::enumerate(values)) {
      auto at = [&](Type type, Value base) -> Value {
        return LLVM::GEPOp::create(builder, loc, pointer, type, base,
                                   ArrayRef<LLVM::GEPArg>{int32_t(n)});
      };
      Value slot = at(builder.getI64Type(), slots);
      LLVM::StoreOp::create(builder, loc, value, slot);
      LLVM::StoreOp::create(builder, loc, slot, at(pointer, addresses));
    }
    return addresses;
  }

  int64_t size() const { return values.size(); }

private:
  void addScalar(Value value) {
    values.push_back(
        isa<IndexType>(value.getType()) ? toI64(builder, loc, value) : value);
  }

  OpBuilder &builder;
  Location loc;
  SmallVector<Value> values;
};

struct LowerLaunches : attn::impl::LowerLaunchesBase<LowerLaunches> {
  void runOnOperation() override {
    SmallVector<gpu::LaunchFuncOp> launches;
    getOperation().walk([&](gpu::LaunchFuncOp op) { launches.push_back(op); });
    Kernels kernels(getOperation());
    RuntimeCalls calls(getOperation());
    SymbolTableCollection symbols;
    for (gpu::LaunchFuncOp launch : launches) {
      if (failed(verifyArguments(launch)))
        return signalPassFailure();
      auto kernel = symbols.lookupNearestSymbolFrom<gpu::GPUFuncOp>(
          launch, launch.getKernel());
      lower(launch, kernels.getNumber(kernel), calls);
    }
    kernels.finish();
    for (auto module :
         llvm::make_early_inc_range(getOperation().getOps<gpu::GPUModuleOp>()))
      module.erase();
  }

  /// What a driver takes of them has 32764 bytes, and the failure word is one.
  static LogicalResult verifyArguments(gpu::LaunchFuncOp launch) {
    constexpr int64_t most = 32764 / 8 - 1;
    int64_t count = 0;
    for (Value operand : launch.getKernelOperands()) {
      auto type = dyn_cast<MemRefType>(operand.getType());
      count += type ? 3 + 2 * type.getRank() : 1;
    }
    if (count <= most)
      return success();
    return launch.emitError("expected a kernel of at most ")
           << most << " arguments, tensors' sizes counted, got " << count;
  }

  void lower(gpu::LaunchFuncOp launch, int64_t number, RuntimeCalls &calls) {
    OpBuilder builder(launch);
    Location loc = launch.getLoc();
    Arguments arguments(builder, loc);
    for (Value operand : launch.getKernelOperands())
      arguments.add(operand);
    Value addresses = arguments.store(launch->getParentOfType<func::FuncOp>());
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIntOp::create(builder, loc, value, 64);
    };
    calls.call(builder, loc, "attn_rt_gpu_launch",
               {constant(number), toI64(builder, loc, launch.getGridSizeX()),
                toI64(builder, loc, launch.getBlockSizeX()), addresses,
                constant(arguments.size())});
    launch.erase();
  }
};

} // namespace
