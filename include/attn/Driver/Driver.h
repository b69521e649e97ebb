//===- Driver.h - From a model file to an artifact --------------*- C++ -*-===//
//
// The one compile path: attn-compile writes what comes out, attn-run loads it.
//
//   DialectRegistry registry;
//   attn::registerAllDialects(registry); // of attn/InitAll.h
//   MLIRContext context(registry);
//   CompileOptions options;
//   auto model = loadModel("model.onnx", &context, options);
//   if (succeeded(model))
//     (void)compileToFile(**model, "model.so", Output::SharedLibrary,
//                         Stage::LLVM, options);
//
// Errors go to the context's diagnostic handler: with a location where there is
// one, at UnknownLoc otherwise.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DRIVER_DRIVER_H
#define ATTN_DRIVER_DRIVER_H

#include "attn/Dialect/Attn/Transforms/Precision.h"
#include "attn/Target/X86/TargetOptions.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <utility>
#include <vector>

namespace llvm {
class SourceMgr;
} // namespace llvm

namespace mlir::attn {

/// How far down a module is taken.
enum class Stage {
  /// As it was read (and with `--dim` applied).
  Import,
  /// Graph level: attention recognized, fused, simplified.
  Optimized,
  /// Loops over tiles, on tensors.
  Tiled,
  /// Memrefs instead of tensors.
  Bufferized,
  /// Attention as vector code (CPU).
  CPU,
  /// Loops as kernels, outlined (GPU).
  GPU,
  /// The LLVM dialect, with the artifact's C interface.
  LLVM
};

/// What is written.
enum class Output { MLIR, LLVMIR, Assembly, Object, SharedLibrary, PTX, Cubin };

struct CompileOptions {
  TargetOptions target;
  /// The GPU that it is compiled for, such as `sm_90a`; a CPU where it is
  /// empty.
  std::string gpuArch;
  /// The ptxas that makes a cubin for it; PTX alone where it is empty.
  std::string ptxas;
  /// Fail where ptxas spills registers, or serializes wgmma, instead of warning
  /// of it.
  bool strictPtxas = false;
  /// Keep attention decomposed and untiled.
  bool plain = false;
  /// Compile layers that repeat once, unless `plain`.
  bool outlineLayers = true;
  /// What weights of f32 are stored in, unless `plain`; products sum up in f32.
  Precision precision = Precision::F32;
  /// What the public function is called in C, instead of after the model's file
  /// (see nameEntries).
  std::string entry;
  /// Where the large constants of a shared library go, instead of into it.
  std::string parameters;
  /// What stays as the graph has it: kinds of rewrites of attn-recognize, or
  /// "all".
  std::vector<std::string> leave;
  /// Sizes for symbolic dimensions, by name (`batch`, or `argN.D` for an
  /// unnamed one of an MLIR function).
  std::vector<std::pair<std::string, int64_t>> dimensions;
  /// Give caches a capacity (attn-use-static-caches).
  bool staticCaches = false;
  /// Passes to run on the graph before it is lowered, as a textual pipeline
  /// (`attn-tile{tile-key=32},canonicalize`); optimized first unless `plain`.
  std::string passes;
  /// Verify the module after each pass, not only after each stage: a mistake of
  /// a pass then shows where it was made, and compiling takes half as long
  /// again.
  bool verifyEach = false;
  /// Report to standard error what each stage did and how long it took.
  bool stats = false;
};

/// Prints what code is fitted to: one `name = value` a line, the names being
/// those of the pipelines' options. A CPU or feature that is not known is an
/// error.
llvm::Error printTarget(llvm::raw_ostream &os, const TargetOptions &options);

/// Says what the public functions of `module`, from the file `path`, are called
/// in C. The only one is called `entry`; of several, `main` is, and others are
/// `entry` with `_` and their name behind it. Without `entry`, `main` is called
/// after the file and others by their name. An `entry` that C does not leave
/// free is an error. loadModel has done this.
LogicalResult nameEntries(ModuleOp module, StringRef path, StringRef entry);

/// Reads a model from an MLIR text or bytecode file, or an ONNX file (told
/// apart by the suffix `.onnx`), verifies it, fixes the dimensions of
/// `options`, and gives its caches a capacity where they ask for it. MLIR text
/// is added to `sourceMgr`, when one is given, so that a
/// SourceMgrDiagnosticHandler on it can show the lines.
FailureOr<OwningOpRef<ModuleOp>>
loadModel(StringRef path, MLIRContext *context, const CompileOptions &options,
          llvm::SourceMgr *sourceMgr = nullptr);

/// Makes the dimensions with the given names static in all public functions,
/// and simplifies. A name that no dynamic dimension of an input has, or a
/// negative size, is an error. loadModel has done this.
LogicalResult
fixDimensions(ModuleOp module,
              ArrayRef<std::pair<std::string, int64_t>> dimensions);

/// Whether code for the target of `options` passes through `stage`.
bool hasStage(const CompileOptions &options, Stage stage);

/// Takes `module` down to `stage`, in place: below Stage::Optimized for the
/// target of `options`, which it says in `attn.target` from then on. After
/// Stage::LLVM it holds, for each public function of before, its two exported
/// functions.
LogicalResult lowerToStage(ModuleOp module, Stage stage,
                           const CompileOptions &options);

/// Compiles `module` (which is used up) and writes the artifact: a shared
/// library at `path`, and beside it `path` with the suffixes `.h` and `.json`.
/// Nothing is left behind when something fails. An object NAME.o comes with the
/// same.
LogicalResult compileToSharedLibrary(ModuleOp module, StringRef path,
                                     const CompileOptions &options);

/// Compiles `module` (which is used up) and writes `output` at `path`; `-` is
/// standard output. Output::MLIR is written at `stage`, everything else is made
/// from Stage::LLVM.
LogicalResult compileToFile(ModuleOp module, StringRef path, Output output,
                            Stage stage, const CompileOptions &options);

} // namespace mlir::attn

#endif // ATTN_DRIVER_DRIVER_H
