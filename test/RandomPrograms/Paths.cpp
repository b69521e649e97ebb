//===- Paths.cpp - What the compiler did with programs --------------------===//

#include "Paths.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"

#include <cstdio>

namespace attn::random_programs {

using namespace mlir;

void Paths::add(const std::string &name) {
  for (int n = 0; n < used; ++n)
    if (name == paths[n].name) {
      ++paths[n].count;
      return;
    }
  if (used == most)
    return;
  std::snprintf(paths[used].name, sizeof paths[used].name, "%s", name.c_str());
  paths[used++].count = 1;
}

namespace {
class PathStreamer : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit PathStreamer(Paths &paths) : paths(paths) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    paths.add((remark.getCategoryName() + ": " + remark.getRemarkName()).str());
  }

private:
  Paths &paths;
};
} // namespace

void countPaths(MLIRContext &context, Paths &paths) {
  remark::RemarkCategories categories;
  categories.passed = "(convert-)?attn-.*";
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<PathStreamer>(paths),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
}

} // namespace attn::random_programs
