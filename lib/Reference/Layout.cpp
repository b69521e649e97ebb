//===- Layout.cpp - The order in which a tensor holds dimensions ----------===//

#include "attn/Reference/Layout.h"

#include "Checks.h"

namespace attn::reference {

static std::string listString(const Layout &layout) {
  std::string text = "[";
  for (int64_t entry : layout)
    text += (text.size() > 1 ? ", " : "") + std::to_string(entry);
  return text + "]";
}

Status checkLayout(const Layout &layout, int64_t rank,
                   const std::string &name) {
  if (layout.empty())
    return success();
  std::vector<bool> seen(rank);
  bool valid = static_cast<int64_t>(layout.size()) == rank;
  for (int64_t entry : layout) {
    valid = valid && entry >= 0 && entry < rank && !seen[entry];
    if (valid)
      seen[entry] = true;
  }
  if (valid)
    return success();
  return fail(name, ": expected a layout that permutes 0 to ", rank - 1,
              ", got ", listString(layout));
}

Result<Tensor> toCanonical(const Tensor &tensor, const Layout &layout,
                           int64_t rank, const std::string &name) {
  ATTN_TRY(checkFloats(name.c_str(), tensor));
  ATTN_TRY(checkRank(name.c_str(), rank, tensor));
  ATTN_TRY(checkLayout(layout, rank, name));
  Tensor values = tensor.cast(DType::f64);
  if (layout.empty())
    return values;
  // transpose() asks where a dimension comes from; the layout says where the
  // tensor's dimensions go to.
  std::vector<int64_t> inverse(rank);
  for (int64_t p = 0; p < rank; ++p)
    inverse[layout[p]] = p;
  return values.transpose(inverse);
}

Tensor fromCanonical(const Tensor &canonical, const Layout &layout,
                     DType type) {
  Tensor rounded = canonical.cast(type);
  return layout.empty() ? rounded : rounded.transpose(layout);
}

} // namespace attn::reference
