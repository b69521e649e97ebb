//===- Linear.cpp - Programs of linear attention --------------------------===//

#include "Attention.h"
#include "Families.h"

#include <cmath>

namespace attn::random_programs {

namespace {

/// Decays, betas and states as models have them, so that the recurrence stays
/// bounded: keys of norm at most 1, betas in [0, 1], decays at most 0.
class LinearProgram {
public:
  explicit LinearProgram(ProgramWriter &writer)
      : writer(writer), random(writer.random) {}
  void draw();

private:
  ProgramWriter &writer;
  RandomSequence &random;
  Sizes sizes = drawSizes(random);
  DType type = drawFloat(random);
  DType statistics = statisticsType(type);
  std::string operands, types, layouts;
  double stateNorm = 0;
  DType stateType = type; // of the present state: the past one's (D15)

  Value add(const std::string &name, const Tensor &tensor,
            const std::string &keyword = "");
  void addLaidOut(const std::string &name, const Tensor &canonical);
  Tensor drawKeys();
  void addDecay();
  void addBeta();
  void addState();
};

} // namespace

Value LinearProgram::add(const std::string &name, const Tensor &tensor,
                         const std::string &keyword) {
  const Value value = writer.argument(name, tensor);
  const std::string separator = operands.empty()  ? ""
                                : keyword.empty() ? ", "
                                                  : " " + keyword + " ";
  operands += separator + value.name;
  types += (types.empty() ? "" : ", ") +
           (keyword.empty() ? "" : keyword + " ") + value.type;
  return value;
}

void LinearProgram::addLaidOut(const std::string &name,
                               const Tensor &canonical) {
  const Layout layout = drawLayout(random, 4);
  add(name, inLayout(canonical, layout));
  layouts += layoutText(name, layout);
}

Tensor LinearProgram::drawKeys() {
  Tensor key =
      drawNormal(random, type,
                 {sizes.batch, sizes.kvHeads, sizes.queries, sizes.features});
  const double norm = maxRowNorm(key);
  for (int64_t n = 0; n < key.size(); ++n)
    key.set(n, key.get(n) / norm);
  return key;
}

void LinearProgram::addDecay() {
  Shape shape = {sizes.batch, sizes.kvHeads, sizes.queries};
  if (random.chance(0.5))
    shape.push_back(sizes.features);
  Tensor decay(drawFloatBeside(random, statistics), shape);
  fillUniform(decay, random.bits(), -2, 0);
  add("decay", decay, "decay");
}

void LinearProgram::addBeta() {
  Tensor beta(drawFloatBeside(random, statistics),
              {sizes.batch, sizes.kvHeads, sizes.queries});
  fillUniform(beta, random.bits(), 0, 1);
  add("beta", beta, "beta");
}

void LinearProgram::addState() {
  const Tensor state = drawNormal(
      random, drawFloatBeside(random, statistics),
      {sizes.batch, sizes.kvHeads, sizes.features, sizes.valueFeatures});
  stateNorm += maxAbs(state);
  stateType = state.dtype();
  add("state", state, "state");
}

void LinearProgram::draw() {
  const std::string rule =
      pick<const char *>(random, {"linear", "gated", "delta", "gated_delta"});
  const Tensor query =
      drawNormal(random, type,
                 {sizes.batch, sizes.heads(), sizes.queries, sizes.features});
  const Tensor value = drawNormal(
      random, random.chance(0.9) ? type : drawFloat(random),
      {sizes.batch, sizes.kvHeads, sizes.queries, sizes.valueFeatures});
  if (value.dtype() == DType::f64)
    statistics = DType::f64;
  addLaidOut("query", query);
  addLaidOut("key", drawKeys());
  addLaidOut("value", value);
  if (rule == "gated" || rule == "gated_delta")
    addDecay();
  if (rule == "delta" || rule == "gated_delta")
    addBeta();
  if (random.chance(0.5))
    addState();
  std::string scale;
  double factor = 1 / std::sqrt(double(sizes.features));
  if (random.chance(0.5)) {
    factor = pick(random, {0.1, 1.0, -0.7});
    scale = " scale " + literal(factor);
  }

  const Layout layout = drawLayout(random, 4);
  const DType outputType = random.chance(0.8) ? type : drawFloat(random);
  const Value output{
      writer.fresh(),
      writer.tensorType(outputType,
                        permute({sizes.batch, sizes.heads(), sizes.queries,
                                 sizes.valueFeatures},
                                layout))};
  layouts += layoutText("output", layout);
  const bool wantState = random.chance(0.6);
  const Value state{
      writer.fresh(),
      writer.tensorType(stateType, {sizes.batch, sizes.kvHeads, sizes.features,
                                    sizes.valueFeatures})};
  writer.line(output.name + (wantState ? ", " + state.name : "") +
              " = attn.linear_attention " + rule + " " + operands + scale +
              (layouts.empty() ? "" : "\n    layout" + layouts) +
              "\n    : " + types + "\n    -> (" + output.type +
              (wantState ? ", state " + state.type : "") + ")");

  // Each token adds at most |k v| <= max|v| to an element of the state.
  stateNorm += double(sizes.queries) * maxAbs(value);
  const double u = unitRoundoff(statistics);
  const double stateError = 4 * u * double(sizes.features + 4) * stateNorm;
  const double gain =
      std::abs(factor) * maxRowNorm(query) * std::sqrt(double(sizes.features));
  writer.result(output,
                tolerance({outputType, statistics}, 1, gain * stateError));
  if (wantState)
    writer.result(state, tolerance({stateType, statistics}, 1, stateError));
}

void drawLinearAttention(ProgramWriter &writer) {
  LinearProgram(writer).draw();
}

} // namespace attn::random_programs
