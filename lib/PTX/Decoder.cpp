//===- Decoder.cpp - Statements into instructions -------------------------===//

#include "Decoder.h"

#include "Numbers.h"
#include "Warp.h"

namespace attn::ptx {

Decoder::Decoder(FunctionDecoder &function, const Statement &statement)
    : statement(statement), words(statement), function(function) {
  instruction.line = statement.line;
  instruction.opcode = function.opcodeIndex(statement.opcode());
}

void Decoder::fail(const std::string &what) const {
  throw Error(statement.line, statement.opcode() + ": " + what);
}

const Operand &Decoder::operand(size_t number) const {
  if (!has(number))
    fail("expected operand " + std::to_string(number + 1) + ", got " +
         std::to_string(operandCount()) + " operands");
  return statement.operands[number];
}

//===----------------------------------------------------------------------===//
// Between registers and types of other sizes
//===----------------------------------------------------------------------===//

template <class From, class To>
static void resize(Warp &warp, const Instruction &i, Mask mask) {
  const From *from = warp.at<From>(i.a);
  To to[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    to[lane] = To(from[lane]);
  warp.store(i.destination, to, mask);
}

template <class From> static Handler resizeFrom(unsigned bytes) {
  switch (bytes) {
  case 1:
    return resize<From, uint8_t>;
  case 2:
    return resize<From, uint16_t>;
  case 4:
    return resize<From, uint32_t>;
  default:
    return resize<From, uint64_t>;
  }
}

Handler resizeHandler(unsigned fromBytes, unsigned toBytes, bool isSigned) {
  switch (fromBytes) {
  case 1:
    return isSigned ? resizeFrom<int8_t>(toBytes)
                    : resizeFrom<uint8_t>(toBytes);
  case 2:
    return isSigned ? resizeFrom<int16_t>(toBytes)
                    : resizeFrom<uint16_t>(toBytes);
  case 4:
    return isSigned ? resizeFrom<int32_t>(toBytes)
                    : resizeFrom<uint32_t>(toBytes);
  default:
    return resizeFrom<uint64_t>(toBytes);
  }
}

static void invertPredicate(Warp &warp, const Instruction &i, Mask mask) {
  warp.predicate(i.destination) = ~warp.predicate(i.a) & mask;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

static uint64_t bitsOf(const Operand &operand, Type type) {
  if (operand.form == Operand::Form::Float && operand.width == 64 &&
      type.bits == 32)
    return bitCast<uint32_t>(float(bitCast<double>(operand.bits)));
  return operand.bits;
}

static Special findSpecial(const std::string &name) {
  static const std::unordered_map<std::string, Special> table = {
      {"%tid.x", Special::TidX},
      {"%tid.y", Special::TidY},
      {"%tid.z", Special::TidZ},
      {"%ntid.x", Special::NtidX},
      {"%ntid.y", Special::NtidY},
      {"%ntid.z", Special::NtidZ},
      {"%ctaid.x", Special::CtaidX},
      {"%ctaid.y", Special::CtaidY},
      {"%ctaid.z", Special::CtaidZ},
      {"%nctaid.x", Special::NctaidX},
      {"%nctaid.y", Special::NctaidY},
      {"%nctaid.z", Special::NctaidZ},
      {"%laneid", Special::LaneId},
      {"%warpid", Special::WarpId},
      {"%nwarpid", Special::NWarpId},
      {"%lanemask_eq", Special::LaneMaskEq},
      {"%lanemask_le", Special::LaneMaskLe},
      {"%lanemask_lt", Special::LaneMaskLt},
      {"%lanemask_ge", Special::LaneMaskGe},
      {"%lanemask_gt", Special::LaneMaskGt},
      {"%dynamic_smem_size", Special::DynamicSharedSize},
      {"%total_smem_size", Special::TotalSharedSize},
      // One multiprocessor, clusters of one block.
      {"%smid", Special::Zero},
      {"%nsmid", Special::One},
      {"%clusterid.x", Special::CtaidX},
      {"%clusterid.y", Special::CtaidY},
      {"%clusterid.z", Special::CtaidZ},
      {"%nclusterid.x", Special::NctaidX},
      {"%nclusterid.y", Special::NctaidY},
      {"%nclusterid.z", Special::NctaidZ},
      {"%cluster_ctaid.x", Special::Zero},
      {"%cluster_ctaid.y", Special::Zero},
      {"%cluster_ctaid.z", Special::Zero},
      {"%cluster_nctaid.x", Special::One},
      {"%cluster_nctaid.y", Special::One},
      {"%cluster_nctaid.z", Special::One},
      {"%cluster_ctarank", Special::Zero},
      {"%cluster_nctarank", Special::One},
  };
  auto found = table.find(name);
  return found == table.end() ? Special::None : found->second;
}

uint32_t Decoder::constant(uint64_t bits, Type type) {
  unsigned bytes = type.bytes();
  if (bytes && bytes < 8)
    bits &= (uint64_t(1) << 8 * bytes) - 1;
  auto [slot, isNew] = function.constants.try_emplace({bits, bytes});
  if (isNew) {
    slot->second = function.allocateRegister(type);
    function.code.constants.push_back(
        {slot->second, uint8_t(bytes), bits, Special::None});
  }
  return slot->second;
}

const Register &Decoder::registerOf(const Operand &operand, Type type) const {
  const Register &reg = function.frame->function->registers[operand.index];
  bool isPredicate = reg.type.isPredicate();
  if (isPredicate || reg.type.bytes() < type.bytes())
    fail("expected a register of " + std::to_string(8 * type.bytes()) +
         " bits, got " + (isPredicate ? "the predicate " : "") + reg.name);
  return reg;
}

uint32_t Decoder::source(const Operand &operand, Type type) {
  switch (operand.form) {
  case Operand::Form::Integer:
  case Operand::Form::Float:
    return constant(bitsOf(operand, type), type);
  case Operand::Form::Symbol:
    return constant(function.findSymbol(operand.name, statement.line) +
                        operand.offset,
                    type);
  case Operand::Form::Special: {
    Special special = findSpecial(operand.name);
    if (special == Special::None)
      fail("expected a register, got '" + operand.name + "'");
    auto [slot, isNew] =
        function.specials.try_emplace({unsigned(special), type.bytes()});
    if (isNew) {
      slot->second = function.allocateRegister(type);
      function.code.constants.push_back(
          {slot->second, uint8_t(type.bytes()), 0, special});
    }
    return slot->second;
  }
  case Operand::Form::Register:
    break;
  default:
    fail("expected a register or a number");
  }
  const Register &reg = registerOf(operand, type);
  uint32_t at = function.frame->offsets[operand.index];
  instruction.reads.push_back(function.frame->indices[operand.index]);
  if (reg.type.bytes() == type.bytes())
    return at;
  Instruction cut;
  cut.a = at;
  cut.destination = function.allocateRegister(type);
  cut.handler = resizeHandler(reg.type.bytes(), type.bytes(), false);
  before.push_back(cut);
  return cut.destination;
}

uint32_t Decoder::destination(const Operand &operand, Type type) {
  if (operand.form == Operand::Form::Sink ||
      (operand.form == Operand::Form::Special && operand.name == "%_"))
    return function.allocateRegister(type);
  if (operand.form != Operand::Form::Register)
    fail("expected a register as the destination");
  const Register &reg = registerOf(operand, type);
  uint32_t at = function.frame->offsets[operand.index];
  instruction.writes.push_back(function.frame->indices[operand.index]);
  if (reg.type.bytes() == type.bytes())
    return at;
  Instruction extend;
  extend.a = function.allocateRegister(type);
  extend.destination = at;
  extend.handler =
      resizeHandler(type.bytes(), reg.type.bytes(), type.kind == Kind::Signed);
  after.push_back(extend);
  return extend.a;
}

uint32_t Decoder::predicate(const Operand &operand) {
  if (operand.form == Operand::Form::Integer)
    return constant(operand.bits, {Kind::Predicate, 0, 1});
  if (operand.form != Operand::Form::Register ||
      !function.frame->function->registers[operand.index].type.isPredicate())
    fail("expected a predicate");
  uint32_t at = function.frame->offsets[operand.index];
  instruction.reads.push_back(function.frame->indices[operand.index]);
  if (!operand.negated)
    return at;
  Instruction invert;
  invert.a = at;
  invert.destination = function.allocate(4);
  invert.handler = invertPredicate;
  before.push_back(invert);
  return invert.destination;
}

uint32_t Decoder::predicateDestination(const Operand &operand) {
  if (operand.form == Operand::Form::Sink)
    return function.allocate(4);
  if (operand.form != Operand::Form::Register ||
      !function.frame->function->registers[operand.index].type.isPredicate())
    fail("expected a predicate as the destination");
  instruction.writes.push_back(function.frame->indices[operand.index]);
  return function.frame->offsets[operand.index];
}

std::vector<uint32_t> Decoder::sources(const Operand &operand, Type type) {
  if (operand.form != Operand::Form::Vector)
    return {source(operand, type)};
  std::vector<uint32_t> list;
  for (const Operand &element : operand.elements)
    list.push_back(source(element, type));
  return list;
}

std::vector<uint32_t> Decoder::destinations(const Operand &operand, Type type) {
  if (operand.form != Operand::Form::Vector)
    return {destination(operand, type)};
  std::vector<uint32_t> list;
  for (const Operand &element : operand.elements)
    list.push_back(destination(element, type));
  return list;
}

void Decoder::address(const Operand &operand) {
  if (operand.form != Operand::Form::Address || operand.elements.empty())
    fail("expected an address in brackets");
  Operand base = operand.elements[0];
  instruction.offset = base.offset;
  base.offset = 0;
  instruction.wideAddress = true;
  if (base.form == Operand::Form::Register)
    instruction.wideAddress =
        function.frame->function->registers[base.index].type.bytes() == 8;
  Type type{Kind::Unsigned, uint8_t(instruction.wideAddress ? 64 : 32), 1};
  instruction.a = source(base, type);
}

void Decoder::addOffset() {
  if (instruction.wideAddress && !instruction.offset)
    return;
  Instruction add;
  add.a = instruction.a;
  add.offset = instruction.offset;
  add.wideAddress = instruction.wideAddress;
  add.destination = function.allocateRegister({Kind::Unsigned, 64, 1});
  add.handler = [](Warp &warp, const Instruction &i, Mask mask) {
    uint64_t result[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[lane] = warp.address(i, lane);
    warp.store(i.destination, result, mask);
  };
  before.push_back(add);
  instruction.a = add.destination;
  instruction.offset = 0;
  instruction.wideAddress = true;
}

int64_t Decoder::immediate(size_t number) {
  if (operand(number).form != Operand::Form::Integer)
    fail("expected a number as operand " + std::to_string(number + 1));
  return operand(number).bits;
}

void Decoder::emit(Handler handler) {
  words.finish();
  instruction.handler = handler;
  auto place = [&](Instruction next) {
    next.line = statement.line;
    next.opcode = instruction.opcode;
    next.guard = instruction.guard;
    next.guardNegated = instruction.guardNegated;
    function.code.instructions.push_back(std::move(next));
  };
  if (statement.guard >= 0) {
    const Register &guard =
        function.frame->function->registers[statement.guard];
    if (!guard.type.isPredicate())
      fail("expected a predicate as the guard, got " + guard.name);
    instruction.guard = function.frame->offsets[statement.guard];
    instruction.guardNegated = statement.guardNegated;
    instruction.reads.push_back(function.frame->indices[statement.guard]);
  }
  for (Instruction &next : before)
    place(std::move(next));
  place(instruction);
  for (Instruction &next : after)
    place(std::move(next));
  before.clear();
  after.clear();
  instruction.reads.clear();
  instruction.writes.clear();
}

} // namespace attn::ptx
