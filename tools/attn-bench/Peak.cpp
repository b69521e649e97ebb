//===- Peak.cpp - What the machine can do at best -------------------------===//

#include "Peak.h"
#include "ArithmeticPeak.h"
#include "Kernels.h"
#include "PeakKernels.h"
#include "StreamPeak.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/TargetParser/Host.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace mlir::attn::bench {

using ::attn::DType;

static bool hasAMX(const llvm::TargetMachine &machine) {
  return machine.getMCSubtargetInfo()->checkFeatures("+amx-bf16");
}

llvm::StringRef toString(PeakKind kind) {
  switch (kind) {
  case PeakKind::FMA32:
    return "FMA";
  case PeakKind::FMA64:
    return "FMA f64";
  case PeakKind::AMX:
    return "AMX";
  case PeakKind::Stream:
    return "stream";
  case PeakKind::MmaF16:
  case PeakKind::MmaBF16:
    return "mma.sync";
  case PeakKind::Copy:
    return "copy";
  }
  llvm_unreachable("every kind is listed");
}

struct Peak::Kernels {
  unsigned vectorBits = 128;
  bool hasAMX = false;
  KernelLibrary library;
  ArithmeticPeak fma32, fma64, amx;
  StreamPeak stream;
};

/// Asks Linux for the tile registers.
static bool requestTiles() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

Peak::Peak() : kernels(std::make_unique<Kernels>()) {}
Peak::~Peak() = default;

/// Code for another machine would end the process.
static ::attn::Status checkHost(const llvm::TargetMachine &machine) {
  const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  for (const std::string &feature : getRequiredFeatures(machine))
    if (!host.lookup(feature))
      return ::attn::fail("expected a target that this machine can run, got "
                          "one with '",
                          feature, "'");
  return ::attn::success();
}

static std::string makePrograms(unsigned vectorBits, bool hasAMX) {
  return makeFMAKernel("fma32", "f32", vectorBits / 32) +
         makeFMAKernel("fma64", "f64", vectorBits / 64) +
         makeStreamKernel(vectorBits) + (hasAMX ? makeAMXKernel() : "");
}

::attn::Result<std::string> Peak::getPrograms(const TargetOptions &target) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return ::attn::fail(llvm::toString(machine.takeError()));
  return makePrograms(attn::getVectorBits(**machine), hasAMX(**machine));
}

::attn::Result<std::unique_ptr<Peak>>
Peak::create(const TargetOptions &target) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return ::attn::fail(llvm::toString(machine.takeError()));
  if (::attn::Status status = checkHost(**machine); !status)
    return status.error();
  std::unique_ptr<Peak> peak(new Peak());
  Kernels &kernels = *peak->kernels;
  kernels.vectorBits = attn::getVectorBits(**machine);
  kernels.hasAMX = hasAMX(**machine) && requestTiles();
  const std::string text = makePrograms(kernels.vectorBits, kernels.hasAMX);
  auto library = KernelLibrary::compile(text, **machine);
  if (!library)
    return library.error();
  kernels.library = std::move(*library);
  auto find = [&](const char *name) {
    return kernels.library.get<ArithmeticKernel>(name);
  };
  using Operands = ArithmeticPeak::Operands;
  const double flopsTimesBits = 2. * kFMAChains * kernels.vectorBits;
  kernels.fma32 = {find("fma32"), flopsTimesBits / 32, Operands::F32};
  kernels.fma64 = {find("fma64"), flopsTimesBits / 64, Operands::F64};
  if (kernels.hasAMX)
    kernels.amx = {find("amx"), kTileChains * kTileFlops, Operands::Tiles};
  kernels.stream.setKernel(kernels.library.get<StreamKernel>("stream"));
  return peak;
}

PeakKind Peak::getComputeKind(DType type) const {
  if (type == DType::f64)
    return PeakKind::FMA64;
  return type == DType::bf16 && kernels->hasAMX ? PeakKind::AMX
                                                : PeakKind::FMA32;
}

unsigned Peak::getVectorBits() const { return kernels->vectorBits; }

double Peak::measure(PeakKind kind, unsigned threads, const ThreadTeam &team,
                     const Clock &clock) {
  switch (kind) {
  case PeakKind::FMA32:
    return kernels->fma32.measure(threads, team, clock);
  case PeakKind::FMA64:
    return kernels->fma64.measure(threads, team, clock);
  case PeakKind::AMX:
    return kernels->amx.measure(threads, team, clock);
  case PeakKind::Stream:
    return kernels->stream.measure(threads, team, clock);
  case PeakKind::MmaF16:
  case PeakKind::MmaBF16:
  case PeakKind::Copy:
    break; // GPUs have them, see DevicePeak.h
  }
  llvm_unreachable("expected a limit of CPUs");
}

} // namespace mlir::attn::bench
