//===- attn-random-rewrites.cpp - Attention in random equal forms ---------===//
// Draws graphs that compute attention, each in another form, and checks that
// attn-recognize finds one attention in each, and that what is compiled then
// agrees with what the graph says. Near misses are checked to be left alone.
//===----------------------------------------------------------------------===//
#include "Rewrites.h"

#include "../RandomPrograms/Check.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/InitAll.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"

#include <map>
#include <optional>

using namespace attn::random_programs;
using namespace attn::random_rewrites;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::OptionCategory category{"attn-random-rewrites options"};
  cl::opt<uint64_t> seed{"seed", cl::init(1), cl::cat(category),
                         cl::desc("What all graphs are drawn from")};
  cl::opt<int64_t> count{"count", cl::init(100), cl::cat(category),
                         cl::desc("How many graphs")};
  cl::opt<int64_t> only{"only", cl::init(-1), cl::cat(category),
                        cl::desc("Nothing but the graph of this number")};
  cl::opt<bool> print{"print", cl::cat(category),
                      cl::desc("Print the graphs instead of running them")};
  cl::opt<bool> nearMisses{"near-misses", cl::cat(category),
                           cl::desc("One op changed: none may be found")};
  cl::opt<bool> findOnly{"find-only", cl::cat(category),
                         cl::desc("Do not compile and compare")};
  cl::opt<bool> table{"table", cl::cat(category),
                      cl::desc("Print how many were found, by choice")};
};

/// How often a choice came up, and was found.
struct Count {
  int64_t drawn = 0, found = 0;
};

/// Ops that attn-recognize made.
struct Found {
  int64_t attentions = 0, rotations = 0;
};

class Runner {
public:
  explicit Runner(const Options &options);
  /// How many graphs are not as they should be.
  int64_t run(int64_t from, int64_t to);
  void printTable() const;

private:
  /// What was found; empty where the text is no program.
  std::optional<Found> find(const std::string &text);
  int64_t compareNumbers(const std::vector<Rewrite> &batch, int64_t from);
  void fail(int64_t index, const Rewrite &rewrite, const std::string &problem);

  const Options &options;
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  std::map<std::string, Count> counts;
};

} // namespace

Runner::Runner(const Options &options) : options(options) {
  mlir::attn::registerAllDialects(registry);
  context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);
}

std::optional<Found> Runner::find(const std::string &text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get());
  if (!module)
    return std::nullopt;
  mlir::PassManager manager(context.get());
  manager.addPass(mlir::attn::createRecognize());
  if (failed(manager.run(*module)))
    return std::nullopt;
  Found found;
  module->walk([&](mlir::attn::AttentionOp) { ++found.attentions; });
  module->walk([&](mlir::attn::RotaryEmbeddingOp) { ++found.rotations; });
  return found;
}

void Runner::fail(int64_t index, const Rewrite &rewrite,
                  const std::string &problem) {
  llvm::outs() << "FAIL: seed " << options.seed << ", graph " << index << ": "
               << problem << "\n";
  for (const std::string &choice : rewrite.choices)
    llvm::outs() << "  " << choice << "\n";
  llvm::outs() << "repeat: attn-random-rewrites --seed=" << options.seed
               << " --only=" << index
               << (options.nearMisses ? " --near-misses" : "") << "\n";
}

int64_t Runner::compareNumbers(const std::vector<Rewrite> &batch,
                               int64_t from) {
  // The oracle knows no named softmax.
  std::vector<Program> programs;
  std::vector<size_t> numbers;
  for (const auto &[n, rewrite] : llvm::enumerate(batch)) {
    if (llvm::is_contained(rewrite.choices, "softmax: named"))
      continue;
    programs.push_back(rewrite.program);
    numbers.push_back(n);
  }
  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("attn-random-rewrites", folder))
    return 1;
  mlir::attn::CompileOptions compile;
  compile.target.optLevel = 0;
  int64_t failed = 0;
  checkPrograms(
      programs, *context, compile, /*device=*/nullptr, folder.str().str(),
      [](const std::string &) {},
      [&](size_t n, const std::string &problem) {
        if (problem.empty())
          return;
        ++failed;
        fail(from + int64_t(numbers[n]), batch[numbers[n]], problem);
      });
  llvm::sys::fs::remove_directories(folder);
  return failed;
}

int64_t Runner::run(int64_t from, int64_t to) {
  std::vector<Rewrite> batch;
  int64_t failed = 0;
  for (int64_t index = from; index < to; ++index) {
    batch.push_back(drawRewrite(options.seed, index, options.nearMisses));
    const Rewrite &rewrite = batch.back();
    const std::optional<Found> found = find(rewrite.program.text);
    const bool asExpected = found && found->attentions == rewrite.attentions &&
                            found->rotations == rewrite.rotations;
    for (const std::string &choice : rewrite.choices) {
      ++counts[choice].drawn;
      counts[choice].found += asExpected != options.nearMisses;
    }
    if (asExpected)
      continue;
    ++failed;
    fail(index, rewrite,
         "expected " + std::to_string(rewrite.attentions) + " attention and " +
             std::to_string(rewrite.rotations) + " rotary embeddings, got " +
             (found ? std::to_string(found->attentions) + " and " +
                          std::to_string(found->rotations)
                    : "no program"));
  }
  if (!options.findOnly && !options.nearMisses)
    failed += compareNumbers(batch, from);
  return failed;
}

void Runner::printTable() const {
  for (const auto &[choice, count] : counts)
    llvm::outs() << choice << " | " << count.drawn << " drawn | " << count.found
                 << " found\n";
}

int main(int argc, char **argv) {
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(
      argc, argv, "Looks for attention in graphs that compute it\n");
  int64_t first = 0, count = options.count;
  if (options.only >= 0)
    first = options.only, count = 1;
  if (options.print) {
    for (int64_t n = first; n < first + count; ++n)
      llvm::outs()
          << drawRewrite(options.seed, n, options.nearMisses).program.text
          << "// -----\n";
    return 0;
  }
  Runner runner(options);
  int64_t failed = 0;
  constexpr int64_t batch = 20;
  for (int64_t n = first; n < first + count; n += batch)
    failed += runner.run(n, std::min(n + batch, first + count));
  if (options.table)
    runner.printTable();
  llvm::outs() << "seed " << options.seed << ": " << count << " "
               << (options.nearMisses ? "near misses" : "forms") << ", "
               << failed << " failures\n";
  return failed != 0;
}
