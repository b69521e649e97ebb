//===- Compile.cpp - A module to an artifact ------------------------------===//

#include "AssembleKernels.h"
#include "WeightsFile.h"

#include "attn/Analysis/TilingPolicy.h"
#include "attn/Conversion/Passes.h"
#include "attn/Conversion/Tile/Passes.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Driver/Driver.h"
#include "attn/Files/WriteFile.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Artifact/Artifact.h"
#include "attn/Target/Artifact/Parameters.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Artifact/Signature.h"
#include "attn/Target/GPU/GPUOptions.h"

#include "mlir/Dialect/Transform/Transforms/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <chrono>

using namespace mlir;
using namespace mlir::attn;

static LogicalResult report(ModuleOp module, llvm::Error error) {
  if (!error)
    return success();
  return mlir::emitError(UnknownLoc::get(module.getContext()))
         << llvm::toString(std::move(error));
}

namespace {

/// Says how long a stage took, when it was asked to.
class StageTimer {
public:
  StageTimer(StringRef name, const CompileOptions &options)
      : name(name), enabled(options.stats), start(Clock::now()) {}
  ~StageTimer() {
    std::chrono::duration<double, std::milli> spent = Clock::now() - start;
    if (enabled)
      llvm::errs() << llvm::formatv("{0,-24} {1,10:f1} ms\n", name,
                                    spent.count());
  }

private:
  using Clock = std::chrono::steady_clock;
  StringRef name;
  bool enabled;
  Clock::time_point start;
};

} // namespace

/// Runs the pipeline between two stages, of which nobody sees the second.
template <typename Build>
static LogicalResult runStep(ModuleOp module, StringRef name,
                             const CompileOptions &options, Build build) {
  StageTimer timer(name, options);
  PassManager manager(module->getContext());
  manager.enableVerifier(options.verifyEach);
  build(manager);
  return manager.run(module);
}

static LogicalResult verifyStage(ModuleOp module,
                                 const CompileOptions &options) {
  return success(options.verifyEach || succeeded(verify(module)));
}

/// Runs the pipeline between two stages.
template <typename Build>
static LogicalResult runStage(ModuleOp module, StringRef name,
                              const CompileOptions &options, Build build) {
  if (failed(runStep(module, name, options, build)))
    return failure();
  return verifyStage(module, options);
}

/// The passes that the user asked for by name.
static LogicalResult runPasses(ModuleOp module, const CompileOptions &options) {
  static const bool registered = [] {
    registerAttnConversionPasses();
    registerAttnTilePasses();
    registerAttnTransformsPasses();
    mlir::registerTransformsPasses();
    transform::registerTransformPasses(); // schedules of the user's
    return true;
  }();
  (void)registered;
  PassManager manager(module->getContext());
  std::string message;
  llvm::raw_string_ostream os(message);
  if (failed(parsePassPipeline(options.passes, manager, os)))
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << "expected passes, got '" << options.passes
           << "': " << StringRef(message).trim();
  StageTimer timer("passes", options);
  return manager.run(module);
}

llvm::Error attn::printTarget(llvm::raw_ostream &os,
                              const TargetOptions &options) {
  auto machine = createTargetMachine(options);
  if (!machine)
    return machine.takeError();
  MLIRContext context;
  context.loadDialect<AttnDialect>();
  CPUTargetAttr target = getTargetAttr(&context, **machine, options);
  const CPUTilingPolicy policy(target);
  const TileSizes tile = policy.getTile();
  auto truth = [](bool value) { return value ? "true" : "false"; };
  os << "vector-bits = " << target.getVectorBits() << "\n"
     << "registers = " << target.getRegisters() << "\n"
     << "fma = " << truth(target.getFma()) << "\n"
     << "amx = " << truth(target.getAmx()) << "\n"
     << "tile-query = " << tile.query << "\n"
     << "tile-key = " << tile.key << "\n"
     << "unmasked-keys = " << std::max(policy.getUnmaskedKeys(), tile.key)
     << "\n"
     << "exp = " << stringifyExpAccuracy(target.getExp()) << "\n";
  if (target.getAmx())
    os << "panel-keys = " << policy.getPanelKeys() << "\n"
       << "packing = " << (policy.sharesPackedValues() ? "shared" : "own")
       << "\n"
       << "stages = " << policy.getStages() << "\n";
  return llvm::Error::success();
}

/// Says in the module what `options` say that it is compiled for.
static LogicalResult attachTarget(ModuleOp module,
                                  const CompileOptions &options) {
  MLIRContext *context = module.getContext();
  if (!options.gpuArch.empty()) {
    auto machine = createGPUTargetMachine(options.gpuArch);
    if (!machine)
      return report(module, machine.takeError());
    setTarget(module, GPUTargetAttr::get(context, options.gpuArch,
                                         options.target.tileQuery.value_or(0),
                                         options.target.tileKey.value_or(0)));
    return success();
  }
  auto machine = createTargetMachine(options.target);
  if (!machine)
    return report(module, machine.takeError());
  if (options.precision == Precision::F16 &&
      !(*machine)->getMCSubtargetInfo()->checkFeatures("+f16c"))
    return mlir::emitError(UnknownLoc::get(context))
           << "expected a CPU with f16c for --precision=f16, got '"
           << (*machine)->getTargetCPU() << "'";
  setTarget(module, getTargetAttr(context, **machine, options.target));
  return success();
}

bool attn::hasStage(const CompileOptions &options, Stage stage) {
  return stage != (options.gpuArch.empty() ? Stage::GPU : Stage::CPU);
}

/// Everything below Stage::Bufferized.
static LogicalResult lowerToCPU(ModuleOp module, Stage stage,
                                const CompileOptions &options) {
  if (failed(
          runStep(module, "lower to CPU", options, [&](OpPassManager &manager) {
            LowerToCPUOptions lowering;
            lowering.loops = !options.plain;
            buildCPUPipeline(manager, lowering);
          })))
    return failure();
  if (stage == Stage::CPU)
    return verifyStage(module, options);
  return runStage(module, "lower to LLVM", options,
                  [&](OpPassManager &manager) {
                    LowerToLLVMOptions lowering;
                    lowering.hasThreads = !options.plain;
                    lowering.expandMath = !options.plain;
                    lowering.emulateAMX = options.target.emulateAMX;
                    buildLowerToLLVMPipeline(manager, lowering);
                  });
}

static LogicalResult lowerToGPU(ModuleOp module, Stage stage,
                                const CompileOptions &options) {
  if (failed(runStage(module, "lower to GPU", options, buildGPUPipeline)))
    return failure();
  if (stage == Stage::GPU)
    return success();
  return runStage(module, "lower to LLVM", options, [](OpPassManager &manager) {
    LowerToLLVMOptions lowering;
    lowering.hasThreads = false;
    lowering.hasKernels = true;
    buildLowerToLLVMPipeline(manager, lowering);
  });
}

LogicalResult attn::lowerToStage(ModuleOp module, Stage stage,
                                 const CompileOptions &options) {
  if (stage == Stage::Import)
    return success();
  if (!options.plain &&
      failed(runStage(module, "optimize", options, [&](OpPassManager &manager) {
        OptimizeOptions optimize;
        optimize.leave = ArrayRef<std::string>(options.leave);
        buildOptimizePipeline(manager, optimize);
      })))
    return failure();
  const bool isForTarget = stage != Stage::Optimized || !options.passes.empty();
  if (isForTarget && failed(attachTarget(module, options)))
    return failure();
  if (!options.passes.empty() && failed(runPasses(module, options)))
    return failure();
  if (stage == Stage::Optimized)
    return success();
  // A thread computes one element of the scores, which are whole tensors.
  const bool isOnGPU = !options.gpuArch.empty();
  const bool isPlain = options.plain || isOnGPU;
  if (failed(runStage(module, isPlain ? "decompose" : "tile", options,
                      [&](OpPassManager &manager) {
                        if (options.plain) {
                          buildDecomposePipeline(manager);
                          return;
                        }
                        if (options.precision != Precision::F32)
                          manager.addPass(
                              createRoundAttention({options.precision}));
                        if (isOnGPU)
                          buildTensorCorePipeline(manager);
                        else
                          buildTilePipeline(manager);
                      })))
    return failure();
  if (stage == Stage::Tiled)
    return success();
  BufferizeOptions bufferize;
  bufferize.tileContractions = bufferize.packWeights = !isPlain;
  if (!options.plain)
    bufferize.precision = options.precision;
  bufferize.outlineLayers = !options.plain && options.outlineLayers;
  bufferize.tileRows = !isPlain;
  bufferize.placeResults = isOnGPU;
  if (failed(
          runStage(module, "bufferize", options, [&](OpPassManager &manager) {
            buildBufferizePipeline(manager, bufferize);
          })))
    return failure();
  if (stage == Stage::Bufferized)
    return success();
  return isOnGPU ? lowerToGPU(module, stage, options)
                 : lowerToCPU(module, stage, options);
}

namespace {

/// What a module becomes.
struct Code {
  SmallVector<char, 0> bytes;
  std::optional<GPUDescription> gpu;

  StringRef get() const { return StringRef(bytes.data(), bytes.size()); }
};

} // namespace

/// A cubin beside the PTX, where there is ptxas, and what is known of both.
static LogicalResult makeKernels(ModuleOp module, const CompileOptions &options,
                                 std::optional<GPUDescription> &description) {
  StageTimer timer("assemble kernels", options);
  auto cubin = assembleKernels(module, options);
  if (failed(cubin))
    return failure();
  description = describeGPU(module, *cubin);
  return success();
}

/// Takes `module` all the way down to code, while `weights` are written.
static LogicalResult makeCode(ModuleOp module, llvm::TargetMachine &machine,
                              CodeKind kind, const CompileOptions &options,
                              Code &code, WeightsFile *weights = nullptr) {
  if (failed(lowerToStage(module, Stage::LLVM, options)))
    return failure();
  if (!options.gpuArch.empty() &&
      failed(makeKernels(module, options, code.gpu)))
    return failure();
  // Text shows constants where they are.
  if (failed(runStep(module, "extract parameters", options,
                     [&](OpPassManager &manager) {
                       manager.addPass(kind == CodeKind::Object
                                           ? createExtractParameters()
                                           : createMaterializePacked());
                     })))
    return failure();
  if (weights)
    weights->start(module);
  std::optional<StageTimer> timer;
  llvm::raw_svector_ostream os(code.bytes);
  return emitCode(module, machine, kind, os,
                  [&](StringRef step) { timer.emplace(step, options); });
}

/// NAME.so has NAME.h and NAME.json beside it.
static std::string withSuffix(StringRef path, StringRef suffix) {
  SmallString<128> result(path);
  llvm::sys::path::replace_extension(result, suffix);
  return std::string(result);
}

/// Symbols are what differs between artifacts of one program; their files may
/// have one name, in two folders.
static std::string getGuard(ArrayRef<FunctionSignature> signatures) {
  return "ATTN_ARTIFACT_" + signatures.front().symbol;
}

/// Links code to what is written: a library or an object.
using Link = llvm::Expected<std::string> (*)(StringRef code,
                                             const Parameters &parameters);

static llvm::Error checkDistinct(ArrayRef<OutputFile> files) {
  llvm::StringSet<> paths;
  for (const OutputFile &file : files)
    if (!paths.insert(file.path).second)
      return llvm::createStringError(
          "expected another name than that of what lies beside it, got '" +
          file.path + "'");
  return llvm::Error::success();
}

/// What `link` makes of `code`, and NAME.h and NAME.json beside it; that alone
/// where `isAlone`, or where it goes to a device or a pipe, which has nothing
/// beside it. And `weights`.
static llvm::Error writeArtifact(const Code &code, Link link, StringRef path,
                                 bool isAlone, ModuleOp module,
                                 const llvm::TargetMachine &machine,
                                 WeightsFile &weights) {
  llvm::Expected<std::string> linked =
      link(code.get(), weights.getBehindCode());
  if (!linked)
    return linked.takeError();
  if (llvm::Error error = weights.describe(*linked))
    return error;
  const std::vector<FunctionSignature> signatures = getInterface(module);
  std::string header, description;
  llvm::raw_string_ostream headerStream(header), descriptionStream(description);
  const std::string headerPath = withSuffix(path, "h");
  writeHeader(headerStream, signatures, getGuard(signatures),
              code.gpu.has_value());
  writeDescription(descriptionStream, signatures, machine, *linked,
                   weights.getBehindCode(), weights.getFile(), code.gpu);
  SmallVector<OutputFile> files = {
      {path.str(), *linked, /*isExecutable=*/link == linkSharedLibrary},
      {headerPath, header},
      {withSuffix(path, "json"), description}};
  weights.add(files);
  if (llvm::Error error = checkDistinct(files))
    return error;
  return writeFiles(
      isAlone || isSpecialFile(path) ? ArrayRef(files).take_front() : files);
}

LogicalResult attn::compileToSharedLibrary(ModuleOp module, StringRef path,
                                           const CompileOptions &options) {
  auto machine = createTargetMachine(options.target);
  if (!machine)
    return report(module, machine.takeError());
  Code code;
  WeightsFile weights({path.str(), "", /*isExecutable=*/true},
                      options.parameters);
  if (failed(makeCode(module, **machine, CodeKind::Object, options, code,
                      &weights)))
    return failure();
  StageTimer timer("link", options);
  return report(module,
                writeArtifact(code, linkSharedLibrary, path,
                              /*isAlone=*/false, module, **machine, weights));
}

static LogicalResult writeMLIR(ModuleOp module, StringRef path, Stage stage,
                               const CompileOptions &options) {
  if (failed(lowerToStage(module, stage, options)))
    return failure();
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  os << "\n";
  return report(module, writeFile(path, text));
}

static LogicalResult writePTX(ModuleOp module, StringRef path,
                              const CompileOptions &options) {
  if (failed(lowerToStage(module, Stage::LLVM, options)))
    return failure();
  return report(module, writeFile(path, getPTX(module)));
}

static LogicalResult writeCubin(ModuleOp module, StringRef path,
                                const CompileOptions &options) {
  if (failed(lowerToStage(module, Stage::LLVM, options)))
    return failure();
  auto cubin = assembleKernels(module, options);
  if (failed(cubin))
    return failure();
  if (*cubin)
    return report(module, writeFile(path, (*cubin)->code));
  return mlir::emitError(UnknownLoc::get(module.getContext()))
         << "expected a model with kernels for a cubin, got one without";
}

LogicalResult attn::compileToFile(ModuleOp module, StringRef path,
                                  Output output, Stage stage,
                                  const CompileOptions &options) {
  if (output == Output::SharedLibrary)
    return compileToSharedLibrary(module, path, options);
  if (output == Output::MLIR)
    return writeMLIR(module, path, stage, options);
  if (output == Output::PTX)
    return writePTX(module, path, options);
  if (output == Output::Cubin)
    return writeCubin(module, path, options);
  auto machine = createTargetMachine(options.target);
  if (!machine)
    return report(module, machine.takeError());
  CodeKind kind = output == Output::LLVMIR     ? CodeKind::LLVMIR
                  : output == Output::Assembly ? CodeKind::Assembly
                                               : CodeKind::Object;
  Code code;
  WeightsFile weights({path.str(), ""}, /*parameters=*/"");
  if (failed(makeCode(module, **machine, kind, options, code,
                      kind == CodeKind::Object ? &weights : nullptr)))
    return failure();
  if (kind != CodeKind::Object)
    return report(module, writeFile(path, code.get()));
  StageTimer timer("link", options);
  // What has another name than NAME.o may be anything.
  bool isAlone = llvm::sys::path::extension(path) != ".o";
  return report(module, writeArtifact(code, linkObject, path, isAlone, module,
                                      **machine, weights));
}
