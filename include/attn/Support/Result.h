//===- Result.h - A value or a message --------------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// What is wrong with inputs is reported as text of the form `expected X, got
// Y`. Nothing is thrown, and nothing of LLVM is needed.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SUPPORT_RESULT_H
#define ATTN_SUPPORT_RESULT_H

#include <cassert>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

namespace attn {

struct Error {
  std::string message;
};

/// Builds an error from anything that can be streamed.
template <typename... Parts> Error fail(const Parts &...parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return Error{stream.str()};
}

/// Either a value or an error; test it before taking the value.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Error error) : state(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state); }
  explicit operator bool() const { return ok(); }

  T &operator*() & {
    assert(ok() && "value taken from an error");
    return *std::get_if<T>(&state);
  }
  const T &operator*() const & {
    assert(ok() && "value taken from an error");
    return *std::get_if<T>(&state);
  }
  T &&operator*() && { return std::move(**this); }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  /// The message; empty when there is a value.
  const std::string &message() const {
    static const std::string none;
    const Error *error = std::get_if<Error>(&state);
    return error ? error->message : none;
  }
  /// To hand the error on as a Result of another type.
  Error error() const { return Error{message()}; }

private:
  std::variant<T, Error> state;
};

/// Success, or a message.
using Status = Result<std::monostate>;
inline Status success() { return std::monostate(); }

} // namespace attn

#endif // ATTN_SUPPORT_RESULT_H
