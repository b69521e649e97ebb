//===- DevicePeak.cpp - What a GPU can do at best -------------------------===//

#include "DevicePeak.h"

#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn::bench {

using llvm::formatv;

/// Each block; several of them share a multiprocessor.
static constexpr unsigned kThreads = 256, kBlocksEach = 4;
/// Chains of a thread that do not wait for each other.
static constexpr unsigned kChains = 8;

/// A loop of `turns` around `body`, which changes %x0 to %x{count - 1}; their
/// sum is written, for else there would be nothing to do. %a is a number that
/// the assembler does not know.
static std::string makeKernel(StringRef type, unsigned count, StringRef zero,
                              StringRef setUp, const std::string &body) {
  std::string text =
      formatv(".version 8.0\n.target sm_80\n.address_size 64\n"
              ".visible .entry peak(.param .u64 out, .param .u32 turns) {{\n"
              ".reg .pred %p; .reg .b32 %n, %i; .reg .b64 %to, %at;\n"
              ".reg .{0} %x<{1}>;\n"
              "ld.param.u64 %to, [out]; ld.param.u32 %n, [turns];\n{2}\n",
              type, count, setUp);
  for (unsigned n = 0; n < count; ++n)
    text += formatv("mov.{0} %x{1}, {2};\n", type, n, zero);
  text += "again:\n" + body +
          "sub.u32 %n, %n, 1; setp.ne.u32 %p, %n, 0;\n@%p bra again;\n";
  for (unsigned n = 1; n < count; ++n)
    text += formatv("add.rn.{0} %x0, %x0, %x{1};\n", type, n);
  text += formatv("mov.u32 %i, %tid.x; mul.wide.u32 %at, %i, 8;\n"
                  "add.s64 %to, %to, %at; st.global.{0} [%to], %x0; ret; }\n",
                  type);
  return text;
}

static std::string makeMultiplyAdds(StringRef type, StringRef zero) {
  std::string body;
  for (unsigned n = 0; n < kChains; ++n)
    body += formatv("fma.rn.{0} %x{1}, %x{1}, %a, %a;\n", type, n);
  return makeKernel(type, kChains, zero,
                    formatv(".reg .{0} %a; cvt.rn.{0}.u32 %a, %n;", type).str(),
                    body);
}

static std::string makeProducts(StringRef type) {
  std::string body;
  for (unsigned n = 0; n < kChains; ++n)
    body += formatv("mma.sync.aligned.m16n8k16.row.col.f32.{0}.{0}.f32 "
                    "{{%x{1}, %x{2}, %x{3}, %x{4}}, {{%a, %a, %a, %a}, "
                    "{{%a, %a}, {{%x{1}, %x{2}, %x{3}, %x{4}};\n",
                    type, 4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3);
  return makeKernel("f32", 4 * kChains, "0f00000000",
                    ".reg .b32 %a; mov.b32 %a, %n;", body);
}

PeakKind DevicePeak::getComputeKind(::attn::DType type) {
  switch (type) {
  case ::attn::DType::f16:
    return PeakKind::MmaF16;
  case ::attn::DType::bf16:
    return PeakKind::MmaBF16;
  case ::attn::DType::f64:
    return PeakKind::FMA64;
  default:
    return PeakKind::FMA32;
  }
}

std::vector<PeakProgram> DevicePeak::getPrograms() {
  constexpr double multiplyAdds = 2.0 * 32 * kChains,
                   products = 2.0 * 16 * 8 * 16 * kChains;
  return {{PeakKind::FMA32, "f32", makeMultiplyAdds("f32", "0f00000000"),
           multiplyAdds},
          {PeakKind::FMA64, "f64",
           makeMultiplyAdds("f64", "0d0000000000000000"), multiplyAdds},
          {PeakKind::MmaF16, "f16", makeProducts("f16"), products},
          {PeakKind::MmaBF16, "bf16", makeProducts("bf16"), products}};
}

::attn::Result<DevicePeak> DevicePeak::create(const Device &device) {
  const size_t bytes = size_t(device.isInterpreted() ? 1 : 256) << 20;
  auto from = device.allocate(bytes), to = device.allocate(bytes);
  if (!from || !to)
    return from ? to.error() : from.error();
  DevicePeak peak(device, std::move(*from), std::move(*to), bytes);
  for (const PeakProgram &program : getPrograms()) {
    auto function = device.loadKernel(program.ptx, "peak");
    if (!function)
      return function.error();
    peak.kernels.push_back({program.kind, *function, program.work, 0});
  }
  return peak;
}

::attn::Result<double> DevicePeak::time(const Kernel &kernel,
                                        unsigned turns) const {
  return device.time([&](void *stream) {
    uint64_t out = to.getAddress();
    void *arguments[] = {&out, &turns};
    return device.launch(kernel.function,
                         unsigned(device.getMultiprocessors()) * kBlocksEach,
                         kThreads, arguments, stream);
  });
}

::attn::Result<double> DevicePeak::measureArithmetic(Kernel &kernel) {
  constexpr double enough = 3e-3;
  constexpr unsigned most = 1u << 24;
  if (!kernel.turns) {
    // The first call also loads the code.
    ::attn::Result<double> first = time(kernel, 1);
    for (unsigned turns = 1; first && *first < enough && turns < most;)
      first = time(kernel, kernel.turns = turns *= 2);
    if (!first)
      return first;
    kernel.turns = std::max(kernel.turns, 1u);
  }
  ::attn::Result<double> seconds = time(kernel, kernel.turns);
  if (!seconds)
    return seconds;
  const double warps =
      double(device.getMultiprocessors()) * kBlocksEach * kThreads / 32;
  return warps * kernel.turns * kernel.work / *seconds;
}

::attn::Result<double> DevicePeak::measureCopy() const {
  constexpr int times = 8;
  ::attn::Result<double> seconds =
      device.time([&](void *stream) -> ::attn::Status {
        for (int n = 0; n < times; ++n)
          if (::attn::Status status = device.copy(to, from, bytes, stream);
              !status)
            return status;
        return ::attn::success();
      });
  if (!seconds)
    return seconds;
  return 2.0 * double(bytes) * times / *seconds; // read and written
}

::attn::Result<double> DevicePeak::measure(PeakKind kind) {
  for (Kernel &kernel : kernels)
    if (kernel.kind == kind)
      return measureArithmetic(kernel);
  return measureCopy();
}

} // namespace mlir::attn::bench
