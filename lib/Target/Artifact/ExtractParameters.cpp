//===- ExtractParameters.cpp - Weights go another way than code -----------===//

#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "attn/Target/Artifact/Parameters.h"
#include "attn/Target/Artifact/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_EXTRACTPARAMETERS
#include "attn/Target/Artifact/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The symbol where the parameters begin. It belongs to one object.
static constexpr StringLiteral symbolName = "attn_rt_parameters";

/// The elements of `global`, if they can be read where they are put.
static ElementsAttr getContents(LLVM::GlobalOp global, uint64_t smallest) {
  if (!global.getConstant() || global.getThreadLocal_() ||
      (global.getLinkage() != LLVM::Linkage::Private &&
       global.getLinkage() != LLVM::Linkage::Internal))
    return nullptr;
  auto value = dyn_cast_or_null<ElementsAttr>(global.getValueOrNull());
  if (!value)
    return nullptr;
  uint64_t bits = value.getNumElements() *
                  uint64_t(value.getElementType().getIntOrFloatBitWidth());
  // Packed ones are in order only where the file is written.
  const bool isLarge = bits >= 8 * smallest || isa<PackedAttr>(value);
  return isLarge && isParameter(value) ? value : nullptr;
}

/// The section is the assembler's: LLVM would fold the contents that it knows.
static void defineSymbol(ModuleOp module, uint64_t size) {
  Builder b(module.getContext());
  std::string text = llvm::formatv(".section {0},\"awl\",@nobits\n"
                                   ".p2align 12\n"
                                   "{1}:\n"
                                   ".zero {2}\n"
                                   ".size {1}, {2}\n"
                                   ".type {1}, @object\n"
                                   ".text",
                                   kParametersSection, symbolName, size);
  SmallVector<Attribute> lines;
  if (auto old = module->getAttrOfType<ArrayAttr>(
          LLVM::LLVMDialect::getModuleLevelAsmAttrName()))
    llvm::append_range(lines, old);
  lines.push_back(b.getStringAttr(text));
  module->setAttr(LLVM::LLVMDialect::getModuleLevelAsmAttrName(),
                  b.getArrayAttr(lines));
}

static void declareSymbol(ModuleOp module, uint64_t size) {
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), size);
  auto global = LLVM::GlobalOp::create(
      b, module.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::External,
      symbolName, Attribute(), /*alignment=*/4096);
  global.setDsoLocal(true);
  global.setSection(kParametersSection);
}

/// The address of the global that `op` means: so far behind the symbol.
static void replaceAddress(LLVM::AddressOfOp op, uint64_t offset) {
  OpBuilder b(op);
  Type pointer = op.getType();
  Value start = LLVM::AddressOfOp::create(b, op.getLoc(), pointer, symbolName);
  Value distance = LLVM::ConstantOp::create(b, op.getLoc(), b.getI64Type(),
                                            b.getI64IntegerAttr(offset));
  op.replaceAllUsesWith(LLVM::GEPOp::create(b, op.getLoc(), pointer,
                                            b.getI8Type(), start,
                                            ArrayRef<LLVM::GEPArg>{distance},
                                            LLVM::GEPNoWrapFlags::inbounds)
                            .getResult());
  op.erase();
}

namespace {
struct ExtractParameters
    : attn::impl::ExtractParametersBase<ExtractParameters> {
  using ExtractParametersBase::ExtractParametersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Parameters parameters;
    llvm::MapVector<Attribute, uint64_t> offsets;
    llvm::StringMap<uint64_t> byName;
    for (auto global :
         llvm::make_early_inc_range(module.getOps<LLVM::GlobalOp>())) {
      ElementsAttr value = getContents(global, smallest);
      if (!value)
        continue;
      auto [place, isNew] = offsets.try_emplace(value, 0);
      if (isNew)
        place->second = parameters.add(value);
      byName[global.getSymName()] = place->second;
      global.erase();
    }
    if (byName.empty())
      return;
    module.walk([&](LLVM::AddressOfOp op) {
      if (auto it = byName.find(op.getGlobalName()); it != byName.end())
        replaceAddress(op, it->second);
    });
    declareSymbol(module, parameters.size);
    defineSymbol(module, parameters.size);
    SmallVector<Attribute> values =
        llvm::map_to_vector(offsets, [](auto &entry) { return entry.first; });
    module->setAttr(kParametersAttrName, ArrayAttr::get(&getContext(), values));
  }
};
} // namespace
