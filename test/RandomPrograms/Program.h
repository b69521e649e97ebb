//===- Program.h - A random program and how it is written -------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// A program is one function of MLIR text with the tensors to call it on. All of
// it is drawn from one number: the same number gives the same program, bit for
// bit, whatever is drawn beside it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_PROGRAM_H
#define ATTN_TEST_RANDOMPROGRAMS_PROGRAM_H

#include "attn/Reference/Tolerances.h"
#include "attn/Support/Random.h"
#include "attn/Support/Tensor.h"

#include <optional>
#include <string>
#include <vector>

namespace attn::random_programs {

struct Program {
  std::string name; // the function's
  std::string text; // one `func.func`
  std::vector<Tensor> inputs;
  /// One for each result: the table's (Tolerances.h), times what the drawn
  /// numbers do to rounding errors (Error.h).
  std::vector<Tolerance> tolerances;
  /// Data holds an index out of range, which must be found when run (D21).
  bool mustFail = false;
  /// Whether there is a result is for the oracle to say.
  bool followsOracle = false;
};

/// Of every family about attention, of the one whose programs may have no
/// results, of what stands around attention, or of attention in many tiles.
enum class Kind { Defined, Undefined, Graph, Tiled };

/// Program `index` of `seed`, called by its number.
Program drawProgram(uint64_t seed, int64_t index, Kind kind);
/// The next program of a sequence.
Program drawProgram(RandomSequence &random, Kind kind, const std::string &name);

/// An SSA value of the text: `%q`, `tensor<?x4x8xf32>`.
struct Value {
  std::string name;
  std::string type;
};

/// Writes a program's text from the top to the bottom.
class ProgramWriter {
public:
  explicit ProgramWriter(RandomSequence &random);

  RandomSequence &random;

  /// Adds an argument; draws which of its dimensions are dynamic, after
  /// `firstStatic` ones that may not be.
  Value argument(const std::string &name, Tensor tensor,
                 size_t firstStatic = 0);
  /// The same with a type that the caller chose.
  Value argument(const std::string &name, Tensor tensor,
                 const std::string &type);
  /// A tensor type of this shape; draws which dimensions are dynamic, but for
  /// the one that must be static.
  std::string tensorType(DType type, const Shape &shape, size_t firstStatic = 0,
                         std::optional<size_t> mustBeStatic = {});
  /// A line of the function's body.
  void line(const std::string &text) { body += "  " + text + "\n"; }
  /// `line` with a new value on its left.
  Value define(const std::string &operation, const std::string &type);
  /// A constant of type index.
  Value index(int64_t value);
  /// An index read from a scalar tensor argument, which only the call knows.
  Value runTimeIndex(const std::string &name, int64_t value);
  /// A name that no other value has.
  std::string fresh() { return "%" + std::to_string(next++); }
  /// A name for an argument: `stem`, `stem1`, ...
  std::string freshArgument(const std::string &stem);

  void result(const Value &value, Tolerance tolerance);
  /// An index of the data drawn is out of range.
  void mustFail() { program.mustFail = true; }
  /// The data drawn may have no result.
  void followOracle() { program.followsOracle = true; }

  Program finish(const std::string &name);

private:
  std::vector<std::string> parameters, resultNames, resultTypes;
  std::string body;
  Program program;
  double dynamicShare;
  int next = 0;
  std::vector<std::string> usedNames;
};

/// "a, b, c".
std::string join(const std::vector<std::string> &parts,
                 const std::string &separator = ", ");
/// A float literal that MLIR reads back as the same double.
std::string literal(double value);

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_PROGRAM_H
