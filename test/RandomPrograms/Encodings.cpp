//===- Encodings.cpp - Programs of positional encodings and caches --------===//

#include "Draw.h"
#include "Error.h"
#include "Families.h"

#include <algorithm>

namespace attn::random_programs {

/// Positions below this keep f32 angles good to 1e-5, which f32's entry of the
/// table asks for; the angles of f64 data are f32 too (D13).
static constexpr int64_t positionLimit = 100;

static Tensor drawPositions(RandomSequence &random, const Shape &shape,
                            int64_t limit) {
  const DType type = drawInteger(random);
  return drawIntegers(random, type, shape, 0, limit - 1);
}

/// Now and then puts an index out of range: below 0 or at `limit`.
static void spoil(ProgramWriter &writer, Tensor &positions, int64_t limit) {
  RandomSequence &random = writer.random;
  if (positions.size() == 0 || random.chance(0.95))
    return;
  positions.setInt(random.integer(0, positions.size() - 1),
                   random.chance(0.5) ? -1 : limit);
  writer.mustFail();
}

void drawRotary(ProgramWriter &writer) {
  RandomSequence &random = writer.random;
  const int64_t batch = random.chance(0.05) ? 0 : random.integer(1, 3);
  const int64_t heads = random.integer(1, 4), length = drawLength(random);
  const int64_t features = pick<int64_t>(random, {2, 4, 6, 8, 16, 34});
  const int64_t rotated =
      random.chance(0.5) ? 0 : 2 * random.integer(1, features / 2);
  const int64_t half = (rotated ? rotated : features) / 2;
  const DType type = drawFloat(random);
  const Layout layout = drawLayout(random, 4);
  const Tensor canonical =
      drawNormal(random, type, {batch, heads, length, features},
                 pick(random, {1.0, 10.0}));
  const Value input = writer.argument("x", inLayout(canonical, layout));
  std::string operation = "attn.rotary_embedding " + input.name;
  std::string types = input.type;

  const bool tables = random.chance(0.6), positions = random.chance(0.6);
  const int64_t rows = random.integer(length > 0 ? 1 : 0, 70);
  DType angles = DType::f32; // of computed angles
  if (tables) {
    angles = random.chance(0.6) ? type : drawFloat(random);
    const Shape shape =
        positions ? Shape{rows, half} : Shape{batch, length, half};
    for (const char *name : {"cos", "sin"}) {
      const Value table =
          writer.argument(name, drawNormal(random, angles, shape));
      operation += std::string(" ") + name + " " + table.name;
      types += std::string(", ") + name + " " + table.type;
    }
  }
  if (positions) {
    Tensor drawn =
        drawPositions(random, {batch, length}, tables ? rows : positionLimit);
    if (tables)
      spoil(writer, drawn, rows);
    const Value value = writer.argument("positions", std::move(drawn));
    operation += " positions " + value.name;
    types += ", positions " + value.type;
  }
  if (rotated)
    operation += " rotary_dim " + std::to_string(rotated);
  if (random.chance(0.5))
    operation += " interleaved";
  if (random.chance(0.3))
    operation += " base " + literal(pick(random, {100.0, 500000.0}));
  const std::string layoutName = layoutText("", layout);
  if (!layoutName.empty())
    operation += " layout" + layoutName.substr(1);
  // cos * x1 - sin * x2 with tables beyond 1: the size of what cancels.
  const double size = maxAbs(canonical) * (tables ? 8 : 2);
  writer.result(writer.define(operation + "\n    : " + types, input.type),
                tables ? tolerance({type}, size, 0)
                       : tolerance({type, DType::f32}, size, 0));
}

void drawSinusoidal(ProgramWriter &writer) {
  RandomSequence &random = writer.random;
  Shape shape;
  for (int64_t rank = random.integer(1, 3); rank > 0; --rank)
    shape.push_back(rank == 1 ? drawLength(random) : random.integer(1, 3));
  const Value positions =
      writer.argument("positions", drawPositions(random, shape, positionLimit));
  const DType type = drawFloat(random);
  const int64_t width = random.integer(1, 33);
  // The leading dimensions as drawn anew, the width as it must be: static.
  std::string result = writer.tensorType(type, shape);
  const size_t last = result.rfind('x') + 1;
  result.insert(last, std::to_string(width) + "x");
  const std::string base =
      random.chance(0.3) ? " base " + literal(pick(random, {2.0, 1000.0})) : "";
  writer.result(writer.define("attn.sinusoidal_encoding " + positions.name +
                                  base + " : " + positions.type + " -> " +
                                  result,
                              result),
                tolerance({type}, 1, 0));
}

void drawCacheUpdate(ProgramWriter &writer) {
  RandomSequence &random = writer.random;
  const int64_t rank = random.integer(2, 4);
  const int64_t axis = random.integer(1, rank - 1);
  Shape shape;
  for (int64_t n = 0; n < rank; ++n)
    shape.push_back(n == axis ? random.integer(0, 17) : random.integer(0, 3));
  const int64_t size = shape[axis];
  const bool circular = size > 0 && random.chance(0.4);
  Shape written = shape;
  written[axis] = random.integer(0, size);

  const DType type =
      random.chance(0.7) ? drawFloat(random) : drawInteger(random);
  auto draw = [&](const std::string &name, const Shape &of) {
    Tensor tensor(type, of);
    fillRandom(tensor, random.bits());
    return writer.argument(name, std::move(tensor));
  };
  const Value cache = draw("cache", shape);
  const Value update = draw("update", written);
  std::string operation =
      "attn.cache_update " + cache.name + ", " + update.name;
  std::string types = cache.type + ", " + update.type;
  if (random.chance(0.85)) {
    const int64_t last = circular ? 3 * size : size - written[axis];
    const DType integer = drawInteger(random);
    Tensor drawn = drawIntegers(random, integer, {shape[0]}, 0, last);
    if (!circular && numElements(written) != 0)
      spoil(writer, drawn, last + 1);
    const Value positions = writer.argument("positions", std::move(drawn));
    operation += " at " + positions.name;
    types += ", at " + positions.type;
  }
  operation += " axis " + std::to_string(axis) + (circular ? " circular" : "");
  writer.result(writer.define(operation + " : " + types, cache.type), {0, 0});
}

} // namespace attn::random_programs
