//===- TokenReader.h - Tokens, read in order --------------------*- C++ -*-===//

#ifndef ATTN_PTX_TOKENREADER_H
#define ATTN_PTX_TOKENREADER_H

#include "Lexer.h"
#include "Syntax.h"

namespace attn::ptx {

class TokenReader {
public:
  explicit TokenReader(std::vector<Token> tokens) : tokens(std::move(tokens)) {}

  const Token &peek(size_t ahead = 0) const {
    return tokens[std::min(at + ahead, tokens.size() - 1)];
  }
  const Token &next();
  bool take(std::string_view mark);
  void expect(std::string_view mark);
  std::string expectWord(const char *what);
  int64_t expectInteger();
  [[noreturn]] void fail(const std::string &expected) const;

  /// Behind the line of the next token.
  void skipLine();
  /// Behind the `}` of the `{` that comes next.
  void skipBraces();

private:
  std::vector<Token> tokens;
  size_t at = 0;
};

/// A number as a form of Operand: integers of any base, `0f…`, `0d…`, `1.5`.
Operand readNumber(const Token &token);

/// What stands between the space and the name of a variable, then the name:
/// `.align 4 .b8 name[16]`.
Variable readVariable(TokenReader &tokens, Space space);
/// `= {1, 2}`, `= generic(x)`.
void readInitializer(TokenReader &tokens, Variable &variable,
                     unsigned elementBytes);

} // namespace attn::ptx

#endif // ATTN_PTX_TOKENREADER_H
