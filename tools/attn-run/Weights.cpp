//===- Weights.cpp - Attention weights as a picture or an array -----------===//

#include "Weights.h"
#include "Diagnostics.h"

#include "attn/Picture/Picture.h"
#include "attn/Run/Files.h"

#include "llvm/Support/Path.h"

#include <algorithm>

namespace mlir::attn::run {

static LogicalResult writePicture(const std::string &path,
                                  const std::vector<std::string> &names,
                                  const std::vector<Tensor> &weights) {
  std::vector<::attn::HeatMap> panels;
  for (auto [name, tensor] : llvm::zip_equal(names, weights)) {
    std::vector<double> values(tensor.size());
    for (size_t n = 0; n < values.size(); ++n)
      values[n] = tensor.get(n);
    auto maps = ::attn::heatMapsOf(tensor.shape(), values, name);
    if (!maps)
      return fail(maps);
    std::move(maps->begin(), maps->end(), std::back_inserter(panels));
  }
  ::attn::PictureOptions options;
  options.low = 0;
  auto image = ::attn::drawHeatMaps(panels, options);
  if (!image)
    return fail(image);
  auto png = ::attn::formatPng(*image);
  if (!png)
    return fail(png);
  HostStatus status = writeBytes(path, *png);
  return status ? success() : fail(status);
}

/// All tensors in a new first dimension.
static FailureOr<Tensor> stack(const std::vector<Tensor> &tensors) {
  const Tensor &first = tensors.front();
  Shape shape = first.shape();
  shape.insert(shape.begin(), int64_t(tensors.size()));
  HostResult<Tensor> result = Tensor::create(first.dtype(), shape);
  if (!result)
    return fail(result);
  char *to = static_cast<char *>(result->data());
  for (const Tensor &tensor : tensors) {
    if (tensor.typeString() != first.typeString())
      return fail("expected --attention=K with --weights=FILE.npy where the "
                  "attentions' weights differ in shape, got " +
                  first.typeString() + " and " + tensor.typeString());
    to = std::copy_n(static_cast<const char *>(tensor.data()),
                     tensor.sizeInBytes(), to);
  }
  return std::move(*result);
}

LogicalResult writeWeights(const std::string &path,
                           const std::vector<std::string> &names,
                           const std::vector<Tensor> &weights) {
  if (llvm::sys::path::extension(path) == ".png")
    return writePicture(path, names, weights);
  HostStatus status = ::attn::success();
  if (weights.size() == 1) {
    status = writeTensor(path, weights.front());
  } else {
    auto all = stack(weights);
    if (failed(all))
      return failure();
    status = writeTensor(path, *all);
  }
  return status ? success() : fail(status);
}

} // namespace mlir::attn::run
