//===- EmbedKernels.cpp - Kernels as PTX in the host code -----------------===//

#include "HostCode.h"

#include "attn/Dialect/Tile/IR/Tile.h"
#include "attn/Target/Artifact/Artifact.h"
#include "attn/Target/GPU/GPUOptions.h"
#include "attn/Target/GPU/Passes.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_EMBEDKERNELS
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct EmbedKernels : attn::impl::EmbedKernelsBase<EmbedKernels> {
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(kKernelsName);
    if (!kernels)
      return;
    if (failed(verifyCalls(kernels)))
      return signalPassFailure();
    SmallVector<int32_t> sharedBytes;
    std::string names = prepare(kernels, sharedBytes), messages;
    for (auto text : kernels->getAttrOfType<ArrayAttr>(kMessagesAttr)
                         .getAsRange<StringAttr>())
      messages += text.str() + '\0';
    std::string ptx;
    if (!names.empty() && failed(emit(kernels, ptx)))
      return signalPassFailure();
    kernels.erase();
    embed(kPTXName, ptx + '\0');
    embed(kCubinName, StringRef("", 1));
    embed(kKernelNamesName, names + '\0');
    sharedBytes.resize(std::max<size_t>(sharedBytes.size(), 1));
    embedWords(kSharedBytesName, sharedBytes);
    embed("attn_rt_gpu_messages", messages + '\0');
  }

  /// What `op` needs a library for; empty where that is nothing.
  static StringRef getLibraryFunction(ModuleOp kernels, Operation *op) {
    if (isa<LLVM::PowOp, LLVM::ExpOp, LLVM::Exp2Op, LLVM::Exp10Op, LLVM::LogOp,
            LLVM::Log2Op, LLVM::Log10Op, LLVM::SinOp, LLVM::CosOp, LLVM::TanOp>(
            op))
      return op->getName().getStringRef();
    auto call = dyn_cast<LLVM::CallOp>(op);
    if (!call || !call.getCallee())
      return "";
    auto function = kernels.lookupSymbol<LLVM::LLVMFuncOp>(*call.getCallee());
    return function && function.isExternal() ? *call.getCallee() : "";
  }

  /// There is no library of functions on the GPU.
  static LogicalResult verifyCalls(ModuleOp kernels) {
    auto walked = kernels.walk([&](Operation *op) {
      StringRef name = getLibraryFunction(kernels, op);
      if (name.empty())
        return WalkResult::advance();
      op->emitError("expected functions that there is code for on a GPU, got "
                    "'")
          << name << "'";
      return WalkResult::interrupt();
    });
    return failure(walked.wasInterrupted());
  }

  /// Marks kernels; what else there is, their functions, is theirs alone. The
  /// names, by number, each with its end, and the shared memory of launches.
  std::string prepare(ModuleOp kernels, SmallVectorImpl<int32_t> &sharedBytes) {
    std::vector<std::string> names;
    for (auto function : kernels.getOps<LLVM::LLVMFuncOp>()) {
      auto number = function->getAttrOfType<IntegerAttr>(kKernelAttr);
      if (!number)
        continue;
      names.resize(std::max<size_t>(names.size(), number.getInt() + 1));
      sharedBytes.resize(names.size());
      names[number.getInt()] = function.getName();
      function->removeAttr(kKernelAttr);
      if (auto bytes = dyn_cast_or_null<IntegerAttr>(
              function->removeAttr(tile::kDynamicSharedAttr)))
        sharedBytes[number.getInt()] = bytes.getInt();
      function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                        UnitAttr::get(&getContext()));
    }
    std::string all;
    for (const std::string &name : names)
      all += name + '\0';
    return all;
  }

  /// 8.0; 8.1 where a kernel has more than 4096 bytes of parameters.
  static unsigned getPTXVersion(ModuleOp kernels) {
    const bool isLong = llvm::any_of(
        kernels.getOps<LLVM::LLVMFuncOp>(), [](LLVM::LLVMFuncOp function) {
          return 8 * function.getNumArguments() > 4096;
        });
    return isLong ? 81 : 80;
  }

  LogicalResult emit(ModuleOp kernels, std::string &ptx) {
    auto target = dyn_cast_or_null<GPUTargetAttr>(getTarget(kernels));
    if (!target)
      return kernels.emitError("expected a module for a GPU");
    auto machine =
        createGPUTargetMachine(target.getArch(), getPTXVersion(kernels));
    if (!machine)
      return kernels.emitError(llvm::toString(machine.takeError()));
    kernels->removeAttr(kMessagesAttr);
    OwningOpRef<ModuleOp> alone = kernels.clone();
    SmallVector<char, 0> text;
    llvm::raw_svector_ostream os(text);
    if (failed(emitCode(*alone, **machine, CodeKind::Assembly, os)))
      return failure();
    ptx.assign(text.begin(), text.end());
    // What LLVM made a call of, to a function that it thinks everyone has.
    if (StringRef(ptx).contains(".extern .func"))
      return kernels.emitError("expected arithmetic that there is code for on "
                               "a GPU, got some that calls a library");
    return success();
  }

  void embed(StringRef name, StringRef contents) {
    Builder builder(&getContext());
    embed(name, builder.getI8Type(), contents.size(),
          builder.getStringAttr(contents));
  }

  void embedWords(StringRef name, ArrayRef<int32_t> words) {
    Builder builder(&getContext());
    embed(name, builder.getI32Type(), words.size(),
          builder.getI32TensorAttr(words));
  }

  void embed(StringRef name, Type element, int64_t count, Attribute contents) {
    OpBuilder builder(getOperation().getBody(),
                      getOperation().getBody()->end());
    auto global = LLVM::GlobalOp::create(
        builder, getOperation().getLoc(),
        LLVM::LLVMArrayType::get(element, count), /*isConstant=*/true,
        LLVM::Linkage::External, name, contents);
    global.setVisibility_(LLVM::Visibility::Hidden);
  }
};

} // namespace
