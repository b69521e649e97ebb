//===- States.cpp - Programs that split the keys --------------------------===//

#include "Attention.h"
#include "Families.h"
#include "Regions.h"

#include <algorithm>

namespace attn::random_programs {

namespace {

/// The three values of a state.
using State = std::vector<std::string>;

/// One program: a query, and tiles of keys and values.
class StateProgram {
public:
  explicit StateProgram(ProgramWriter &writer)
      : writer(writer), random(writer.random), sizes(drawSizes(random)),
        operands(drawOperands(random, sizes)), error(errorOf(operands)) {}

  void draw();

private:
  State init();
  State attend(const State &into);
  State merge(const State &left, const State &right);
  void finalize(const State &state);

  State define(const std::string &operation);

  ProgramWriter &writer;
  RandomSequence &random;
  Sizes sizes;
  Operands operands;
  ScoreError error; // of the worst tile so far
  std::string accType, maxType;
  Value query;
  std::string queryLayout;
};

} // namespace

State StateProgram::define(const std::string &operation) {
  State state = {writer.fresh(), writer.fresh(), writer.fresh()};
  writer.line(join(state) + " = " + operation);
  return state;
}

State StateProgram::init() {
  std::string dynamic;
  const Shape shape = {sizes.batch, sizes.heads(), sizes.queries,
                       sizes.valueFeatures};
  for (size_t at = accType.find('<') + 1, n = 0; n < shape.size(); ++n) {
    if (accType[at] == '?')
      dynamic += (dynamic.empty() ? "" : ", ") + writer.index(shape[n]).name;
    at = accType.find('x', at) + 1;
  }
  return define("attn.init_state " +
                (dynamic.empty() ? "" : "(" + dynamic + ") ") + ": " + accType +
                ", " + maxType);
}

State StateProgram::attend(const State &into) {
  Sizes tile = sizes;
  tile.keys = std::min(drawLength(random), sizes.keys + 1);
  Operands drawn = drawOperands(random, tile);
  const Tensor key = drawn.key.cast(operands.type);
  const Tensor value = drawn.value.cast(operands.valueType);
  operands.valueNorm = std::max(operands.valueNorm, maxAbs(value));

  Operands these = operands;
  these.key = key;
  ScoreError tileError = errorOf(these);
  RegionWriter regions(writer, tile, tileError);
  std::string score, mask;
  if (random.chance(0.5))
    score = regions.score(false);
  if (random.chance(0.6))
    mask = regions.mask();
  error.norm = std::max(error.norm, tileError.norm);

  const ArgumentText k = Operand{"k", key, drawLayout(random, 4)}.add(writer);
  const ArgumentText v = Operand{"v", value, drawLayout(random, 4)}.add(writer);
  const std::string layouts = queryLayout + k.layout + v.layout;
  return define("attn.attend " + query.name + ", " + k.value.name + ", " +
                v.value.name + " into " + join(into) +
                (operands.scale ? " scale " + literal(*operands.scale) : "") +
                (layouts.empty() ? "" : " layout" + layouts) + score + mask +
                "\n    : " + query.type + ", " + k.value.type + ", " +
                v.value.type + "\n    -> " + accType + ", " + maxType);
}

State StateProgram::merge(const State &left, const State &right) {
  return define("attn.merge_states (" + join(left) + "), (" + join(right) +
                ") : " + accType + ", " + maxType);
}

void StateProgram::finalize(const State &state) {
  std::string sink, sinkType;
  if (random.chance(0.4)) {
    const Value value = drawSink(writer, sizes, error);
    sink = " sink " + value.name;
    sinkType = ", sink " + value.type;
  }
  const DType type = random.chance(0.7) ? operands.type : drawFloat(random);
  const Layout outputLayout = drawLayout(random, 4);
  const Layout lseLayout = drawLayout(random, 3);
  const bool lse = random.chance(0.6);
  const Shape rows = {sizes.batch, sizes.heads(), sizes.queries};
  Shape outputShape = rows;
  outputShape.push_back(sizes.valueFeatures);
  const Value output{
      writer.fresh(),
      writer.tensorType(type, permute(outputShape, outputLayout))};
  const Value lseValue{writer.fresh(),
                       writer.tensorType(error.type, permute(rows, lseLayout))};
  const std::string layouts =
      layoutText("output", outputLayout) +
      (lse ? layoutText("lse", lseLayout) : std::string());
  writer.line(output.name + (lse ? ", " + lseValue.name : "") +
              " = attn.finalize_state " + join(state) + sink +
              (layouts.empty() ? "" : " layout" + layouts) +
              "\n    : " + accType + ", " + maxType + sinkType + "\n    -> (" +
              output.type + (lse ? ", lse " + lseValue.type : "") + ")");
  // Merged states have gone through exp(max - max') once more.
  const double scoreError = 2 * error.ofScore();
  writer.result(output,
                tolerance({type, operands.type, operands.valueType, error.type},
                          operands.valueNorm,
                          2 * scoreError * operands.valueNorm));
  if (lse)
    writer.result(lseValue, tolerance({error.type}, 1, scoreError));
}

void StateProgram::draw() {
  const Shape rows = {sizes.batch, sizes.heads(), sizes.queries};
  accType = writer.tensorType(error.type,
                              {rows[0], rows[1], rows[2], sizes.valueFeatures});
  // acc and max are dynamic in the same dimensions.
  maxType = accType.substr(0, accType.rfind('x', accType.rfind('x') - 1)) +
            "x" + dtypeName(error.type) + ">";
  const ArgumentText q =
      Operand{"q", operands.query, drawLayout(random, 4)}.add(writer);
  query = q.value;
  queryLayout = q.layout;

  State state = init();
  for (int64_t tiles = random.integer(1, 3); tiles > 0; --tiles)
    if (random.chance(0.5))
      state = attend(state);
    else if (random.chance(0.5))
      state = merge(state, attend(init()));
    else
      state = merge(attend(init()), state);
  finalize(state);
}

void drawStates(ProgramWriter &writer) { StateProgram(writer).draw(); }

} // namespace attn::random_programs
