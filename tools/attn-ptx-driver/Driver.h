//===- Driver.h - The state behind the CUDA driver API ----------*- C++ -*-===//
//
// The interface of libcuda.so.1 by its numbers, so that no CUDA is needed to
// build it. Devices that execute each call before it returns; a kernel that
// fails leaves an error that all later calls on its device return.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_PTXDRIVER_DRIVER_H
#define ATTN_TOOLS_PTXDRIVER_DRIVER_H

#include "attn/PTX/Launch.h"

#include <deque>
#include <functional>
#include <mutex>
#include <set>

#define ATTN_CUDA_API extern "C" __attribute__((visibility("default"))) int

namespace attn::ptxdriver {

/// CUresult.
constexpr int success = 0;
constexpr int invalidValue = 1;
constexpr int outOfMemory = 2;
constexpr int notInitialized = 3;
constexpr int invalidDevice = 101;
constexpr int invalidContext = 201;
constexpr int noBinaryForGpu = 209;
constexpr int invalidPtx = 218;
constexpr int invalidHandle = 400;
constexpr int notFound = 500;
constexpr int illegalAddress = 700;
constexpr int launchOutOfResources = 701;
constexpr int misalignedAddress = 716;
constexpr int launchFailed = 719;
constexpr int notSupported = 801;
constexpr int captureUnsupported = 900;
constexpr int captureInvalidated = 901;

struct Context {
  int device = 0;
};

struct Module {
  Module(const std::string &text, ptx::Memory &memory, Context *context)
      : contents(text, memory), context(context) {}
  ptx::Module contents;
  Context *context;
  std::map<std::string, std::unique_ptr<struct Function>> functions;
};

struct Function {
  ptx::Kernel kernel;
  Context *context;
  uint32_t maximumDynamicShared = 48 * 1024;
};

class Driver;

/// What was enqueued on a stream while it was captured.
struct Graph {
  std::vector<std::function<int(Driver &)>> nodes;
  /// Memory of the graph's own, there for as long as the graph is.
  std::set<uint64_t> allocations;
  bool isInvalid = false;
};

struct Stream {
  Context *context;
  std::shared_ptr<Graph> capture;
};
struct Event {
  bool recorded = false;
  double milliseconds = 0;
};

struct Device {
  ptx::Memory memory;
  Context primary;
  int primaryUsers = 0;
  /// What a kernel left behind.
  int failure = success;
};

class Driver {
public:
  static Driver &get();

  std::mutex mutex;
  bool initialized = false;
  /// By their numbers; their places stay.
  std::deque<Device> devices;
  std::set<Context *> contexts;
  std::set<Module *> modules;
  std::set<Function *> functions;
  std::set<Stream *> streams;
  std::set<Event *> events;
  /// Graphs and what was made of them, by handle.
  std::map<void *, std::shared_ptr<Graph>> graphs;
  /// Streams that are captured.
  int captures = 0;
  ptx::LaunchOptions options;
  /// Whether graphs may have memory of their own.
  bool hasGraphMemory = true;

private:
  Driver();
};

/// The contexts of this thread, the current one last.
std::vector<Context *> &currentContexts();

/// That of the current context, which there is.
inline Device &currentDevice(Driver &driver) {
  return driver.devices[currentContexts().back()->device];
}

/// Calls f under the lock; errors of the driver come before those of f.
template <class F> int withDriver(F f) {
  Driver &driver = Driver::get();
  std::lock_guard<std::mutex> lock(driver.mutex);
  return driver.initialized ? f(driver) : notInitialized;
}
template <class F> int withContext(F f) {
  return withDriver([&](Driver &driver) {
    if (currentContexts().empty() || !currentContexts().back())
      return invalidContext;
    const int failure = currentDevice(driver).failure;
    return failure ? failure : f(driver);
  });
}

/// The memory that holds `address`; the first device's where none does.
ptx::Memory &findOwner(Driver &driver, uint64_t address);

/// Whether `stream` belongs to the current context.
bool isUsable(const Driver &driver, Stream *stream);

/// The graph that `stream` is captured into; null where it is not.
inline Graph *getCapture(Driver &driver, Stream *stream) {
  return driver.streams.count(stream) ? stream->capture.get() : nullptr;
}

/// Calls f, or keeps it for the launches of the graph that `stream` is captured
/// into.
template <class F> int enqueue(Stream *stream, F f) {
  return withContext([&](Driver &driver) {
    Graph *graph = getCapture(driver, stream);
    if (!graph)
      return int(f(driver));
    graph->nodes.push_back(f);
    return graph->isInvalid ? captureInvalidated : success;
  });
}

/// Calls f, which no stream that is captured bears.
template <class F> int withoutCapture(F f) {
  return withContext([&](Driver &driver) {
    return driver.captures ? captureUnsupported : int(f(driver));
  });
}

} // namespace attn::ptxdriver

#endif // ATTN_TOOLS_PTXDRIVER_DRIVER_H
