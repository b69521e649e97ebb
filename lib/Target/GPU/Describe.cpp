//===- Describe.cpp - What PTX asks for -----------------------------------===//

#include "attn/Target/GPU/GPUOptions.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::attn;

/// The contents of a constant, without the end that C wants.
static StringRef getText(ModuleOp module, StringRef name) {
  auto global = module.lookupSymbol<LLVM::GlobalOp>(name);
  auto text =
      global ? dyn_cast_or_null<StringAttr>(global.getValueOrNull()) : nullptr;
  return text ? text.getValue().drop_back() : "";
}

StringRef attn::getPTX(ModuleOp module) { return getText(module, kPTXName); }

/// What stands behind `directive` on its line.
static StringRef getDirective(StringRef ptx, StringRef directive) {
  const size_t at = ptx.find(directive);
  if (at == StringRef::npos)
    return "";
  return ptx.drop_front(at + directive.size())
      .take_until([](char c) { return c == '\n' || c == ','; })
      .trim();
}

/// PTX 8.0 to 8.5 came with CUDA 12.0 to 12.5, and those after with the version
/// behind that.
static std::string getCUDA(StringRef ptxVersion) {
  unsigned major = 0, minor = 0;
  auto [first, second] = ptxVersion.split('.');
  first.getAsInteger(10, major);
  second.getAsInteger(10, minor);
  if (major == 8 && minor > 5)
    ++minor;
  return std::to_string(major + 4) + "." + std::to_string(minor);
}

std::optional<GPUDescription> attn::describeGPU(ModuleOp module) {
  if (!module.lookupSymbol(kPTXName))
    return std::nullopt;
  const StringRef ptx = getPTX(module);
  const StringRef version = getDirective(ptx, ".version ");
  return GPUDescription{getDirective(ptx, ".target ").str(), version.str(),
                        getCUDA(version),
                        int64_t(getText(module, kKernelNamesName).count('\0'))};
}
