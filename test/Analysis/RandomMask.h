//===- RandomMask.h - Random mask regions and their meaning -----*- C++ -*-===//
#ifndef ATTN_TEST_ANALYSIS_RANDOMMASK_H
#define ATTN_TEST_ANALYSIS_RANDOMMASK_H

#include "MaskIntervals.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <random>

namespace mlir::attn::test {

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t integer(int64_t low, int64_t high) { // closed
    return low + int64_t(engine() % uint64_t(high - low + 1));
  }
  bool chance(double p) { return (engine() >> 11) * 0x1p-53 < p; }

private:
  std::mt19937_64 engine;
};

/// What a run would supply: the arguments of the function after q, k and v.
struct Inputs {
  int64_t queryLength = 0, keyLength = 0;
  int64_t scalars[2] = {0, 0}; // %s0, %s1: index
  bool flag = false;           // %f: i1
  // %n: tensor<?xi32> by batch, %seg: tensor<?x?xi32> by batch and position,
  // %tab: tensor<?x?x?x?xi1> in blocks of 4 queries and 3 keys.
  std::vector<int64_t> lengths;
  std::vector<std::vector<int64_t>> segments;
  std::vector<char> table;
  int64_t tableRows = 0, tableColumns = 0;
};
constexpr int64_t numBatches = 2, numHeads = 4;
constexpr int64_t tableQueryBlock = 4, tableKeyBlock = 3;

/// A module with one attention. With `data`, its mask may also read segments
/// and a table.
struct MaskText {
  std::string module;
  bool staticLengths = false;
};
MaskText drawMask(Random &random, bool data, int64_t queryLength,
                  int64_t keyLength);
Inputs drawInputs(Random &random, int64_t queryLength, int64_t keyLength);

/// The region, ready to be evaluated pair by pair: integers wrap around 64
/// bits, as index arithmetic does. Shares nothing with the analysis.
class MaskProgram {
public:
  /// `function` holds the values that `op` captures: its arguments.
  MaskProgram(AttentionOp op, func::FuncOp function);
  bool operator()(const Inputs &inputs, int64_t b, int64_t h, int64_t i,
                  int64_t j);
  /// Of a value that the symbolic analysis made a symbol.
  int64_t valueOf(Value value, const Inputs &inputs, int64_t b, int64_t h);

private:
  int64_t evaluate(Operation *op, const Inputs &inputs);
  int64_t &slot(Value value) { return slots[slotOf.lookup(value)]; }
  void addSlot(Value value);
  void run(const Inputs &inputs, const int64_t (&position)[4]);
  AttentionOp op;
  func::FuncOp function;
  SmallVector<Operation *> order;
  DenseMap<Value, unsigned> slotOf;
  std::vector<int64_t> slots;
};

/// Per-block bounds of the inputs, as classifyByIntervals wants them.
std::optional<Interval> readInputs(const Inputs &inputs, Value captured,
                                   ArrayRef<Interval> indices);

} // namespace mlir::attn::test

#endif // ATTN_TEST_ANALYSIS_RANDOMMASK_H
