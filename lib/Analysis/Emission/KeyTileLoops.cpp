//===- KeyTileLoops.cpp - Code for the visits of a query tile ----------===//
// The run-time form of MaskAnalysis::getSegments. What proofs decide about the
// order of ranges, and on which side of a range its masked tiles lie, is left
// out of the code.
//===----------------------------------------------------------------------===//
#include "attn/Analysis/Emission/KeyTileLoops.h"
#include "RangeProofs.h"
#include "UniformValues.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Visited ranges beyond this many become one: they are sorted when run.
constexpr size_t maxRanges = 4;
/// More masked ranges than this make everything PARTIAL.
constexpr size_t maxMasked = 8;

/// A range at run time; none where begin >= end.
struct Range {
  Value begin, end;
};

class LoopEmitter {
public:
  LoopEmitter(OpBuilder &builder, AttentionOp op, const MaskAnalysis &analysis,
              const QueryTilePosition &at)
      : b(builder), loc(op.getLoc()), op(op), analysis(analysis), at(at),
        proofs(analysis) {}

  SmallVector<KeyTileLoop> emit() {
    if (analysis.noneAttends())
      return {};
    numTiles = apply(getAffineSymbolExpr(0, b.getContext())
                         .ceilDiv(analysis.getTileSizes().key),
                     at.keyLength);
    if (!setOperands() || analysis.getMaskedTiles().size() > maxMasked)
      return {{index(0), numTiles, !analysis.allAttend()}};
    setVisited();
    setMasked();
    Value done;
    for (size_t n = 0; n < visited.size(); ++n) {
      Range range = visited[n];
      if (done)
        range.begin = make<arith::MaxSIOp>(range.begin, done);
      if (n + 1 < visited.size())
        done = done ? make<arith::MaxSIOp>(done, range.end) : range.end;
      split(range, n);
    }
    return std::move(loops);
  }

private:
  template <typename OpTy, typename... Args> Value make(Args &&...args) {
    return b.createOrFold<OpTy>(loc, std::forward<Args>(args)...);
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return make<arith::CmpIOp>(predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return condition ? make<arith::SelectOp>(condition, x, y) : x;
  }
  Value conjunction(Value x, Value y) {
    return x && y ? make<arith::AndIOp>(x, y) : x ? x : y;
  }
  Value apply(AffineExpr expr, Value symbol) {
    return make<affine::AffineApplyOp>(AffineMap::get(0, 1, expr),
                                       ValueRange(symbol));
  }

  /// b, h, I and the symbols of the mask. False where one cannot be computed.
  bool setOperands() {
    operands = {at.batch, at.head, at.queryTile, at.queryLength, at.keyLength};
    UniformValues uniform(op, at.batch, at.head);
    for (const MaskSymbol &symbol : llvm::drop_begin(
             analysis.getReading().symbols, numMaskLengthSymbols)) {
      const std::optional<UniformValue> copied = uniform.get(b, symbol.value);
      if (!copied)
        return false;
      valid = conjunction(valid, copied->valid);
      operands.push_back(toIndex(copied->value));
    }
    return true;
  }

  Value toIndex(Value value) {
    if (value.getType().isIndex())
      return value;
    if (value.getType().isInteger(1))
      return make<arith::IndexCastUIOp>(b.getIndexType(), value);
    return make<arith::IndexCastOp>(b.getIndexType(), value);
  }

  /// i1, null for true.
  Value holds(IntegerSet guard) {
    Value result;
    if (guard)
      for (AffineExpr expr : guard.getConstraints()) {
        const AffineMap map =
            AffineMap::get(guard.getNumDims(), guard.getNumSymbols(), expr);
        Value number = make<affine::AffineApplyOp>(map, operands);
        result = conjunction(
            result, compare(arith::CmpIPredicate::sge, number, index(0)));
      }
    return result;
  }

  Range evaluate(const KeyTileRange &range) {
    return {make<affine::AffineMaxOp>(range.lower, operands),
            make<affine::AffineMinOp>(range.upper, operands)};
  }

  //===--------------------------------------------------------------------===//
  // Visited ranges, in ascending order
  //===--------------------------------------------------------------------===//

  void setVisited() {
    for (const KeyTileRange &range : analysis.getAttendedTiles())
      forms.push_back(&range);
    const bool single = forms.size() == 1;
    const bool inOrder = sortForms();
    for (auto [n, form] : llvm::enumerate(forms)) {
      Range range = evaluate(*form);
      Value visits = holds(form->guard);
      // An empty one must not hide what comes after it.
      if (!single)
        visits = conjunction(
            visits, compare(arith::CmpIPredicate::slt, range.begin, range.end));
      range.end = select(visits, range.end, index(0));
      // Reads out of bounds: everything, with the mask.
      range.begin = select(valid, range.begin, index(0));
      range.end = select(valid, range.end, n ? index(0) : numTiles);
      visited.push_back(range);
    }
    if (inOrder)
      return;
    forms.clear();
    joinSurplus();
    for (size_t end = visited.size(); end > 1; --end)
      for (size_t n = 0; n + 1 < end; ++n)
        exchange(visited[n], visited[n + 1]);
  }

  /// By proofs; false where they do not decide.
  bool sortForms() {
    for (size_t end = forms.size(); end > 1; --end)
      for (size_t n = 0; n + 1 < end; ++n) {
        if (proofs.beginsBefore(*forms[n], *forms[n + 1]))
          continue;
        if (!proofs.beginsBefore(*forms[n + 1], *forms[n]))
          return false;
        std::swap(forms[n], forms[n + 1]);
      }
    // Proofs are about ranges that are not empty: they do not chain.
    for (size_t n = 0; n < forms.size(); ++n)
      for (size_t m = n + 2; m < forms.size(); ++m)
        if (!proofs.beginsBefore(*forms[n], *forms[m]))
          return false;
    return true;
  }

  void joinSurplus() {
    while (visited.size() > maxRanges) {
      const Range last = visited.pop_back_val();
      Range &range = visited.back();
      // One of them may be empty, with any begin.
      const auto beginOf = [&](const Range &r) {
        return select(compare(arith::CmpIPredicate::slt, r.begin, r.end),
                      r.begin, numTiles);
      };
      range.begin = make<arith::MinSIOp>(beginOf(range), beginOf(last));
      range.end = make<arith::MaxSIOp>(range.end, last.end);
    }
  }

  void exchange(Range &x, Range &y) {
    Value swap = compare(arith::CmpIPredicate::sgt, x.begin, y.begin);
    const Range first{select(swap, y.begin, x.begin),
                      select(swap, y.end, x.end)};
    y = {select(swap, x.begin, y.begin), select(swap, x.end, y.end)};
    x = first;
  }

  //===--------------------------------------------------------------------===//
  // FULL and PARTIAL tiles
  //===--------------------------------------------------------------------===//

  void setMasked() {
    for (const KeyTileRange &form : analysis.getMaskedTiles()) {
      Range range = evaluate(form);
      range.end = select(holds(form.guard), range.end, index(0));
      range.begin = select(valid, range.begin, index(0));
      range.end = select(valid, range.end, numTiles);
      masked.push_back(range);
    }
  }

  MaskedPart locate(size_t visit, size_t part) {
    if (forms.empty())
      return MaskedPart::Anywhere;
    const MaskedPart place =
        proofs.locate(*forms[visit], analysis.getMaskedTiles()[part]);
    // What is proved of closed forms does not hold of reads out of bounds.
    const bool assumesBounds =
        place == MaskedPart::None || place == MaskedPart::Whole;
    return valid && assumesBounds ? MaskedPart::Anywhere : place;
  }

  /// Full tiles are those from `full.begin` to `full.end`.
  void split(Range range, size_t visit) {
    Range full = range;
    bool front = false, back = false;
    for (size_t n = 0; n < masked.size(); ++n) {
      const MaskedPart place = locate(visit, n);
      if (place == MaskedPart::None)
        continue;
      if (place == MaskedPart::Whole)
        return add(range, /*needsMask=*/true);
      if (place == MaskedPart::Front)
        cutFront(full, range, masked[n], {});
      else if (place == MaskedPart::Back)
        cutBack(full, masked[n]);
      else
        cutAnywhere(full, range, masked[n]);
      front |= place != MaskedPart::Back;
      back |= place != MaskedPart::Front;
    }
    if (front)
      add({range.begin, full.begin}, /*needsMask=*/true);
    if (back || front)
      full.end = make<arith::MaxSIOp>(full.begin, full.end);
    add(full, /*needsMask=*/false);
    if (back)
      add({full.end, range.end}, /*needsMask=*/true);
  }

  /// Where masked tiles start at or before the range, they end the front. No
  /// tiles end nowhere in the range.
  void cutFront(Range &full, Range range, Range part, Value condition) {
    Value end = make<arith::MinSIOp>(part.end, range.end);
    end = select(condition, end, range.begin);
    full.begin = make<arith::MaxSIOp>(full.begin, end);
  }

  void cutBack(Range &full, Range part) {
    Value some = compare(arith::CmpIPredicate::slt, part.begin, part.end);
    full.end =
        make<arith::MinSIOp>(full.end, select(some, part.begin, full.end));
  }

  void cutAnywhere(Range &full, Range range, Range part) {
    Value isFront = compare(arith::CmpIPredicate::sle, part.begin, range.begin);
    cutFront(full, range, part, isFront);
    part.begin = select(isFront, part.end, part.begin); // no tiles
    cutBack(full, part);
  }

  void add(Range range, bool needsMask) {
    APInt begin, end;
    const bool isEmpty = matchPattern(range.begin, m_ConstantInt(&begin)) &&
                         matchPattern(range.end, m_ConstantInt(&end)) &&
                         begin.sge(end);
    if (range.begin != range.end && !isEmpty)
      loops.push_back({range.begin, range.end, needsMask});
  }

  OpBuilder &b;
  Location loc;
  AttentionOp op;
  const MaskAnalysis &analysis;
  QueryTilePosition at;
  RangeProofs proofs;
  Value numTiles, valid;
  SmallVector<Value> operands;
  SmallVector<const KeyTileRange *> forms; // of `visited`; none if sorted later
  SmallVector<Range> visited, masked;
  SmallVector<KeyTileLoop> loops;
};

} // namespace

SmallVector<KeyTileLoop> attn::emitKeyTileLoops(OpBuilder &builder,
                                                AttentionOp op,
                                                const MaskAnalysis &analysis,
                                                const QueryTilePosition &at) {
  return LoopEmitter(builder, op, analysis, at).emit();
}
