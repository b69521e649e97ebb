//===- Lexer.cpp - The words of PTX ---------------------------------------===//

#include "Lexer.h"

#include "attn/PTX/Error.h"

#include <cctype>
#include <cstring>

namespace attn::ptx {

namespace {

class Lexer {
public:
  explicit Lexer(const std::string &text) : text(text) {}

  std::vector<Token> run() {
    while (skipBlanks())
      read();
    add(Token::Form::End, "");
    return std::move(tokens);
  }

private:
  char peek(size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }
  void add(Token::Form form, std::string word) {
    tokens.push_back({form, std::move(word), line});
  }

  bool skipBlanks() {
    while (at < text.size()) {
      if (peek() == '/' && peek(1) == '/')
        at = std::min(text.find('\n', at), text.size());
      else if (peek() == '/' && peek(1) == '*')
        skipComment();
      else if (std::isspace(static_cast<unsigned char>(peek())))
        line += text[at++] == '\n';
      else if (peek() == '\0')
        ++at; // what drivers take as the end may be in a buffer
      else
        return true;
    }
    return false;
  }
  void skipComment() {
    size_t end = text.find("*/", at + 2);
    if (end == std::string::npos)
      throw Error(line, "expected the end of a comment");
    for (; at < end + 2; ++at)
      line += text[at] == '\n';
  }

  static bool startsWord(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) || c == '_' ||
           c == '$' || c == '%' || c == '.';
  }
  static bool continuesWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
  }

  void read() {
    char c = peek();
    if (std::isdigit(static_cast<unsigned char>(c)))
      readNumber();
    else if (startsWord(c))
      readWord();
    else if (c == '"')
      readText();
    else if (std::strchr("{}[](),;:@!|<>=+-", c))
      add(Token::Form::Mark, std::string(1, text[at++]));
    else
      throw Error(line, std::string("expected PTX, got '") + c + "'");
  }

  void readNumber() {
    size_t start = at;
    bool exponent = false;
    while (continuesWord(peek()) || peek() == '.' ||
           (exponent && (peek() == '+' || peek() == '-'))) {
      bool hexadecimal = text[start] == '0' && at > start;
      exponent = !hexadecimal && (peek() == 'e' || peek() == 'E');
      ++at;
    }
    add(Token::Form::Number, text.substr(start, at - start));
  }
  /// `::` belongs to a word, a single `:` ends a label.
  void readWord() {
    size_t start = at++;
    while (continuesWord(peek()) || peek() == '.' ||
           (peek() == ':' && peek(1) == ':' && peek(2) != ':')) {
      at += peek() == ':' ? 2 : 1;
    }
    add(Token::Form::Word, text.substr(start, at - start));
  }
  void readText() {
    size_t end = text.find('"', at + 1);
    if (end == std::string::npos)
      throw Error(line, "expected the end of a string");
    add(Token::Form::Text, text.substr(at + 1, end - at - 1));
    at = end + 1;
  }

  const std::string &text;
  size_t at = 0;
  unsigned line = 1;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> tokenize(const std::string &text) {
  return Lexer(text).run();
}

} // namespace attn::ptx
