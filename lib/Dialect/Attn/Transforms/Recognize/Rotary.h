//===- Rotary.h - Pairs of features that are rotated ------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_ROTARY_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_ROTARY_H

#include "Operands.h"
#include "Tables.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn::recognize {

/// A tensor whose last dimension holds rotated pairs, with everything as a
/// function of the positions of its dimensions.
struct RotaryParts {
  /// What the op replaces.
  Value root;
  /// The canonical dimension of each dimension of the root.
  SmallVector<int64_t> rootDims;
  /// Positions of batch, head, sequence and feature; that of a pair.
  Dims dims;
  Expr pair = nullptr;
  /// What is rotated, at `dims`.
  Expr input = nullptr;
  /// Without casts.
  Expr cos = nullptr, sin = nullptr;
  int64_t rotated = 0;
  bool interleaved = false;
  /// Ops between input and root, whose results the root is made of.
  DenseSet<Operation *> inside;
};

/// x1 * cos - x2 * sin and x1 * sin + x2 * cos, in any order, in the two
/// features of a pair.
class RotaryMatcher {
public:
  explicit RotaryMatcher(TensorReader &reader) : r(reader), c(reader.c) {}

  std::optional<RotaryParts> match(Value root);

  /// What stopped a near miss; empty where nothing is rotated.
  std::string obstacle;

private:
  /// sign * factors * what `read` reads.
  struct Product {
    Expr read;
    SmallVector<Expr, 2> factors;
    bool negative;
  };
  using Products = SmallVector<Product>;
  /// The product of the factors of a product, and its sign.
  struct Coefficient {
    Expr value;
    bool negative;
    bool operator!=(const Coefficient &other) const {
      return value != other.value || negative != other.negative;
    }
  };

  std::optional<RotaryParts> match(Value root, int64_t rotated,
                                   bool interleaved);
  bool matchPair(RotaryParts &parts, Expr first, Expr second, Expr features);
  bool matchRest(const RotaryParts &parts, int64_t features);
  bool assignDims(RotaryParts &parts);
  Expr strip(Expr expr);
  /// An expression without its sign, and whether that is a minus.
  struct Signed {
    Expr value;
    bool negative;
  };
  Signed takeSign(Expr expr, bool negative);
  void collectProducts(Expr term, Product product, unsigned depth,
                       Products &products);
  std::optional<std::array<Products, 2>> readTerms(Expr sum);
  std::optional<Coefficient> find(const Products &products, Expr read);
  Coefficient multiply(const Product &product);
  Expr readAt(Value root, Expr feature);

  TensorReader &r;
  ExprContext &c;
  SmallVector<Expr> positions;
  /// The features of a pair, and which index of the input goes by them.
  Expr low = nullptr, high = nullptr, pair = nullptr;
  Expr lowRead = nullptr;
  unsigned featureIndex = 0;
};

/// Every rotated tensor of a function becomes an op.
void recognizeRotary(FunctionOpInterface function);

/// Writes the op in place of the root.
void buildRotary(TensorReader &reader, const RotaryParts &parts,
                 const OperandView &input, Tables &tables);

/// The tensor that is rotated, of the root's type of elements; null where no
/// tensor holds it.
std::optional<OperandView> findRotaryInput(TensorReader &reader,
                                           const RotaryParts &parts);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_ROTARY_H
