//===- attn-interpret.cpp - Functions, interpreted alone ------------------===//
//===----------------------------------------------------------------------===//
//
// Interprets each public function of each piece (cut at `// -----`) of a file,
// on the inputs that its attribute `inputs` holds, and expects the errors that
// the text names (`expected-error`). attn-run cannot show them: compiled code
// finds what is wrong first.
//
//===----------------------------------------------------------------------===//

#include "attn/InitAll.h"
#include "attn/Interpreter/Interpreter.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Support/ToolUtilities.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using Tensors = std::vector<::attn::Tensor>;

static ::attn::Tensor toTensor(DenseElementsAttr elements) {
  ShapedType type = elements.getType();
  std::string name;
  llvm::raw_string_ostream(name) << type.getElementType();
  ::attn::Tensor tensor(*::attn::parseDType(name),
                        ::attn::Shape(type.getShape()));
  if (isa<FloatType>(type.getElementType()))
    for (auto [n, value] : llvm::enumerate(elements.getValues<APFloat>())) {
      bool inexact;
      APFloat wide = value;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &inexact);
      tensor.set(n, wide.convertToDouble());
    }
  else
    for (auto [n, value] : llvm::enumerate(elements.getValues<APInt>()))
      tensor.setInt(n, value.getSExtValue());
  return tensor;
}

static Tensors readInputs(func::FuncOp function) {
  Tensors inputs;
  if (auto array = function->getAttrOfType<ArrayAttr>("inputs"))
    for (Attribute input : array)
      inputs.push_back(toTensor(cast<DenseElementsAttr>(input)));
  return inputs;
}

/// Says which functions gave results: the others must name their error.
static void interpretAll(ModuleOp module, raw_ostream &os) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isPrivate())
      continue;
    FailureOr<Tensors> results =
        mlir::attn::interpret(function, readInputs(function));
    if (failed(results))
      continue;
    os << function.getName() << ":";
    for (const ::attn::Tensor &result : *results)
      os << " " << result.typeString();
    os << "\n";
  }
}

int main(int argc, char **argv) {
  llvm::cl::opt<std::string> path(llvm::cl::Positional, llvm::cl::Required,
                                  llvm::cl::desc("FILE.mlir"));
  llvm::cl::ParseCommandLineOptions(argc, argv);
  auto file = openInputFile(path);
  if (!file)
    return 1;
  DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  auto process = [&](std::unique_ptr<llvm::MemoryBuffer> piece,
                     raw_ostream &os) -> LogicalResult {
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(std::move(piece), SMLoc());
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    context.printOpOnDiagnostic(false);
    SourceMgrDiagnosticVerifierHandler handler(sources, &context);
    if (auto module = parseSourceFile<ModuleOp>(sources, &context))
      interpretAll(*module, os);
    return handler.verify();
  };
  return failed(splitAndProcessBuffer(std::move(file), process, llvm::outs()));
}
