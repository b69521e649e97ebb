//===- Inputs.cpp - What a function is run on -----------------------------===//

#include "attn/Run/Inputs.h"

#include "attn/Support/Random.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

namespace mlir::attn {

using ::attn::DType;
using ::attn::fail;

static std::optional<size_t>
findTensor(const std::vector<TensorSignature> &tensors,
           const std::string &name) {
  for (auto [n, tensor] : llvm::enumerate(tensors))
    if (tensor.name == name)
      return n;
  return std::nullopt;
}

FileArgument parseFileArgument(const std::string &text,
                               const std::vector<TensorSignature> &tensors) {
  for (size_t at = text.find('='); at != std::string::npos;
       at = text.find('=', at + 1))
    if (findTensor(tensors, text.substr(0, at)))
      return {text.substr(0, at), text.substr(at + 1)};
  return {"", text};
}

static std::string namesOf(const std::vector<TensorSignature> &tensors) {
  std::string names;
  for (const TensorSignature &tensor : tensors)
    names += (names.empty() ? "" : ", ") + tensor.name;
  return names.empty() ? "none" : names;
}

HostResult<std::vector<std::string>>
assignFiles(const std::vector<std::string> &arguments,
            const std::vector<TensorSignature> &tensors,
            const std::string &what) {
  std::vector<std::string> paths(tensors.size());
  std::vector<std::string> unnamed;
  for (const std::string &text : arguments) {
    FileArgument argument = parseFileArgument(text, tensors);
    if (argument.path.empty())
      return fail("expected a file in ", what, "=", text, ", got none");
    if (argument.name.empty()) {
      unnamed.push_back(argument.path);
      continue;
    }
    std::string &path = paths[*findTensor(tensors, argument.name)];
    if (!path.empty())
      return fail("expected one ", what, " for '", argument.name, "', got '",
                  path, "' and '", argument.path, "'");
    path = argument.path;
  }
  size_t next = 0;
  for (const std::string &path : unnamed) {
    while (next < paths.size() && !paths[next].empty())
      ++next;
    if (next == paths.size())
      return fail("expected at most ", tensors.size(), " ", what, " (",
                  namesOf(tensors), "), got '", path, "' too");
    paths[next] = path;
  }
  return paths;
}

namespace {

/// The sizes of named dimensions, and who said so.
class Sizes {
public:
  HostStatus add(const std::string &name, int64_t size,
                 const std::string &source) {
    auto [it, isNew] = known.insert({name, {size, source}});
    if (isNew || it->second.first == size)
      return ::attn::success();
    return fail("expected dimension '", name, "' to be ", it->second.first,
                " as in ", it->second.second, ", got ", size, " in ", source);
  }
  std::optional<int64_t> find(const std::string &name) const {
    auto it = known.find(name);
    if (it == known.end())
      return std::nullopt;
    return it->second.first;
  }

private:
  std::map<std::string, std::pair<int64_t, std::string>> known;
};

} // namespace

/// What an input that was read says of its dimensions.
static HostStatus addSizes(Sizes &sizes, const TensorSignature &input,
                           const Tensor &tensor) {
  const std::string place = "input '" + input.name + "'";
  if (tensor.shape().size() != input.shape.size())
    return fail("expected rank ", input.shape.size(), " for ", place, " (",
                toString(input), "), got ", tensor.typeString());
  for (auto [d, dimension] : llvm::enumerate(input.shape)) {
    if (dimension.isDynamic()) {
      HostStatus status = sizes.add(dimension.name, tensor.dim(d), place);
      if (!status)
        return status;
    } else if (dimension.size != tensor.dim(d))
      return fail("expected dimension ", d, " of ", place, " to be ",
                  dimension.size, " (", toString(input), "), got ",
                  tensor.typeString());
  }
  return ::attn::success();
}

static HostStatus checkDType(const TensorSignature &input,
                             const Tensor &tensor) {
  if (::attn::parseDType(input.dtype) == tensor.dtype())
    return ::attn::success();
  return fail("expected dtype ", input.dtype, " for input '", input.name,
              "', got ", ::attn::dtypeName(tensor.dtype()));
}

/// A size for a dimension that no input has is a mistake in its name.
static HostStatus checkNames(const FunctionSignature &signature,
                             const std::map<std::string, int64_t> &dimensions) {
  llvm::SetVector<StringRef> known;
  for (const TensorSignature &input : signature.inputs)
    for (const Dimension &dimension : input.shape)
      if (dimension.isDynamic())
        known.insert(dimension.name);
  for (const auto &[name, size] : dimensions)
    if (!known.contains(name))
      return fail("expected the name of a dynamic dimension of '",
                  signature.name, "' in --dim (",
                  known.empty() ? std::string("there is none")
                                : llvm::join(known, ", "),
                  "), got '", name, "'");
  return ::attn::success();
}

HostResult<std::vector<Shape>>
resolveShapes(const FunctionSignature &signature,
              const std::vector<std::optional<Tensor>> &read,
              const std::map<std::string, int64_t> &dimensions) {
  if (HostStatus status = checkNames(signature, dimensions); !status)
    return status.error();
  Sizes sizes;
  for (const auto &[name, size] : dimensions)
    if (HostStatus status = sizes.add(name, size, "--dim"); !status)
      return status.error();
  for (auto [input, tensor] : llvm::zip_equal(signature.inputs, read)) {
    if (!tensor)
      continue;
    if (HostStatus status = checkDType(input, *tensor); !status)
      return status.error();
    if (HostStatus status = addSizes(sizes, input, *tensor); !status)
      return status.error();
  }
  std::vector<Shape> shapes;
  std::string missing;
  for (const TensorSignature &input : signature.inputs) {
    Shape shape;
    for (const Dimension &dimension : input.shape) {
      auto size = dimension.isDynamic() ? sizes.find(dimension.name)
                                        : std::optional(dimension.size);
      if (!size && missing.find("'" + dimension.name + "'") == missing.npos)
        missing += (missing.empty() ? "'" : ", '") + dimension.name + "'";
      shape.push_back(size.value_or(0));
    }
    shapes.push_back(std::move(shape));
  }
  if (!missing.empty())
    return fail("expected --dim NAME=N for each dynamic dimension, got none "
                "for ",
                missing);
  return shapes;
}

/// The range of integers, cut to what the type can hold.
static NumberRange cutToType(NumberRange range, DType type) {
  Tensor low = Tensor::scalar(type, double(range.low));
  Tensor high = Tensor::scalar(type, double(range.high));
  return {std::max(range.low, low.getInt(0)),
          std::min(range.high, high.getInt(0))};
}

HostResult<Tensor> makeRandom(const TensorSignature &input, size_t index,
                              const Shape &shape, const RandomOptions &options,
                              std::optional<NumberRange> usual) {
  const DType type = *::attn::parseDType(input.dtype);
  HostResult<Tensor> tensor = Tensor::create(type, shape);
  if (!tensor)
    return fail("input '", input.name, "': ", tensor.message());
  // Each input has its own numbers: equal shapes must not mean equal values.
  const uint64_t seed = ::attn::randomBits(options.seed, index);
  auto given = options.ranges.find(input.name);
  if (given != options.ranges.end() && ::attn::isFloat(type))
    ::attn::fillUniform(*tensor, seed, double(given->second.low),
                        double(given->second.high));
  else if (given != options.ranges.end())
    ::attn::fillIntegers(*tensor, seed, given->second.low, given->second.high);
  else if (usual && ::attn::isInteger(type) && type != DType::i1) {
    const NumberRange range = cutToType(*usual, type);
    ::attn::fillIntegers(*tensor, seed, range.low, range.high);
  } else
    ::attn::fillRandom(*tensor, seed);
  return tensor;
}

} // namespace mlir::attn
