//===- Decoder.h - Statements into instructions -----------------*- C++ -*-===//
//
// Each family of instructions decodes its own: it takes the words of the
// opcode one by one (one that nobody takes is an error), turns operands into
// offsets, and emits an instruction with a handler.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_DECODER_H
#define ATTN_PTX_DECODER_H

#include "attn/PTX/Error.h"

#include "Code.h"

#include <functional>
#include <initializer_list>
#include <unordered_map>

namespace attn::ptx {

/// The words of an opcode behind its first.
class Words {
public:
  Words(const Statement &statement);

  bool take(std::string_view word);
  /// The one of them that is there, or the empty string.
  std::string takeOne(std::initializer_list<std::string_view> words);
  /// A word that starts so: what follows. Empty: there is none.
  std::string takeSuffix(std::string_view start);
  /// The last type, or an error.
  Type takeType();
  std::optional<Type> takeTypeIfAny();
  /// Words that only hint.
  void skip(std::initializer_list<std::string_view> words);
  /// An error if one is left.
  void finish() const;
  [[noreturn]] void fail(const std::string &expected) const;

private:
  const Statement &statement;
  std::vector<bool> taken;
};

/// Where names lie: known when a module is loaded.
struct Symbols {
  const Program &program;
  /// Address of a variable of the module, 0 for none.
  std::function<uint64_t(const std::string &)> findGlobal;
};

class FunctionDecoder;

/// One statement on its way to an instruction.
class Decoder {
public:
  Decoder(FunctionDecoder &function, const Statement &statement);

  const Statement &statement;
  Words words;
  Instruction instruction;

  size_t operandCount() const { return statement.operands.size(); }
  const Operand &operand(size_t number) const;
  bool has(size_t number) const { return number < operandCount(); }

  /// Offsets in the register file. A register that is wider than the type is
  /// cut before the instruction, or extended behind it.
  uint32_t source(const Operand &operand, Type type);
  uint32_t source(size_t number, Type type) {
    return source(operand(number), type);
  }
  uint32_t destination(const Operand &operand, Type type);
  uint32_t destination(size_t number, Type type) {
    return destination(operand(number), type);
  }
  uint32_t predicate(const Operand &operand);
  uint32_t predicate(size_t number) { return predicate(operand(number)); }
  uint32_t predicateDestination(const Operand &operand);
  /// The elements of a vector, or the one operand.
  std::vector<uint32_t> sources(const Operand &operand, Type type);
  std::vector<uint32_t> destinations(const Operand &operand, Type type);
  /// Sets `a`, `offset` and `wideAddress` to what stands in brackets.
  void address(const Operand &operand);
  void address(size_t number) { address(operand(number)); }
  /// Makes `a` the whole address: 64 bits, the offset added.
  void addOffset();
  /// A number that must be known now.
  int64_t immediate(size_t number);
  uint32_t constant(uint64_t bits, Type type);

  void emit(Handler handler);
  [[noreturn]] void fail(const std::string &what) const;

  /// Not in a function that it calls.
  bool isInKernel() const;
  /// An instruction that goes to the end of the function.
  void noteReturn(uint32_t instruction);

  FunctionDecoder &function;

private:
  friend class FunctionDecoder;

  /// Of at least as many bits as the type.
  const Register &registerOf(const Operand &operand, Type type) const;

  std::vector<Instruction> before, after;
};

using DecodeFunction = void (*)(Decoder &);
using DecodeTable = std::unordered_map<std::string, DecodeFunction>;

// Each family adds its own.
void addArithmetic(DecodeTable &table);
void addBits(DecodeTable &table);
void addComparisons(DecodeTable &table);
void addConversions(DecodeTable &table);
void addMoves(DecodeTable &table);
void addMemory(DecodeTable &table);
void addAtomics(DecodeTable &table);
void addControlFlow(DecodeTable &table);
void addWarpWide(DecodeTable &table);
void addBarriers(DecodeTable &table);
void addMBarriers(DecodeTable &table);
void addFences(DecodeTable &table);
void addAsyncCopies(DecodeTable &table);
void addMatrices(DecodeTable &table);
void addMma(DecodeTable &table);
void addWgmma(DecodeTable &table);

/// A function with what it calls, as one piece of code.
class FunctionDecoder {
public:
  FunctionDecoder(const Symbols &symbols, Code &code)
      : symbols(symbols), code(code) {}

  /// A kernel. Throws Error.
  void decode(const Function &function);

  const Symbols &symbols;
  Code &code;

private:
  friend class Decoder;
  friend void decodeCall(Decoder &);

  /// One function at one place where it is called: its registers and
  /// variables.
  struct Frame {
    const Function *function;
    std::vector<uint32_t> offsets; // of registers
    std::vector<uint32_t> indices;
    std::map<std::string, uint64_t> addresses; // of variables
    std::vector<uint32_t> starts;              // of statements
    std::vector<uint32_t> returns; // instructions that go to its end
    Frame *caller = nullptr;
  };
  void decodeBody(Frame &frame);
  void addRegisters(Frame &frame);
  void addVariables(Frame &frame);
  void addParameters(Frame &frame);
  uint32_t allocate(unsigned bytes);
  uint32_t allocateRegister(Type type) {
    return allocate(type.isPredicate() ? 4 : type.bytes() * warpSize);
  }
  uint64_t findSymbol(const std::string &name, unsigned line);
  uint64_t placeShared(const Variable &variable);
  uint32_t placeLocal(const Variable &variable);
  uint32_t opcodeIndex(const std::string &opcode);

  Frame *frame = nullptr;
  std::map<std::string, uint64_t> sharedAddresses;
  std::map<std::pair<uint64_t, unsigned>, uint32_t> constants;
  std::map<std::pair<unsigned, unsigned>, uint32_t> specials;
  std::map<std::string, uint32_t> opcodes;
};

/// Sign or zero extension and truncation, as instructions of their own.
Handler resizeHandler(unsigned fromBytes, unsigned toBytes, bool isSigned);

} // namespace attn::ptx

#endif // ATTN_PTX_DECODER_H
