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

void attn::embedCubin(ModuleOp module, const Cubin &cubin) {
  auto global = module.lookupSymbol<LLVM::GlobalOp>(kCubinName);
  Builder builder(module.getContext());
  global.setGlobalType(
      LLVM::LLVMArrayType::get(builder.getI8Type(), cubin.code.size()));
  global.setValueAttr(builder.getStringAttr(cubin.code));
  global.setAlignment(16);
}

/// Of the kernel called `name`, whose launches ask for `shared` bytes.
static KernelResources getResources(StringRef name, int64_t shared,
                                    const std::optional<Cubin> &cubin) {
  if (cubin)
    for (KernelResources kernel : cubin->kernels)
      if (kernel.name == name) {
        kernel.sharedBytes += shared;
        return kernel;
      }
  return {name.str(), 0, shared, 0};
}

std::optional<GPUDescription>
attn::describeGPU(ModuleOp module, const std::optional<Cubin> &cubin) {
  if (!module.lookupSymbol(kPTXName))
    return std::nullopt;
  const StringRef ptx = getPTX(module);
  const StringRef version = getDirective(ptx, ".version ");
  GPUDescription description{getDirective(ptx, ".target ").str(),
                             version.str(),
                             getCUDA(version),
                             cubin.has_value(),
                             {}};
  SmallVector<StringRef> names;
  getText(module, kKernelNamesName).split(names, '\0', -1, false);
  if (names.empty())
    return description;
  auto shared = cast<DenseElementsAttr>(
      module.lookupSymbol<LLVM::GlobalOp>(kSharedBytesName).getValueOrNull());
  for (auto [name, bytes] : llvm::zip_equal(names, shared.getValues<int32_t>()))
    description.kernels.push_back(getResources(name, bytes, cubin));
  return description;
}
