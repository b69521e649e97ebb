//===- Register.cpp - The names of the pipelines --------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/WithColor.h"

#include <mutex>

using namespace mlir;
using attn::ExpAccuracy;
using attn::Packing;

void attn::buildToLoopsPipeline(OpPassManager &manager,
                                const LowerToLLVMOptions &options) {
  buildDecomposePipeline(manager);
  buildBufferizePipeline(manager, BufferizeOptions());
  buildCPUPipeline(manager);
  buildLowerToLLVMPipeline(manager, options);
}

namespace {

/// Those of attn-attach-cpu-target, as options of a pipeline.
struct CPUOptions : PassPipelineOptions<CPUOptions> {
  Option<int64_t> vectorBits{*this, "vector-bits",
                             llvm::cl::desc("Width of a vector register"),
                             llvm::cl::init(128)};
  Option<int64_t> registers{*this, "registers",
                            llvm::cl::desc("Number of vector registers"),
                            llvm::cl::init(16)};
  Option<bool> fma{*this, "fma",
                   llvm::cl::desc("Multiply and add in one instruction"),
                   llvm::cl::init(false)};
  Option<bool> amx{*this, "amx", llvm::cl::desc("Tile products of bf16"),
                   llvm::cl::init(false)};
  Option<int64_t> tileQuery{
      *this, "tile-query",
      llvm::cl::desc("Queries of a tile of attention (0: by the registers)"),
      llvm::cl::init(0)};
  Option<int64_t> tileKey{
      *this, "tile-key",
      llvm::cl::desc("Keys of a tile of attention (0: by the registers)"),
      llvm::cl::init(0)};
  Option<ExpAccuracy> exp{
      *this, "exp",
      llvm::cl::desc("Largest relative error of exp in the softmax"),
      llvm::cl::init(ExpAccuracy::Auto),
      llvm::cl::values(
          clEnumValN(ExpAccuracy::Exact, "exact", "2e-7, of f64 1e-15"),
          clEnumValN(ExpAccuracy::Fast, "fast", "1e-4"),
          clEnumValN(ExpAccuracy::Auto, "auto",
                     "fast where weights are rounded to bf16, else exact"))};
  Option<int64_t> unmaskedKeys{
      *this, "unmasked-keys",
      llvm::cl::desc("Keys of a step of a loop that needs no mask (0: by the "
                     "policy)"),
      llvm::cl::init(0)};
  Option<int64_t> panelKeys{
      *this, "panel-keys",
      llvm::cl::desc("Keys that are packed at once (0: by the policy)"),
      llvm::cl::init(0)};
  Option<Packing> packing{
      *this, "packing", llvm::cl::desc("Who packs values for tiles of AMX"),
      llvm::cl::init(Packing::Auto),
      llvm::cl::values(
          clEnumValN(Packing::Auto, "auto", "by the policy"),
          clEnumValN(Packing::Shared, "shared",
                     "once for all tiles of queries"),
          clEnumValN(Packing::Own, "own", "each tile of queries"))};
  Option<int64_t> stages{
      *this, "stages",
      llvm::cl::desc("Blocks of keys in the pipeline of AMX: 1 or 3 (0: by the "
                     "policy)"),
      llvm::cl::init(0)};
};

struct ToCPUOptions : CPUOptions {
  Option<bool> loops{*this, "loops",
                     llvm::cl::desc("Turn linalg's loops to vector code too"),
                     llvm::cl::init(false)};
};

/// Those of attn-attach-gpu-target, as options of a pipeline.
struct GPUOptions : PassPipelineOptions<GPUOptions> {
  Option<std::string> arch{*this, "arch", llvm::cl::desc("sm_ and a number"),
                           llvm::cl::init("sm_90a")};
};

struct LLVMOptions : attn::LowerToLLVMOptions {
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("CPU features that the artifact must ask for before it "
                     "runs, with commas"),
      llvm::cl::init("")};
};

/// The options that were given, as text.
class GivenOptions {
public:
  template <typename Option> GivenOptions &add(const Option &option) {
    if (option.hasValue())
      os << option.getArgStr() << '=' << toText(option.getValue()) << ' ';
    return *this;
  }

  void attach(OpPassManager &manager) {
    std::unique_ptr<Pass> pass = attn::createAttachCPUTarget();
    auto fail = [](const Twine &message) -> LogicalResult {
      llvm::reportFatalUsageError(message);
    };
    (void)pass->initializeOptions(text, fail);
    manager.addPass(std::move(pass));
  }

private:
  static int64_t toText(int64_t value) { return value; }
  static StringRef toText(bool value) { return value ? "true" : "false"; }
  static std::string toText(const std::string &value) {
    const char *quote = StringRef(value).contains('\'') ? "\"" : "'";
    return quote + value + quote;
  }
  static StringRef toText(ExpAccuracy value) {
    return attn::stringifyExpAccuracy(value);
  }
  static StringRef toText(Packing value) {
    return attn::stringifyPacking(value);
  }

  std::string text;
  llvm::raw_string_ostream os{text};
};

} // namespace

static void attachTarget(OpPassManager &manager, const CPUOptions &options) {
  GivenOptions()
      .add(options.vectorBits)
      .add(options.registers)
      .add(options.fma)
      .add(options.amx)
      .add(options.tileQuery)
      .add(options.tileKey)
      .add(options.exp)
      .add(options.unmaskedKeys)
      .add(options.panelKeys)
      .add(options.packing)
      .add(options.stages)
      .attach(manager);
}

static void attachTarget(OpPassManager &manager, const LLVMOptions &options) {
  GivenOptions().add(options.features).attach(manager);
}

void attn::registerPipelines() {
  PassPipelineRegistration<OptimizeOptions>(
      "attn-optimize",
      "Find attention in a graph on tensors, simplify and fuse",
      buildOptimizePipeline);
  PassPipelineRegistration<>(
      "attn-decompose",
      "Lower attn ops to linalg on tensors, with whole score tensors",
      buildDecomposePipeline);
  PassPipelineRegistration<CPUOptions>(
      "attn-to-tiles",
      "Lower attn ops to loops over tiles, and linalg, on tensors",
      [](OpPassManager &manager, const CPUOptions &options) {
        attachTarget(manager, options);
        buildTilePipeline(manager);
      });
  PassPipelineRegistration<>(
      "attn-to-gpu",
      "Turn linalg and loops on memrefs to kernels for a GPU, and host code "
      "that launches them",
      buildGPUPipeline);
  PassPipelineRegistration<GPUOptions>(
      "attn-to-nvvm", "The way to a GPU, from attn ops to PTX in host code",
      [](OpPassManager &manager, const GPUOptions &options) {
        manager.addPass(createAttachGPUTarget({options.arch}));
        buildToNVVMPipeline(manager);
      });
  PassPipelineRegistration<BufferizeOptions>(
      "attn-bufferize",
      "Turn functions on tensors into entry points on memrefs",
      buildBufferizePipeline);
  PassPipelineRegistration<ToCPUOptions>(
      "attn-to-cpu",
      "Turn attention on memrefs to vector code, and free what is allocated",
      [](OpPassManager &manager, const ToCPUOptions &options) {
        attachTarget(manager, options);
        attn::LowerToCPUOptions lowering;
        lowering.loops = options.loops;
        buildCPUPipeline(manager, lowering);
      });
  PassPipelineRegistration<LLVMOptions>(
      "attn-to-llvm",
      "Lower memrefs, linalg and loops to the LLVM dialect, with the C "
      "interface of an artifact",
      [](OpPassManager &manager, const LLVMOptions &options) {
        attachTarget(manager, options);
        buildLowerToLLVMPipeline(manager, options);
      });
  PassPipelineRegistration<LLVMOptions>(
      "attn-to-loops", "The naive lowering, from attn ops to LLVM",
      [](OpPassManager &manager, const LLVMOptions &options) {
        attachTarget(manager, options);
        buildToLoopsPipeline(manager, options);
      });
  PassPipelineRegistration<>(
      "attn-unshare-destinations", "The old name of attn-clone-shared-outs",
      [](OpPassManager &manager) {
        static std::once_flag warned;
        std::call_once(warned, [] {
          llvm::WithColor::warning(llvm::errs())
              << "attn-unshare-destinations is now attn-clone-shared-outs\n";
        });
        manager.addPass(attn::createCloneSharedOuts());
      });
}
