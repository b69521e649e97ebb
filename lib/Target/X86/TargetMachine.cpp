//===- TargetMachine.cpp - The LLVM target machine of some options --------===//

#include "attn/Target/X86/TargetOptions.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir;
using namespace mlir::attn;

static llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(message.str());
}

static const llvm::Target *lookupHostTarget(const llvm::Triple &triple,
                                            std::string &error) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)initialized;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

/// Which CPU `native` means instead of this machine's, or "".
static std::string getPretendedCPU() {
  return llvm::sys::Process::GetEnv(kNativeCPUVariable).value_or("");
}

std::string attn::getNativeCPU() {
  std::string pretended = getPretendedCPU();
  return pretended.empty() ? llvm::sys::getHostCPUName().str() : pretended;
}

/// The host's features, by name and in order: getHostCPUName may name an older
/// CPU than they say. None for a CPU that only its name is known of.
static std::vector<std::string> getNativeFeatures() {
  std::vector<std::string> features;
  if (!getPretendedCPU().empty())
    return features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.push_back(
        (llvm::Twine(feature.second ? "+" : "-") + feature.first()).str());
  llvm::sort(features);
  return features;
}

/// LLVM ignores features that it does not know, with a warning; here they are
/// errors.
static llvm::Error verifyFeatures(llvm::StringRef features,
                                  const llvm::MCSubtargetInfo &known) {
  llvm::StringSet<> names;
  for (const llvm::SubtargetFeatureKV &feature :
       known.getAllProcessorFeatures())
    names.insert(feature.Key);
  llvm::SmallVector<llvm::StringRef> parts;
  features.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (!part.starts_with("+") && !part.starts_with("-"))
      return makeError("expected +FEATURE or -FEATURE in --mattr, got '" +
                       part + "'");
    if (!names.contains(part.drop_front()))
      return makeError("expected a feature of " +
                       known.getTargetTriple().getArchName() +
                       " in --mattr, got '" + part.drop_front() + "'");
  }
  return llvm::Error::success();
}

static llvm::Error verifyCPU(llvm::StringRef cpu, bool isNative,
                             const llvm::MCSubtargetInfo &known) {
  if (known.isCPUStringValid(cpu))
    return llvm::Error::success();
  const llvm::StringRef arch = known.getTargetTriple().getArchName();
  if (isNative && !getPretendedCPU().empty())
    return makeError("expected a CPU of " + arch + " in the environment's " +
                     kNativeCPUVariable + ", got '" + cpu + "'");
  return makeError("expected 'native' or a CPU of " + arch +
                   " in --mcpu, got '" + cpu + "'");
}

/// LLVM stops the process on code for a CPU without these.
static llvm::Error verifyUsable(const llvm::MCSubtargetInfo &info,
                                const TargetOptions &options) {
  if (!info.getTargetTriple().isX86_64())
    return llvm::Error::success();
  llvm::StringSet<> enabled;
  for (const auto &feature : info.getEnabledProcessorFeatures())
    enabled.insert(feature.Key);
  for (const char *needed : {"64bit", "64bit-mode", "sse2", "x87"})
    if (!enabled.contains(needed))
      return makeError(llvm::Twine("expected a CPU with '") + needed +
                       "', got '" + options.cpu + "' with features '" +
                       options.features + "'");
  for (const char *refused : {"16bit-mode", "32bit-mode", "soft-float"})
    if (enabled.contains(refused))
      return makeError(llvm::Twine("expected a CPU without '") + refused +
                       "', got '" + options.cpu + "' with features '" +
                       options.features + "'");
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
attn::createTargetMachine(const TargetOptions &options) {
  llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string error;
  const llvm::Target *target = lookupHostTarget(triple, error);
  if (!target)
    return makeError(error);

  bool isNative = options.cpu == "native";
  std::string cpu = isNative ? getNativeCPU() : options.cpu;
  std::vector<std::string> features;
  if (isNative)
    features = getNativeFeatures();
  std::unique_ptr<llvm::MCSubtargetInfo> known(
      target->createMCSubtargetInfo(triple, "", ""));
  if (llvm::Error unknown = verifyCPU(cpu, isNative, *known))
    return unknown;
  if (llvm::Error invalid = verifyFeatures(options.features, *known))
    return invalid;
  if (!options.features.empty())
    features.push_back(options.features);
  std::string joined = llvm::join(features, ",");

  std::unique_ptr<llvm::MCSubtargetInfo> resolved(
      target->createMCSubtargetInfo(triple, cpu, joined));
  if (llvm::Error unusable = verifyUsable(*resolved, options))
    return unusable;
  auto level = llvm::CodeGenOpt::getLevel(options.optLevel);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, joined, llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, level.value_or(llvm::CodeGenOptLevel::Default)));
}
