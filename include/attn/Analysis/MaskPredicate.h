//===- MaskPredicate.h - A mask region, read symbolically -------*- C++ -*-===//
//===----------------------------------------------------------------------===//
// A mask region is read into a predicate over affine expressions (with
// floordiv, ceildiv and mod by constants) of the positions
//
//     d0 = b (batch)   d1 = h (query head)   d2 = i (query)   d3 = j (key)
//
// and of symbols: s0 = Sq, s1 = Sk (unused where the length is static), then
// one for each value that is the same for all pairs of a tile: captured values
// and values that the region computes from b, h and captures alone. What is
// not understood is `unknown`, and stays unknown through and, or and not.
//
// Arithmetic is that of the integers: a mask whose index arithmetic wraps
// around 64 bits is outside of this analysis.
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_MASKPREDICATE_H
#define ATTN_ANALYSIS_MASKPREDICATE_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/AffineExpr.h"

#include <memory>
#include <optional>

namespace mlir::attn {

enum MaskDim : unsigned { MaskBatch, MaskHead, MaskQuery, MaskKey };
constexpr unsigned numMaskDims = 4;
enum MaskLengthSymbol : unsigned { MaskQueryLength, MaskKeyLength };
constexpr unsigned numMaskLengthSymbols = 2;

/// A tree of and, or and comparisons with 0. There is no `not` node: negation
/// moves to the leaves, so that one bound of a tree bounds its parts.
/// Immutable; copies share.
class MaskPredicate {
public:
  enum class Kind { False, True, Unknown, AtLeastZero, Zero, NonZero, And, Or };

  static MaskPredicate constant(bool value);
  static MaskPredicate unknown();
  /// expr >= 0, expr == 0. Constants fold.
  static MaskPredicate atLeastZero(AffineExpr expr);
  static MaskPredicate zero(AffineExpr expr);

  MaskPredicate operator&&(const MaskPredicate &other) const;
  MaskPredicate operator||(const MaskPredicate &other) const;
  MaskPredicate operator!() const;

  Kind getKind() const;
  bool isConstant(bool value) const;
  bool hasUnknown() const;
  AffineExpr getExpr() const;          // leaves with an expression
  const MaskPredicate &getLhs() const; // And, Or
  const MaskPredicate &getRhs() const;

  /// Nodes of the tree, shared ones counted as often as they occur. A tree
  /// that would exceed `maxSize` becomes unknown.
  unsigned getSize() const;
  static constexpr unsigned maxSize = 512;

private:
  struct Node;
  explicit MaskPredicate(std::shared_ptr<const Node> node)
      : node(std::move(node)) {}
  static MaskPredicate leaf(Kind kind, AffineExpr expr = {});
  static MaskPredicate branch(Kind kind, const MaskPredicate &lhs,
                              const MaskPredicate &rhs);
  std::shared_ptr<const Node> node;
};

/// A value that is the same for all (i, j). `value` is null for Sq and Sk; it
/// may be defined in the region, from b, h and captures.
struct MaskSymbol {
  Value value;
  std::optional<int64_t> lower, upper; // closed, where known
};

/// A mask region as it was read.
struct MaskReading {
  MLIRContext *context = nullptr;
  MaskPredicate predicate = MaskPredicate::constant(true);
  SmallVector<MaskSymbol> symbols;     // s0, s1, ...
  AffineExpr queryLength, keyLength;   // a constant, s0 or s1
  std::optional<int64_t> batch, heads; // where static
  SmallVector<Value> notUnderstood;    // in the order met, each once

  /// What holds whatever the mask says: positions within their bounds, symbols
  /// within theirs. Each expression is at least 0.
  SmallVector<AffineExpr> getDomain() const;
};

/// Reads the mask region; without one everything attends. Never fails.
MaskReading readMask(AttentionOp op);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_MASKPREDICATE_H
