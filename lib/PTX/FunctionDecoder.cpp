//===- FunctionDecoder.cpp - A kernel with what it calls ------------------===//
//
// A call becomes the body of what it calls, with registers of its own: a
// device function that LLVM did not inline is small, and never recursive.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include "Warp.h"

namespace attn::ptx {

/// Functions that call each other twice grow without end.
static constexpr size_t maximumInstructions = 1 << 20;

static uint32_t alignUp(uint32_t value, uint32_t align) {
  return (value + align - 1) / align * align;
}

static const DecodeTable &decodeTable() {
  static const DecodeTable table = [] {
    DecodeTable table;
    addArithmetic(table);
    addBits(table);
    addComparisons(table);
    addConversions(table);
    addMoves(table);
    addMemory(table);
    addAtomics(table);
    addControlFlow(table);
    addWarpWide(table);
    addBarriers(table);
    addMBarriers(table);
    addFences(table);
    addAsyncCopies(table);
    addMatrices(table);
    addMma(table);
    addWgmma(table);
    return table;
  }();
  return table;
}

/// Rows of 64 bytes, so that vector code finds them aligned.
uint32_t FunctionDecoder::allocate(unsigned bytes) {
  uint32_t at = alignUp(code.fileBytes, bytes >= 64 ? 64 : 4);
  code.fileBytes = at + bytes;
  return at;
}

uint32_t FunctionDecoder::opcodeIndex(const std::string &opcode) {
  auto [slot, isNew] = opcodes.try_emplace(opcode, code.opcodes.size());
  if (isNew)
    code.opcodes.push_back(opcode);
  return slot->second;
}

uint64_t FunctionDecoder::placeShared(const Variable &variable) {
  if (variable.isExternal || !variable.size) { // what the launch adds
    code.sharedAlign = std::max(code.sharedAlign, variable.align);
    return 0;
  }
  code.sharedBytes = alignUp(code.sharedBytes, variable.align);
  uint64_t address = firstSharedAddress + code.sharedBytes;
  code.sharedBytes += variable.size;
  return address;
}

uint32_t FunctionDecoder::placeLocal(const Variable &variable) {
  code.localBytes = alignUp(code.localBytes, std::max(variable.align, 1u));
  uint32_t at = code.localBytes;
  code.localBytes += variable.size;
  return at;
}

/// Shared memory of the launch lies behind all variables.
static bool isDynamic(const Variable &variable) {
  return variable.space == Space::Shared &&
         (variable.isExternal || !variable.size);
}

uint64_t FunctionDecoder::findSymbol(const std::string &name, unsigned line) {
  if (auto found = frame->addresses.find(name); found != frame->addresses.end())
    return found->second;
  if (auto found = sharedAddresses.find(name); found != sharedAddresses.end())
    return found->second;
  if (uint64_t address = symbols.findGlobal(name))
    return address;
  throw Error(line, "expected a variable, got '" + name + "'");
}

void FunctionDecoder::addRegisters(Frame &frame) {
  for (const Register &reg : frame.function->registers) {
    frame.offsets.push_back(allocateRegister(reg.type));
    frame.indices.push_back(code.registerNames.size());
    code.registerNames.push_back(reg.name);
  }
}

void FunctionDecoder::addVariables(Frame &frame) {
  // A name of parameters comes back with each call: one place, large enough.
  std::map<std::string, uint32_t> sizes;
  for (const Variable &variable : frame.function->variables) {
    auto [size, isNew] = sizes.try_emplace(variable.name, variable.size);
    if (!isNew && variable.size <= size->second)
      continue;
    size->second = variable.size;
    uint64_t address = variable.space == Space::Shared
                           ? placeShared(variable)
                           : window::local | placeLocal(variable);
    frame.addresses[variable.name] = address;
  }
}

void FunctionDecoder::addParameters(Frame &frame) {
  for (const Variable &parameter : frame.function->parameters) {
    code.parameterBytes = alignUp(code.parameterBytes, parameter.align);
    frame.addresses[parameter.name] = window::parameter | code.parameterBytes;
    code.parameterOffsets.push_back(code.parameterBytes);
    code.parameterSizes.push_back(parameter.size);
    code.parameterBytes += parameter.size;
  }
}

void FunctionDecoder::decode(const Function &function) {
  code.name = function.name;
  std::copy_n(function.requiredThreads, 3, code.requiredThreads);
  std::copy_n(function.maximumThreads, 3, code.maximumThreads);
  Frame outer;
  outer.function = &function;
  addRegisters(outer);
  addParameters(outer);
  addVariables(outer);
  // Shared variables of the module, then the launch's, whose start is known
  // only when all others have a place.
  for (const Variable &variable : symbols.program.variables)
    if (variable.space == Space::Shared && !isDynamic(variable))
      sharedAddresses[variable.name] = placeShared(variable);
  for (const Variable &variable : symbols.program.variables)
    if (isDynamic(variable))
      placeShared(variable);
  uint64_t dynamic =
      alignUp(firstSharedAddress + code.sharedBytes, code.sharedAlign);
  for (const Variable &variable : symbols.program.variables)
    if (isDynamic(variable))
      sharedAddresses[variable.name] = dynamic;
  decodeBody(outer);
  Instruction end;
  end.opcode = opcodeIndex("ret");
  end.line = function.line;
  end.handler = [](Warp &warp, const Instruction &, Mask mask) {
    warp.exit(mask);
  };
  code.instructions.push_back(end);
}

void FunctionDecoder::decodeBody(Frame &inner) {
  Frame *outer = frame;
  frame = &inner;
  struct Fixup {
    uint32_t instruction;
    const Statement *statement;
  };
  std::vector<Fixup> fixups;
  for (const Statement &statement : inner.function->statements) {
    if (code.instructions.size() > maximumInstructions)
      throw Error(statement.line, "expected fewer instructions, with all that "
                                  "is called");
    inner.starts.push_back(code.instructions.size());
    auto found = decodeTable().find(statement.words[0]);
    if (found == decodeTable().end())
      throw Error(statement.line,
                  "unknown instruction '" + statement.opcode() + "'");
    Decoder decoder(*this, statement);
    found->second(decoder);
    if (!statement.targets.empty())
      fixups.push_back({uint32_t(code.instructions.size() - 1), &statement});
  }
  inner.starts.push_back(code.instructions.size());
  for (const Fixup &fixup : fixups) {
    Instruction &branch = code.instructions[fixup.instruction];
    branch.target = inner.starts[fixup.statement->targets[0]];
    for (unsigned target : fixup.statement->targets)
      branch.list.push_back(inner.starts[target]);
  }
  for (uint32_t instruction : inner.returns)
    code.instructions[instruction].target = code.instructions.size();
  frame = outer;
}

static void moveTo(Warp &warp, const Instruction &i, Mask mask) {
  warp.branch(mask, i.target);
}

/// `call (result), f, (arguments)`: the caller's variables of parameters are
/// the callee's.
void decodeCall(Decoder &decoder) {
  FunctionDecoder &function = decoder.function;
  decoder.words.skip({"uni"});
  const std::vector<Operand> &operands = decoder.statement.operands;
  size_t at = 0;
  std::vector<Operand> results, arguments;
  if (at < operands.size() && operands[at].form == Operand::Form::Arguments)
    results = operands[at++].elements;
  const Operand &callee = decoder.operand(at++);
  if (at < operands.size() && operands[at].form == Operand::Form::Arguments)
    arguments = operands[at++].elements;
  if (callee.form != Operand::Form::Symbol || at != operands.size())
    decoder.fail("expected a call of a named function");
  auto found = function.symbols.program.functions.find(callee.name);
  if (found == function.symbols.program.functions.end() ||
      !found->second.hasBody)
    decoder.fail("expected a function with a body, got '" + callee.name + "'");
  FunctionDecoder::Frame inner;
  inner.function = &found->second;
  inner.caller = function.frame;
  for (FunctionDecoder::Frame *outer = function.frame; outer;
       outer = outer->caller)
    if (outer->function == inner.function)
      decoder.fail("expected no recursion, got it in '" + callee.name + "'");
  auto bind = [&](const std::vector<Variable> &names,
                  const std::vector<Operand> &values) {
    if (names.size() != values.size())
      decoder.fail("expected " + std::to_string(names.size()) +
                   " operands for '" + callee.name + "', got " +
                   std::to_string(values.size()));
    for (size_t number = 0; number < names.size(); ++number)
      inner.addresses[names[number].name] =
          function.findSymbol(values[number].name, decoder.statement.line);
  };
  bind(found->second.results, results);
  bind(found->second.parameters, arguments);
  // Lanes that do not call go past it.
  uint32_t skip = function.code.instructions.size();
  if (decoder.statement.guard >= 0) {
    Instruction past;
    past.handler = moveTo;
    past.line = decoder.statement.line;
    past.opcode = decoder.instruction.opcode;
    past.guard = function.frame->offsets[decoder.statement.guard];
    past.guardNegated = !decoder.statement.guardNegated;
    function.code.instructions.push_back(past);
  }
  function.addRegisters(inner);
  function.addVariables(inner);
  function.decodeBody(inner);
  if (decoder.statement.guard >= 0)
    function.code.instructions[skip].target = function.code.instructions.size();
}

static void decodeBranch(Decoder &decoder) {
  bool indexed = decoder.statement.words[0] == "brx";
  decoder.words.skip({"uni"});
  if (decoder.statement.targets.empty())
    decoder.fail("expected a label");
  if (!indexed)
    return decoder.emit(moveTo);
  decoder.words.take("idx");
  decoder.instruction.a = decoder.source(0, {Kind::Unsigned, 32, 1});
  decoder.emit([](Warp &warp, const Instruction &i, Mask mask) {
    // Each target takes the lanes that want it; the last of them branch all.
    const uint32_t *index = warp.at<uint32_t>(i.a);
    while (mask) {
      uint32_t first = index[__builtin_ctz(mask)];
      if (first >= i.list.size())
        warp.fail(i, "expected an index below " +
                         std::to_string(i.list.size()) + ", got " +
                         std::to_string(first));
      Mask lanes = 0;
      for (unsigned lane = 0; lane < warpSize; ++lane)
        if ((mask >> lane & 1) && index[lane] == first)
          lanes |= Mask(1) << lane;
      warp.branch(lanes, i.list[first]);
      mask &= ~lanes;
    }
  });
}

static void decodeReturn(Decoder &decoder) {
  decoder.words.skip({"uni"});
  if (decoder.statement.words[0] == "exit" || decoder.isInKernel())
    return decoder.emit(
        [](Warp &warp, const Instruction &, Mask mask) { warp.exit(mask); });
  decoder.emit(moveTo);
  decoder.noteReturn(decoder.function.code.instructions.size() - 1);
}

void addControlFlow(DecodeTable &table) {
  table["bra"] = decodeBranch;
  table["brx"] = decodeBranch;
  table["call"] = decodeCall;
  table["ret"] = decodeReturn;
  table["exit"] = decodeReturn;
  table["trap"] = [](Decoder &decoder) {
    decoder.emit([](Warp &warp, const Instruction &i, Mask) {
      warp.fail(i, "the kernel stops itself");
    });
  };
  table["brkpt"] = [](Decoder &decoder) {
    decoder.emit([](Warp &, const Instruction &, Mask) {});
  };
  table["nanosleep"] = [](Decoder &decoder) {
    decoder.words.take("u32");
    decoder.emit([](Warp &warp, const Instruction &, Mask) { warp.yield(); });
  };
}

bool Decoder::isInKernel() const { return !function.frame->caller; }

void Decoder::noteReturn(uint32_t instruction) {
  function.frame->returns.push_back(instruction);
}

} // namespace attn::ptx
