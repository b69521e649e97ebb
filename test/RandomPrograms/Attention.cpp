//===- Attention.cpp - Programs of one attention --------------------------===//

#include "Attention.h"

#include "Families.h"
#include "Regions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace attn::random_programs {

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Operands drawOperands(RandomSequence &random, const Sizes &sizes) {
  const DType type = drawFloat(random);
  const DType valueType = random.chance(0.85) ? type : drawFloat(random);
  return drawOperands(random, sizes, type, valueType);
}

Operands drawOperands(RandomSequence &random, const Sizes &sizes, DType type,
                      DType valueType) {
  Operands operands;
  operands.type = type;
  operands.valueType = valueType;
  const double spread =
      random.chance(0.06) ? 100 : pick(random, {0.3, 1.0, 1.0, 3.0});
  auto draw = [&](int64_t heads, int64_t length, double deviation) {
    return drawNormal(random, operands.type,
                      {sizes.batch, heads, length, sizes.features}, deviation);
  };
  operands.query = draw(sizes.heads(), sizes.queries, spread);
  operands.key = draw(sizes.kvHeads, sizes.keys, spread);
  operands.value =
      drawNormal(random, operands.valueType,
                 {sizes.batch, sizes.kvHeads, sizes.keys, sizes.valueFeatures},
                 pick(random, {0.1, 1.0, 1.0, 10.0}));
  if (random.chance(0.6))
    operands.scale = pick(random, {0.0, 0.1, 0.3, 1.0, 1.5, -0.5});
  operands.valueNorm = maxAbs(operands.value);
  return operands;
}

ScoreError errorOf(const Operands &operands) {
  ScoreError error;
  error.type = operands.statistics();
  error.terms = operands.query.dim(3);
  const double scale =
      operands.scale.value_or(1 / std::sqrt(double(error.terms)));
  error.norm =
      std::abs(scale) * maxRowNorm(operands.query) * maxRowNorm(operands.key);
  return error;
}

/// Every key like the first one: all scores of a row are equal.
static void repeatFirstKey(Tensor &key) {
  const int64_t features = key.dim(3), length = key.dim(2);
  for (int64_t n = 0; n < key.size(); ++n)
    key.set(n, key.get(n - n / features % length * features));
}

/// What padding holds: anything.
static void poisonPadding(RandomSequence &random, Tensor &tensor,
                          const std::vector<int64_t> &lengths) {
  const double poison = pick(random, {nan, infinity, -infinity});
  for (int64_t n = 0; n < tensor.size(); ++n) {
    const Shape at = tensor.indexOf(n);
    if (at[2] >= lengths[at[0]])
      tensor.set(n, poison);
  }
}

/// One key or value that is NaN: the rows that see it are, the others are not.
static void poisonOne(RandomSequence &random, Tensor &tensor) {
  if (tensor.size())
    tensor.set(random.integer(0, tensor.size() - 1), nan);
}

static std::string drawMask(RandomSequence &random, RegionWriter &regions,
                            const Sizes &sizes, Operands &operands) {
  const double kind = random.uniform();
  if (kind < 0.2)
    return "";
  if (kind < 0.85) {
    if (random.chance(0.15))
      poisonOne(random, random.chance(0.5) ? operands.key : operands.value);
    return regions.mask();
  }
  std::vector<int64_t> lengths;
  for (int64_t n = 0; n < sizes.batch; ++n)
    lengths.push_back(random.integer(0, sizes.keys));
  poisonPadding(random, operands.key, lengths);
  poisonPadding(random, operands.value, lengths);
  return regions.paddingMask(lengths);
}

Value drawSink(ProgramWriter &writer, const Sizes &sizes, ScoreError &error) {
  RandomSequence &random = writer.random;
  Tensor sink = drawNormal(random, drawFloatBeside(random, error.type),
                           {sizes.heads()}, 3);
  if (random.chance(0.3))
    sink.set(random.integer(0, sizes.heads() - 1), -infinity);
  error.norm += maxAbs(sink);
  return writer.argument("sink", std::move(sink));
}

ArgumentText Operand::add(ProgramWriter &writer) const {
  Tensor argument = inLayout(tensor, layout);
  std::optional<size_t> features;
  if (staticFeatures)
    features = placeOf(layout, 3);
  const std::string type =
      writer.tensorType(argument.dtype(), argument.shape(), 0, features);
  const Value value = writer.argument(name, std::move(argument), type);
  return {value, layoutText(name == "q"   ? "query"
                            : name == "k" ? "key"
                                          : "value",
                            layout)};
}

namespace {

/// A result in some layout.
struct DrawnResult {
  std::string type, layout;
};

DrawnResult drawResult(ProgramWriter &writer, const std::string &name,
                       DType type, const Shape &shape) {
  const Layout layout = drawLayout(writer.random, int64_t(shape.size()));
  return {writer.tensorType(type, permute(shape, layout)),
          layoutText(name, layout, name == "scores")};
}

} // namespace

/// Whether to return scores, and which.
static std::string drawStage(RandomSequence &random) {
  if (random.chance(0.65))
    return "";
  return pick<const char *>(random,
                            {"scaled", "intermediate", "modified", "weights"});
}

/// An attention on these operands. `inTiles`: with nothing that asks for all
/// weights of a row at once, or leaves open how large a tile is.
static void writeAttention(ProgramWriter &writer, const Sizes &sizes,
                           Operands operands, bool inTiles) {
  RandomSequence &random = writer.random;
  const bool floor = sizes.keys > 0 && random.chance(0.04);
  if (floor)
    repeatFirstKey(operands.key);
  ScoreError error = errorOf(operands);
  RegionWriter regions(writer, sizes, error);

  const std::string stage = inTiles ? "" : drawStage(random);
  std::string score;
  if (floor && stage != "intermediate")
    score = regions.floorBias();
  else if (stage == "intermediate" || random.chance(0.5))
    score = regions.score(stage == "intermediate");
  const std::string mask = drawMask(random, regions, sizes, operands);
  ProbGrowth growth;
  const std::string prob =
      !inTiles && random.chance(0.1) ? regions.prob(growth) : "";

  std::vector<std::string> arguments, types;
  std::string layouts;
  for (const Operand &operand :
       {Operand{"q", operands.query, drawLayout(random, 4), inTiles},
        Operand{"k", operands.key, drawLayout(random, 4), inTiles},
        Operand{"v", operands.value, drawLayout(random, 4), inTiles}}) {
    const ArgumentText text = operand.add(writer);
    arguments.push_back(text.value.name);
    types.push_back(text.value.type);
    layouts += text.layout;
  }
  std::string operation = "attn.attention " + join(arguments);
  if (random.chance(0.2)) {
    const Value sink = drawSink(writer, sizes, error);
    operation += " sink " + sink.name;
    types.push_back("sink " + sink.type);
  }
  if (operands.scale)
    operation += " scale " + literal(*operands.scale);

  const double scoreError = error.ofScore();
  const DType outputType =
      random.chance(0.85) ? operands.type : drawFloat(random);
  const Shape rows = {sizes.batch, sizes.heads(), sizes.queries};
  Shape outputShape = rows, scoresShape = rows;
  outputShape.push_back(sizes.valueFeatures);
  scoresShape.push_back(sizes.keys);
  const DrawnResult output =
      drawResult(writer, "output", outputType, outputShape);
  layouts += output.layout;
  std::vector<std::string> results = {output.type};
  std::vector<Value> values = {{writer.fresh(), output.type}};
  writer.result(
      values.back(),
      tolerance({outputType, operands.type, operands.valueType, error.type},
                operands.valueNorm * growth.sum,
                (2 * scoreError * growth.factor +
                 unitRoundoff(error.type) * double(sizes.keys)) *
                    operands.valueNorm * growth.sum));
  if (random.chance(0.35)) {
    const DrawnResult lse = drawResult(writer, "lse", error.type, rows);
    layouts += lse.layout;
    results.push_back("lse " + lse.type);
    values.push_back({writer.fresh(), lse.type});
    writer.result(values.back(), tolerance({error.type}, 1, scoreError));
  }
  if (!stage.empty()) {
    const DType type = random.chance(0.5) ? error.type : drawFloat(random);
    const DrawnResult scores = drawResult(writer, "scores", type, scoresShape);
    layouts += scores.layout;
    results.push_back(stage + " " + scores.type);
    values.push_back({writer.fresh(), scores.type});
    writer.result(
        values.back(),
        tolerance({type, error.type}, 1,
                  scoreError * (stage == "weights" ? 2 * growth.factor : 1)));
  }
  std::vector<std::string> names;
  for (const Value &value : values)
    names.push_back(value.name);
  writer.line(join(names) + " = " + operation +
              (layouts.empty() ? "" : "\n    layout" + layouts) + score + mask +
              prob + "\n    : " + join(types) + "\n    -> (" + join(results) +
              ")");
}

void drawAttention(ProgramWriter &writer) {
  const Sizes sizes = drawSizes(writer.random);
  Operands operands = drawOperands(writer.random, sizes);
  writeAttention(writer, sizes, std::move(operands), /*inTiles=*/false);
}

void drawTiledAttention(ProgramWriter &writer) {
  RandomSequence &random = writer.random;
  const Sizes sizes = drawTiledSizes(random);
  const DType type = random.chance(0.5) ? DType::f16 : DType::bf16;
  Operands operands = drawOperands(random, sizes, type, type);
  writeAttention(writer, sizes, std::move(operands), /*inTiles=*/true);
}

} // namespace attn::random_programs
