//===- AttentionWriter.h - Draws and writes one form ------------*- C++ -*-===//
#ifndef ATTN_TEST_RANDOMREWRITES_ATTENTIONWRITER_H
#define ATTN_TEST_RANDOMREWRITES_ATTENTIONWRITER_H

#include "GraphWriter.h"

namespace attn::random_rewrites {

/// Draws the form step by step and writes it.
class AttentionWriter {
public:
  AttentionWriter(ProgramWriter &writer, bool nearMiss)
      : graph(writer), random(writer.random), nearMiss(nearMiss) {}

  std::vector<std::string> write();
  /// How many ops are to be found.
  int64_t getRotations() const { return misses("other angle") ? 0 : rotations; }
  int64_t getAttentions() const {
    return miss.empty() || misses("other angle") ? 1 : 0;
  }

private:
  std::string choose(const std::string &what,
                     std::initializer_list<const char *> options);
  bool misses(const char *kind) const { return miss == kind; }
  void drawSizes();
  Node drawOperand(const std::string &name, const Shape &shape);
  Node rotate(const Node &node, const std::string &name);
  Node appendToPast(const Node &node, const std::string &name, int64_t past);
  void rotateOperands();
  void writeOperands();
  void writeScores();
  void modifyScores();
  void drawMask();
  void applyMask();
  Node collapsed(const Node &node);
  Node overScores(const std::vector<Access> &more, const std::string &body);
  void writeWeights();
  void writeParts();
  Node addOne(const Node &sum);
  void writeLogarithm();
  void writeNamed();
  void guardWeights();
  Node rounded(const Node &node);
  void writeOutput();

  GraphWriter graph;
  RandomSequence &random;
  bool nearMiss;
  std::vector<std::string> choices;
  std::string miss;

  random_programs::Sizes sizes;
  std::string layout, grouping, rotary, maskKind, guard, application;
  DType type = DType::f32;
  std::string element = "f32";
  int64_t rotations = 0;
  /// Leading dimensions of scores: batch and heads, their product, or batch, kv
  /// heads and heads in a group.
  std::vector<Size> lead, full;
  Size queries, keys, features, valueFeatures;
  Node query, key, value, scores, mask, maximum, weights;
  /// Scores or weights that are a result as well.
  Node returned;
  std::string alsoReturned;
  bool hasMask = false, hasMaximum = false;
};

} // namespace attn::random_rewrites

#endif // ATTN_TEST_RANDOMREWRITES_ATTENTIONWRITER_H
