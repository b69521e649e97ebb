//===- Parser.cpp - PTX text into functions and statements ----------------===//

#include "TokenReader.h"

#include "attn/PTX/Error.h"

#include <memory>

namespace attn::ptx {

namespace {

std::vector<std::string> splitAtDots(const std::string &text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c == '.')
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

/// The inside of a function.
class BodyParser {
public:
  BodyParser(TokenReader &tokens, Function &function)
      : tokens(tokens), function(function) {}

  void run() {
    readBlock(nullptr);
    for (const Fixup &fixup : fixups)
      function.statements[fixup.statement].targets.push_back(findLabel(fixup));
  }

private:
  struct Scope {
    Scope *parent;
    std::map<std::string, unsigned> registers, labels;
    std::map<std::string, std::vector<std::string>> targetLists;
  };
  struct Fixup {
    unsigned statement;
    Scope *scope;
    std::string label;
    unsigned line;
  };

  /// What nests deeper is no program.
  static constexpr unsigned maximumDepth = 64;
  void enter() {
    if (++depth > maximumDepth)
      tokens.fail("fewer levels of brackets");
  }

  void readBlock(Scope *parent) {
    enter();
    scopes.push_back(std::make_unique<Scope>(Scope{parent, {}, {}, {}}));
    Scope *scope = scopes.back().get();
    tokens.expect("{");
    while (!tokens.take("}"))
      readItem(scope);
    --depth;
  }

  void readItem(Scope *scope) {
    const Token &token = tokens.peek();
    if (token.is("{"))
      return readBlock(scope);
    if (tokens.take(";"))
      return;
    if (token.form == Token::Form::Word && tokens.peek(1).is(":"))
      return readLabel(scope);
    if (token.form == Token::Form::Word && token.text[0] == '.')
      return readDirective(scope);
    readStatement(scope);
  }

  void readLabel(Scope *scope) {
    std::string name = tokens.next().text;
    tokens.expect(":");
    if (tokens.take(".branchtargets")) {
      std::vector<std::string> &list = scope->targetLists[name];
      do
        list.push_back(tokens.expectWord("a label"));
      while (tokens.take(","));
      tokens.expect(";");
      return;
    }
    if (!scope->labels.emplace(name, function.statements.size()).second)
      tokens.fail("one label '" + name + "' in its block");
  }

  void readDirective(Scope *scope) {
    std::string word = tokens.peek().text;
    if (word == ".loc" || word == ".file")
      return tokens.skipLine();
    tokens.next();
    if (word == ".reg")
      return readRegisters(scope);
    if (word == ".pragma") {
      while (!tokens.take(";"))
        tokens.next();
      return;
    }
    static const std::map<std::string, Space> spaces = {
        {".local", Space::Local},
        {".shared", Space::Shared},
        {".param", Space::Parameter}};
    auto space = spaces.find(word);
    if (space == spaces.end())
      tokens.fail("a directive of a function instead of '" + word + "' before");
    do
      function.variables.push_back(readVariable(tokens, space->second));
    while (tokens.take(","));
    tokens.expect(";");
  }

  /// `.reg .b32 %r<10>, x;`
  void readRegisters(Scope *scope) {
    std::string word = tokens.expectWord("the type of registers");
    auto type = parseType(std::string_view(word).substr(1));
    if (!type)
      tokens.fail("a type of registers instead of '" + word + "' before");
    do {
      std::string name = tokens.expectWord("the name of a register");
      if (!tokens.take("<")) {
        addRegister(scope, name, *type);
        continue;
      }
      int64_t count = tokens.expectInteger();
      if (count > 1 << 20)
        tokens.fail("fewer registers");
      for (int64_t number = 0; number < count; ++number)
        addRegister(scope, name + std::to_string(number), *type);
      tokens.expect(">");
    } while (tokens.take(","));
    tokens.expect(";");
  }
  void addRegister(Scope *scope, const std::string &name, Type type) {
    scope->registers[name] = function.registers.size();
    function.registers.push_back({name, type});
  }
  int findRegister(const Scope *scope, const std::string &name) const {
    for (; scope; scope = scope->parent)
      if (auto found = scope->registers.find(name);
          found != scope->registers.end())
        return found->second;
    return -1;
  }
  static unsigned findLabel(const Fixup &fixup) {
    for (const Scope *scope = fixup.scope; scope; scope = scope->parent)
      if (auto found = scope->labels.find(fixup.label);
          found != scope->labels.end())
        return found->second;
    throw Error(fixup.line, "expected a label, got '" + fixup.label + "'");
  }

  void readStatement(Scope *scope) {
    Statement statement;
    statement.line = tokens.peek().line;
    if (tokens.take("@")) {
      statement.guardNegated = tokens.take("!");
      std::string name = tokens.expectWord("a predicate");
      statement.guard = findRegister(scope, name);
      if (statement.guard < 0)
        throw Error(statement.line, "expected a predicate, got '" + name + "'");
    }
    statement.words = splitAtDots(tokens.expectWord("an instruction"));
    bool branches = statement.words[0] == "bra" || statement.words[0] == "brx";
    if (!tokens.peek().is(";"))
      do {
        if (branches && tokens.peek().form == Token::Form::Word &&
            findRegister(scope, tokens.peek().text) < 0)
          readTargets(scope, statement.line);
        else
          statement.operands.push_back(readOperand(scope));
      } while (tokens.take(","));
    tokens.expect(";");
    function.statements.push_back(std::move(statement));
  }
  void readTargets(Scope *scope, unsigned line) {
    std::string label = tokens.next().text;
    unsigned statement = function.statements.size();
    for (const Scope *outer = scope; outer; outer = outer->parent)
      if (auto list = outer->targetLists.find(label);
          list != outer->targetLists.end()) {
        for (const std::string &target : list->second)
          fixups.push_back({statement, scope, target, line});
        return;
      }
    fixups.push_back({statement, scope, label, line});
  }

  std::vector<Operand> readList(Scope *scope, std::string_view end) {
    std::vector<Operand> list;
    if (tokens.take(end))
      return list;
    enter();
    do
      list.push_back(readOperand(scope));
    while (tokens.take(","));
    tokens.expect(end);
    --depth;
    return list;
  }

  Operand readOperand(Scope *scope) {
    Operand operand;
    auto readWhole = [&](Operand::Form form, std::string_view end) {
      operand.form = form;
      operand.elements = readList(scope, end);
      return operand;
    };
    if (tokens.take("{"))
      return readWhole(Operand::Form::Vector, "}");
    if (tokens.take("["))
      return readWhole(Operand::Form::Address, "]");
    if (tokens.take("("))
      return readWhole(Operand::Form::Arguments, ")");
    operand = readSimple(scope);
    if (tokens.take("|")) {
      Operand pair;
      pair.form = Operand::Form::Pair;
      pair.elements = {operand, readSimple(scope)};
      return pair;
    }
    return operand;
  }

  Operand readSimple(Scope *scope) {
    if (tokens.take("!")) {
      Operand operand = readName(scope, tokens.expectWord("a predicate"));
      operand.negated = true;
      return operand;
    }
    if (tokens.take("-")) {
      if (tokens.peek().form != Token::Form::Number)
        tokens.fail("a number");
      Operand number = readNumber(tokens.next());
      number.bits = number.form == Operand::Form::Float
                        ? number.bits ^ uint64_t(1) << (number.width - 1)
                        : -number.bits;
      return number;
    }
    if (tokens.peek().form == Token::Form::Number)
      return readNumber(tokens.next());
    Operand operand = readName(scope, tokens.expectWord("an operand"));
    if (tokens.take("+"))
      operand.offset = tokens.expectInteger();
    else if (tokens.peek().is("-"))
      operand.offset = tokens.expectInteger();
    return operand;
  }

  Operand readName(Scope *scope, const std::string &name) {
    Operand operand;
    operand.name = name;
    if (int index = findRegister(scope, name); index >= 0) {
      operand.form = Operand::Form::Register;
      operand.index = index;
    } else if (name == "_") {
      operand.form = Operand::Form::Sink;
    } else if (name[0] == '%') {
      operand.form = Operand::Form::Special;
    } else {
      operand.form = Operand::Form::Symbol;
    }
    return operand;
  }

  TokenReader &tokens;
  Function &function;
  std::vector<std::unique_ptr<Scope>> scopes;
  std::vector<Fixup> fixups;
  unsigned depth = 0;
};

/// Variables and functions.
class ProgramParser {
public:
  explicit ProgramParser(const std::string &text) : tokens(tokenize(text)) {}

  Program run() {
    if (!tokens.peek().is(".version"))
      tokens.fail("'.version'");
    while (tokens.peek().form != Token::Form::End)
      readItem();
    return std::move(program);
  }

private:
  void readItem() {
    const std::string word = tokens.expectWord("a directive");
    if (word == ".version")
      program.version = tokens.next().text;
    else if (word == ".target")
      readTarget();
    else if (word == ".address_size")
      readAddressSize();
    else if (word == ".extern")
      isExternal = true;
    else if (word == ".visible" || word == ".weak" || word == ".common")
      isExternal = false;
    else if (word == ".file" || word == ".loc")
      tokens.skipLine();
    else if (word == ".section")
      skipSection();
    else if (word == ".entry" || word == ".func")
      readFunction(word == ".entry");
    else
      readVariables(word);
  }

  void readTarget() {
    program.target = tokens.expectWord("a target");
    while (tokens.take(","))
      tokens.expectWord("a target");
  }
  void readAddressSize() {
    if (tokens.peek().text != "64")
      tokens.fail("addresses of 64 bits");
    tokens.next();
  }
  void skipSection() {
    while (!tokens.peek().is("{"))
      tokens.next();
    tokens.skipBraces();
  }

  void readVariables(const std::string &word) {
    static const std::map<std::string, Space> spaces = {
        {".global", Space::Global},
        {".const", Space::Constant},
        {".shared", Space::Shared}};
    auto space = spaces.find(word);
    if (space == spaces.end())
      tokens.fail("a directive of a module instead of '" + word + "' before");
    do {
      program.variables.push_back(readVariable(tokens, space->second));
      program.variables.back().isExternal = isExternal;
    } while (tokens.take(","));
    tokens.expect(";");
    isExternal = false;
  }

  std::vector<Variable> readParameters() {
    std::vector<Variable> parameters;
    tokens.expect("(");
    if (tokens.take(")"))
      return parameters;
    do {
      std::string space = tokens.expectWord("'.param'");
      if (space != ".param")
        tokens.fail("'.param' instead of '" + space + "' before");
      parameters.push_back(readVariable(tokens, Space::Parameter));
    } while (tokens.take(","));
    tokens.expect(")");
    return parameters;
  }

  void readFunction(bool isKernel) {
    Function function;
    function.isKernel = isKernel;
    function.line = tokens.peek().line;
    if (!isKernel && tokens.peek().is("("))
      function.results = readParameters();
    function.name = tokens.expectWord("the name of a function");
    if (tokens.peek().is("("))
      function.parameters = readParameters();
    readTuning(function);
    if (!tokens.take(";")) {
      function.hasBody = true;
      BodyParser(tokens, function).run();
    }
    isExternal = false;
    Function &slot = program.functions[function.name];
    if (slot.hasBody && function.hasBody)
      throw Error(function.line,
                  "expected one function '" + function.name + "', got two");
    if (!slot.hasBody)
      slot = std::move(function);
  }

  /// `.reqntid 384, 1, 1 .minnctapersm 1`
  void readTuning(Function &function) {
    while (!tokens.peek().is("{") && !tokens.peek().is(";")) {
      std::string word = tokens.expectWord("'{'");
      uint32_t *threads = word == ".reqntid"   ? function.requiredThreads
                          : word == ".maxntid" ? function.maximumThreads
                                               : nullptr;
      if (threads)
        std::fill(threads, threads + 3, 1);
      for (unsigned number = 0;
           tokens.peek().form == Token::Form::Number && number < 3; ++number) {
        uint32_t value = tokens.expectInteger();
        if (threads)
          threads[number] = value;
        tokens.take(",");
      }
    }
  }

  TokenReader tokens;
  Program program;
  bool isExternal = false;
};

} // namespace

Program parseProgram(const std::string &text) {
  return ProgramParser(text).run();
}

} // namespace attn::ptx
