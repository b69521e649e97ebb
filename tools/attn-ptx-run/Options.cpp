//===- Options.cpp - The command line of attn-ptx-run ---------------------===//

#include "Options.h"

#include <cstdio>
#include <cstdlib>

namespace attn::ptxrun {

static const char *const help =
    R"(OVERVIEW: Runs a kernel of PTX on the CPU, and reports what a device would do wrong without a word.

USAGE: attn-ptx-run FILE.ptx [options]

  --kernel=NAME         the kernel (default: the only one)
  --grid=X[,Y[,Z]]      blocks (default: 1)
  --block=X[,Y[,Z]]     threads of a block (default: 32)
  --shared=BYTES        shared memory of the launch
  --buffer=NAME:TYPE[COUNT][=VALUES]
                        global memory: values with commas, the last one repeated, or `iota`, `iota%N`: 0, 1, …
                        (modulo N); without any it stays undefined (NaN). TYPE is i8, u8, i16 … f16, bf16, f32, f64
  --map=NAME:BUFFER,size=AxB…,box=AxB…[,pitch=BYTES][,swizzle=32|64|128]
                        a tensor map of a dense buffer, fastest dimension first; `pitch` is the stride of
                        the second dimension
  --arg=VALUE           an argument, in order: TYPE:NUMBER, a buffer's address, or a map
  --print=BUFFER        print it afterwards
  --order=eager|lazy|random|hold
                        when asynchronous copies and wgmma do what they were told (default: eager)
  --seed=N              of --order=random and hold
  --no-watch            do not watch shared memory for races and for what is in flight
  --max-steps=N         instructions of warps before it counts as an endless loop
  --count               print how many instructions were executed
)";

uint64_t parseInteger(const std::string &text, uint64_t largest) {
  char *end = nullptr;
  uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || text[0] == '-' || *end || value > largest)
    throw std::runtime_error("expected a number up to " +
                             std::to_string(largest) + ", got '" + text + "'");
  return value;
}

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

static ptx::Size3 parseSize(const std::string &text) {
  std::vector<std::string> parts = split(text, ',');
  if (parts.size() > 3)
    throw std::runtime_error("expected X[,Y[,Z]], got '" + text + "'");
  ptx::Size3 size;
  uint32_t *to[] = {&size.x, &size.y, &size.z};
  for (size_t number = 0; number < parts.size(); ++number)
    *to[number] = parseInteger(parts[number], 0x7fffffff);
  return size;
}

static ptx::Order parseOrder(const std::string &text) {
  const char *const names[] = {"eager", "lazy", "random", "hold"};
  for (int number = 0; number < 4; ++number)
    if (text == names[number])
      return ptx::Order(number);
  throw std::runtime_error("expected eager, lazy, random or hold, got '" +
                           text + "'");
}

static bool parseFlag(Options &options, const std::string &text) {
  if (text == "--count")
    options.counts = true;
  else if (text == "--no-watch")
    options.launch.watchSharedMemory = false;
  else
    return false;
  return true;
}

static void parseOption(Options &options, const std::string &name,
                        const std::string &value) {
  if (name == "--kernel")
    options.kernel = value;
  else if (name == "--grid")
    options.grid = parseSize(value);
  else if (name == "--block")
    options.block = parseSize(value);
  else if (name == "--shared")
    options.sharedBytes = parseInteger(value, 1 << 30);
  else if (name == "--buffer")
    options.buffers.push_back(value);
  else if (name == "--map")
    options.maps.push_back(value);
  else if (name == "--arg")
    options.arguments.push_back(value);
  else if (name == "--print")
    options.prints.push_back(value);
  else if (name == "--order")
    options.launch.order = parseOrder(value);
  else if (name == "--seed")
    options.launch.seed = parseInteger(value, ~uint32_t(0));
  else if (name == "--max-steps")
    options.launch.maximumSteps = parseInteger(value);
  else
    throw std::runtime_error("Unknown command line argument '" + name + "'");
}

std::optional<Options> parseOptions(int argc, char **argv) {
  Options options;
  options.block.x = 32;
  for (int number = 1; number < argc; ++number) {
    std::string text = argv[number];
    if (text == "--help" || text == "--version") {
      text == "--help" ? std::fputs(help, stdout)
                       : std::puts("attn-mlir " ATTN_VERSION);
      return std::nullopt;
    }
    if (text.compare(0, 2, "--") || text == "-") {
      if (!options.file.empty())
        throw std::runtime_error("expected one file, got '" + text + "' too");
      options.file = text;
    } else if (!parseFlag(options, text)) {
      size_t equals = text.find('=');
      parseOption(options, text.substr(0, equals),
                  equals == std::string::npos ? "" : text.substr(equals + 1));
    }
  }
  if (options.file.empty())
    throw std::runtime_error("expected FILE.ptx");
  return options;
}

} // namespace attn::ptxrun
