//===- Lexer.h - The words of PTX -------------------------------*- C++ -*-===//

#ifndef ATTN_PTX_LEXER_H
#define ATTN_PTX_LEXER_H

#include <string>
#include <vector>

namespace attn::ptx {

struct Token {
  enum class Form { Word, Number, Text, Mark, End };
  Form form = Form::End;
  std::string text; // a word holds its dots and colons: `ld.shared::cta.b32`
  unsigned line = 0;

  bool is(std::string_view mark) const {
    return (form == Form::Mark || form == Form::Word) && text == mark;
  }
};

/// Throws Error. The last token is End.
std::vector<Token> tokenize(const std::string &text);

} // namespace attn::ptx

#endif // ATTN_PTX_LEXER_H
