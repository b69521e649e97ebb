//===- Inputs.h - What a function is run on ---------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Inputs come from files, in order or by name, and from random numbers that
// depend on the seed and the input's place only.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUN_INPUTS_H
#define ATTN_RUN_INPUTS_H

#include "attn/Run/Artifact.h"

#include <map>
#include <optional>

namespace mlir::attn {

/// Values from low to high, both included.
struct NumberRange {
  int64_t low, high;
};

struct RandomOptions {
  uint64_t seed = 0;
  /// Sizes of dynamic dimensions, by name.
  std::map<std::string, int64_t> dimensions;
  /// Ranges that the user gives, by the input's name. Floats are then uniform.
  std::map<std::string, NumberRange> ranges;
};

/// `FILE` or `NAME=FILE`, as --input and --output take them.
struct FileArgument {
  std::string name; // empty: the next in order
  std::string path;
};

/// Splits `NAME=FILE` where NAME is one of `tensors`; an `=` may also be part
/// of a path, so that everything else is a path as a whole.
FileArgument parseFileArgument(const std::string &text,
                               const std::vector<TensorSignature> &tensors);

/// For each of `tensors` its path in `arguments`, or "". A name that is there
/// twice and a file too many are errors; `what` ("--input") names the option.
HostResult<std::vector<std::string>>
assignFiles(const std::vector<std::string> &arguments,
            const std::vector<TensorSignature> &tensors,
            const std::string &what);

/// The shapes of all inputs: those that were read, and those of the others by
/// the dimensions. A dynamic dimension that also an input that was read has is
/// taken from there. A name in `dimensions` that no dynamic dimension has is an
/// error.
HostResult<std::vector<Shape>>
resolveShapes(const FunctionSignature &signature,
              const std::vector<std::optional<Tensor>> &read,
              const std::map<std::string, int64_t> &dimensions);

/// A random tensor for input `index`: floats are normal (mean 0, deviation 1),
/// booleans are coin tosses, integers are in the range that the user gave, else
/// in `usual`, else in [0, 9].
HostResult<Tensor> makeRandom(const TensorSignature &input, size_t index,
                              const Shape &shape, const RandomOptions &options,
                              std::optional<NumberRange> usual);

} // namespace mlir::attn

#endif // ATTN_RUN_INPUTS_H
