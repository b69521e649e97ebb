//===- TileKeys.cpp - The key tiles that a query tile visits --------------===//
#include "TileKeys.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Writes the closed forms of the analysis as ops.
class RunEmitter {
public:
  RunEmitter(OpBuilder &builder, AttentionOp op, const MaskAnalysis &analysis,
             const QueryTilePoint &point)
      : b(builder), loc(op.getLoc()), op(op), analysis(analysis), point(point),
        zero(constantIndex(b, loc, 0)), numTiles(getNumTiles()) {}

  SmallVector<KeyTileRun> emit() {
    const bool needsMask = !op.getMask().empty() && !analysis.allAttend();
    SmallVector<KeyTileRange> ranges(analysis.getAttendedTiles());
    if (!needsMask || !emitSymbols())
      return {{zero, numTiles, needsMask}};
    if (ranges.empty())
      return {};
    // One run around all ranges: every attending pair lies in it.
    KeyTileRun hull{{}, {}, needsMask};
    for (const KeyTileRange &range : ranges)
      extend(hull, range);
    return {hull};
  }

private:
  AffineExpr getNumTilesExpr() {
    const int64_t tile = analysis.getTileSizes().key;
    return (analysis.getReading().keyLength + (tile - 1)).floorDiv(tile);
  }

  Value getNumTiles() {
    OpFoldResult count = affine::makeComposedFoldedAffineApply(
        b, loc, b.getAffineSymbolExpr(0).ceilDiv(analysis.getTileSizes().key),
        point.keyLength);
    return getValueOrCreateConstantIndexOp(b, loc, count);
  }

  /// b, h, I and the symbols of the mask, at this tile. False if a symbol is
  /// only known inside the region.
  bool emitSymbols() {
    operands = {point.batch, point.head, point.tile};
    operands.append({point.queryLength, point.keyLength});
    IRMapping mapping;
    Region &mask = op.getMask();
    mapping.map(mask.getArgument(MaskBatch), point.batch);
    mapping.map(mask.getArgument(MaskHead), point.head);
    for (const MaskSymbol &symbol : llvm::drop_begin(
             analysis.getReading().symbols, numMaskLengthSymbols)) {
      if (!hoist(symbol.value, mapping))
        return false;
      operands.push_back(
          toIndex(b, loc, mapping.lookupOrDefault(symbol.value)));
    }
    return true;
  }

  /// Computes a value of the region from b, h and captures before it.
  bool hoist(Value value, IRMapping &mapping) {
    Operation *definition = value.getDefiningOp();
    if (mapping.contains(value) ||
        !op.getMask().isAncestor(value.getParentRegion()))
      return true;
    // The mask might not run at all, or not up to here.
    if (!definition || definition->getParentRegion() != &op.getMask() ||
        definition->getNumRegions() != 0 || !isPure(definition))
      return false;
    for (Value operand : definition->getOperands())
      if (!hoist(operand, mapping))
        return false;
    b.clone(*definition, mapping);
    return true;
  }

  void extend(KeyTileRun &hull, const KeyTileRange &range) {
    // Outside of its domain a closed form may give anything: [0, number of
    // tiles] is kept whatever the symbols are.
    AffineExpr none = b.getAffineConstantExpr(0);
    OpFoldResult first = affine::makeComposedFoldedAffineMax(
        b, loc, append(range.lower, none), operands);
    Value lower = getValueOrCreateConstantIndexOp(b, loc, first);
    if (!isConstantIntValue(first, 0))
      lower = arith::MinSIOp::create(b, loc, lower, numTiles);
    Value upper = getValueOrCreateConstantIndexOp(
        b, loc,
        affine::makeComposedFoldedAffineMin(
            b, loc, append(range.upper, getNumTilesExpr()), operands));
    if (IntegerSet guard = range.guard) {
      Value applies = holds(guard);
      lower = arith::SelectOp::create(b, loc, applies, lower, numTiles);
      upper = arith::SelectOp::create(b, loc, applies, upper, zero);
    }
    if (!hull.lower) {
      hull.lower = lower, hull.upper = upper;
      return;
    }
    hull.lower = arith::MinSIOp::create(b, loc, hull.lower, lower);
    hull.upper = arith::MaxSIOp::create(b, loc, hull.upper, upper);
  }

  /// `map` with another result, once.
  static AffineMap append(AffineMap map, AffineExpr expr) {
    SmallVector<AffineExpr> results(map.getResults());
    if (!llvm::is_contained(results, expr))
      results.push_back(expr);
    return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results,
                          map.getContext());
  }

  Value holds(IntegerSet set) {
    Value result;
    for (auto [expr, isEquality] :
         llvm::zip(set.getConstraints(), set.getEqFlags())) {
      auto map = AffineMap::get(set.getNumDims(), set.getNumSymbols(), expr);
      Value left = getValueOrCreateConstantIndexOp(
          b, loc, affine::makeComposedFoldedAffineApply(b, loc, map, operands));
      auto predicate =
          isEquality ? arith::CmpIPredicate::eq : arith::CmpIPredicate::sge;
      Value one = arith::CmpIOp::create(b, loc, predicate, left, zero);
      result = result ? arith::AndIOp::create(b, loc, result, one) : one;
    }
    return result ? result : arith::ConstantIntOp::create(b, loc, true, 1);
  }

  OpBuilder &b;
  Location loc;
  AttentionOp op;
  const MaskAnalysis &analysis;
  const QueryTilePoint &point;
  Value zero, numTiles;
  SmallVector<OpFoldResult> operands;
};

} // namespace

SmallVector<KeyTileRun> attn::emitKeyTileRuns(OpBuilder &builder,
                                              AttentionOp op,
                                              const MaskAnalysis &analysis,
                                              const QueryTilePoint &point) {
  return RunEmitter(builder, op, analysis, point).emit();
}
