//===- Peak.cpp - What the machine can do at best -------------------------===//

#include "attn/Bench/Peak.h"
#include "Kernels.h"
#include "PeakKernels.h"
#include "VectorWidth.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>
#include <array>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace mlir::attn::bench {

using ::attn::DType;

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
  }
  llvm_unreachable("every kind is listed");
}

/// About as long as one measurement takes.
static constexpr double kSeconds = 4e-3;
/// It is divided in so many, of which the fastest counts: a limit is what the
/// machine can do, not what it does while something interrupts it.
static constexpr int kPieces = 4;
static constexpr size_t kHugePage = size_t(2) << 20;

namespace {

/// Memory that starts on a large page.
class Pages {
public:
  Pages() = default;
  Pages(const Pages &) = delete;
  void allocate(size_t size) {
    bytes = llvm::alignTo(size, kHugePage);
    mapped = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
      bytes = 0;
      return;
    }
    start = reinterpret_cast<char *>(
        llvm::alignTo(reinterpret_cast<uintptr_t>(mapped), kHugePage));
    madvise(start, bytes, MADV_HUGEPAGE);
    std::fill(start, start + bytes, char(1));
  }
  ~Pages() {
    if (bytes)
      munmap(mapped, bytes + kHugePage);
  }
  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  void *mapped = nullptr;
  char *start = nullptr;
  size_t bytes = 0;
};

struct alignas(64) TileConfig {
  uint8_t palette = 1, startRow = 0;
  uint8_t reserved[14] = {};
  uint16_t columnBytes[16] = {};
  uint8_t rows[16] = {};
};

/// What a thread needs for the arithmetic kernels, on cache lines of its own.
struct alignas(64) ThreadData {
  char vectors[3 * 64] = {};
  TileConfig tiles;
};

} // namespace

using ArithmeticKernel = void(int64_t, void *);
using StreamKernel = void(int64_t, const char *, int64_t, void *);

struct Peak::Kernels {
  KernelLibrary library;
  unsigned vectorBits = 128;
  bool hasAMX = false;
  ArithmeticKernel *fma32 = nullptr, *fma64 = nullptr, *amx = nullptr;
  StreamKernel *stream = nullptr;

  /// Turns of each arithmetic kernel that take a piece of kSeconds.
  std::array<int64_t, 3> turns = {0, 0, 0};
  std::vector<ThreadData> threads;
  Pages memory;
  size_t nextByte = 0;
  /// Bytes that the stream kernel looks ahead: what was fastest here.
  int64_t ahead = -1;

  ArithmeticKernel *getArithmetic(PeakKind kind) const;
  double getFlopsPerTurn(PeakKind kind) const;
  void prepare(PeakKind kind, unsigned numThreads);
  void runArithmetic(PeakKind kind, unsigned thread, int64_t turns);
  void chooseTurns(PeakKind kind, const Clock &clock);
  double measureArithmetic(PeakKind kind, unsigned numThreads,
                           const ThreadTeam &team, const Clock &clock);
  double readMemory(unsigned numThreads, const ThreadTeam &team,
                    const Clock &clock);
  double measureStream(unsigned numThreads, const ThreadTeam &team,
                       const Clock &clock);
};

ArithmeticKernel *Peak::Kernels::getArithmetic(PeakKind kind) const {
  return kind == PeakKind::FMA32   ? fma32
         : kind == PeakKind::FMA64 ? fma64
                                   : amx;
}

double Peak::Kernels::getFlopsPerTurn(PeakKind kind) const {
  if (kind == PeakKind::AMX)
    return kTileChains * kTileFlops;
  const unsigned lanes = vectorBits / (kind == PeakKind::FMA64 ? 64 : 32);
  return 2. * kFMAChains * lanes;
}

/// Factors that keep the sums in the range of normal numbers.
static void fillVectors(ThreadData &data, PeakKind kind) {
  constexpr double factor = 1e-3;
  if (kind == PeakKind::FMA64)
    std::fill_n(reinterpret_cast<double *>(data.vectors), 16, factor);
  else
    std::fill_n(reinterpret_cast<float *>(data.vectors), 32, float(factor));
  std::fill_n(data.tiles.columnBytes, 8, uint16_t(64));
  std::fill_n(data.tiles.rows, 8, uint8_t(16));
}

void Peak::Kernels::prepare(PeakKind kind, unsigned numThreads) {
  threads.resize(std::max<size_t>(threads.size(), numThreads));
  for (ThreadData &data : threads)
    fillVectors(data, kind);
}

void Peak::Kernels::runArithmetic(PeakKind kind, unsigned thread,
                                  int64_t count) {
  ThreadData &data = threads[thread];
  void *operand = kind == PeakKind::AMX ? static_cast<void *>(&data.tiles)
                                        : static_cast<void *>(data.vectors);
  getArithmetic(kind)(count, operand);
}

void Peak::Kernels::chooseTurns(PeakKind kind, const Clock &clock) {
  int64_t &count = turns[size_t(kind)];
  if (count)
    return;
  for (count = 1000;; count *= 2) {
    const double start = clock.now(1);
    runArithmetic(kind, 0, count);
    const double spent = clock.now(1) - start;
    if (spent < kSeconds / kPieces / 2)
      continue;
    count = std::max<int64_t>(
        1, int64_t(double(count) * kSeconds / kPieces / spent));
    return;
  }
}

double Peak::Kernels::measureArithmetic(PeakKind kind, unsigned numThreads,
                                        const ThreadTeam &team,
                                        const Clock &clock) {
  prepare(kind, numThreads);
  chooseTurns(kind, clock);
  const int64_t count = turns[size_t(kind)];
  double best = 0;
  for (int piece = 0; piece < kPieces; ++piece) {
    const double start = clock.now(numThreads);
    team.run(numThreads,
             [&](unsigned thread) { runArithmetic(kind, thread, count); });
    const double spent = clock.now(numThreads) - start;
    best = std::max(best,
                    numThreads * double(count) * getFlopsPerTurn(kind) / spent);
  }
  return best;
}

/// Reads the next part of the memory, whose turn comes again when all the
/// others have passed through the caches.
double Peak::Kernels::readMemory(unsigned numThreads, const ThreadTeam &team,
                                 const Clock &clock) {
  const size_t part =
      llvm::alignDown(memory.size() / 8 / numThreads, size_t(kStreamStep));
  if (nextByte + part * numThreads > memory.size())
    nextByte = 0;
  const char *begin = memory.data() + nextByte;
  nextByte += part * numThreads;
  const double start = clock.now(numThreads);
  team.run(numThreads, [&](unsigned thread) {
    stream(int64_t(part), begin + thread * part, ahead,
           threads[thread].vectors);
  });
  return double(part) * numThreads / (clock.now(numThreads) - start);
}

double Peak::Kernels::measureStream(unsigned numThreads, const ThreadTeam &team,
                                    const Clock &clock) {
  if (!memory.data()) {
    const long cache = std::max(sysconf(_SC_LEVEL3_CACHE_SIZE),
                                sysconf(_SC_LEVEL2_CACHE_SIZE));
    memory.allocate(
        std::max<size_t>(size_t(std::max(cache, 0l)) * 4, size_t(256) << 20));
    if (!memory.data())
      return 0;
  }
  prepare(PeakKind::FMA32, numThreads);
  if (ahead < 0) {
    std::array<double, 3> rates;
    const std::array<int64_t, 3> distances = {0, 2048, 4096};
    for (auto [distance, rate] : llvm::zip(distances, rates)) {
      ahead = distance;
      rate = 0;
      for (int n = 0; n < kPieces; ++n)
        rate = std::max(rate, readMemory(1, team, clock));
    }
    ahead = distances[size_t(llvm::max_element(rates) - rates.begin())];
  }
  double best = 0;
  for (int n = 0; n < 2; ++n)
    best = std::max(best, readMemory(numThreads, team, clock));
  return best;
}

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
  return makePrograms(bench::getVectorBits(**machine),
                      hasFeature(**machine, "amx-bf16"));
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
  kernels.vectorBits = bench::getVectorBits(**machine);
  kernels.hasAMX = hasFeature(**machine, "amx-bf16") && requestTiles();
  const std::string text = makePrograms(kernels.vectorBits, kernels.hasAMX);
  auto library = KernelLibrary::compile(text, **machine);
  if (!library)
    return library.error();
  kernels.library = std::move(*library);
  kernels.fma32 = kernels.library.get<ArithmeticKernel>("fma32");
  kernels.fma64 = kernels.library.get<ArithmeticKernel>("fma64");
  kernels.stream = kernels.library.get<StreamKernel>("stream");
  if (kernels.hasAMX)
    kernels.amx = kernels.library.get<ArithmeticKernel>("amx");
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
  return kind == PeakKind::Stream
             ? kernels->measureStream(threads, team, clock)
             : kernels->measureArithmetic(kind, threads, team, clock);
}

} // namespace mlir::attn::bench
