//===- Threads.cpp - The threads that artifacts run on --------------------===//

#include "Threads.h"

#include <dlfcn.h>
#include <thread>
#include <vector>

namespace mlir::attn::bench {

ThreadTeam ThreadTeam::find() {
  ThreadTeam team;
  void *runtime = dlopen("libomp.so.5", RTLD_NOW | RTLD_NOLOAD);
  if (!runtime)
    runtime = dlopen("libomp.so", RTLD_NOW | RTLD_NOLOAD);
  if (!runtime)
    return team;
  // The handle stays: the runtime's threads outlive the artifacts.
  auto parallel = reinterpret_cast<Parallel>(dlsym(runtime, "GOMP_parallel"));
  auto getThread =
      reinterpret_cast<int (*)()>(dlsym(runtime, "omp_get_thread_num"));
  auto setNumThreads =
      reinterpret_cast<void (*)(int)>(dlsym(runtime, "omp_set_num_threads"));
  if (!parallel || !getThread || !setNumThreads)
    return team;
  team.parallel = parallel;
  team.getThread = getThread;
  team.setNumThreads = setNumThreads;
  return team;
}

void ThreadTeam::setThreads(unsigned threads) const {
  if (setNumThreads)
    setNumThreads(static_cast<int>(threads));
}

void ThreadTeam::run(unsigned threads,
                     llvm::function_ref<void(unsigned)> body) const {
  if (threads == 1)
    return body(0);
  if (!parallel) {
    std::vector<std::thread> others;
    for (unsigned n = 1; n < threads; ++n)
      others.emplace_back([body, n] { body(n); });
    body(0);
    for (std::thread &thread : others)
      thread.join();
    return;
  }
  struct Call {
    llvm::function_ref<void(unsigned)> body;
    int (*getThread)();
  } call{body, getThread};
  parallel(
      [](void *data) {
        auto *call = static_cast<Call *>(data);
        call->body(static_cast<unsigned>(call->getThread()));
      },
      &call, threads, 0);
}

} // namespace mlir::attn::bench
