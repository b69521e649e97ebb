//===- Regions.h - Masks, score modifiers and probabilities -----*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_REGIONS_H
#define ATTN_TEST_RANDOMPROGRAMS_REGIONS_H

#include "Draw.h"
#include "Error.h"

namespace attn::random_programs {

/// What the probabilities of a row become.
struct ProbGrowth {
  double factor = 1; // of each one's error
  double sum = 1;    // of the row
};

/// Draws the regions of one attention. Tensors that a region captures become
/// arguments of the function.
class RegionWriter {
public:
  RegionWriter(ProgramWriter &writer, const Sizes &sizes, ScoreError &error)
      : writer(writer), random(writer.random), sizes(sizes), error(error) {}

  /// ` mask (...) {...}` of predicates with and, or and not.
  std::string mask();
  /// A mask that hides keys beyond a length of each batch, and perhaps more.
  std::string paddingMask(const std::vector<int64_t> &lengths);
  /// ` score (...) {...}`; with `intermediate` it yields a second value.
  std::string score(bool intermediate);
  /// A bias of 0 or the lowest number there is, on all keys of some rows.
  std::string floorBias();
  /// ` prob (...) {...}`.
  std::string prob(ProbGrowth &growth);

private:
  std::string begin(const std::string &name, const std::string &first);
  std::string end(const std::vector<std::string> &values,
                  const std::string &type);
  std::string define(const std::string &operation);
  std::string constant(const std::string &value, const std::string &type);
  std::string scoreType() const { return dtypeName(error.type); }
  std::string offset();
  std::string offsetText();

  std::string predicate(int depth);
  std::string leaf();
  std::string causal();
  std::string window();
  std::string prefix();
  std::string prefixByBatch(const std::vector<int64_t> &lengths);
  std::string sameSegment();
  std::string blockSparse();
  std::string comparison();
  std::string boolMask();
  std::string notMinusInfinity();

  std::string modifier(const std::string &s);
  std::string softcap(const std::string &s);
  std::string alibi(const std::string &s);
  std::string relativePositionBias(const std::string &s);
  std::string capturedBias(const std::string &s);
  std::string arithmetic(const std::string &s);

  /// A tensor argument over (b, h, i, j), where b and h may be missing or of
  /// size 1, read at the pair and converted to the score type.
  struct Captured {
    std::string value;
    DType type;
  };
  Captured capture(const std::string &stem, DType type, bool floats,
                   double minusInfinityShare);
  std::string toScoreType(const std::string &value, DType type);

  ProgramWriter &writer;
  RandomSequence &random;
  const Sizes &sizes;
  ScoreError &error;
  std::string text;
  std::string b, h, i, j;
};

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_REGIONS_H
