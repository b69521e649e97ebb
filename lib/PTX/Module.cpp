//===- Module.cpp - Parsed and decoded PTX --------------------------------===//

#include "attn/PTX/Launch.h"

#include "Decoder.h"

#include <cstring>

namespace attn::ptx {

const std::string &Kernel::name() const { return code->name; }
uint32_t Kernel::parameterBytes() const { return code->parameterBytes; }
uint32_t Kernel::staticSharedBytes() const { return code->sharedBytes; }
uint32_t Kernel::localBytes() const { return code->localBytes; }

std::vector<Parameter> Kernel::parameters() const {
  std::vector<Parameter> list;
  for (size_t number = 0; number < code->parameterOffsets.size(); ++number)
    list.push_back(
        {code->parameterOffsets[number], code->parameterSizes[number]});
  return list;
}

uint32_t Kernel::maximumThreads() const {
  for (const uint32_t *threads : {code->requiredThreads, code->maximumThreads})
    if (threads[0])
      return threads[0] * threads[1] * threads[2];
  return 1024;
}

struct Module::Contents {
  explicit Contents(Memory &memory) : memory(memory) {}

  Memory &memory;
  Program program;
  std::map<std::string, std::pair<uint64_t, uint64_t>> variables;
  std::map<std::string, std::unique_ptr<Code>> kernels;

  uint64_t findGlobal(const std::string &name) const {
    auto found = variables.find(name);
    return found == variables.end() ? 0 : found->second.first;
  }
  void placeVariables();
  void fill(const Variable &variable);
  void decodeKernels();
};

void Module::Contents::placeVariables() {
  for (const Variable &variable : program.variables) {
    if (variable.space == Space::Shared || variable.isExternal)
      continue;
    uint64_t address = memory.allocate(std::max(variable.size, 1u),
                                       variable.space == Space::Constant);
    if (!address)
      throw Error(0,
                  "too little memory for the variable '" + variable.name + "'");
    variables[variable.name] = {address, variable.size};
  }
  for (const Variable &variable : program.variables)
    if (findGlobal(variable.name))
      fill(variable);
}

void Module::Contents::fill(const Variable &variable) {
  uint8_t *bytes = memory.translate(findGlobal(variable.name), variable.size);
  if (!bytes)
    return;
  std::memset(bytes, 0, variable.size);
  if (!variable.bytes.empty())
    std::memcpy(bytes, variable.bytes.data(), variable.bytes.size());
  for (const Variable::Reference &reference : variable.references) {
    uint64_t address = findGlobal(reference.symbol);
    if (!address)
      throw Error(0, "expected a variable in global memory, got '" +
                         reference.symbol + "'");
    address += reference.offset;
    std::memcpy(bytes + reference.at, &address, reference.width);
  }
}

void Module::Contents::decodeKernels() {
  Symbols symbols{program,
                  [this](const std::string &name) { return findGlobal(name); }};
  for (const auto &[name, function] : program.functions)
    if (function.isKernel && function.hasBody) {
      auto code = std::make_unique<Code>();
      FunctionDecoder(symbols, *code).decode(function);
      kernels[name] = std::move(code);
    }
}

Module::Module(const std::string &text, Memory &memory)
    : contents(std::make_unique<Contents>(memory)) {
  contents->program = parseProgram(text);
  contents->placeVariables();
  contents->decodeKernels();
}

Module::~Module() {
  for (const auto &[name, variable] : contents->variables)
    contents->memory.release(variable.first);
}

std::optional<Kernel> Module::findKernel(const std::string &name) const {
  auto found = contents->kernels.find(name);
  if (found == contents->kernels.end())
    return std::nullopt;
  return Kernel(*found->second);
}

std::vector<std::string> Module::kernelNames() const {
  std::vector<std::string> names;
  for (const auto &[name, code] : contents->kernels)
    names.push_back(name);
  return names;
}

std::pair<uint64_t, uint64_t>
Module::findVariable(const std::string &name) const {
  auto found = contents->variables.find(name);
  if (found == contents->variables.end())
    return {0, 0};
  return found->second;
}

} // namespace attn::ptx
