//===- attn-two-artifacts.cpp - Artifacts together in one program ---------===//
//===----------------------------------------------------------------------===//
//
// Draws two models or more from a seed, whose names clash as often as not,
// compiles each to a library or an object, links all into one C program and
// loads libraries into one process: each function gives its own numbers, which
// are the oracle's. Where two would define one symbol, --entry names the later
// one's, as a user would do. Each program is tried in a child process.
//
//===----------------------------------------------------------------------===//

#include "Caller.h"
#include "Model.h"

#include "../RandomPrograms/Check.h"
#include "../RandomPrograms/Draw.h"

#include "attn/InitAll.h"
#include "attn/Interpreter/Interpreter.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <dlfcn.h>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attn;
using namespace attn::two_artifacts;
using attn::random_programs::pick;
using mlir::attn::CompileOptions;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::OptionCategory category{"attn-two-artifacts options"};
  cl::opt<uint64_t> seed{"seed", cl::init(1), cl::cat(category),
                         cl::desc("What all programs are drawn from")};
  cl::opt<int64_t> count{"count", cl::init(100), cl::cat(category),
                         cl::desc("How many programs")};
  cl::opt<int64_t> artifacts{
      "artifacts", cl::init(2), cl::cat(category),
      cl::desc("Artifacts in one program: each two of them are a pair")};
  cl::opt<int64_t> only{"only", cl::init(-1), cl::cat(category),
                        cl::desc("Nothing but the program of this number")};
  cl::opt<std::string> compiler{"cc", cl::init("cc"), cl::cat(category),
                                cl::desc("A compiler of C and C++")};
  cl::opt<bool> keep{"keep", cl::cat(category),
                     cl::desc("Keep the files, and say where")};
  cl::opt<unsigned> timeout{"timeout", cl::init(120), cl::cat(category),
                            cl::desc("Seconds of CPU time for one program")};
};

/// One of them, from the drawing to the compiled file.
struct Artifact {
  Model model;
  std::string folder, entry;
  bool isObject = false;
  CompileOptions options;
  std::vector<mlir::attn::FunctionSignature> signatures;
  std::vector<Outcome> expected; // one for each function

  std::string file(llvm::StringRef suffix) const {
    const std::string &name = model.file;
    return folder + "/" + name.substr(0, name.rfind('.')) + suffix.str();
  }
  std::string output() const { return file(isObject ? ".o" : ".so"); }
};

/// Which function of which artifact.
struct Turn {
  size_t artifact, function;
};

class Trial {
public:
  Trial(const Options &options, mlir::MLIRContext &context, int64_t index,
        std::string folder);
  /// What is wrong; nothing when all is well.
  std::string run();
  std::string describe() const;

private:
  std::string build(Artifact &artifact);
  std::string makeAll();
  std::string runProgram();
  std::string loadAll();
  std::string compareOutcome(const Turn &turn, const Outcome &actual) const;
  Call makeCall(const Turn &turn) const;
  bool runTool(const std::vector<std::string> &words, std::string &problem);

  const Options &options;
  mlir::MLIRContext &context;
  RandomSequence random;
  std::string folder, said;
  std::vector<Artifact> artifacts;
  std::vector<Turn> turns;
  bool isCPlusPlus, isGlobal;
};

} // namespace

static std::string read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

static void write(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// What docs/GettingStarted.md says that a function is called, but for what
/// comes before or behind a name that is taken.
static std::string nameInC(const Artifact &artifact, const Function &function) {
  const bool isMain =
      function.name == "main" || artifact.model.functions.size() == 1;
  if (!artifact.entry.empty())
    return artifact.entry + (isMain ? "" : "_" + function.name);
  if (function.name != "main")
    return function.name;
  std::string name;
  for (char c : artifact.model.file.substr(0, artifact.model.file.rfind('.')))
    if (llvm::isAlnum(c))
      name += c;
    else if (name.back() != '_')
      name += '_';
  return name;
}

/// Whether a program with all of `artifacts` would have two functions of one
/// name.
static bool clash(llvm::ArrayRef<Artifact> artifacts) {
  llvm::StringSet<> names;
  for (const Artifact &artifact : artifacts)
    for (const Function &function : artifact.model.functions) {
      const std::string name = nameInC(artifact, function);
      if (!names.insert(name).second || !names.insert(name + "_shapes").second)
        return true;
    }
  return false;
}

Trial::Trial(const Options &options, mlir::MLIRContext &context, int64_t index,
             std::string folder)
    : options(options), context(context),
      random(randomBits(options.seed, uint64_t(index))),
      folder(std::move(folder)), artifacts(size_t(options.artifacts)) {
  const uint64_t structure = random.bits();
  const bool areTwins = random.chance(0.4);
  for (size_t n = 0; n < artifacts.size(); ++n) {
    RandomSequence names(areTwins || n == 0 ? structure : random.bits());
    RandomSequence numbers(random.bits());
    Artifact &artifact = artifacts[n];
    artifact.model = drawModel(names, numbers);
    artifact.folder = this->folder + "/" + std::to_string(n);
    artifact.isObject = random.chance(0.5);
    artifact.options.target.optLevel = random.chance(0.2) ? 2 : 0;
    artifact.options.plain = random.chance(0.2);
    artifact.options.verifyEach = true;
    if (random.chance(0.2))
      artifact.entry = pick<const char *>(random, {"entry", "run", "model_1"});
    // As who puts them together would do.
    if (clash(llvm::ArrayRef(artifacts).take_front(n + 1)))
      artifact.entry = "artifact_" + std::to_string(n);
  }
  isCPlusPlus = random.chance(0.3);
  isGlobal = random.chance(0.7);
}

std::string Trial::describe() const {
  std::string text;
  for (const Artifact &artifact : artifacts)
    text += artifact.model.file +
            (artifact.entry.empty() ? "" : " --entry=" + artifact.entry) +
            (artifact.options.plain ? " --plain" : "") +
            (artifact.isObject ? " as an object, " : " as a library, ");
  return text + (isCPlusPlus ? "C++" : "C");
}

/// Reads and compiles it, and asks the oracle what its functions give.
std::string Trial::build(Artifact &artifact) {
  const std::string path = artifact.folder + "/" + artifact.model.file;
  artifact.options.entry = artifact.entry;
  auto module = mlir::attn::loadModel(path, &context, artifact.options);
  if (failed(module))
    return "is not read: " + said;
  auto signatures = mlir::attn::getSignatures(**module);
  if (failed(signatures))
    return "has no signatures: " + said;
  artifact.signatures = std::move(*signatures);
  for (const Function &function : artifact.model.functions) {
    auto results = mlir::attn::interpret(
        (*module)->lookupSymbol<mlir::func::FuncOp>(function.name),
        function.inputs);
    artifact.expected.push_back(failed(results) ? Outcome()
                                                : Outcome(std::move(*results)));
  }
  const auto kind = artifact.isObject ? mlir::attn::Output::Object
                                      : mlir::attn::Output::SharedLibrary;
  if (failed(mlir::attn::compileToFile(**module, artifact.output(), kind,
                                       mlir::attn::Stage::LLVM,
                                       artifact.options)))
    return "does not compile: " + said;
  return "";
}

std::string Trial::makeAll() {
  mlir::ScopedDiagnosticHandler handler(
      &context,
      [&](mlir::Diagnostic &diagnostic) { said += diagnostic.str() + "\n"; });
  for (Artifact &artifact : artifacts) {
    if (llvm::sys::fs::create_directories(artifact.folder))
      return "no folder " + artifact.folder;
    write(artifact.folder + "/" + artifact.model.file, artifact.model.contents);
    if (std::string problem = build(artifact); !problem.empty())
      return artifact.model.file + " " + problem;
  }
  return "";
}

Call Trial::makeCall(const Turn &turn) const {
  const Artifact &artifact = artifacts[turn.artifact];
  const Function &function = artifact.model.functions[turn.function];
  const auto &signature =
      *llvm::find_if(artifact.signatures, [&](const auto &signature) {
        return signature.name == function.name;
      });
  Call call{
      signature.symbol, signature.getShapesSymbol(), &function.inputs, {}, {}};
  for (const auto &output : signature.outputs) {
    call.types.push_back(*parseDType(output.dtype));
    call.ranks.push_back(int64_t(output.shape.size()));
  }
  return call;
}

std::string Trial::compareOutcome(const Turn &turn,
                                  const Outcome &actual) const {
  const Artifact &artifact = artifacts[turn.artifact];
  const Function &function = artifact.model.functions[turn.function];
  const Outcome &expected = artifact.expected[turn.function];
  std::string problem;
  if (!actual || !expected)
    problem = !actual == !expected ? ""
              : actual             ? "expected an error code, got results"
                                   : "expected results, got an error code";
  else
    problem = random_programs::compareResults(function.tolerances, *actual,
                                              *expected);
  return problem.empty()
             ? ""
             : artifact.model.file + ", " + function.name + ": " + problem;
}

bool Trial::runTool(const std::vector<std::string> &words,
                    std::string &problem) {
  llvm::SmallVector<llvm::StringRef> arguments(words.begin(), words.end());
  const std::string errors = folder + "/errors.txt";
  std::optional<llvm::StringRef> redirects[] = {
      std::nullopt, llvm::StringRef(errors), llvm::StringRef(errors)};
  std::string message;
  auto program = llvm::sys::findProgramByName(words[0]);
  const int status = llvm::sys::ExecuteAndWait(
      program ? *program : words[0], arguments, std::nullopt, redirects,
      options.timeout, 0, &message);
  if (status == 0)
    return true;
  problem = words[0] + " ends with status " + std::to_string(status) + " " +
            message + "\n" + read(errors);
  return false;
}

/// All linked into one program.
std::string Trial::runProgram() {
  std::vector<Call> calls;
  for (const Turn &turn : turns)
    calls.push_back(makeCall(turn));
  const std::string source = folder + "/caller.c", binary = folder + "/caller";
  std::vector<std::string> headers;
  for (const Artifact &artifact : artifacts)
    headers.push_back(artifact.file(".h"));
  write(source, writeCaller(headers, calls));
  write(folder + "/inputs", writeInputs(calls));
  std::string problem;
  const char *const language = isCPlusPlus ? "c++" : "c";
  std::vector<std::string> link = {options.compiler, "-Wall", "-Wextra",
                                   "-Werror",        "-x",    language,
                                   source,           "-x",    "none"};
  for (const Artifact &artifact : artifacts)
    link.push_back(artifact.output());
  llvm::append_values(link, "-lm", "-Wl,--as-needed", "-l:libomp.so.5", "-o",
                      binary);
  if (!runTool(link, problem) ||
      !runTool({binary, folder + "/inputs", folder + "/outputs"}, problem))
    return problem;
  auto outcomes = readOutcomes(read(folder + "/outputs"), calls);
  if (!outcomes)
    return outcomes.message();
  for (size_t n = 0; n < turns.size(); ++n)
    if (problem = compareOutcome(turns[n], (*outcomes)[n]); !problem.empty())
      return "call " + std::to_string(n) + " of the program: " + problem;
  return "";
}

/// The libraries in this process, perhaps with their symbols there for all.
std::string Trial::loadAll() {
  std::map<size_t, mlir::attn::LoadedArtifact> loaded;
  for (const auto &[n, artifact] : llvm::enumerate(artifacts)) {
    if (artifact.isObject)
      continue;
    if (isGlobal && !dlopen(artifact.output().c_str(), RTLD_NOW | RTLD_GLOBAL))
      return dlerror();
    auto library = mlir::attn::LoadedArtifact::load(artifact.output());
    if (!library)
      return library.message();
    loaded.emplace(n, std::move(*library));
  }
  for (const Turn &turn : turns) {
    auto library = loaded.find(turn.artifact);
    if (library == loaded.end())
      continue;
    const Function &function =
        artifacts[turn.artifact].model.functions[turn.function];
    auto found = library->second.function(function.name);
    if (!found)
      return found.message();
    auto results = found->run(function.inputs);
    const Outcome outcome = results ? Outcome(*results) : Outcome();
    if (std::string problem = compareOutcome(turn, outcome); !problem.empty())
      return "loaded: " + problem;
  }
  return "";
}

std::string Trial::run() {
  if (std::string problem = makeAll(); !problem.empty())
    return problem;
  // Each function once, in any order, and some again.
  for (size_t n = 0; n < artifacts.size(); ++n)
    for (size_t f = 0; f < artifacts[n].model.functions.size(); ++f)
      turns.push_back({n, f});
  for (size_t n = turns.size(); n > 1; --n)
    std::swap(turns[n - 1], turns[size_t(random.integer(0, int64_t(n) - 1))]);
  turns.push_back(turns[0]);
  if (std::string problem = runProgram(); !problem.empty())
    return problem;
  return loadAll();
}

/// Ends this process after so many seconds of CPU time; one that sleeps for
/// good is ended by the clock.
static void limitTime(unsigned seconds) {
  const itimerval limit{{0, 0}, {time_t(seconds), 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(30 * seconds);
}

/// Whether program `index` is right. Says what is not.
static bool tryProgram(const Options &options, mlir::MLIRContext &context,
                       int64_t index) {
  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("attn-two-artifacts", folder))
    return false;
  llvm::scope_exit remove([&] {
    if (!options.keep)
      llvm::sys::fs::remove_directories(folder);
  });
  if (options.keep)
    llvm::outs() << "program " << index << ": " << folder << "\n";
  llvm::outs().flush();
  const pid_t child = fork();
  if (child == 0) {
    limitTime(options.timeout);
    Trial trial(options, context, index, std::string(folder));
    const std::string problem = trial.run();
    if (!problem.empty())
      llvm::outs() << trial.describe() << ": " << problem << "\n";
    llvm::outs().flush();
    _exit(!problem.empty());
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return true;
  llvm::outs() << "FAIL: seed " << options.seed << ", program " << index
               << (WIFSIGNALED(status)
                       ? std::string(": dies of ") + strsignal(WTERMSIG(status))
                       : "")
               << "\nrepeat: attn-two-artifacts --seed=" << options.seed
               << " --artifacts=" << options.artifacts << " --only=" << index
               << " --keep\n\n";
  return false;
}

int main(int argc, char **argv) {
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv,
                              "Puts artifacts together into one program\n");
  if (options.artifacts < 2) {
    llvm::errs() << "attn-two-artifacts: error: expected --artifacts of 2 or "
                    "more, got "
                 << options.artifacts << "\n";
    return 1;
  }
  mlir::DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  const int64_t first = options.only >= 0 ? int64_t(options.only) : 0;
  const int64_t count = options.only >= 0 ? 1 : int64_t(options.count);
  int64_t failed = 0;
  for (int64_t n = first; n < first + count; ++n)
    failed += !tryProgram(options, context, n);
  const int64_t pairs = options.artifacts * (options.artifacts - 1) / 2;
  llvm::outs() << "seed " << options.seed << ": " << count - failed << " of "
               << count << " programs are right, " << pairs * count
               << " pairs of artifacts\n";
  return failed != 0;
}
