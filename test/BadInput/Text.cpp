//===- Text.cpp - Mutations of MLIR text ----------------------------------===//

#include "Mutate.h"

#include <algorithm>
#include <cctype>

namespace attn::bad_input {

namespace {

using Tokens = std::vector<std::string>;

bool isWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ||
         c == '%' || c == '@' || c == '-';
}

/// Words, runs of blanks, and single other characters; their concatenation is
/// the text.
Tokens split(const std::string &text) {
  Tokens tokens;
  for (char c : text) {
    const bool joins =
        !tokens.empty() &&
        ((isWord(c) && isWord(tokens.back().back())) ||
         (std::isspace(static_cast<unsigned char>(c)) &&
          std::isspace(static_cast<unsigned char>(tokens.back().back()))));
    if (joins)
      tokens.back() += c;
    else
      tokens.emplace_back(1, c);
  }
  return tokens;
}

size_t drawPlace(RandomSequence &random, const Tokens &tokens) {
  return random.integer(0, int64_t(tokens.size()) - 1);
}

/// A token that is not blank, if a few tries find one.
size_t drawToken(RandomSequence &random, const Tokens &tokens) {
  size_t place = 0;
  for (int tries = 0; tries < 8; ++tries) {
    place = drawPlace(random, tokens);
    if (!std::isspace(static_cast<unsigned char>(tokens[place][0])))
      break;
  }
  return place;
}

bool isNumber(const std::string &token) {
  return std::isdigit(static_cast<unsigned char>(token[0])) ||
         (token[0] == '-' && token.size() > 1);
}

std::string drawWord(RandomSequence &random) {
  static const char *const words[] = {"0",
                                      "-1",
                                      "1",
                                      "?",
                                      "9223372036854775807",
                                      "3",
                                      "4294967296",
                                      "-9223372036854775808",
                                      "1e400",
                                      "0x7FC00000",
                                      "f16",
                                      "f32",
                                      "f64",
                                      "i1",
                                      "i8",
                                      "index",
                                      "none",
                                      "tensor<f32>",
                                      "*xf32",
                                      "vector<4xf32>",
                                      "memref<4xf32>",
                                      "{",
                                      "}",
                                      "(",
                                      ")",
                                      "<",
                                      ">",
                                      "[",
                                      "]",
                                      ",",
                                      "->",
                                      "=",
                                      "#",
                                      "!",
                                      "\"",
                                      "//",
                                      "dense<0>",
                                      "attn.yield",
                                      "mask",
                                      "score",
                                      "prob",
                                      "layout",
                                      "sink",
                                      "scale",
                                      "true",
                                      "tuple<>",
                                      "complex<f32>",
                                      "\xff",
                                      "5xf32",
                                      "bf16"};
  return words[random.integer(0, int64_t(std::size(words)) - 1)];
}

void mutateOnce(RandomSequence &random, Tokens &tokens, const Tokens &other) {
  const size_t place = drawToken(random, tokens);
  switch (random.integer(0, 8)) {
  case 0:
    tokens.erase(tokens.begin() + place);
    return;
  case 1:
    tokens.insert(tokens.begin() + place, " " + tokens[place]);
    return;
  case 2:
    std::swap(tokens[place], tokens[drawToken(random, tokens)]);
    return;
  case 3:
    tokens[place] = tokens[drawToken(random, tokens)];
    return;
  case 4:
    tokens[place] = other[drawToken(random, other)];
    return;
  case 5:
  case 6: // numbers more often than by chance: they are what verifiers check
    for (size_t n = place; n < tokens.size(); ++n)
      if (isNumber(tokens[n])) {
        tokens[n] = std::to_string(random.chance(0.7) ? random.integer(-2, 9)
                                                      : int64_t(random.bits()));
        return;
      }
    return;
  case 7:
    tokens[place] = drawWord(random);
    return;
  default: // a piece of some tokens, doubled or gone
    const size_t size =
        std::min<size_t>(random.integer(1, 30), tokens.size() - place);
    const Tokens piece(tokens.begin() + place, tokens.begin() + place + size);
    if (random.chance(0.5))
      tokens.insert(tokens.begin() + drawPlace(random, tokens), piece.begin(),
                    piece.end());
    else
      tokens.erase(tokens.begin() + place, tokens.begin() + place + size);
  }
}

} // namespace

/// One type or number everywhere by another: what still parses is of a kind
/// that nobody wrote a test for.
static std::string replaceAll(RandomSequence &random, std::string text) {
  static const char *const types[] = {"f16", "bf16", "f32", "f64",  "i1",
                                      "i8",  "i32",  "i64", "index"};
  static const char *const sizes[] = {"0x", "1x", "2x", "3x", "4x", "7x", "?x"};
  auto draw = [&]() -> std::string {
    return types[random.integer(0, int64_t(std::size(types)) - 1)];
  };
  auto drawSize = [&]() -> std::string {
    return sizes[random.integer(0, int64_t(std::size(sizes)) - 1)];
  };
  const bool type = random.chance(0.6);
  const std::string from = type ? draw() : drawSize();
  const std::string to = type ? draw() : drawSize();
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string mutateText(RandomSequence &random, const std::string &text,
                       const std::string &other) {
  if (random.chance(0.05))
    return text.substr(0, random.integer(0, int64_t(text.size())));
  if (random.chance(0.25))
    return replaceAll(random, text);
  Tokens tokens = split(text);
  const Tokens others = split(other);
  // One more often than several: what still parses goes deeper.
  for (int64_t n = random.chance(0.7) ? 1 : random.integer(2, 3); n > 0; --n)
    if (!tokens.empty() && !others.empty())
      mutateOnce(random, tokens, others);
  std::string result;
  for (const std::string &token : tokens)
    result += token;
  return result;
}

} // namespace attn::bad_input
