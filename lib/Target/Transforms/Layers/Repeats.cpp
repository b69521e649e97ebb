//===- Repeats.cpp - What a sequence repeats ------------------------------===//

#include "Repeats.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir::attn;

/// Comparisons that finding repeats may take: a second's.
static constexpr size_t maxComparisons = 500'000'000;

/// Adds the repeats of one period.
static void addRepeats(llvm::ArrayRef<size_t> keys,
                       llvm::ArrayRef<size_t> weights, size_t period,
                       size_t smallest, llvm::SmallVectorImpl<Repeat> &found) {
  const size_t end = keys.size() - period;
  for (size_t start = 0, i = 0; i < end; start = ++i) {
    while (i < end && keys[i] == keys[i + period])
      ++i;
    if (i - start < period)
      continue;
    Repeat repeat = {start, period, i - start + period, 0};
    llvm::ArrayRef<size_t> once = weights.slice(start, period);
    repeat.saved = (repeat.count() - 1) *
                   std::accumulate(once.begin(), once.end(), size_t(0));
    if (repeat.saved >= smallest)
      found.push_back(repeat);
  }
}

llvm::SmallVector<Repeat>
mlir::attn::findRepeats(llvm::ArrayRef<size_t> keys,
                        llvm::ArrayRef<size_t> weights, size_t smallest) {
  llvm::SmallVector<Repeat> found;
  const size_t longest = std::min(
      keys.size() / 2, maxComparisons / std::max<size_t>(keys.size(), 1));
  for (size_t period = 1; period <= longest; ++period)
    addRepeats(keys, weights, period, smallest, found);
  llvm::stable_sort(found, [](const Repeat &lhs, const Repeat &rhs) {
    return lhs.saved > rhs.saved;
  });
  return found;
}
