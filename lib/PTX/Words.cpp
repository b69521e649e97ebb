//===- Words.cpp - The words of an opcode ---------------------------------===//

#include "Decoder.h"

namespace attn::ptx {

Words::Words(const Statement &statement)
    : statement(statement), taken(statement.words.size()) {
  taken[0] = true;
}

bool Words::take(std::string_view word) {
  for (size_t number = 1; number < taken.size(); ++number)
    if (!taken[number] && statement.words[number] == word) {
      taken[number] = true;
      return true;
    }
  return false;
}

std::string Words::takeOne(std::initializer_list<std::string_view> words) {
  for (std::string_view word : words)
    if (take(word))
      return std::string(word);
  return {};
}

std::string Words::takeSuffix(std::string_view start) {
  for (size_t number = 1; number < taken.size(); ++number)
    if (!taken[number] &&
        statement.words[number].compare(0, start.size(), start) == 0) {
      taken[number] = true;
      return statement.words[number].substr(start.size());
    }
  return {};
}

std::optional<Type> Words::takeTypeIfAny() {
  for (size_t number = taken.size(); number-- > 1;)
    if (!taken[number])
      if (auto type = parseType(statement.words[number])) {
        taken[number] = true;
        return type;
      }
  return std::nullopt;
}

Type Words::takeType() {
  if (auto type = takeTypeIfAny())
    return *type;
  fail("a type");
}

void Words::skip(std::initializer_list<std::string_view> words) {
  for (std::string_view word : words)
    take(word);
}

void Words::finish() const {
  for (size_t number = 1; number < taken.size(); ++number)
    if (!taken[number])
      throw Error(statement.line, "unknown instruction '" + statement.opcode() +
                                      "': '." + statement.words[number] + "'");
}

void Words::fail(const std::string &expected) const {
  throw Error(statement.line, "unknown instruction '" + statement.opcode() +
                                  "': expected " + expected);
}

} // namespace attn::ptx
