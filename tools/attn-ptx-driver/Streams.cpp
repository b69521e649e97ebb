//===- Streams.cpp - Streams and events -----------------------------------===//
//
// Every call is done when it returns, so that streams are always idle.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

#include <chrono>

namespace attn::ptxdriver {

namespace {

/// The default streams have the numbers 0, 1 and 2.
bool isDefault(Stream *stream) {
  return reinterpret_cast<uint64_t>(stream) <= 2;
}
bool isStream(const Driver &driver, Stream *stream) {
  return isDefault(stream) || driver.streams.count(stream);
}

int onStream(Stream *stream) {
  return withContext([&](Driver &driver) {
    return isStream(driver, stream) ? success : invalidHandle;
  });
}

double now() {
  std::chrono::duration<double, std::milli> time =
      std::chrono::steady_clock::now().time_since_epoch();
  return time.count();
}

} // namespace

bool isUsable(const Driver &driver, Stream *stream) {
  return isDefault(stream) || (driver.streams.count(stream) &&
                               stream->context == currentContexts().back());
}

ATTN_CUDA_API cuStreamCreate(Stream **stream, unsigned) {
  return withContext([&](Driver &driver) {
    *stream = new Stream{currentContexts().back(), nullptr};
    driver.streams.insert(*stream);
    return success;
  });
}
ATTN_CUDA_API cuStreamCreateWithPriority(Stream **stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}
ATTN_CUDA_API cuStreamDestroy_v2(Stream *stream) {
  return withContext([&](Driver &driver) {
    if (!driver.streams.erase(stream))
      return invalidHandle;
    delete stream;
    return success;
  });
}
ATTN_CUDA_API cuStreamSynchronize(Stream *stream) {
  return withContext([&](Driver &driver) {
    Graph *graph = getCapture(driver, stream);
    if (graph)
      graph->isInvalid = true; // waits for what has not run
    return graph                      ? captureUnsupported
           : isStream(driver, stream) ? success
                                      : invalidHandle;
  });
}
ATTN_CUDA_API cuStreamQuery(Stream *stream) {
  return cuStreamSynchronize(stream);
}
ATTN_CUDA_API cuStreamGetCtx(Stream *stream, Context **context) {
  return withDriver([&](Driver &driver) {
    if (!isStream(driver, stream) ||
        (isDefault(stream) && currentContexts().empty()))
      return invalidContext;
    *context = isDefault(stream) ? currentContexts().back() : stream->context;
    return success;
  });
}
ATTN_CUDA_API cuStreamWaitEvent(Stream *stream, Event *event, unsigned) {
  return withContext([&](Driver &driver) {
    bool known = isStream(driver, stream) && driver.events.count(event);
    return known ? success : invalidHandle;
  });
}
ATTN_CUDA_API cuLaunchHostFunc(Stream *stream, void (*function)(void *),
                               void *data) {
  int status = onStream(stream);
  if (!status)
    function(data);
  return status;
}

ATTN_CUDA_API cuEventCreate(Event **event, unsigned) {
  return withContext([&](Driver &driver) {
    *event = new Event;
    driver.events.insert(*event);
    return success;
  });
}
ATTN_CUDA_API cuEventDestroy_v2(Event *event) {
  return withContext([&](Driver &driver) {
    if (!driver.events.erase(event))
      return invalidHandle;
    delete event;
    return success;
  });
}
ATTN_CUDA_API cuEventRecord(Event *event, Stream *stream) {
  return withContext([&](Driver &driver) {
    if (!driver.events.count(event) || !isStream(driver, stream))
      return invalidHandle;
    event->recorded = true;
    event->milliseconds = now();
    return success;
  });
}
ATTN_CUDA_API cuEventSynchronize(Event *event) {
  return withContext([&](Driver &driver) {
    return driver.events.count(event) ? success : invalidHandle;
  });
}
ATTN_CUDA_API cuEventQuery(Event *event) { return cuEventSynchronize(event); }
ATTN_CUDA_API cuEventElapsedTime(float *milliseconds, Event *start,
                                 Event *end) {
  return withContext([&](Driver &driver) {
    if (!driver.events.count(start) || !driver.events.count(end) ||
        !start->recorded || !end->recorded)
      return invalidHandle;
    *milliseconds = end->milliseconds - start->milliseconds;
    return success;
  });
}
ATTN_CUDA_API cuEventElapsedTime_v2(float *milliseconds, Event *start,
                                    Event *end) {
  return cuEventElapsedTime(milliseconds, start, end);
}

} // namespace attn::ptxdriver
