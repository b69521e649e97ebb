//===- Session.h - A model that is ready to run -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_SESSION_H
#define ATTN_TOOLS_ATTN_RUN_SESSION_H

#include "Options.h"

#include "attn/Driver/Messages.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/MLIRContext.h"

namespace mlir::attn::run {

/// The model of a command line: read, compiled, loaded. Errors are printed.
class Session {
public:
  explicit Session(const Options &options);

  /// Reads the model, or loads the shared library, and finds the function.
  LogicalResult open();

  /// Compiles what open() read, if that was a model that has no library yet.
  /// getFunction() is there from now on.
  LogicalResult build();

  const Options &getOptions() const { return options; }
  const LoadedFunction &getFunction() const { return *function; }
  /// What the function takes and gives; with weights, these come last.
  const FunctionSignature &getSignature() const { return signature; }

  /// The model's function before compilation, or null for a shared library.
  func::FuncOp getSource();

  /// How long loading the shared library took; nothing for a model.
  std::optional<double> getLoadSeconds() const { return loadSeconds; }

  /// How many outputs, after the function's own, are attention weights.
  unsigned getNumWeights() const { return numWeights; }

  /// A copy of the model, simplified for inputs of these shapes; null where
  /// there is no model, or it cannot be fixed.
  OwningOpRef<ModuleOp> specialize(const std::vector<Shape> &shapes);
  func::FuncOp getFunctionOf(ModuleOp copy) const {
    return copy.lookupSymbol<func::FuncOp>(signature.name);
  }

  /// Compiles a copy of the model once more, as --plain does, and runs it.
  FailureOr<std::vector<Tensor>> runPlain(const std::vector<Tensor> &inputs);

private:
  LogicalResult openModel();
  LogicalResult openArtifact();
  FailureOr<LoadedArtifact> load(const std::string &path);
  FailureOr<LoadedArtifact> compile(const CompileOptions &compileOptions);
  LogicalResult compileTo(const std::string &path,
                          const CompileOptions &compileOptions);
  FailureOr<LoadedArtifact> openLibrary();
  LogicalResult checkLibrary() const;
  /// The function called `name`, with a device if it needs one.
  FailureOr<LoadedFunction> find(const LoadedArtifact &in, StringRef name);

  const Options &options;
  MLIRContext context;
  DiagnosticPrinter printer;
  OwningOpRef<ModuleOp> module;
  FunctionSignature signature;
  std::shared_ptr<Device> device;
  std::optional<LoadedArtifact> artifact;
  std::optional<LoadedFunction> function;
  std::optional<double> loadSeconds;
  unsigned numWeights = 0;
};

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_SESSION_H
