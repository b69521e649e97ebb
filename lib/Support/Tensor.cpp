//===- Tensor.cpp - An owned, dense, row-major tensor ---------------------===//

#include "attn/Support/Tensor.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace attn {

namespace {

constexpr size_t alignment = 64;
// 2^39 bytes of the widest type: no machine's memory, and an allocator asked
// for more may end the program rather than fail.
constexpr int64_t maxElements = int64_t(1) << 36;

[[noreturn]] void die(const std::string &message) {
  std::fprintf(stderr, "attn reference: %s\n", message.c_str());
  std::abort();
}

} // namespace

std::optional<int64_t> numElements(const Shape &shape) {
  int64_t product = 1;
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    empty |= dim == 0;
    if (dim != 0 && __builtin_mul_overflow(product, dim, &product))
      return std::nullopt;
    if (product > maxElements)
      return std::nullopt;
  }
  return empty ? 0 : product;
}

Shape rowMajorStrides(const Shape &shape) {
  Shape strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * (shape[axis] ? shape[axis] : 1);
  return strides;
}

std::string shapeString(const Shape &shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text;
}

void Tensor::FreeAligned::operator()(std::byte *pointer) const {
  ::operator delete[](pointer, std::align_val_t(alignment));
}

Tensor::Bytes Tensor::allocate(size_t size) {
  // One byte at least, so that data() of an empty tensor is not null.
  void *memory = ::operator new[](size ? size : 1, std::align_val_t(alignment),
                                  std::nothrow);
  return Bytes(static_cast<std::byte *>(memory));
}

Tensor::Tensor() : type(DType::f32), dims{0}, count(0) {}

Tensor::Tensor(DType type, Shape shape) : type(type), count(0) {
  const std::optional<int64_t> elements = numElements(shape);
  if (!elements)
    die("expected a shape that fits in memory, got " + shapeString(shape));
  dims = std::move(shape);
  count = *elements;
  bytes = allocate(sizeInBytes());
  if (!bytes)
    die("no memory for a tensor of type " + typeString());
  std::memset(bytes.get(), 0, sizeInBytes());
}

Result<Tensor> Tensor::create(DType type, Shape shape) {
  const std::optional<int64_t> elements = numElements(shape);
  if (!elements)
    return fail("expected a shape that fits in memory, got ",
                shapeString(shape));
  Tensor result;
  result.bytes = allocate(*elements * byteSize(type));
  if (!result.bytes)
    return fail("no memory for a tensor of shape ", shapeString(shape));
  result.type = type;
  result.dims = std::move(shape);
  result.count = *elements;
  std::memset(result.bytes.get(), 0, result.sizeInBytes());
  return result;
}

Tensor Tensor::of(DType type, Shape shape, const std::vector<double> &values) {
  Tensor result(type, std::move(shape));
  if (static_cast<int64_t>(values.size()) != result.count)
    die("expected " + std::to_string(result.count) + " values, got " +
        std::to_string(values.size()));
  for (int64_t n = 0; n < result.count; ++n)
    result.set(n, values[n]);
  return result;
}

Tensor Tensor::scalar(DType type, double value) {
  return of(type, {}, {value});
}

Tensor::Tensor(const Tensor &other) : Tensor(other.type, other.dims) {
  if (count)
    std::memcpy(bytes.get(), other.bytes.get(), sizeInBytes());
}

// The moved-from tensor becomes the empty one.
Tensor::Tensor(Tensor &&other) noexcept : Tensor() { swap(other); }

Tensor &Tensor::operator=(Tensor other) noexcept {
  swap(other);
  return *this;
}

void Tensor::swap(Tensor &other) noexcept {
  std::swap(type, other.type);
  dims.swap(other.dims);
  std::swap(count, other.count);
  bytes.swap(other.bytes);
}

std::string Tensor::typeString() const {
  return dims.empty() ? dtypeName(type)
                      : shapeString(dims) + "x" + dtypeName(type);
}

double Tensor::get(int64_t linear) const {
  assert(linear >= 0 && linear < count);
  return decode(type, bytes.get() + linear * byteSize(type));
}

void Tensor::set(int64_t linear, double value) {
  assert(linear >= 0 && linear < count);
  encode(type, value, bytes.get() + linear * byteSize(type));
}

int64_t Tensor::getInt(int64_t linear) const {
  assert(linear >= 0 && linear < count);
  if (byteSize(type) < 8 || isFloat(type))
    return static_cast<int64_t>(get(linear));
  return dataAs<int64_t>()[linear];
}

void Tensor::setInt(int64_t linear, int64_t value) {
  assert(linear >= 0 && linear < count);
  if (isFloat(type))
    return set(linear, static_cast<double>(value));
  if (type == DType::i1)
    value = value != 0;
  // The low bytes of a little-endian integer are its value modulo its width.
  const size_t width = byteSize(type);
  std::memcpy(bytes.get() + linear * width, &value, width);
}

int64_t Tensor::linearOf(const int64_t *index, size_t length) const {
  assert(length == dims.size() && "one index per dimension");
  int64_t linear = 0;
  for (size_t axis = 0; axis < length; ++axis) {
    assert(index[axis] >= 0 && index[axis] < dims[axis]);
    linear = linear * dims[axis] + index[axis];
  }
  return linear;
}

Shape Tensor::indexOf(int64_t linear) const {
  Shape index(dims.size());
  for (size_t axis = dims.size(); axis-- > 0; linear /= dims[axis])
    index[axis] = linear % dims[axis];
  return index;
}

double Tensor::at(std::initializer_list<int64_t> index) const {
  return get(linearOf(index.begin(), index.size()));
}

double Tensor::at(const Shape &index) const {
  return get(linearOf(index.data(), index.size()));
}

void Tensor::setAt(std::initializer_list<int64_t> index, double value) {
  set(linearOf(index.begin(), index.size()), value);
}

void Tensor::setAt(const Shape &index, double value) {
  set(linearOf(index.data(), index.size()), value);
}

Tensor Tensor::cast(DType to) const {
  if (to == type)
    return *this;
  Tensor result(to, dims);
  const bool integral = isInteger(type) && isInteger(to);
  for (int64_t n = 0; n < count; ++n)
    if (integral)
      result.setInt(n, getInt(n));
    else
      result.set(n, get(n));
  return result;
}

Result<Tensor> Tensor::reshape(Shape shape) const {
  if (numElements(shape) != count)
    return fail("expected a shape of ", count, " elements, got ",
                shapeString(shape));
  Tensor result(type, std::move(shape));
  if (count)
    std::memcpy(result.data(), data(), sizeInBytes());
  return result;
}

Tensor Tensor::transpose(const std::vector<int64_t> &order) const {
  assert(order.size() == dims.size());
  Shape to(order.size()), step(order.size());
  const Shape from = strides();
  for (size_t axis = 0; axis < order.size(); ++axis) {
    to[axis] = dims[order[axis]];
    step[axis] = from[order[axis]];
  }
  Tensor result(type, to);
  const size_t width = byteSize(type);
  for (int64_t n = 0; n < count; ++n) {
    int64_t source = 0, rest = n;
    for (size_t axis = to.size(); axis-- > 0; rest /= to[axis])
      source += (rest % to[axis]) * step[axis];
    std::memcpy(result.bytes.get() + n * width, bytes.get() + source * width,
                width);
  }
  return result;
}

std::vector<double> Tensor::toDoubles() const {
  std::vector<double> values(count);
  for (int64_t n = 0; n < count; ++n)
    values[n] = get(n);
  return values;
}

} // namespace attn
