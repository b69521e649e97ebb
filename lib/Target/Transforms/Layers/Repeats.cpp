//===- Repeats.cpp - What a sequence repeats ------------------------------===//

#include "Repeats.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir::attn;

/// Comparisons that finding repeats may take: a second's.
static constexpr size_t maxComparisons = 500'000'000;

/// Adds the repeats of items that are `distance` apart.
static void addRepeats(llvm::ArrayRef<size_t> keys,
                       llvm::ArrayRef<size_t> weights, size_t distance,
                       size_t smallest, llvm::SmallVectorImpl<Repeat> &found) {
  const size_t end = keys.size() - distance;
  for (size_t start = 0, i = 0; i < end; start = ++i) {
    while (i < end && keys[i] == keys[i + distance])
      ++i;
    const size_t same = i - start, period = std::min(same, distance);
    if (period == 0)
      continue;
    llvm::ArrayRef<size_t> once = weights.slice(start, period);
    Repeat repeat = {start, period, same < distance ? same : same + distance,
                     std::accumulate(once.begin(), once.end(), size_t(0))};
    if (repeat.saved() >= smallest)
      found.push_back(repeat);
  }
}

llvm::SmallVector<Repeat>
mlir::attn::findRepeats(llvm::ArrayRef<size_t> keys,
                        llvm::ArrayRef<size_t> weights, size_t smallest) {
  llvm::SmallVector<Repeat> found;
  const size_t furthest =
      std::min(keys.size(), maxComparisons / std::max<size_t>(keys.size(), 1));
  for (size_t distance = 1; distance < furthest; ++distance)
    addRepeats(keys, weights, distance, smallest, found);
  llvm::stable_sort(found, [](const Repeat &lhs, const Repeat &rhs) {
    return lhs.saved() > rhs.saved();
  });
  return found;
}
