//===- Regions.cpp - An attention's regions as the oracle's functions -----===//

#include "Regions.h"

namespace mlir::attn::interpreter {

using ::attn::reference::Position;
using ::attn::reference::Score;

bool Regions::run(const Program &body, const double *first,
                  const Position &at) {
  if (failed)
    return false;
  ArrayRef<unsigned> arguments = body.arguments;
  if (first) {
    frame.scalar(arguments.front()).f = *first;
    arguments = arguments.drop_front();
  }
  const int64_t positions[] = {at.b, at.h, at.i, at.j};
  for (auto [slot, position] : llvm::zip_equal(arguments, positions))
    frame.scalar(slot).i = position;
  failed = mlir::failed(frame.run(body));
  return !failed;
}

::attn::reference::ScoreFunction Regions::score(Region &region) {
  if (region.empty())
    return {};
  const Program &body = frame.programOf(region);
  return [this, &body](double s, const Position &at) -> Score {
    if (!run(body, &s, at))
      return 0.0;
    const double value = frame.number(body.yielded[0]);
    if (body.yielded.size() == 1)
      return value;
    return {value, frame.number(body.yielded[1])};
  };
}

::attn::reference::MaskFunction Regions::mask(Region &region) {
  if (region.empty())
    return {};
  const Program &body = frame.programOf(region);
  return [this, &body](const Position &at) {
    return run(body, nullptr, at) && frame.integer(body.yielded[0]) != 0;
  };
}

::attn::reference::ProbFunction Regions::prob(Region &region) {
  if (region.empty())
    return {};
  const Program &body = frame.programOf(region);
  return [this, &body](double p, const Position &at) {
    probed.insert({at.b, at.h, at.i, at.j});
    return run(body, &p, at) ? frame.number(body.yielded[0]) : 0.0;
  };
}

void Regions::runProbElsewhere(Region &region, const Shape &pairs) {
  if (region.empty())
    return;
  const Program &body = frame.programOf(region);
  const double nothing = 0;
  for (Position at{0, 0, 0, 0}; at.b < pairs[0]; ++at.b)
    for (at.h = 0; at.h < pairs[1]; ++at.h)
      for (at.i = 0; at.i < pairs[2]; ++at.i)
        for (at.j = 0; at.j < pairs[3]; ++at.j)
          if (!probed.count({at.b, at.h, at.i, at.j}))
            (void)run(body, &nothing, at);
}

::attn::reference::Layout layoutOf(std::optional<ArrayRef<int64_t>> layout) {
  return layout ? layout->vec() : std::vector<int64_t>();
}

DType dtypeOf(Value value) { return Element::of(value.getType())->dtype; }

} // namespace mlir::attn::interpreter
