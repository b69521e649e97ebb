//===- Expr.h - Elements of tensors as functions of positions ---*- C++ -*-===//
// What a graph computes, apart from how it is written: the element of a tensor
// at given positions is an expression. Transposes, reshapes, slices, broadcasts
// and elementwise ops disappear in it; what remains are positions, reads of
// tensors that something else computed, and scalar ops. Expressions are unique:
// equal ones are the same pointer.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPR_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPR_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Allocator.h"
#include <unordered_map>

namespace mlir::attn::recognize {

class Node;
using Expr = const Node *;

enum class Kind {
  /// A float or i1 constant. Integers are sums.
  Constant,
  /// A scalar of the program that nothing more is known of.
  Scalar,
  /// A size of a tensor.
  Size,
  /// A position: 0 <= p < extent.
  Position,
  /// coefficient * atom * atom + ... of integers, index and i64 alike. 64-bit
  /// arithmetic does not wrap here.
  Sum,
  /// An element of a tensor.
  Read,
  /// Any pure scalar op.
  Op,
  /// Sum >= 0 and sum == 0.
  AtLeastZero,
  IsZero
};

/// coefficient * product of the atoms (in order).
struct Term {
  ArrayRef<Expr> atoms;
  int64_t coefficient;

  bool operator==(const Term &other) const {
    return coefficient == other.coefficient && atoms == other.atoms;
  }
};

class Node {
public:
  Kind kind;
  /// Ops come before those that use them; the order of atoms.
  unsigned serial = 0;
  /// Which positions it depends on, one bit each.
  uint32_t positions = 0;
  unsigned hash = 0;
  Type type;
  ArrayRef<Expr> operands;
  ArrayRef<Term> terms;
  /// A constant.
  Attribute constant;
  /// A scalar; the tensor of a size or read.
  Value value;
  /// The dimension of a size; the number of a position.
  int64_t number = 0;
  StringAttr name;
  DictionaryAttr attributes;

  bool isOp(StringRef opName) const {
    return kind == Kind::Op && name.getValue() == opName;
  }
  template <typename OpTy> bool is() const {
    return isOp(OpTy::getOperationName());
  }
  bool isRead() const { return kind == Kind::Read; }
  Expr getExtent() const { return operands[0]; }
  /// Whether it goes by a position (a constant one has no bit).
  bool dependsOn(Expr position) const {
    return positions & position->positions;
  }

  bool isSame(const Node &other) const;
};

/// Nodes by what they are.
struct NodeInfo : llvm::DenseMapInfo<Node *> {
  static unsigned getHashValue(const Node *node) { return node->hash; }
  static bool isEqual(const Node *a, const Node *b) {
    auto isNode = [](const Node *node) {
      return node != getEmptyKey() && node != getTombstoneKey();
    };
    return a == b || (isNode(a) && isNode(b) && a->isSame(*b));
  }
};

/// Makes expressions, simplified, and proves things about them.
class ExprContext {
public:
  explicit ExprContext(MLIRContext *context) : context(context) {}

  MLIRContext *getContext() const { return context; }

  Expr integer(int64_t value);
  Expr constant(TypedAttr value);
  Expr floating(Type type, double value);
  Expr boolean(bool value);
  Expr scalar(Value value);
  Expr size(Value tensor, int64_t dim);
  /// `number` is at most 31.
  Expr position(int64_t number, Expr extent);
  Expr read(Value tensor, ArrayRef<Expr> indices);

  /// Any op by its name; the arithmetic that is understood is simplified.
  Expr op(StringAttr name, Type type, ArrayRef<Expr> operands,
          DictionaryAttr attributes);
  template <typename OpTy> Expr op(Type type, ArrayRef<Expr> operands) {
    return op(StringAttr::get(context, OpTy::getOperationName()), type,
              operands, DictionaryAttr::get(context));
  }

  Expr add(Expr a, Expr b, int64_t factor = 1);
  Expr sub(Expr a, Expr b) { return add(a, b, -1); }
  Expr mul(Expr a, Expr b);
  /// Rounding down; the divisor is positive.
  Expr floorDiv(Expr a, Expr b);
  Expr mod(Expr a, Expr b);
  Expr minimum(Expr a, Expr b);
  Expr maximum(Expr a, Expr b);

  Expr atLeastZero(Expr sum);
  Expr isZero(Expr sum);
  Expr compare(arith::CmpIPredicate predicate, Expr a, Expr b);
  Expr compare(arith::CmpFPredicate predicate, Expr a, Expr b);
  Expr notOf(Expr a);
  Expr andOf(Expr a, Expr b);
  Expr orOf(Expr a, Expr b);
  Expr select(Expr condition, Expr a, Expr b);

  /// A copy of `expr` with what `replace` gives (null: go on inside).
  Expr rewrite(Expr expr, llvm::function_ref<Expr(Expr)> replace);

  /// `expr` >= 0 wherever its positions are within their extents.
  bool isNeverNegative(Expr expr);
  /// From now on, size `a` is size `b`; and `sum` is never negative.
  void assumeEqual(Expr a, Expr b);
  void assumeNeverNegative(Expr sum);
  /// `sum` is never negative wherever its positions are: nor where it is least.
  void assumeAlways(Expr sum);

  static std::optional<int64_t> getInteger(Expr expr);
  static std::optional<bool> getBoolean(Expr expr);
  static std::optional<double> getFloat(Expr expr);

private:
  friend class SumBuilder;
  Node *make(Kind kind, Type type, ArrayRef<Expr> operands,
             ArrayRef<Term> terms, Attribute constant, Value value,
             int64_t number, StringAttr name, DictionaryAttr attributes);
  Expr plainOp(StringAttr name, Type type, ArrayRef<Expr> operands,
               DictionaryAttr attributes);
  Expr simplifyInteger(StringRef name, Type type, ArrayRef<Expr> operands,
                       DictionaryAttr attributes);
  Expr simplifyFloat(StringRef name, Type type, ArrayRef<Expr> operands,
                     DictionaryAttr attributes);
  Expr compareIntegers(arith::CmpFPredicate predicate, Expr a, Expr b);
  Expr foldOverSelect(StringAttr name, Type type, ArrayRef<Expr> operands,
                      DictionaryAttr attributes);
  Expr foldConstants(StringRef name, Type type, ArrayRef<Expr> operands,
                     DictionaryAttr attributes);
  Expr negate(Expr a);
  unsigned countCases(Expr expr);
  Expr splitAtLeastZero(Expr sum);
  Expr eliminatePositions(Expr expr);
  bool proveNeverNegative(Expr expr);
  bool isSumOfNonNegatives(Expr expr, ArrayRef<Expr> positive);
  bool isAtomNeverNegative(Expr atom);
  bool isAboveQuotient(Expr expr);

  MLIRContext *context;
  llvm::BumpPtrAllocator allocator;
  DenseSet<Node *, NodeInfo> nodes;
  std::unordered_map<int64_t, Expr> integers;
  SmallVector<Expr> facts;
  DenseMap<Expr, Expr> equal;
  /// As far as the facts tell.
  DenseMap<Expr, Expr> negations;
  /// What is known of a sum, as far as the facts tell: that it is never
  /// negative, or that a proof at this depth, from which no deeper one gets
  /// further, found nothing.
  struct Proof {
    bool holds;
    unsigned depth;
  };
  DenseMap<Expr, Proof> proofs;
  void forgetProofs();
  unsigned proofDepth = 0;
  static constexpr unsigned kMaxCases = 32;
  DenseMap<Expr, unsigned> cases;
};

llvm::raw_ostream &operator<<(llvm::raw_ostream &os, Expr expr);

/// Integers that are index or i64.
bool isWideInteger(Type type);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPR_H
