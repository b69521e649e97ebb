//===- MaskSets.h - Masks as unions of convex sets --------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
// A predicate as a union of conjunctions of affine constraints, and those as
// MLIR's Presburger sets. All work here is bounded by counts (of conjunctions,
// constraints and divisions), never by a clock: where a bound is met, the set
// grows (Bound::Over) or shrinks (Bound::Under), which is always sound.
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_MASKSETS_H
#define ATTN_ANALYSIS_MASKSETS_H

#include "attn/Analysis/MaskPredicate.h"
#include "mlir/Analysis/Presburger/PresburgerRelation.h"

namespace mlir::attn {

/// What stands for an unknown predicate: everything, or nothing.
enum class MaskBound { Over, Under };

/// What may still be spent on one mask, in operations on the numbers of tables
/// of constraints, estimated before the work is done. The same mask costs the
/// same on every machine; what is refused is answered by "not known".
class MaskEffort {
public:
  explicit MaskEffort(int64_t operations) : left(operations) {}
  /// Takes `operations`, or takes nothing and says false.
  bool spend(int64_t operations) {
    if (operations > left) {
      refused = true;
      return false;
    }
    left -= operations;
    return true;
  }
  int64_t getLeft() const { return left; }
  /// Something was refused.
  bool isSpent() const { return refused; }

private:
  int64_t left;
  bool refused = false;
};

/// Operations of one linear program over the rationals.
int64_t getSimplexCost(const presburger::IntegerRelation &set);

struct MaskLimits {
  int64_t effort = 60'000'000; // some tenths of a second
  unsigned conjunctions = 12;
  unsigned constraints = 24; // of one conjunction, beyond the domain
  unsigned divisions = 6;    // of one conjunction, distinct
};

/// All of `atLeastZero` are >= 0 and all of `zero` are 0.
struct MaskConjunction {
  SmallVector<AffineExpr> atLeastZero, zero;
};

struct MaskUnion {
  SmallVector<MaskConjunction> parts; // may overlap; none: nothing
  bool exact = true;                  // equal to the predicate
};

/// `predicate` as a union, within `limits`.
MaskUnion getMaskUnion(const MaskPredicate &predicate, MaskBound bound,
                       const MaskLimits &limits = {});

/// The points of `part` for which all of `domain` are >= 0, over `numDims`
/// dimensions and `numSymbols` symbols, divisions as local variables.
presburger::IntegerPolyhedron
getPolyhedron(const MaskConjunction &part, ArrayRef<AffineExpr> domain,
              unsigned numDims, unsigned numSymbols, MLIRContext *mlirContext);

/// The union of getPolyhedron over all parts.
presburger::PresburgerSet getPresburgerSet(const MaskUnion &mask,
                                           ArrayRef<AffineExpr> domain,
                                           unsigned numDims,
                                           unsigned numSymbols,
                                           MLIRContext *mlirContext);

/// Whether `set` is within the union of `parts` after the dimensions [first,
/// last) of these are projected out. False also where that would be expensive
/// to tell.
bool isWithinProjection(presburger::PresburgerSet set,
                        ArrayRef<presburger::IntegerPolyhedron> parts,
                        unsigned first, unsigned last, MaskEffort &effort);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_MASKSETS_H
