//===- Tensor.h - An owned, dense, row-major tensor -------------*- C++ -*-===//

#ifndef ATTN_SUPPORT_TENSOR_H
#define ATTN_SUPPORT_TENSOR_H

#include "attn/Support/DType.h"
#include "attn/Support/Result.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace attn {

using Shape = std::vector<int64_t>;

/// The number of elements, or nothing when a dimension is negative or the
/// product (or the product of the non-zero dimensions, which strides need)
/// is above 2^36.
std::optional<int64_t> numElements(const Shape &shape);
/// Row-major strides in elements.
Shape rowMajorStrides(const Shape &shape);
/// "2x3x4"; "scalar" for rank 0.
std::string shapeString(const Shape &shape);

/// A dense tensor in row-major order that owns its elements, 64-byte aligned.
/// Any dimension may be 0. Copying copies the elements.
class Tensor {
public:
  /// An empty f32 tensor of shape [0], without memory.
  Tensor();
  /// Zero filled. For shapes that are known to fit; ends the program otherwise.
  Tensor(DType type, Shape shape);
  /// Zero filled, or an error when the shape is negative, overflows or cannot
  /// be allocated.
  static Result<Tensor> create(DType type, Shape shape);
  /// From values in row-major order; there must be exactly as many as elements.
  static Tensor of(DType type, Shape shape, const std::vector<double> &values);
  /// Rank 0.
  static Tensor scalar(DType type, double value);

  Tensor(const Tensor &other);
  Tensor(Tensor &&other) noexcept;
  Tensor &operator=(Tensor other) noexcept;
  void swap(Tensor &other) noexcept;

  DType dtype() const { return type; }
  const Shape &shape() const { return dims; }
  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  int64_t dim(int64_t axis) const { return dims[axis]; }
  Shape strides() const { return rowMajorStrides(dims); }
  int64_t size() const { return count; }
  size_t sizeInBytes() const { return count * byteSize(type); }
  /// "2x3xf32", for messages.
  std::string typeString() const;

  void *data() { return bytes.get(); }
  const void *data() const { return bytes.get(); }
  /// The elements as T; T must have the element type's size.
  template <typename T> T *dataAs() {
    assert(sizeof(T) == byteSize(type));
    return reinterpret_cast<T *>(bytes.get());
  }
  template <typename T> const T *dataAs() const {
    assert(sizeof(T) == byteSize(type));
    return reinterpret_cast<const T *>(bytes.get());
  }

  /// Elements by their row-major position, converted as in DType.h.
  double get(int64_t linear) const;
  void set(int64_t linear, double value);
  /// Integer elements without the detour over double: reading u64 gives the
  /// same bits, writing keeps the low bits (i1: value != 0).
  int64_t getInt(int64_t linear) const;
  void setInt(int64_t linear, int64_t value);

  /// Elements by their index, one entry per dimension.
  double at(std::initializer_list<int64_t> index) const;
  double at(const Shape &index) const;
  void setAt(std::initializer_list<int64_t> index, double value);
  void setAt(const Shape &index, double value);
  /// Row-major position of an index, and back.
  int64_t linearOf(const int64_t *index, size_t length) const;
  Shape indexOf(int64_t linear) const;

  /// The same values, rounded once to another type; between integers it wraps.
  Tensor cast(DType to) const;
  /// The same elements under another shape of equal size.
  Result<Tensor> reshape(Shape shape) const;
  /// Dimension p of the result is dimension order[p] of this tensor, which must
  /// be a permutation.
  Tensor transpose(const std::vector<int64_t> &order) const;
  std::vector<double> toDoubles() const;

private:
  struct FreeAligned {
    void operator()(std::byte *pointer) const;
  };
  using Bytes = std::unique_ptr<std::byte[], FreeAligned>;
  static Bytes allocate(size_t size);

  DType type;
  Shape dims;
  int64_t count;
  Bytes bytes;
};

} // namespace attn

#endif // ATTN_SUPPORT_TENSOR_H
