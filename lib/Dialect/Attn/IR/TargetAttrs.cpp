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

std::string CPUSchedule::check(char separator) const {
  auto describe = [&](StringRef first, StringRef second, StringRef what,
                      int64_t got) {
    return ("expected " + first + Twine(separator) + second + " of " + what +
            ", got " + Twine(got))
        .str();
  };
  if (unmaskedKeys != 0 && !isTileSize(unmaskedKeys))
    return describe("unmasked", "keys", "1 to 1048576", unmaskedKeys);
  // Panels are whole blocks of keys, and lie on the stack.
  if (panelKeys < 0 || panelKeys > 2048 || panelKeys % 64 != 0)
    return describe("panel", "keys", "64 to 2048, a multiple of 64", panelKeys);
  if (stages != 0 && stages != 1 && stages != 3)
    return ("expected stages of 1 or 3, got " + Twine(stages)).str();
  return "";
}

LogicalResult
CPUTargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      int64_t vectorBits, int64_t registers, bool, bool,
                      StringRef, ExpAccuracy, int64_t tileQuery,
                      int64_t tileKey, int64_t unmaskedKeys, int64_t panelKeys,
                      Packing packing, int64_t stages) {
  // f64 has two lanes of the narrowest vectors.
  if (!llvm::is_contained({128, 256, 512}, vectorBits))
    return emitError() << "expected vector_bits of 128, 256 or 512, got "
                       << vectorBits;
  if (registers < 1)
    return emitError() << "expected registers of at least 1, got " << registers;
  const CPUSchedule schedule{unmaskedKeys, panelKeys, packing, stages};
  if (std::string problem = schedule.check('_'); !problem.empty())
    return emitError() << problem;
  return verifyTileSizes(emitError, tileQuery, tileKey);
}

CPUTargetAttr CPUTargetAttr::get(MLIRContext *context) {
  return get(context, 128, 16, false, false, "", ExpAccuracy::Auto, 0, 0);
}

CPUTargetAttr CPUTargetAttr::get(MLIRContext *context, int64_t vectorBits,
                                 int64_t registers, bool fma, bool amx,
                                 StringRef features, ExpAccuracy exp,
                                 int64_t tileQuery, int64_t tileKey,
                                 const CPUSchedule &schedule) {
  return get(context, vectorBits, registers, fma, amx, features, exp, tileQuery,
             tileKey, schedule.unmaskedKeys, schedule.panelKeys,
             schedule.packing, schedule.stages);
}

bool CPUTargetAttr::hasFeature(StringRef name) const {
  return llvm::is_contained(llvm::split(getFeatures(), ','), name);
}

/// The same CPU.
static CPUTargetAttr change(CPUTargetAttr target, ExpAccuracy exp,
                            int64_t tileQuery, int64_t tileKey,
                            const CPUSchedule &schedule) {
  return CPUTargetAttr::get(target.getContext(), target.getVectorBits(),
                            target.getRegisters(), target.getFma(),
                            target.getAmx(), target.getFeatures(), exp,
                            tileQuery, tileKey, schedule);
}

CPUTargetAttr CPUTargetAttr::withExactExp() const {
  return change(*this, ExpAccuracy::Exact, getTileQuery(), getTileKey(),
                getSchedule());
}

CPUTargetAttr CPUTargetAttr::withTile(int64_t query, int64_t key) const {
  return change(*this, getExp(), query ? query : getTileQuery(),
                key ? key : getTileKey(), getSchedule());
}

CPUSchedule CPUTargetAttr::getSchedule() const {
  return {getUnmaskedKeys(), getPanelKeys(), getPacking(), getStages()};
}

CPUTargetAttr CPUTargetAttr::withSchedule(const CPUSchedule &schedule) const {
  return change(*this, getExp(), getTileQuery(), getTileKey(), schedule);
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
