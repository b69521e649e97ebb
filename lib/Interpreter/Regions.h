//===- Regions.h - An attention's regions as the oracle's functions ------===//

#ifndef ATTN_LIB_INTERPRETER_REGIONS_H
#define ATTN_LIB_INTERPRETER_REGIONS_H

#include "Frame.h"

#include "attn/Reference/Attention.h"

#include <array>
#include <set>

namespace mlir::attn::interpreter {

/// Regions that the oracle calls for each score. After a failure in one of them
/// the others are no longer run; whoever called the oracle asks for it.
class Regions {
public:
  explicit Regions(Frame &frame) : frame(frame) {}

  /// Functions that run the regions; none for a region that is absent.
  ::attn::reference::ScoreFunction score(Region &region);
  ::attn::reference::MaskFunction mask(Region &region);
  ::attn::reference::ProbFunction prob(Region &region);

  /// Runs a prob region on 0 for those of the pairs (batch, head, query, key)
  /// that the oracle did not ask for, whose results nothing takes (D22).
  void runProbElsewhere(Region &region, const Shape &pairs);

  bool hasFailed() const { return failed; }

private:
  /// Runs the region on `first` (if there is one) and the position.
  bool run(const Program &body, const double *first,
           const ::attn::reference::Position &at);

  Frame &frame;
  bool failed = false;
  std::set<std::array<int64_t, 4>> probed;
};

/// The order of dimensions as the oracle takes it.
::attn::reference::Layout layoutOf(std::optional<ArrayRef<int64_t>> layout);

/// The element type of a value.
DType dtypeOf(Value value);

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_REGIONS_H
