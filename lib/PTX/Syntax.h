//===- Syntax.h - What the parser makes of PTX ------------------*- C++ -*-===//
//
// Names of registers and labels are resolved, scopes and all; symbols are
// not. Instructions are words and operands: the decoder knows what they mean.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_SYNTAX_H
#define ATTN_PTX_SYNTAX_H

#include "Types.h"

#include <map>
#include <string>
#include <vector>

namespace attn::ptx {

struct Operand {
  enum class Form {
    Register,  // `%r1`, `!%p1`
    Integer,   // `-1`, `0x7f`
    Float,     // `0f3F800000`, `0d…`, `1.5`
    Symbol,    // a variable, a parameter or a function
    Special,   // `%tid.x`
    Sink,      // `_`
    Vector,    // `{a, b}`
    Address,   // `[a+4]`, `[a, {x, y}]`
    Pair,      // `a|b`
    Arguments, // `(a, b)`
  };
  Form form = Form::Integer;
  unsigned index = 0;   // of a register
  bool negated = false; // of a predicate
  uint64_t bits = 0;    // of a number
  unsigned width = 0;   // of a float: 32 or 64
  int64_t offset = 0;   // of an address
  std::string name;
  std::vector<Operand> elements;
};

struct Statement {
  unsigned line = 0;
  int guard = -1; // a register
  bool guardNegated = false;
  std::vector<std::string> words; // the opcode, split at its dots
  std::vector<Operand> operands;
  std::vector<unsigned> targets; // statements, of a branch

  std::string opcode() const {
    std::string text;
    for (const std::string &word : words)
      text += (text.empty() ? "" : ".") + word;
    return text;
  }
};

struct Register {
  std::string name;
  Type type;
};

enum class Space { Global, Constant, Shared, Local, Parameter };

/// A named piece of memory.
struct Variable {
  std::string name;
  Space space = Space::Global;
  uint32_t size = 0, align = 1;
  bool isExternal = false;
  std::vector<uint8_t> bytes; // what it starts as; shorter means zeros
  struct Reference {
    uint32_t at, width;
    std::string symbol;
    int64_t offset;
    bool generic;
  };
  std::vector<Reference> references;
};

struct Function {
  std::string name;
  unsigned line = 0;
  bool isKernel = false;
  bool hasBody = false;
  std::vector<Variable> parameters, results;
  std::vector<Variable> variables; // declared in the body
  std::vector<Register> registers;
  std::vector<Statement> statements;
  uint32_t requiredThreads[3] = {0, 0, 0}, maximumThreads[3] = {0, 0, 0};
};

struct Program {
  std::string version, target;
  std::vector<Variable> variables;
  std::map<std::string, Function> functions;
};

/// Throws Error.
Program parseProgram(const std::string &text);

} // namespace attn::ptx

#endif // ATTN_PTX_SYNTAX_H
