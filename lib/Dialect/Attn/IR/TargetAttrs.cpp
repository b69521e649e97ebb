//===- TargetAttrs.cpp - What a module is compiled for --------------------===//
#include "PassAttrs.h"
#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

static LogicalResult
verifyTileSizes(function_ref<InFlightDiagnostic()> emitError, int64_t query,
                int64_t key) {
  for (auto [name, size] : {std::pair("tile_query", query), {"tile_key", key}})
    if (size != 0 && !isTileSize(size))
      return emitError() << "expected " << name << " of 1 to 1048576, got "
                         << size;
  return success();
}

//===----------------------------------------------------------------------===//
// CPUs
//===----------------------------------------------------------------------===//

LogicalResult
CPUTargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      int64_t vectorBits, int64_t registers, bool, bool,
                      StringRef, ExpAccuracy, int64_t tileQuery,
                      int64_t tileKey) {
  // f64 has two lanes of the narrowest vectors.
  if (!llvm::is_contained({128, 256, 512}, vectorBits))
    return emitError() << "expected vector_bits of 128, 256 or 512, got "
                       << vectorBits;
  if (registers < 1)
    return emitError() << "expected registers of at least 1, got " << registers;
  return verifyTileSizes(emitError, tileQuery, tileKey);
}

CPUTargetAttr CPUTargetAttr::get(MLIRContext *context) {
  return get(context, 128, 16, false, false, "", ExpAccuracy::Auto, 0, 0);
}

bool CPUTargetAttr::hasFeature(StringRef name) const {
  return llvm::is_contained(llvm::split(getFeatures(), ','), name);
}

CPUTargetAttr CPUTargetAttr::withExactExp() const {
  return get(getContext(), getVectorBits(), getRegisters(), getFma(), getAmx(),
             getFeatures(), ExpAccuracy::Exact, getTileQuery(), getTileKey());
}

CPUTargetAttr CPUTargetAttr::withTile(int64_t query, int64_t key) const {
  return get(getContext(), getVectorBits(), getRegisters(), getFma(), getAmx(),
             getFeatures(), getExp(), query ? query : getTileQuery(),
             key ? key : getTileKey());
}

//===----------------------------------------------------------------------===//
// GPUs
//===----------------------------------------------------------------------===//

LogicalResult
GPUTargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      StringRef arch, int64_t tileQuery, int64_t tileKey) {
  if (!arch.starts_with("sm_"))
    return emitError() << "expected arch of sm_ and a number, got '" << arch
                       << "'";
  return verifyTileSizes(emitError, tileQuery, tileKey);
}

GPUTargetAttr GPUTargetAttr::withTile(int64_t query, int64_t key) const {
  return get(getContext(), getArch(), query ? query : getTileQuery(),
             key ? key : getTileKey());
}

//===----------------------------------------------------------------------===//
// Of a module
//===----------------------------------------------------------------------===//

Attribute attn::getTarget(Operation *op) {
  for (; op; op = op->getParentOp())
    if (Attribute target = op->getDiscardableAttr(AttnDialect::kTarget))
      return target;
  return {};
}

CPUTargetAttr attn::getCPUTarget(Operation *op) {
  Attribute target = getTarget(op);
  if (!target)
    return CPUTargetAttr::get(op->getContext());
  auto cpu = dyn_cast<CPUTargetAttr>(target);
  if (!cpu)
    op->emitError() << "expected a module for a CPU, got one for " << target;
  return cpu;
}

bool attn::hasFusedMultiplyAdd(Operation *op) {
  Attribute target = getTarget(op);
  auto cpu = dyn_cast_or_null<CPUTargetAttr>(target);
  return cpu ? cpu.getFma() : isa_and_nonnull<GPUTargetAttr>(target);
}

void attn::setTarget(ModuleOp module, Attribute target) {
  module->setAttr(AttnDialect::kTarget, target);
}

static LogicalResult verifyTarget(Operation *op, Attribute target) {
  if (!isa<ModuleOp>(op))
    return op->emitOpError("expected ")
           << AttnDialect::kTarget << " on a module";
  if (!isa<CPUTargetAttr, GPUTargetAttr>(target))
    return op->emitOpError("expected a target in ")
           << AttnDialect::kTarget << ", got " << target;
  return success();
}

LogicalResult AttnDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() == kTarget)
    return verifyTarget(op, attribute.getValue());
  return verifyPassAttr(op, attribute);
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

int64_t CallingThreadAttr::getMappingId() const { return getDimension(); }

bool CallingThreadAttr::isLinearMapping() const { return false; }

int64_t CallingThreadAttr::getRelativeIndex() const { return getDimension(); }
