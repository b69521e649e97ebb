//===- Linear.h - Recurrences over a state of keys and values ---*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_LINEAR_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_LINEAR_H

#include "Operands.h"
#include "Tables.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn::recognize {

/// Linear attention, with everything as a function of canonical positions.
struct LinearParts {
  /// The loop over tokens; null where there is one token and no loop.
  scf::ForOp loop;
  /// What it replaces: the outputs of all tokens, and the state behind them.
  Value output, state;
  /// The state before; null where it is 0.
  Value initialState;
  /// Canonical dimensions of the output's; of the state's (batch, head, key
  /// feature, value feature).
  SmallVector<int64_t> outputDims, stateDims;
  /// At positions of query heads; at those of key and value heads.
  Dims queryDims, keyDims, valueDims;
  Expr query = nullptr, key = nullptr, value = nullptr;
  /// exp(decay) multiplies the state; beta what is written. Null where nothing
  /// does.
  Expr decay = nullptr, beta = nullptr;
  /// What the state holds of the key is subtracted from the value.
  bool delta = false;
  double scale = 1;
};

/// Reads one step: how the state changes, and what is read of it.
class LinearMatcher {
public:
  explicit LinearMatcher(TensorReader &reader) : r(reader), c(reader.c) {}

  std::optional<LinearParts> match(scf::ForOp loop);
  /// One token: `output` is the product of queries and the state.
  std::optional<LinearParts> matchToken(Operation *output);

  /// What stopped a near miss; empty where nothing is a recurrence.
  std::string obstacle;

private:
  /// Where the token's output is put into those of all.
  struct Placement {
    unsigned result;
    tensor::InsertSliceOp insert;
    unsigned tokenDim;
  };
  std::optional<Placement> findPlacement();
  bool matchOutput(Expr output, ArrayRef<Expr> at);
  bool assignOutputDims(ArrayRef<Expr> at, Expr batch, Expr head);
  bool matchState(Value after);
  bool readUpdate(Expr kept, Expr written);
  bool readKept(Expr kept);
  bool readWritten(Expr written);
  bool readDelta(Expr difference);
  std::optional<std::pair<Expr, Expr>> readProduct(Expr read, Expr reduced);
  void collectFactors(Expr product, SmallVectorImpl<Expr> &factors);
  Expr multiply(ArrayRef<Expr> factors);
  Expr leaveLoop(Expr expr);
  bool leaveLoop();
  bool isInside(Value value);
  bool fail(const Twine &message);

  TensorReader &r;
  ExprContext &c;
  LinearParts parts;
  /// The number of the token.
  Expr token = nullptr;
  Value before;
  /// Positions of the state's dimensions.
  SmallVector<Expr> stateAt;
  Expr keyFeature = nullptr, valueFeature = nullptr, kept = nullptr;
};

/// Writes the op.
bool buildLinear(TensorReader &reader, LinearParts &parts);

/// Every recurrence of a function becomes an op.
void recognizeLinear(FunctionOpInterface function);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_LINEAR_H
