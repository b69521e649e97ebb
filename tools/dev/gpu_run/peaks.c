/*===- peaks.c - What the GPU does at most
 * ----------------------------------===*/

#include "runner.h"

static bool load(const Peak *peak, CUfunction *kernel) {
  char path[512];
  static char text[1 << 16];
  snprintf(path, sizeof path, "%s/%s", folder, peak->file);
  FILE *in = fopen(path, "r");
  size_t size = in ? fread(text, 1, sizeof text - 1, in) : 0;
  if (in)
    fclose(in);
  text[size] = '\0';
  CUmodule module;
  return did("load", cuda.cuModuleLoadData(&module, text)) &&
         did("find", cuda.cuModuleGetFunction(kernel, module, "peak"));
}

/* FLOP/s of four blocks of 256 threads on each multiprocessor; 0 where it
 * fails. */
static double time_peak(const Peak *peak, CUfunction kernel, CUdeviceptr out,
                        unsigned turns, float *milliseconds) {
  void *arguments[] = {&out, &turns};
  const unsigned blocks = 4 * (unsigned)progress->multiprocessors;
  if (!did("start", cuda.cuEventRecord(start, stream)) ||
      !did("launch", cuda.cuLaunchKernel(kernel, blocks, 1, 1, 256, 1, 1, 0,
                                         stream, arguments, NULL)) ||
      !did("end", cuda.cuEventRecord(end, stream)) ||
      !did("wait", cuda.cuEventSynchronize(end)) ||
      !did("time", cuda.cuEventElapsedTime(milliseconds, start, end)))
    return 0;
  return blocks * 8.0 * turns * peak->work / ((double)*milliseconds * 1e-3);
}

static void measure_peak(Peak *peak, CUdeviceptr out) {
  float milliseconds = 0;
  unsigned turns = 1;
  CUfunction kernel;
  /* The first launch loads the code. */
  if (load(peak, &kernel) && time_peak(peak, kernel, out, 1, &milliseconds) > 0)
    do
      peak->rate = time_peak(peak, kernel, out, turns *= 2, &milliseconds);
    while (peak->rate > 0 && milliseconds < 5 && turns < 1u << 24);
  if (peak->rate > 0)
    printf("peak %s: %g GFLOP/s\n", peak->name, peak->rate * 1e-9);
  else
    printf("peak %s: FAILED\n  %s\n", peak->name, problem);
}

/* Bytes a second, read and written, of the second of two rounds of eight. */
static double time_copies(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  float milliseconds = 0;
  for (int round = 0; round < 2; ++round) {
    bool is_done = did("start", cuda.cuEventRecord(start, stream));
    for (int n = 0; n < 8 && is_done; ++n)
      is_done = did("copy", cuda.cuMemcpyDtoDAsync_v2(to, from, bytes, stream));
    if (!is_done || !did("end", cuda.cuEventRecord(end, stream)) ||
        !did("wait", cuda.cuEventSynchronize(end)) ||
        !did("time", cuda.cuEventElapsedTime(&milliseconds, start, end)))
      return 0;
  }
  return 16.0 * (double)bytes / ((double)milliseconds * 1e-3);
}

void measure_peaks(void) {
  const size_t bytes = (size_t)(progress->is_interpreted ? 1 : 256) << 20;
  CUdeviceptr from = 0, to = 0;
  if (!did("allocate", cuda.cuMemAlloc_v2(&from, bytes)) ||
      !did("allocate", cuda.cuMemAlloc_v2(&to, bytes))) {
    printf("peaks: FAILED\n  %s\n", problem);
    return;
  }
  for (int n = 0; n < progress->num_peaks; ++n)
    measure_peak(&progress->peaks[n], to);
  if (progress->num_peaks < MAX_PEAKS) {
    Peak *copy = &progress->peaks[progress->num_peaks++];
    snprintf(copy->name, sizeof copy->name, "copy");
    copy->rate = time_copies(to, from, bytes);
    printf("peak copy: %g GB/s\n", copy->rate * 1e-9);
  }
  cuda.cuMemFree_v2(from);
  cuda.cuMemFree_v2(to);
}
