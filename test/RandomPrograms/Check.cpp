//===- Check.cpp - Compiled programs against the oracle -------------------===//

#include "Check.h"

#include "attn/Interpreter/Interpreter.h"
#include "attn/Reference/Compare.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <sstream>

namespace attn::random_programs {

using namespace mlir;
using namespace mlir::attn;
using Tensors = std::vector<::attn::Tensor>;

namespace {

/// Collects what the compiler says.
class Diagnostics {
public:
  explicit Diagnostics(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          text += diagnostic.str() + "\n";
        }) {}
  std::string text;

private:
  ScopedDiagnosticHandler handler;
};

} // namespace

static std::string indexText(const Shape &index) {
  std::string text;
  for (int64_t n : index)
    text += (text.empty() ? "" : ", ") + std::to_string(n);
  return "[" + text + "]";
}

std::string compareResults(const std::vector<Tolerance> &tolerances,
                           const Tensors &actual, const Tensors &expected) {
  if (actual.size() != expected.size())
    return "expected " + std::to_string(expected.size()) + " results, got " +
           std::to_string(actual.size());
  for (size_t n = 0; n < actual.size(); ++n) {
    const Comparison found = compare(actual[n], expected[n], tolerances[n]);
    if (found.agree)
      continue;
    std::ostringstream text;
    text << "result " << n << " (" << expected[n].typeString() << "): ";
    if (!found.mismatch.empty()) {
      text << found.mismatch;
      return text.str();
    }
    text.precision(17);
    text << found.differing << " of " << found.elements
         << " elements differ; the first at " << indexText(found.firstIndex)
         << ": expected " << found.firstExpected << ", got "
         << found.firstActual << " (rtol " << tolerances[n].relative
         << ", atol " << tolerances[n].absolute << ")";
    return text.str();
  }
  return "";
}

/// The inputs at one glance; whole tensors would bury the program.
static std::string describe(const Program &program) {
  std::string text = program.text + "inputs:";
  for (const ::attn::Tensor &input : program.inputs) {
    text += " " + input.typeString();
    if (input.size() > 8)
      continue;
    for (int64_t n = 0; n < input.size(); ++n)
      text += (n ? ", " : " {") + std::to_string(input.get(n));
    text += input.size() ? "}" : "";
  }
  return text + "\n";
}

static std::string checkOne(const Program &program, ModuleOp module,
                            const LoadedArtifact &artifact,
                            std::shared_ptr<Device> device,
                            Diagnostics &diagnostics) {
  auto function = artifact.function(program.name);
  if (!function)
    return function.message();
  function->useDevice(std::move(device));
  auto entry = module.lookupSymbol<func::FuncOp>(program.name);
  diagnostics.text.clear();
  FailureOr<Tensors> expected = interpret(entry, program.inputs);
  auto actual = function->run(program.inputs);
  if (program.followsOracle && failed(expected))
    return actual ? "expected an error code, as the oracle says: " +
                        diagnostics.text + "; got results"
                  : "";
  if (program.mustFail) {
    if (succeeded(expected))
      return "expected the oracle to refuse an index out of range, got results";
    if (actual)
      return "expected an error code for an index out of range, got results";
    return "";
  }
  if (failed(expected))
    return "the oracle says: " + diagnostics.text;
  if (!actual)
    return "the artifact says: " + actual.message();
  return compareResults(program.tolerances, *actual, *expected);
}

void checkPrograms(const std::vector<Program> &programs, MLIRContext &context,
                   const CompileOptions &options,
                   std::shared_ptr<Device> device, const std::string &folder,
                   const Progress &progress, const Report &report) {
  Diagnostics diagnostics(context);
  std::string text;
  for (const Program &program : programs)
    text += program.text + "\n";
  auto fail = [&](const std::string &problem) {
    for (size_t n = 0; n < programs.size(); ++n)
      report(n, problem + describe(programs[n]));
  };

  progress("parsing");
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return fail("does not parse: " + diagnostics.text);
  OwningOpRef<ModuleOp> original = module->clone();
  progress("compiling");
  const std::string path = folder + "/programs.so";
  if (failed(compileToSharedLibrary(*module, path, options)))
    return fail("does not compile: " + diagnostics.text);
  auto artifact = LoadedArtifact::load(path);
  if (!artifact)
    return fail("does not load: " + artifact.message() + "\n");

  for (size_t n = 0; n < programs.size(); ++n) {
    progress("running " + programs[n].name);
    const std::string problem =
        checkOne(programs[n], *original, *artifact, device, diagnostics);
    report(n, problem.empty() ? "" : problem + "\n" + describe(programs[n]));
  }
}

} // namespace attn::random_programs
