//===- Report.cpp - A tensor in a few words -------------------------------===//

#include "attn/Run/Report.h"

#include <algorithm>
#include <cmath>

namespace mlir::attn {

using ::attn::DType;

static bool isUnsigned(DType type) {
  return type == DType::u8 || type == DType::u16 || type == DType::u32 ||
         type == DType::u64;
}

/// As few digits as tell values apart at a glance: 6 (f64: 10).
static std::string numberString(double value, DType type) {
  char text[40];
  snprintf(text, sizeof(text), type == DType::f64 ? "%.10g" : "%.6g", value);
  return text;
}

static std::string elementString(const Tensor &tensor, int64_t n) {
  const DType type = tensor.dtype();
  if (type == DType::i1)
    return tensor.getInt(n) ? "true" : "false";
  if (isUnsigned(type))
    return std::to_string(static_cast<uint64_t>(tensor.getInt(n)));
  if (::attn::isInteger(type))
    return std::to_string(tensor.getInt(n));
  return numberString(tensor.get(n), type);
}

static void printSummary(llvm::raw_ostream &os, const Tensor &tensor) {
  double sum = 0, low = 0, high = 0;
  int64_t finite = 0;
  for (int64_t n = 0; n < tensor.size(); ++n) {
    const double value = tensor.get(n);
    if (!std::isfinite(value))
      continue;
    low = finite ? std::min(low, value) : value;
    high = finite ? std::max(high, value) : value;
    sum += value;
    ++finite;
  }
  const DType type = tensor.dtype();
  if (finite)
    os << ": mean " << numberString(sum / finite, DType::f32) << ", min "
       << numberString(low, type) << ", max " << numberString(high, type);
  else
    os << (tensor.size() ? ": no finite element" : ": empty");
  if (const int64_t other = tensor.size() - finite; other && finite)
    os << ", " << other << " not finite";
}

/// Elements from `offset` on, along dimension `axis` and those inside of it.
static void printElements(llvm::raw_ostream &os, const Tensor &tensor,
                          int64_t axis, int64_t offset) {
  if (axis == tensor.rank()) {
    os << elementString(tensor, offset);
    return;
  }
  const int64_t stride = tensor.strides()[axis];
  os << "[";
  for (int64_t n = 0; n < tensor.dim(axis); ++n) {
    if (n && axis + 1 == tensor.rank())
      os << ", ";
    else if (n)
      os << ",\n" << std::string(axis + 3, ' ');
    printElements(os, tensor, axis + 1, offset + n * stride);
  }
  os << "]";
}

void printTensor(llvm::raw_ostream &os, StringRef name, const Tensor &tensor) {
  os << name << " "
     << (tensor.dtype() == DType::i1 ? "bool"
                                     : ::attn::dtypeName(tensor.dtype()))
     << " [";
  llvm::interleaveComma(tensor.shape(), os);
  os << "]";
  printSummary(os, tensor);
  os << "\n";
  if (tensor.size() == 0 || tensor.size() > kShownElements)
    return;
  os << "  ";
  printElements(os, tensor, 0, 0);
  os << "\n";
}

} // namespace mlir::attn
