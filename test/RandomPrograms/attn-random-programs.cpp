//===- attn-random-programs.cpp - Random programs against the oracle ------===//
//===----------------------------------------------------------------------===//
//
// Draws programs from a seed, compiles them many to a shared library, and
// compares their results with the oracle's. Each library is made in a child
// process: a program that brings the compiler or itself down is a failure like
// any other.
//
//===----------------------------------------------------------------------===//

#include "Check.h"
#include "Paths.h"

#include "attn/InitAll.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attn::random_programs;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::OptionCategory category{"attn-random-programs options"};
  cl::opt<uint64_t> seed{"seed", cl::init(1), cl::cat(category),
                         cl::desc("What all programs are drawn from")};
  cl::opt<int64_t> count{"count", cl::init(100), cl::cat(category),
                         cl::desc("How many programs")};
  cl::opt<int64_t> first{"first", cl::init(0), cl::cat(category),
                         cl::desc("The number of the first one")};
  cl::opt<int64_t> only{"only", cl::init(-1), cl::cat(category),
                        cl::desc("Nothing but the program of this number")};
  cl::opt<bool> print{"print", cl::cat(category),
                      cl::desc("Print the programs instead of running them")};
  cl::opt<std::string> cpu{
      "mcpu", cl::cat(category),
      cl::desc("As attn-compile's (default: each library another level that "
               "this machine has)")};
  cl::opt<std::string> features{"mattr", cl::cat(category),
                                cl::desc("As attn-compile's")};
  cl::opt<bool> emulateAMX{
      "emulate-amx", cl::cat(category),
      cl::desc("As attn-run's, with --exp=exact (default --mcpu: native)")};
  cl::opt<int> level{
      "level", cl::init(-1), cl::cat(category),
      cl::desc("As attn-compile's -O (default: 0, which compiles fast, and 2 "
               "for one library of eight)")};
  cl::opt<bool> undefined{
      "undefined", cl::cat(category),
      cl::desc("Programs that do at times what MLIR leaves undefined")};
  cl::opt<bool> graphs{
      "graphs", cl::cat(category),
      cl::desc("Products, norms, activations and sums, instead of attention")};
  cl::opt<bool> tiled{
      "tiled", cl::cat(category),
      cl::desc("Attention of f16 and bf16 with two tiles of queries and three "
               "of keys, or more")};
  cl::opt<bool> paths{
      "paths", cl::cat(category),
      cl::desc("Count what the compiler's remarks say that it did")};
  cl::opt<bool> plain{"plain", cl::cat(category),
                      cl::desc("As attn-compile's")};
  cl::opt<std::string> driver{
      "driver", cl::cat(category), cl::value_desc("LIBRARY"),
      cl::desc("Compile for GPUs, as attn-compile's --target=cuda, and run on "
               "the first one of this driver")};
  cl::opt<std::string> passes{
      "passes", cl::cat(category),
      cl::desc("As attn-run's: run before the programs are lowered")};
  cl::opt<int64_t> batch{"batch", cl::init(20), cl::cat(category),
                         cl::desc("Programs in one shared library")};
  cl::opt<unsigned> timeout{
      "timeout", cl::init(120), cl::cat(category),
      cl::desc("Seconds of CPU time that one shared library and its programs "
               "may take")};

  Kind kind() const {
    return undefined ? Kind::Undefined
           : graphs  ? Kind::Graph
           : tiled   ? Kind::Tiled
                     : Kind::Defined;
  }
};

/// What a child tells its parent, also when it dies.
struct Shared {
  int64_t done; // programs of this batch that were reported
  int64_t failed;
  char progress[64];
};

class Runner {
public:
  explicit Runner(const Options &options);
  ~Runner() { llvm::sys::fs::remove_directories(folder); }

  /// Checks programs [from, to); returns how many do not agree.
  int64_t run(int64_t from, int64_t to);
  void printPaths() const;

private:
  void runInChild(int64_t from, int64_t to);
  int64_t explainDeath(int64_t from, int64_t to, int status);
  void printFailure(int64_t index, const std::string &problem) const;
  std::string cpuOf(int64_t index) const;
  unsigned levelOf(int64_t index) const;

  const Options &options;
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  llvm::SmallString<128> folder;
  Shared *shared;
  Paths *paths;
};

} // namespace

/// Zeros that this process and its children see.
template <typename T> static T *allocateShared() {
  return static_cast<T *>(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

Runner::Runner(const Options &options)
    : options(options), shared(allocateShared<Shared>()),
      paths(allocateShared<Paths>()) {
  mlir::attn::registerAllDialects(registry);
  context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);
  (void)llvm::sys::fs::createUniqueDirectory("attn-random-programs", folder);
  if (options.paths)
    countPaths(*context, *paths);
}

/// By the program's number, so that `--only` repeats what was seen.
std::string Runner::cpuOf(int64_t index) const {
  if (!options.cpu.empty())
    return options.cpu;
  if (options.emulateAMX)
    return "native";
  auto features = llvm::sys::getHostCPUFeatures();
  const bool v3 = features.lookup("avx2") && features.lookup("fma") &&
                  features.lookup("f16c") && features.lookup("bmi2");
  const char *const levels[] = {"native", "x86-64",
                                v3 ? "x86-64-v3" : "x86-64"};
  return levels[index / options.batch % 3];
}

unsigned Runner::levelOf(int64_t index) const {
  if (options.level >= 0)
    return std::min<unsigned>(options.level, 3);
  return index / options.batch % 8 == 3 ? 2 : 0;
}

void Runner::printFailure(int64_t index, const std::string &problem) const {
  llvm::outs()
      << "FAIL: seed " << options.seed << ", program " << index << ": "
      << problem << "repeat: attn-random-programs --seed=" << options.seed
      << " --only=" << index << " --mcpu=" << cpuOf(index)
      << (options.features.empty() ? "" : " --mattr=" + options.features)
      << (options.emulateAMX ? " --emulate-amx" : "")
      << (options.undefined ? " --undefined" : "")
      << (options.graphs ? " --graphs" : "")
      << (options.tiled ? " --tiled" : "") << (options.plain ? " --plain" : "")
      << (options.driver.empty() ? "" : " --driver=" + options.driver)
      << (options.passes.empty() ? "" : " --passes='" + options.passes + "'")
      << "\n\n";
  llvm::outs().flush();
}

void Runner::runInChild(int64_t from, int64_t to) {
  std::vector<Program> programs;
  for (int64_t index = from; index < to; ++index)
    programs.push_back(drawProgram(options.seed, index, options.kind()));
  mlir::attn::CompileOptions compile;
  compile.verifyEach = true;
  compile.target.cpu = cpuOf(from);
  compile.target.optLevel = levelOf(from);
  compile.target.features = options.features;
  compile.target.emulateAMX = options.emulateAMX;
  if (options.emulateAMX)
    compile.target.exp = mlir::attn::ExpAccuracy::Exact;
  compile.plain = options.plain;
  compile.passes = options.passes;
  std::shared_ptr<mlir::attn::Device> device;
  if (!options.driver.empty()) {
    compile.gpuArch = "sm_80";
    auto opened = mlir::attn::Device::open(options.driver);
    if (!opened) {
      llvm::errs() << "attn-random-programs: error: " << opened.message()
                   << "\n";
      _exit(1);
    }
    device = *opened;
  }
  const bool single = programs.size() == 1;
  bool again = false;
  checkPrograms(
      programs, *context, compile, device, folder.str().str(),
      [&](const std::string &what) {
        std::snprintf(shared->progress, sizeof shared->progress, "%s",
                      what.c_str());
        // One bad program makes a batch of all bad: told apart one by one.
        again = what == "compiling" || what == "parsing";
      },
      [&](size_t n, const std::string &problem) {
        if (!problem.empty() && again && !single) {
          llvm::outs().flush();
          _exit(2);
        }
        if (!problem.empty()) {
          ++shared->failed;
          printFailure(from + int64_t(n), problem);
        }
        ++shared->done;
      });
}

static std::string describe(int status) {
  if (!WIFSIGNALED(status))
    return "ends with exit status " + std::to_string(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  return signal == SIGPROF || signal == SIGALRM
             ? "takes too long"
             : std::string("dies of ") + strsignal(signal);
}

int64_t Runner::explainDeath(int64_t from, int64_t to, int status) {
  if (to - from > 1) {
    // Whichever it was, and the ones that did not come to their turn.
    int64_t failed = 0;
    for (int64_t index = from; index < to; ++index)
      failed += run(index, index + 1);
    return failed;
  }
  printFailure(from, describe(status) + " while " + shared->progress + "\n" +
                         drawProgram(options.seed, from, options.kind()).text);
  return 1;
}

/// Ends this process after so many seconds of CPU time, which do not depend on
/// what else the machine does. One that sleeps for good is ended by the clock.
static void limitTime(unsigned seconds) {
  const itimerval limit{{0, 0}, {time_t(seconds), 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(30 * seconds);
}

int64_t Runner::run(int64_t from, int64_t to) {
  *shared = {};
  llvm::outs().flush();
  const pid_t child = fork();
  if (child == 0) {
    limitTime(options.timeout);
    runInChild(from, to);
    llvm::outs().flush();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return shared->failed;
  return explainDeath(from, to, status);
}

void Runner::printPaths() const {
  for (const Paths::Path &path : llvm::ArrayRef(paths->paths, paths->used))
    llvm::outs() << path.name << " " << path.count << "\n";
}

int main(int argc, char **argv) {
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv,
                              "Compares random programs with the oracle\n");
  int64_t first = options.first, count = options.count;
  if (options.only >= 0)
    first = options.only, count = 1;
  if (options.batch < 1 || count < 0 || first < 0) {
    llvm::errs() << "attn-random-programs: error: expected --batch of at least "
                    "1, and --count and --first of at least 0\n";
    return 1;
  }
  if (options.print) {
    for (int64_t n = first; n < first + count; ++n)
      llvm::outs() << drawProgram(options.seed, n, options.kind()).text
                   << "// -----\n";
    return 0;
  }
  Runner runner(options);
  int64_t failed = 0;
  for (int64_t n = first; n < first + count;) {
    // Batches begin at multiples of their size: a CPU level each.
    const int64_t end =
        std::min((n / options.batch + 1) * options.batch, first + count);
    failed += runner.run(n, end);
    n = end;
  }
  if (options.paths)
    runner.printPaths();
  llvm::outs() << "seed " << options.seed << ": " << count - failed << " of "
               << count << " programs agree\n";
  return failed != 0;
}
