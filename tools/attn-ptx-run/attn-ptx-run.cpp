//===- attn-ptx-run.cpp - Runs a kernel of PTX on the CPU -----------------===//

#include "Buffers.h"
#include "Options.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace attn;

static std::string readText(const std::string &path) {
  if (path == "-")
    return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    throw std::runtime_error("cannot read '" + path + "'");
  return text;
}

static ptx::Kernel chooseKernel(const ptx::Module &module,
                                const std::string &name) {
  std::vector<std::string> names = module.kernelNames();
  if (name.empty() && names.size() != 1)
    throw std::runtime_error("expected --kernel, because there are " +
                             std::to_string(names.size()));
  auto kernel = module.findKernel(name.empty() ? names[0] : name);
  if (!kernel)
    throw std::runtime_error("expected a kernel, got '" + name + "'");
  return *kernel;
}

static std::vector<uint8_t> layOut(const ptx::Kernel &kernel,
                                   const ptxrun::Buffers &buffers,
                                   const std::vector<std::string> &arguments) {
  std::vector<ptx::Parameter> parameters = kernel.parameters();
  if (parameters.size() != arguments.size())
    throw std::runtime_error("expected " + std::to_string(parameters.size()) +
                             " arguments, got " +
                             std::to_string(arguments.size()));
  std::vector<uint8_t> bytes(kernel.parameterBytes());
  for (size_t number = 0; number < parameters.size(); ++number) {
    std::vector<uint8_t> argument = buffers.argument(arguments[number]);
    if (argument.size() != parameters[number].size)
      throw std::runtime_error(
          "expected " + std::to_string(parameters[number].size) +
          " bytes as argument " + std::to_string(number + 1) + ", got " +
          std::to_string(argument.size()));
    std::memcpy(bytes.data() + parameters[number].offset, argument.data(),
                argument.size());
  }
  return bytes;
}

static void run(const ptxrun::Options &options) {
  ptx::Memory memory;
  ptx::Module module(readText(options.file), memory);
  ptx::Kernel kernel = chooseKernel(module, options.kernel);
  ptxrun::Buffers buffers(memory);
  for (const std::string &buffer : options.buffers)
    buffers.add(buffer);
  for (const std::string &map : options.maps)
    buffers.addMap(map);
  ptx::LaunchCounts counts = ptx::launch(
      kernel, memory, options.grid, options.block, options.sharedBytes,
      layOut(kernel, buffers, options.arguments), options.launch);
  for (const std::string &name : options.prints)
    buffers.print(name);
  if (options.counts)
    std::printf("%llu instructions of warps, %llu of threads\n",
                (unsigned long long)counts.warpInstructions,
                (unsigned long long)counts.threadInstructions);
}

int main(int argc, char **argv) {
  std::string file;
  try {
    auto options = ptxrun::parseOptions(argc, argv);
    if (!options)
      return 0;
    file = options->file;
    run(*options);
    return 0;
  } catch (const ptx::Error &error) {
    // As `FILE:LINE: error: …`.
    std::string text = error.what();
    if (error.line)
      text = std::to_string(error.line) +
             ": error:" + text.substr(text.find(':') + 1);
    else
      text = " error: " + text;
    std::fprintf(stderr, "%s:%s\n", file.c_str(), text.c_str());
  } catch (const std::exception &error) {
    std::fprintf(stderr, "attn-ptx-run: error: %s\n", error.what());
  }
  return 1;
}
