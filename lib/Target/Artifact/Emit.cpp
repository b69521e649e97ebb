//===- Emit.cpp - The LLVM dialect to code --------------------------------===//

#include "attn/Dialect/Attn/IR/AttnVectorCode.h"
#include "attn/Target/Artifact/Artifact.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Transforms/Scalar/LoopIdiomRecognize.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// LLVM's errors as MLIR's; its remarks and warnings are not for our users.
struct ReportToMLIR : llvm::DiagnosticHandler {
  ReportToMLIR(ModuleOp module, bool &hadError)
      : module(module), hadError(hadError) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return true;
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::DiagnosticPrinterRawOStream printer(os);
    info.print(printer);
    hadError = true;
    module.emitError() << "code generation: " << text;
    return true;
  }

  ModuleOp module;
  bool &hadError;
};

} // namespace

static llvm::OptimizationLevel getLevel(const llvm::TargetMachine &machine) {
  switch (machine.getOptLevel()) {
  case llvm::CodeGenOptLevel::None:
    return llvm::OptimizationLevel::O0;
  case llvm::CodeGenOptLevel::Less:
    return llvm::OptimizationLevel::O1;
  case llvm::CodeGenOptLevel::Default:
    return llvm::OptimizationLevel::O2;
  case llvm::CodeGenOptLevel::Aggressive:
    return llvm::OptimizationLevel::O3;
  }
  llvm_unreachable("every level is listed");
}

/// The function that a pass is to run on, or has a loop in it; null for others.
static const llvm::Function *getFunction(const llvm::Any &ir) {
  if (auto *function = llvm::any_cast<const llvm::Function *>(&ir))
    return *function;
  if (auto *loop = llvm::any_cast<const llvm::Loop *>(&ir))
    return (*loop)->getHeader()->getParent();
  return nullptr;
}

/// Of passes that look for vectors in straight-line code, for loops to be
/// split, for branches that follow from each other, or for stores and bits that
/// nobody reads: kernels have their vectors, loops and branches as they should
/// be, and nothing in vain. Loops over elements they leave to LLVM.
static bool isForScalars(StringRef pass) {
  static const llvm::StringSet<> names{"SLPVectorizerPass",
                                       "LoopDistributePass",
                                       "LoopLoadEliminationPass",
                                       "SimpleLoopUnswitchPass",
                                       "JumpThreadingPass",
                                       "ConstraintEliminationPass",
                                       "AggressiveInstCombinePass",
                                       "LoopInstSimplifyPass",
                                       "SCCPPass",
                                       "BDCEPass",
                                       "ADCEPass",
                                       "DSEPass",
                                       "MemCpyOptPass",
                                       "CorrelatedValuePropagationPass",
                                       "LibCallsShrinkWrapPass",
                                       "TailCallElimPass",
                                       "Float2IntPass",
                                       "ReassociatePass"};
  return names.contains(pass);
}

/// Whether there is nothing in it that vectors are made of: descriptors of
/// memrefs, and calls.
static bool isBookkeeping(const llvm::Function &function) {
  return llvm::none_of(llvm::instructions(function),
                       [](const llvm::Instruction &instruction) {
                         return instruction.getType()->isFPOrFPVectorTy();
                       });
}

namespace {

/// Which of the runs of InstCombine change code that is made of vectors: the
/// first, the one after loops have been rotated, and the one after loops over
/// elements have been vectorized. The pipeline has eight.
class InstCombineRuns {
public:
  bool isNext(const llvm::Function &function) {
    return llvm::is_contained({0, 2, 5}, runs[&function]++);
  }

private:
  llvm::DenseMap<const llvm::Function *, int> runs;
};

} // namespace

/// Leaves out of LLVM's pipeline what would take too long. Elimination by
/// constraints knows a fact of each argument, and takes time cubic in their
/// number: a kernel on 400 tensors has as many. Propagation of called values
/// takes time quadratic in it, and narrows calls by pointer, which we lack.
static void boundTime(llvm::PassInstrumentationCallbacks &callbacks) {
  callbacks.registerShouldRunOptionalPassCallback(
      [runs = InstCombineRuns()](StringRef pass, llvm::Any ir) mutable {
        constexpr size_t manyArguments = 150;
        if (pass == "CalledValuePropagationPass")
          return false;
        const llvm::Function *function = getFunction(ir);
        if (!function)
          return true;
        if (function->hasFnAttribute(kVectorCode)) {
          if (isForScalars(pass))
            return false;
          if (pass == "InstCombinePass" && !runs.isNext(*function))
            return false;
        }
        if (pass == "SLPVectorizerPass" && isBookkeeping(*function))
          return false;
        return pass != "ConstraintEliminationPass" ||
               function->arg_size() <= manyArguments;
      });
}

namespace {

/// While it lives, an option of LLVM's command line has another value.
class LLVMOption {
public:
  LLVMOption(StringRef name, StringRef value)
      : option(llvm::cl::getRegisteredOptions().lookup(name)) {
    if (option)
      option->addOccurrence(1, option->ArgStr, value);
  }
  ~LLVMOption() {
    if (option)
      option->reset();
  }
  LLVMOption(const LLVMOption &) = delete;
  LLVMOption &operator=(const LLVMOption &) = delete;

private:
  llvm::cl::Option *option;
};

} // namespace

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization =
      machine.getOptLevel() >= llvm::CodeGenOptLevel::Default;
  // Its search for checksums takes time exponential in the length of a chain.
  llvm::DisableLIRP::HashRecognize = true;
  // Kernels have one copy on purpose, and what to copy takes long to weigh.
  const LLVMOption noCopies{"funcspec-max-iters", "0"};
  llvm::PassInstrumentationCallbacks callbacks;
  boundTime(callbacks);
  llvm::PassBuilder builder(&machine, tuning, std::nullopt, &callbacks);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::OptimizationLevel level = getLevel(machine);
  llvm::ModulePassManager passes =
      level == llvm::OptimizationLevel::O0
          ? builder.buildO0DefaultPipeline(level)
          : builder.buildPerModuleDefaultPipeline(level);
  passes.run(module, modules);
}

/// Functions carry their target, so that the IR alone says what it was made
/// for.
static void setTarget(llvm::Module &module,
                      const llvm::TargetMachine &machine) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
  }
}

/// Calls of OpenMP's runtime go through ours, which finds the one that is there
/// (lib/Runtime/OpenMP.c). LLVM's own passes must have known them by name.
static void redirectOpenMP(llvm::Module &module) {
  for (llvm::Function &function : module)
    if (function.isDeclaration() && function.getName().starts_with("__kmpc_"))
      function.setName("attn_rt" + function.getName().drop_front());
}

/// LLVM orders the instructions of a block in time quadratic in their number.
static bool hasLargeBlock(const llvm::Module &module) {
  constexpr size_t large = 5000;
  for (const llvm::Function &function : module)
    for (const llvm::BasicBlock &block : function)
      if (block.size() > large)
        return true;
  return false;
}

/// Whether it has kernels of AMX. Those come in the order that they should run
/// in: LLVM would move all additions behind the products, and keep what they
/// add in memory until then.
static bool hasTileProducts(const llvm::Module &module) {
  return llvm::any_of(module, [](const llvm::Function &function) {
    return function.getName().starts_with("llvm.x86.tdp");
  });
}

namespace {

/// While it lives, LLVM orders instructions in linear time, as nothing but its
/// command line can say.
struct FastScheduling {
  LLVMOption before{"pre-RA-sched", "fast"};
  LLVMOption after{"disable-post-ra", "true"};
};

} // namespace

LogicalResult attn::emitCode(ModuleOp module, llvm::TargetMachine &machine,
                             CodeKind kind, llvm::raw_pwrite_stream &os,
                             llvm::function_ref<void(StringRef)> begin) {
  auto enter = [&](StringRef step) {
    if (begin)
      begin(step);
  };
  enter("translate to LLVM IR");
  DialectRegistry translations;
  registerAllToLLVMIRTranslations(translations);
  module.getContext()->appendDialectRegistry(translations);
  bool hadError = false;
  llvm::LLVMContext context;
  context.setDiagnosticHandler(
      std::make_unique<ReportToMLIR>(module, hadError));
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, context, "attn");
  if (!code)
    return module.emitError() << "expected a module that translates to LLVM IR";
  ::setTarget(*code, machine);
  enter("optimize LLVM IR");
  optimize(*code, machine);
  redirectOpenMP(*code);
  enter("generate code");
  if (kind == CodeKind::LLVMIR) {
    code->print(os, nullptr);
    return failure(hadError);
  }
  std::optional<FastScheduling> scheduling;
  if (hasLargeBlock(*code)) {
    scheduling.emplace();
    remark::missed(
        module.getLoc(),
        remark::RemarkOpts::name("Unscheduled").category("attn-compile"))
        << "expected fewer instructions in a row: those of the module stay "
           "nearly in their order";
  }
  std::optional<LLVMOption> keepOrder;
  if (hasTileProducts(*code))
    keepOrder.emplace("enable-misched", "false");
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, os, nullptr,
                                  kind == CodeKind::Object
                                      ? llvm::CodeGenFileType::ObjectFile
                                      : llvm::CodeGenFileType::AssemblyFile))
    return module.emitError() << "expected a target that emits files";
  passes.run(*code);
  return failure(hadError);
}
