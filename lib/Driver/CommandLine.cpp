//===- CommandLine.cpp - Options that the tools share ---------------------===//

#include "attn/Driver/CommandLine.h"
#include "attn/Driver/Messages.h"
#include "attn/Target/GPU/Assembler.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cstdio>
#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

/// Frees the names that options of LLVM's shared library hold.
static std::string freeNames(StringRef tool) {
  for (StringRef name : {"stats", "threads"})
    if (cl::Option *other = cl::getRegisteredOptions().lookup(name))
      other->removeArgument();
  return tool.str();
}

ToolCommandLine::ToolCommandLine(StringRef tool, StringRef overview)
    : tool(freeNames(tool)), overview(overview),
      categoryName(this->tool + " options"), category(categoryName) {}

LogicalResult ToolCommandLine::fail(const Twine &message) const {
  return printError(tool, message);
}

/// Runs `parse` with standard error going to a temporary file, and gives back
/// what it wrote: LLVM's parsers of values know no other stream.
static std::string captureErrors(llvm::function_ref<void()> parse) {
  std::FILE *file = std::tmpfile();
  int saved = file ? dup(STDERR_FILENO) : -1;
  if (saved < 0) {
    parse();
    return {};
  }
  dup2(fileno(file), STDERR_FILENO);
  parse();
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::fseek(file, 0, SEEK_END);
  std::string text(std::max(std::ftell(file), 0L), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

/// Each message of LLVM's begins with `PROGRAM: `, and may have more lines. A
/// guess at what was meant belongs to the message before it, and says more than
/// its hint at --help.
static std::vector<std::string> splitMessages(StringRef text,
                                              StringRef program) {
  std::vector<std::string> messages;
  SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    const bool begins = line.consume_front(program.str() + ": ");
    const bool guesses = line.starts_with("Did you mean");
    line = line.trim();
    if (messages.empty() || (begins && !guesses)) {
      messages.push_back(line.str());
      continue;
    }
    std::string &last = messages.back();
    if (guesses)
      last.resize(std::min(last.find("  Try: "), last.size()));
    last += " " + line.str();
  }
  return messages;
}

LogicalResult ToolCommandLine::parse(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([name = tool](llvm::raw_ostream &os) {
    os << name << " " ATTN_VERSION "\n";
  });
  bool parsed = false;
  std::string errors;
  llvm::raw_string_ostream os(errors);
  errors += captureErrors([&] {
    parsed = cl::ParseCommandLineOptions(argc, argv, overview + "\n", &os);
  });
  for (const std::string &message :
       splitMessages(errors, llvm::sys::path::filename(argv[0])))
    (void)fail(message);
  return success(parsed);
}

static LogicalResult readDimensions(const CompileCommandLine &given,
                                    CompileOptions &options) {
  llvm::StringMap<int64_t> sizes;
  for (StringRef text : given.dimensions) {
    auto [name, size] = text.rsplit('=');
    int64_t number;
    if (name.empty() || size.getAsInteger(10, number))
      return given.fail("expected NAME=N in --dim, got '" + text + "'");
    if (number < 0)
      return given.fail("expected a size of at least 0 for dimension '" + name +
                        "', got " + Twine(number));
    auto [it, isNew] = sizes.try_emplace(name, number);
    if (!isNew && it->second != number)
      return given.fail("expected one size for dimension '" + name + "', got " +
                        Twine(it->second) + " and " + Twine(number));
    if (isNew)
      options.dimensions.emplace_back(name.str(), number);
  }
  return success();
}

static LogicalResult readTileSize(const CompileCommandLine &given,
                                  const cl::opt<int64_t> &option,
                                  std::optional<int64_t> &size) {
  if (!option.getNumOccurrences())
    return success();
  size = option;
  if (isTileSize(*size))
    return success();
  return given.fail("expected 1 to 1048576 in --" + option.ArgStr + ", got " +
                    Twine(*size));
}

/// Of one NAME=VALUE; false where it has no such form.
static bool readParameter(StringRef text, CPUSchedule &schedule) {
  auto [name, value] = text.split('=');
  if (name == "packing") {
    std::optional<Packing> packing = symbolizePacking(value);
    schedule.packing = packing.value_or(Packing::Auto);
    return packing.has_value();
  }
  int64_t *number = llvm::StringSwitch<int64_t *>(name)
                        .Case("unmasked-keys", &schedule.unmaskedKeys)
                        .Case("panel-keys", &schedule.panelKeys)
                        .Case("stages", &schedule.stages)
                        .Default(nullptr);
  return number && !value.getAsInteger(10, *number);
}

static LogicalResult readSchedule(const CompileCommandLine &given,
                                  CPUSchedule &schedule) {
  for (StringRef text : given.schedule)
    if (!readParameter(text, schedule))
      return given.fail("expected unmasked-keys=N, panel-keys=N, "
                        "packing=auto|shared|own or stages=N in --schedule, "
                        "got '" +
                        text + "'");
  if (std::string problem = schedule.check('-'); !problem.empty())
    return given.fail(problem);
  return success();
}

static LogicalResult readKinds(const CompileCommandLine &given,
                               CompileOptions &options) {
  for (StringRef kind : given.noRecognize) {
    if (!kind.empty() && !isRecognizedKind(kind))
      return given.fail("expected one of " + getRecognizedKinds() +
                        " in --no-recognize, got '" + kind + "'");
    options.leave.push_back(kind.empty() ? "all" : kind.str());
  }
  return success();
}

/// A name without a folder is looked for on the PATH.
static LogicalResult readPtxas(const CompileCommandLine &given,
                               CompileOptions &options) {
  if (given.ptxas == "none")
    return success();
  if (given.ptxas == "auto") {
    options.ptxas = findPtxas().value_or("");
    return success();
  }
  auto program = llvm::sys::findProgramByName(given.ptxas);
  if (!program || !llvm::sys::fs::can_execute(*program))
    return given.fail("expected a program, auto or none in --ptxas, got '" +
                      given.ptxas + "'");
  options.ptxas = *program;
  return success();
}

LogicalResult
CompileCommandLine::printTarget(const CompileOptions &options) const {
  if (llvm::Error error = attn::printTarget(llvm::outs(), options.target))
    return fail(llvm::toString(std::move(error)));
  return success();
}

FailureOr<CompileOptions> CompileCommandLine::getCompileOptions() const {
  const cl::Option *ofGPUs[] = {&gpuArch, &ptxas, &strictPtxas};
  for (const cl::Option *option : ofGPUs)
    if (target == Target::CPU && option->getNumOccurrences())
      return fail("expected --target=cuda with --" + option->ArgStr +
                  ", got --target=cpu");
  if (target == Target::CUDA && schedule.getNumOccurrences())
    return fail("expected --target=cpu with --schedule, got --target=cuda");
  if (optLevel > 3)
    return fail("expected -O0 to -O3, got -O" + Twine(optLevel));
  CompileOptions options;
  options.target = {cpu, features, optLevel, exp, {}, {}, {}, emulateAMX};
  if (target == Target::CUDA) {
    options.gpuArch = gpuArch;
    options.strictPtxas = strictPtxas;
    if (failed(readPtxas(*this, options)))
      return failure();
    // Of the host code, which does next to nothing.
    if (!cpu.getNumOccurrences())
      options.target.cpu = "x86-64";
    if (!optLevel.getNumOccurrences())
      options.target.optLevel = 1;
  }
  if (entry.getNumOccurrences() && entry.empty())
    return fail("expected a C identifier in --entry, got ''");
  options.entry = entry;
  options.plain = plain;
  options.precision = precision;
  options.outlineLayers = !noOutlineLayers;
  options.passes = passes;
  options.staticCaches = staticCaches;
  options.verifyEach = verifyEach;
  options.stats = stats;
  if (failed(readTileSize(*this, tileQuery, options.target.tileQuery)) ||
      failed(readTileSize(*this, tileKey, options.target.tileKey)) ||
      failed(readSchedule(*this, options.target.schedule)) ||
      failed(readDimensions(*this, options)) ||
      failed(readKinds(*this, options)))
    return failure();
  return options;
}
