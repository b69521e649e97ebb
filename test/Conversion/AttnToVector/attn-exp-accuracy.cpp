//===- attn-exp-accuracy.cpp - How exact the exp of the softmax is --------===//
//
// A state whose maximum is 0 and whose sum is 0 attends to one key: its sum is
// then exp of the score, as the kernels compute it. Run on scores from all over
// the range, and compared with exp in long double.
//
//===----------------------------------------------------------------------===//

#include "attn/Driver/Driver.h"
#include "attn/InitAll.h"
#include "attn/Run/Artifact.h"

#include "mlir/Parser/Parser.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

/// What is promised of one type and accuracy.
struct Promise {
  const char *type;
  ExpAccuracy accuracy;
  double bound;  // of the relative error
  double lowest; // exp is exactly 0 below
};

constexpr Promise promises[] = {{"f32", ExpAccuracy::Exact, 2e-7, -87},
                                {"f32", ExpAccuracy::Fast, 1e-4, -87},
                                {"f64", ExpAccuracy::Exact, 1e-15, -708},
                                {"f64", ExpAccuracy::Fast, 1e-4, -708}};

constexpr int64_t numScores = 1 << 19;

constexpr char program[] = R"(
func.func @main(%q: tensor<1x1x{1}x1x{0}>) -> tensor<1x1x{1}x{0}> {{
  %k = arith.constant dense<1.0> : tensor<1x1x1x1x{0}>
  %acc = arith.constant dense<0.0> : tensor<1x1x{1}x1x{0}>
  %zero = arith.constant dense<0.0> : tensor<1x1x{1}x{0}>
  %a, %m, %l = attn.attend %q, %k, %k into %acc, %zero, %zero scale 1.0
    : tensor<1x1x{1}x1x{0}>, tensor<1x1x1x1x{0}>, tensor<1x1x1x1x{0}> -> tensor<1x1x{1}x1x{0}>, tensor<1x1x{1}x{0}>
  return %l : tensor<1x1x{1}x{0}>
}
)";

/// Compiles the program and runs it.
class Exponential {
public:
  Exponential(const Promise &promise, const CompileOptions &options,
              MLIRContext &context, StringRef folder)
      : type(*::attn::parseDType(promise.type)) {
    const std::string text =
        llvm::formatv(program, promise.type, numScores).str();
    auto module = parseSourceString<ModuleOp>(text, &context);
    const std::string path = (folder + "/exp.so").str();
    if (!module || failed(compileToSharedLibrary(*module, path, options)))
      return;
    auto loaded = LoadedArtifact::load(path);
    if (loaded)
      artifact = std::move(*loaded);
  }

  bool isCompiled() const { return artifact.has_value(); }

  std::vector<double> run(const std::vector<double> &scores) const {
    std::vector<Tensor> inputs;
    inputs.push_back(Tensor::of(type, {1, 1, numScores, 1}, scores));
    auto function = artifact->function("main");
    auto outputs = function->run(inputs);
    return (*outputs)[0].toDoubles();
  }

private:
  ::attn::DType type;
  std::optional<LoadedArtifact> artifact;
};

/// The worst that was seen.
struct Worst {
  double error = 0, score = 0;
};

} // namespace

/// Numbers whose bit patterns are equally far from each other, between -0 and
/// beyond where exp is 0: as many in each binade.
template <typename Float, typename Bits>
static std::vector<double> getPatterns(double lowest) {
  const Float first = Float(-0.0), last = Float(1.25 * lowest);
  Bits from, to;
  std::memcpy(&from, &first, sizeof from);
  std::memcpy(&to, &last, sizeof to);
  std::vector<double> scores;
  for (int64_t n = 0; n < numScores; ++n) {
    const Bits bits = from + (to - from) / numScores * n;
    Float score;
    std::memcpy(&score, &bits, sizeof score);
    scores.push_back(score);
  }
  return scores;
}

/// Equally far from each other as numbers, rounded to the type.
static std::vector<double> getNumbers(double lowest, bool isSingle) {
  std::vector<double> scores;
  for (int64_t n = 0; n < numScores; ++n) {
    const double score = 1.25 * lowest * double(n) / double(numScores);
    scores.push_back(isSingle ? double(float(score)) : score);
  }
  return scores;
}

static std::vector<double> getSpecial(double lowest) {
  const double special[] = {-0.0,
                            0.0,
                            -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN(),
                            -1e-45,
                            -3e38,
                            lowest,
                            lowest - 1,
                            -103.9,
                            -745.1};
  std::vector<double> scores(numScores, -1);
  llvm::copy(special, scores.begin());
  return scores;
}

static bool isZero(double value) { return value == 0 && !std::signbit(value); }

/// Adds what is wrong to `problems`; returns the largest relative error.
static Worst measure(const Promise &promise, const std::vector<double> &scores,
                     const std::vector<double> &results,
                     std::vector<std::string> &problems) {
  Worst worst;
  for (auto [score, result] : llvm::zip_equal(scores, results)) {
    bool isRight = true;
    if (std::isnan(score)) {
      isRight = std::isnan(result);
    } else if (score < promise.lowest) {
      isRight = isZero(result);
    } else {
      const long double exact = std::exp((long double)score);
      const double error = double(std::fabs(result / exact - 1));
      isRight = error <= promise.bound;
      if (error > worst.error)
        worst = {error, score};
    }
    if (!isRight && problems.size() < 5)
      problems.push_back(llvm::formatv("exp({0}): got {1}", score, result));
  }
  return worst;
}

static bool check(const Promise &promise, CompileOptions options,
                  MLIRContext &context, StringRef folder) {
  options.target.exp = promise.accuracy;
  const Exponential exponential(promise, options, context, folder);
  llvm::outs() << promise.type << " " << stringifyExpAccuracy(promise.accuracy)
               << ": ";
  if (!exponential.isCompiled()) {
    llvm::outs() << "expected a program that compiles\n";
    return false;
  }
  const bool isSingle = StringRef(promise.type) == "f32";
  const std::vector<double> sets[] = {
      isSingle ? getPatterns<float, uint32_t>(promise.lowest)
               : getPatterns<double, uint64_t>(promise.lowest),
      getNumbers(promise.lowest, isSingle), getSpecial(promise.lowest)};
  Worst worst;
  std::vector<std::string> problems;
  for (const std::vector<double> &scores : sets) {
    const Worst found =
        measure(promise, scores, exponential.run(scores), problems);
    if (found.error > worst.error)
      worst = found;
  }
  llvm::outs() << "relative error of " << llvm::format("%.3g", worst.error)
               << " at " << llvm::format("%.9g", worst.score) << ", "
               << (problems.empty() ? "within " : "expected at most ")
               << llvm::format("%g", promise.bound) << "\n";
  for (const std::string &problem : problems)
    llvm::outs() << "  " << problem << "\n";
  return problems.empty();
}

int main(int argc, char **argv) {
  cl::OptionCategory category("attn-exp-accuracy options");
  cl::opt<std::string> cpu("mcpu", cl::init("native"), cl::cat(category),
                           cl::desc("As attn-compile's"));
  cl::opt<std::string> features("mattr", cl::cat(category),
                                cl::desc("As attn-compile's"));
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Measures the softmax's exp\n");
  DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("attn-exp-accuracy", folder))
    return 1;
  CompileOptions options;
  options.target = {cpu, features, 2};
  bool isRight = true;
  for (const Promise &promise : promises)
    isRight &= check(promise, options, context, folder);
  llvm::sys::fs::remove_directories(folder);
  return !isRight;
}
