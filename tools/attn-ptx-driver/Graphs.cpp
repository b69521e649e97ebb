//===- Graphs.cpp - Streams that are captured -----------------------------===//
//
// A graph is a list of what was enqueued on one stream, run in that order. Its
// memory stays where it is between launches.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

namespace attn::ptxdriver {

/// Removes `handle`; memory of a graph goes with the last one.
static int destroy(void *handle) {
  return withContext([&](Driver &driver) {
    auto found = driver.graphs.find(handle);
    if (found == driver.graphs.end())
      return invalidHandle;
    if (found->second.use_count() == 1)
      for (uint64_t address : found->second->allocations)
        findOwner(driver, address).release(address);
    driver.graphs.erase(found);
    ::operator delete(handle);
    return success;
  });
}

static void *makeHandle(Driver &driver, std::shared_ptr<Graph> graph) {
  void *handle = ::operator new(1);
  driver.graphs[handle] = std::move(graph);
  return handle;
}

ATTN_CUDA_API cuStreamBeginCapture_v2(Stream *stream, int) {
  return withContext([&](Driver &driver) {
    if (!driver.streams.count(stream))
      return captureUnsupported; // the default ones, among others
    if (stream->capture)
      return invalidValue;
    stream->capture = std::make_shared<Graph>();
    ++driver.captures;
    return success;
  });
}
ATTN_CUDA_API cuStreamEndCapture(Stream *stream, void **graph) {
  return withContext([&](Driver &driver) {
    if (!getCapture(driver, stream))
      return invalidValue;
    std::shared_ptr<Graph> captured = std::move(stream->capture);
    stream->capture = nullptr;
    --driver.captures;
    *graph = captured->isInvalid ? nullptr : makeHandle(driver, captured);
    return *graph ? success : captureInvalidated;
  });
}
/// 0: no, 1: yes, 2: in vain.
ATTN_CUDA_API cuStreamIsCapturing(Stream *stream, int *status) {
  return withContext([&](Driver &driver) {
    const Graph *graph = getCapture(driver, stream);
    *status = !graph ? 0 : graph->isInvalid ? 2 : 1;
    return success;
  });
}

ATTN_CUDA_API cuGraphInstantiateWithFlags(void **executable, void *graph,
                                          unsigned long long) {
  return withContext([&](Driver &driver) {
    auto found = driver.graphs.find(graph);
    if (found == driver.graphs.end())
      return invalidHandle;
    *executable = makeHandle(driver, found->second);
    return success;
  });
}
ATTN_CUDA_API cuGraphLaunch(void *executable, Stream *) {
  return withContext([&](Driver &driver) {
    auto found = driver.graphs.find(executable);
    if (found == driver.graphs.end())
      return invalidHandle;
    for (const auto &node : found->second->nodes)
      if (int status = node(driver))
        return status;
    return success;
  });
}
ATTN_CUDA_API cuGraphDestroy(void *graph) { return destroy(graph); }
ATTN_CUDA_API cuGraphExecDestroy(void *executable) {
  return destroy(executable);
}

} // namespace attn::ptxdriver
