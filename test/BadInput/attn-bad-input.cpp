//===- attn-bad-input.cpp - Bad input never brings us down ----------------===//
//===----------------------------------------------------------------------===//
//
// Mutates good models (.onnx), MLIR text (.mlir, cut at `// -----`) and
// compiled libraries (.so, with their .json), which are loaded, and hands them
// to the importer or parser and, where those take them, to the compile path.
// Each must succeed or fail with a message, in time and memory. Work is done in
// child processes, many mutants to one.
//
//===----------------------------------------------------------------------===//

#include "Mutate.h"

#include "attn/Driver/Driver.h"
#include "attn/Import/ONNX/Import.h"
#include "attn/InitAll.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attn::bad_input;
using attn::RandomSequence;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::OptionCategory category{"attn-bad-input options"};
  cl::list<std::string> files{cl::Positional, cl::OneOrMore,
                              cl::desc("FILE.{onnx,mlir,so}..."),
                              cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::init(1), cl::cat(category),
                         cl::desc("What all mutations are drawn from")};
  cl::opt<int64_t> count{"count", cl::init(1000), cl::cat(category),
                         cl::desc("How many mutants")};
  cl::opt<int64_t> only{"only", cl::init(-1), cl::cat(category),
                        cl::desc("Nothing but the mutant of this number")};
  cl::opt<unsigned> timeout{"timeout", cl::init(10), cl::cat(category),
                            cl::desc("Seconds of CPU time for one mutant")};
  cl::opt<int64_t> memory{"memory", cl::init(4096), cl::cat(category),
                          cl::desc("MiB of address space for one child")};
  cl::opt<double> compiled{
      "compiled", cl::init(0.25), cl::cat(category),
      cl::desc("The share of mutants that are lowered when they are read; of "
               "libraries: cut, with a description that has no checksum")};
  cl::opt<bool> sizes{
      "sizes", cl::cat(category),
      cl::desc("Nothing but models with extreme sizes, axes and offsets, whose "
               "messages must speak of numbers that were written")};
  cl::opt<std::string> save{
      "save", cl::init("."), cl::cat(category),
      cl::desc("The folder that offending mutants are written to")};
};

/// One good input.
struct Source {
  std::string path, content;
  std::string description = ""; // of a library

  llvm::StringRef getSuffix() const { return llvm::sys::path::extension(path); }
  bool isONNX() const { return getSuffix() == ".onnx"; }
  bool isLibrary() const { return getSuffix() == ".so"; }
};

/// What a child has done, also when it dies.
struct Shared {
  int64_t next; // the mutant that it is at
  int64_t read, failed, skipped;
  char problem[512]; // of the mutant `next`, which is not done with then
};

class Runner {
public:
  Runner(const Options &options, std::vector<Source> sources);
  ~Runner() { llvm::sys::fs::remove_directories(folder); }

  /// Tries mutants [from, to); returns how many are not handled well.
  int64_t run(int64_t from, int64_t to);
  void printCounts() const;

private:
  void runInChild(int64_t from, int64_t to);
  void tryMutant(int64_t index);
  /// Reads it, and lowers it where `compile` says so.
  mlir::LogicalResult process(const Source &source, const std::string &mutant,
                              bool compile);
  const Source &sourceOf(RandomSequence &random) const;
  std::string mutantOf(int64_t index, const Source *&source,
                       bool &compile) const;
  void explain(const std::string &how) const;

  const Options &options;
  std::vector<Source> sources;
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  llvm::SmallString<128> folder;
  Shared *shared;
  int64_t read = 0, refused = 0, skipped = 0;
};

} // namespace

Runner::Runner(const Options &options, std::vector<Source> sources)
    : options(options), sources(std::move(sources)) {
  mlir::attn::registerAllDialects(registry);
  context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);
  (void)llvm::sys::fs::createUniqueDirectory("attn-bad-input", folder);
  shared = static_cast<Shared *>(mmap(nullptr, sizeof(Shared),
                                      PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/// Small sources more often than large ones, which are mostly weights.
const Source &Runner::sourceOf(RandomSequence &random) const {
  const Source *source = nullptr;
  for (int tries = 0; tries < 3; ++tries) {
    source = &sources[random.integer(0, int64_t(sources.size()) - 1)];
    if (source->content.size() < 60000)
      break;
  }
  return *source;
}

std::string Runner::mutantOf(int64_t index, const Source *&source,
                             bool &compile) const {
  RandomSequence random(attn::randomBits(options.seed, index));
  source = &sourceOf(random);
  compile = random.chance(options.compiled);
  const Source *other = source;
  for (int tries = 0; tries < 4 && other == source; ++tries) {
    const Source &drawn = sourceOf(random);
    if (drawn.getSuffix() == source->getSuffix())
      other = &drawn;
  }
  if (source->isLibrary() && compile)
    return source->content.substr(
        0, random.integer(0, int64_t(source->content.size()) - 1));
  if (source->isLibrary())
    return mutateBytes(random, source->content, other->content);
  if (!source->isONNX())
    return mutateText(random, source->content, other->content);
  if (options.sizes)
    return mutateSizes(random, source->content);
  if (random.chance(0.4))
    return mutateBytes(random, source->content, other->content);
  return mutateFields(random, source->content);
}

/// Loads a library that differs from the one that was compiled.
static mlir::LogicalResult load(const Source &source, const std::string &mutant,
                                bool hasChecksum, const std::string &stem,
                                mlir::MLIRContext *context) {
  auto description = llvm::json::parse(source.description);
  if (!description)
    return mlir::emitError(mlir::UnknownLoc::get(context))
           << llvm::toString(description.takeError());
  if (!hasChecksum)
    description->getAsObject()->erase("library");
  std::ofstream(stem + ".so", std::ios::binary) << mutant;
  std::ofstream(stem + ".json") << llvm::formatv("{0}", *description).str();
  auto loaded = mlir::attn::LoadedArtifact::load(stem + ".so");
  if (loaded)
    return mlir::success();
  return mlir::emitError(mlir::UnknownLoc::get(context)) << loaded.message();
}

mlir::LogicalResult Runner::process(const Source &source,
                                    const std::string &mutant, bool compile) {
  if (source.isLibrary()) {
    const std::string stem = (folder + "/mutant").str();
    const mlir::LogicalResult loaded =
        load(source, mutant, /*hasChecksum=*/!compile, stem, context.get());
    shared->read += succeeded(loaded);
    return loaded;
  }
  mlir::OwningOpRef<mlir::ModuleOp> module;
  if (source.isONNX()) {
    const std::string path = (folder + "/mutant.onnx").str();
    std::ofstream(path, std::ios::binary) << mutant;
    module = mlir::attn::importONNX(path, *context);
  } else {
    module = mlir::parseSourceString<mlir::ModuleOp>(mutant, context.get());
  }
  if (!module)
    return mlir::failure();
  ++shared->read;
  if (!compile)
    return mlir::success();
  return mlir::attn::lowerToStage(*module, mlir::attn::Stage::LLVM, {});
}

/// Ends this process after so many seconds of CPU time, which do not depend on
/// what else the machine does. One that sleeps for good is ended by the clock.
static void limitTime(unsigned seconds) {
  const itimerval limit{{0, 0}, {time_t(seconds), 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(30 * seconds);
}

/// LLVM 22 reads through a null pointer where the array of linalg.transpose,
/// broadcast or reduce does not parse (parseDenseI64ArrayAttr in
/// LinalgOps.cpp): nothing that this project could refuse before.
static bool tripsUpstream(llvm::StringRef text) {
  const llvm::Regex word("(permutation|dimensions)[ ]*=[ ]*");
  const llvm::Regex array("^\\[([0-9]{1,18}(, *[0-9]{1,18})*)?\\]");
  llvm::SmallVector<llvm::StringRef> match;
  while (word.match(text, &match)) {
    text = text.substr(match[0].end() - text.begin());
    if (!array.match(text))
      return true;
  }
  return false;
}

/// Whether sizes that were written give this without wrapping: a small multiple
/// of one of them, or the sum of two, and what small sizes add.
static bool isNearWritten(int64_t number, const std::set<int64_t> &written) {
  constexpr int64_t near = 1000, factors = 64;
  if (written.count(number))
    return true;
  auto isNear = [&](int64_t size) {
    auto below = written.upper_bound(size);
    return below != written.begin() && size - *--below <= near;
  };
  for (int64_t factor = 1; factor <= factors && factor < number; ++factor)
    if (isNear(number / factor))
      return true;
  return llvm::any_of(written, [&](int64_t size) {
    return size > 0 && size < number && isNear(number - size);
  });
}

/// A large number in `message` that has no ground in `written`: what wrapped,
/// and nobody wrote. The number as text, or nothing.
static std::string numberFromNowhere(llvm::StringRef message,
                                     const std::set<int64_t> &written) {
  const llvm::Regex large("-?[0-9]{10,}");
  llvm::SmallVector<llvm::StringRef> match;
  while (large.match(message, &match)) {
    int64_t number;
    if (match[0].getAsInteger(10, number) || !isNearWritten(number, written))
      return match[0].str();
    message = message.substr(match[0].end() - message.begin());
  }
  return "";
}

void Runner::tryMutant(int64_t index) {
  const Source *source = nullptr;
  bool compile = false;
  const std::string mutant = mutantOf(index, source, compile);
  if (source->getSuffix() == ".mlir" && tripsUpstream(mutant)) {
    ++shared->skipped;
    return;
  }
  int64_t errors = 0;
  std::string first;
  mlir::ScopedDiagnosticHandler handler(
      context.get(), [&](mlir::Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
          return;
        if (errors++ == 0)
          first = diagnostic.str();
      });
  limitTime(options.timeout);
  const bool failed = mlir::failed(process(*source, mutant, compile));
  limitTime(0);
  if (failed == (errors > 0)) {
    const std::string number =
        options.sizes ? numberFromNowhere(first, writtenIntegers(mutant)) : "";
    if (!number.empty()) {
      std::snprintf(shared->problem, sizeof shared->problem,
                    "speaks of %s, which nobody wrote: %s", number.c_str(),
                    first.c_str());
      _exit(2);
    }
    shared->failed += failed;
    return;
  }
  std::snprintf(shared->problem, sizeof shared->problem, "%s%s",
                failed ? "fails without an error message"
                       : "succeeds although it says: ",
                first.c_str());
  _exit(2);
}

void Runner::runInChild(int64_t from, int64_t to) {
#if !defined(__SANITIZE_ADDRESS__) // which reserves terabytes
  const rlim_t bytes = rlim_t(options.memory) << 20;
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
#endif
  const rlimit noCore{0, 0};
  setrlimit(RLIMIT_CORE, &noCore);
  for (shared->next = from; shared->next < to; ++shared->next)
    tryMutant(shared->next);
}

void Runner::explain(const std::string &how) const {
  const int64_t index = shared->next;
  const Source *source = nullptr;
  bool compile = false;
  const std::string mutant = mutantOf(index, source, compile);
  const std::string path = options.save + "/bad-input-" +
                           std::to_string(options.seed) + "-" +
                           std::to_string(index) + source->getSuffix().str();
  std::ofstream(path, std::ios::binary) << mutant;
  llvm::outs() << "FAIL: seed " << options.seed << ", mutant " << index
               << " of " << source->path
               << (compile ? " (to be lowered, or without a checksum)" : "")
               << ": " << how << "\n  saved as " << path << "\n";
  llvm::outs().flush();
}

static std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGPROF || signal == SIGALRM
               ? "takes too long"
               : std::string("dies of ") + strsignal(signal);
  }
  return "ends with exit status " + std::to_string(WEXITSTATUS(status));
}

int64_t Runner::run(int64_t from, int64_t to) {
  int64_t bad = 0;
  while (from < to) {
    *shared = {};
    shared->next = from;
    llvm::outs().flush();
    const pid_t child = fork();
    if (child == 0) {
      runInChild(from, to);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    read += shared->read;
    refused += shared->failed;
    skipped += shared->skipped;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      break;
    explain(*shared->problem ? shared->problem : describe(status));
    ++bad;
    from = shared->next + 1;
  }
  return bad;
}

void Runner::printCounts() const {
  llvm::outs() << read << " were read all the same, " << refused
               << " were refused with a message, " << skipped
               << " were left out (see tripsUpstream)\n";
}

/// The pieces of an .mlir file between `// -----`; others as they are.
static bool addSources(const std::string &path, std::vector<Source> &sources) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf()))
    return false;
  Source whole{path, content.str()};
  if (whole.isLibrary()) {
    llvm::SmallString<128> name(path);
    llvm::sys::path::replace_extension(name, "json");
    std::ostringstream description;
    description << std::ifstream(name.c_str()).rdbuf();
    whole.description = description.str();
  }
  if (whole.isONNX() || whole.isLibrary()) {
    sources.push_back(std::move(whole));
    return true;
  }
  llvm::SmallVector<llvm::StringRef> pieces;
  llvm::StringRef(whole.content).split(pieces, "// -----");
  for (llvm::StringRef piece : pieces)
    if (!piece.trim().empty())
      sources.push_back({path, piece.str()});
  return true;
}

int main(int argc, char **argv) {
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(
      argc, argv, "Mutates good input and sees that it is refused well\n");
  std::vector<Source> sources;
  for (const std::string &path : options.files)
    if (!addSources(path, sources)) {
      llvm::errs() << "attn-bad-input: error: expected a file, got '" << path
                   << "'\n";
      return 1;
    }
  Runner runner(options, std::move(sources));
  int64_t bad = 0, count = options.count;
  if (options.only >= 0) {
    count = 1;
    bad = runner.run(options.only, options.only + 1);
  }
  constexpr int64_t batch = 50; // contexts grow with what they have read
  for (int64_t n = 0; options.only < 0 && n < count; n += batch)
    bad += runner.run(n, std::min(n + batch, count));
  llvm::outs() << "seed " << options.seed << ": " << count - bad << " of "
               << count << " mutants are handled well; ";
  runner.printCounts();
  return bad != 0;
}
