//===- TokenReader.cpp - Tokens, numbers and variables --------------------===//

#include "TokenReader.h"

#include "attn/PTX/Error.h"

#include <cstdlib>
#include <cstring>

namespace attn::ptx {

const Token &TokenReader::next() {
  const Token &token = peek();
  if (token.form != Token::Form::End)
    ++at;
  return token;
}

bool TokenReader::take(std::string_view mark) {
  if (!peek().is(mark))
    return false;
  ++at;
  return true;
}

void TokenReader::expect(std::string_view mark) {
  if (!take(mark))
    fail("'" + std::string(mark) + "'");
}

std::string TokenReader::expectWord(const char *what) {
  if (peek().form != Token::Form::Word)
    fail(what);
  return next().text;
}

int64_t TokenReader::expectInteger() {
  bool negative = take("-");
  if (peek().form != Token::Form::Number)
    fail("a number");
  Operand number = readNumber(next());
  if (number.form != Operand::Form::Integer)
    fail("an integer");
  return negative ? -int64_t(number.bits) : int64_t(number.bits);
}

void TokenReader::fail(const std::string &expected) const {
  const Token &token = peek();
  throw Error(token.line,
              "expected " + expected + ", got " +
                  (token.form == Token::Form::End ? "the end of the text"
                                                  : "'" + token.text + "'"));
}

void TokenReader::skipLine() {
  unsigned line = peek().line;
  while (peek().form != Token::Form::End && peek().line == line)
    ++at;
}

void TokenReader::skipBraces() {
  expect("{");
  for (unsigned depth = 1; depth;) {
    if (peek().form == Token::Form::End)
      fail("'}'");
    const Token &token = next();
    depth += token.is("{");
    depth -= token.is("}");
  }
}

Operand readNumber(const Token &token) {
  Operand number;
  std::string text = token.text;
  auto fail = [&] {
    throw Error(token.line, "expected a number, got '" + text + "'");
  };
  char *end = nullptr;
  bool isBits = text.size() > 1 && text[0] == '0' &&
                (std::strchr("fF", text[1]) || std::strchr("dD", text[1]));
  if (isBits) {
    number.form = Operand::Form::Float;
    number.width = std::strchr("fF", text[1]) ? 32 : 64;
    number.bits = std::strtoull(text.c_str() + 2, &end, 16);
  } else if (text.find('.') != std::string::npos ||
             (text.compare(0, 2, "0x") && text.compare(0, 2, "0X") &&
              text.find_first_of("eE") != std::string::npos)) {
    number.form = Operand::Form::Float;
    number.width = 64;
    double value = std::strtod(text.c_str(), &end);
    std::memcpy(&number.bits, &value, sizeof value);
  } else {
    bool isBinary = text.size() > 1 && (text[1] == 'b' || text[1] == 'B');
    number.bits = isBinary ? std::strtoull(text.c_str() + 2, &end, 2)
                           : std::strtoull(text.c_str(), &end, 0);
    if (*end == 'U')
      ++end;
  }
  if (*end)
    fail();
  return number;
}

Variable readVariable(TokenReader &tokens, Space space) {
  Variable variable;
  variable.space = space;
  unsigned bytes = 0, vector = 1;
  while (tokens.peek().form == Token::Form::Word &&
         tokens.peek().text[0] == '.') {
    std::string word = tokens.next().text.substr(1);
    if (word == "align") {
      uint32_t align = tokens.expectInteger();
      if (!bytes) // `.ptr .align 4` is about what a pointer points to
        variable.align = align;
    } else if (word == "v2" || word == "v4") {
      vector = word[1] - '0';
    } else if (auto type = parseType(word); type && !bytes) {
      bytes = type->bytes();
    }
  }
  variable.name = tokens.expectWord("the name of a variable");
  if (!bytes)
    tokens.fail("a type of '" + variable.name + "'");
  variable.size = bytes * vector;
  if (variable.align == 1)
    variable.align = variable.size;
  while (tokens.take("[")) {
    if (tokens.peek().is("]"))
      variable.size = 0;
    else
      variable.size *= tokens.expectInteger();
    tokens.expect("]");
  }
  if (tokens.take("="))
    readInitializer(tokens, variable, bytes);
  return variable;
}

/// `generic(x)+8`, `x`: an address.
static void readReference(TokenReader &tokens, Variable &variable,
                          unsigned bytes) {
  Variable::Reference reference{uint32_t(variable.bytes.size()), bytes, "", 0,
                                false};
  reference.symbol = tokens.expectWord("a number or a symbol");
  if (reference.symbol == "generic") {
    tokens.expect("(");
    reference.symbol = tokens.expectWord("a symbol");
    tokens.expect(")");
    reference.generic = true;
  }
  if (tokens.take("+"))
    reference.offset = tokens.expectInteger();
  else if (tokens.peek().is("-"))
    reference.offset = tokens.expectInteger();
  variable.references.push_back(reference);
  variable.bytes.resize(variable.bytes.size() + bytes);
}

static void readElement(TokenReader &tokens, Variable &variable, unsigned bytes,
                        unsigned depth) {
  constexpr unsigned maximumDepth = 64;
  if (depth > maximumDepth)
    tokens.fail("fewer levels of brackets");
  if (tokens.take("{")) {
    do
      readElement(tokens, variable, bytes, depth + 1);
    while (tokens.take(","));
    tokens.expect("}");
    return;
  }
  if (tokens.peek().form == Token::Form::Word)
    return readReference(tokens, variable, bytes);
  bool negative = tokens.take("-");
  if (tokens.peek().form != Token::Form::Number)
    tokens.fail("a number or a symbol");
  Operand number = readNumber(tokens.next());
  uint64_t bits = negative ? -number.bits : number.bits;
  for (unsigned byte = 0; byte < bytes; ++byte)
    variable.bytes.push_back(bits >> (8 * byte));
}

void readInitializer(TokenReader &tokens, Variable &variable,
                     unsigned elementBytes) {
  readElement(tokens, variable, elementBytes, 0);
  if (!variable.size)
    variable.size = variable.bytes.size();
  if (variable.bytes.size() > variable.size)
    tokens.fail("at most " + std::to_string(variable.size) + " bytes in '" +
                variable.name + "'");
}

} // namespace attn::ptx
