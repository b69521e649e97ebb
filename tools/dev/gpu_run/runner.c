/*===- runner.c - Checks and times artifacts on a machine with a GPU --------===
 *
 * All that a machine needs besides a folder that `tools/dev/gpu-run prepare`
 * has written: a driver, and a C library.
 *
 *   runner FOLDER RESULT.json [SECONDS]
 *
 * FOLDER/cases.txt has one item on a line, its words apart by blanks:
 *
 *   peak NAME FILE.ptx WORK
 *   check|time NAME LIBRARY FUNCTION
 *   in|out CODE BITS FILE|- RANK SIZES…     (of the case before)
 *   close RELATIVE ABSOLUTE
 *   work NUMBER FLOP|B
 *
 * Checks come first. What there is no time for is left out of the result.
 *
 *===----------------------------------------------------------------------===*/

#include "runner.h"

#include <ctype.h>
#include <math.h>
#include <time.h>

enum { MAX_PEAKS = 8 };

typedef struct {
  char name[32];
  CUfunction kernel;
  double work, rate;
} Peak;

const char *folder;
Driver cuda;
CUstream stream;
CUevent start, end;
char problem[512];

static FILE *result;
static Peak peaks[MAX_PEAKS];
static int num_peaks, num_passed, num_failed, num_results;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

bool did(const char *what, CUresult status) {
  if (status)
    snprintf(problem, sizeof problem, "%s: CUDA error %d", what, status);
  return !status;
}

/*===----------------------------------------------------------------------===
 * Results
 *===----------------------------------------------------------------------===*/

static void print_text(const char *text) {
  fputc('"', result);
  for (; *text; ++text)
    if (*text == '"' || *text == '\\')
      fprintf(result, "\\%c", *text);
    else
      fputc(isprint((unsigned char)*text) ? *text : '?', result);
  fputc('"', result);
}

static void begin_result(const Case *item) {
  fprintf(result,
          "%s\n    {\"kind\": \"%s\", \"name\": ", num_results++ ? "," : "",
          item->kind);
  print_text(item->name);
}

static void fail_result(void) {
  ++num_failed;
  fprintf(result, ", \"problem\": ");
  print_text(problem);
  printf("  %s\n", problem);
}

static void check_case(Case *item) {
  Call call = {0};
  bool is_right = open_case(item, &call) && run_once(item, &call);
  for (int n = 0; is_right && n < item->num_out; ++n)
    is_right = agrees(item, &item->out[n], n);
  printf("check %s: %s\n", item->name, is_right ? "agrees" : "FAILED");
  begin_result(item);
  if (is_right)
    ++num_passed;
  else
    fail_result();
  fputc('}', result);
  close_case(item);
}

static int compare_numbers(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of rounds of some 20 ms. */
static void time_case(Case *item) {
  enum { rounds = 7 };
  Call call = {0};
  double times[rounds];
  double first = open_case(item, &call) && run_once(item, &call) &&
                         take_workspace(item, &call)
                     ? time_calls(item, &call, 1)
                     : 0;
  const long count = first > 0 ? (long)fmin(fmax(20e-3 / first, 1), 2000) : 0;
  for (int n = 0; n < rounds && first > 0; ++n)
    if ((times[n] = time_calls(item, &call, count)) <= 0)
      first = 0;
  begin_result(item);
  if (first > 0) {
    qsort(times, rounds, sizeof *times, compare_numbers);
    const double rate = item->work / times[rounds / 2];
    printf("time %s: %g ms, %g G%s/s\n", item->name, times[rounds / 2] * 1e3,
           rate * 1e-9, item->unit);
    fprintf(result,
            ", \"seconds\": %.6g, \"low\": %.6g, \"high\": %.6g, \"rate\": "
            "%.6g, \"unit\": \"%s\", \"workspace_bytes\": %zu",
            times[rounds / 2], times[0], times[rounds - 1], rate, item->unit,
            call.workspace_size);
  } else {
    printf("time %s: FAILED\n", item->name);
    fail_result();
  }
  fputc('}', result);
  cuda.cuMemFree_v2(call.workspace);
  close_case(item);
}

/*===----------------------------------------------------------------------===
 * Peaks
 *===----------------------------------------------------------------------===*/

static void load_peak(const char *name, const char *file, double work) {
  char path[512];
  static char text[1 << 16];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  FILE *in = fopen(path, "r");
  size_t size = in ? fread(text, 1, sizeof text - 1, in) : 0;
  if (in)
    fclose(in);
  text[size] = '\0';
  CUmodule module;
  Peak *peak = &peaks[num_peaks];
  if (num_peaks < MAX_PEAKS &&
      did("load", cuda.cuModuleLoadData(&module, text)) &&
      did("find", cuda.cuModuleGetFunction(&peak->kernel, module, "peak"))) {
    snprintf(peak->name, sizeof peak->name, "%s", name);
    peak->work = work;
    ++num_peaks;
  } else
    printf("peak %s: %s\n", name, problem);
}

/* FLOP/s of four blocks of 256 threads on each multiprocessor. */
static double time_peak(const Peak *peak, unsigned blocks, CUdeviceptr out,
                        unsigned turns, float *milliseconds) {
  void *arguments[] = {&out, &turns};
  if (!did("start", cuda.cuEventRecord(start, stream)) ||
      !did("launch", cuda.cuLaunchKernel(peak->kernel, blocks, 1, 1, 256, 1, 1,
                                         0, stream, arguments, NULL)) ||
      !did("end", cuda.cuEventRecord(end, stream)) ||
      !did("wait", cuda.cuEventSynchronize(end)) ||
      !did("time", cuda.cuEventElapsedTime(milliseconds, start, end)))
    return 0;
  return blocks * 8.0 * turns * peak->work / ((double)*milliseconds * 1e-3);
}

static void measure_peaks(int multiprocessors, size_t copied) {
  CUdeviceptr from = 0, to = 0;
  float milliseconds = 0;
  cuda.cuMemAlloc_v2(&from, copied);
  cuda.cuMemAlloc_v2(&to, copied);
  for (Peak *peak = peaks; peak < peaks + num_peaks; ++peak) {
    unsigned turns = 1;
    const unsigned blocks = 4 * (unsigned)multiprocessors;
    time_peak(peak, blocks, to, 1, &milliseconds); /* loads the code */
    do
      peak->rate = time_peak(peak, blocks, to, turns *= 2, &milliseconds);
    while (peak->rate > 0 && milliseconds < 5 && turns < 1u << 24);
    printf("peak %s: %g GFLOP/s\n", peak->name, peak->rate * 1e-9);
  }
  cuda.cuEventRecord(start, stream);
  for (int n = 0; n < 8; ++n)
    cuda.cuMemcpyDtoDAsync_v2(to, from, copied, stream);
  cuda.cuEventRecord(end, stream);
  cuda.cuEventSynchronize(end);
  cuda.cuEventElapsedTime(&milliseconds, start, end);
  Peak *copy = &peaks[num_peaks++];
  snprintf(copy->name, sizeof copy->name, "copy");
  copy->rate = 16.0 * (double)copied / ((double)milliseconds * 1e-3);
  printf("peak copy: %g GB/s\n", copy->rate * 1e-9);
  cuda.cuMemFree_v2(from);
  cuda.cuMemFree_v2(to);
}

/*===----------------------------------------------------------------------===
 * The list of cases
 *===----------------------------------------------------------------------===*/

static bool read_operand(FILE *list, Operand *operand) {
  int code, bits, rank;
  memset(operand, 0, sizeof *operand);
  if (fscanf(list, "%d %d %127s %d", &code, &bits, operand->file, &rank) != 4 ||
      rank < 0 || rank > MAX_RANK)
    return false;
  for (int d = 0; d < rank; ++d)
    if (fscanf(list, "%" SCNd64, &operand->shape[d]) != 1)
      return false;
  operand->tensor.device.device_type = 2;
  operand->tensor.ndim = rank;
  operand->tensor.shape = operand->shape;
  operand->tensor.dtype.code = (uint8_t)code;
  operand->tensor.dtype.bits = (uint8_t)bits;
  operand->tensor.dtype.lanes = 1;
  operand->bytes = count_elements(operand) * (size_t)bits / 8;
  return true;
}

static void run_case(Case *item, bool checks) {
  if (*item->kind && checks == !strcmp(item->kind, "check"))
    checks ? check_case(item) : time_case(item);
  memset(item, 0, sizeof *item);
}

/* Runs the checks, or the times; what begins behind `until` is left out. */
static bool run_list(FILE *list, bool checks, double until) {
  static Case item;
  char word[16], file[128];
  double work;
  memset(&item, 0, sizeof item);
  while (fscanf(list, "%15s", word) == 1) {
    bool is_read = true;
    if (!strcmp(word, "peak")) {
      is_read = fscanf(list, "%15s %127s %lf", word, file, &work) == 3;
      if (checks && is_read)
        load_peak(word, file, work);
    } else if (!strcmp(word, "check") || !strcmp(word, "time")) {
      run_case(&item, checks);
      if (now() > until)
        return true;
      snprintf(item.kind, sizeof item.kind, "%s", word);
      is_read = fscanf(list, "%159s %127s %127s", item.name, item.library,
                       item.function) == 3;
    } else if (!strcmp(word, "in")) {
      is_read = item.num_in < MAX_TENSORS &&
                read_operand(list, &item.in[item.num_in++]);
    } else if (!strcmp(word, "out")) {
      is_read = item.num_out < MAX_TENSORS &&
                read_operand(list, &item.out[item.num_out++]);
    } else if (!strcmp(word, "close")) {
      is_read = fscanf(list, "%lf %lf", &item.relative, &item.absolute) == 2;
    } else if (!strcmp(word, "work")) {
      is_read = fscanf(list, "%lf %7s", &item.work, item.unit) == 2;
    } else
      is_read = false;
    if (!is_read) {
      fprintf(stderr, "runner: error: expected a list, got '%s'\n", word);
      return false;
    }
  }
  run_case(&item, checks);
  return true;
}

static bool open_gpu(char *name, size_t size, int *multiprocessors) {
  CUcontext context;
  const char *missing = open_driver(&cuda);
  if (missing) {
    snprintf(problem, sizeof problem, "no %s", missing);
    return false;
  }
  return did("initialize", cuda.cuInit(0)) &&
         did("name", cuda.cuDeviceGetName(name, (int)size, 0)) &&
         did("attribute", cuda.cuDeviceGetAttribute(multiprocessors, 16, 0)) &&
         did("context", cuda.cuDevicePrimaryCtxRetain(&context, 0)) &&
         did("context", cuda.cuCtxSetCurrent(context)) &&
         did("stream", cuda.cuStreamCreate(&stream, 1)) &&
         did("event", cuda.cuEventCreate(&start, 0)) &&
         did("event", cuda.cuEventCreate(&end, 0));
}

static void print_peaks(void) {
  fprintf(result, "\n  ],\n  \"peaks\": {");
  for (int n = 0; n < num_peaks; ++n)
    fprintf(result, "%s\"%s\": %.6g", n ? ", " : "", peaks[n].name,
            peaks[n].rate);
  fprintf(result, "},\n  \"passed\": %d,\n  \"failed\": %d\n}\n", num_passed,
          num_failed);
}

int main(int argc, char **argv) {
  char name[128] = "", path[512], date[16];
  int multiprocessors = 1, version = 0;
  const double seconds = argc > 3 ? atof(argv[3]) : 500, begin = now();
  const time_t today = time(NULL);
  if (argc < 3) {
    fprintf(stderr, "usage: runner FOLDER RESULT.json [SECONDS]\n");
    return 1;
  }
  folder = argv[1];
  snprintf(path, sizeof path, "%s/cases.txt", folder);
  FILE *list = fopen(path, "r");
  result = fopen(argv[2], "w");
  if (!list || !result || !open_gpu(name, sizeof name, &multiprocessors)) {
    fprintf(stderr, "runner: error: expected %s, %s and a GPU, got: %s\n", path,
            argv[2], *problem ? problem : strerror(errno));
    return 1;
  }
  cuda.cuDriverGetVersion(&version);
  strftime(date, sizeof date, "%Y-%m-%d", gmtime(&today));
  const bool is_interpreted = strstr(name, "interpreter");
  fprintf(result,
          "{\n  \"version\": 1,\n  \"date\": \"%s\",\n  \"card\": ", date);
  print_text(name);
  fprintf(result,
          ",\n  \"driver\": %d,\n  \"interpreted\": %s,\n  \"results\": [",
          version, is_interpreted ? "true" : "false");
  bool is_whole = run_list(list, true, begin + seconds);
  measure_peaks(multiprocessors, (size_t)(is_interpreted ? 1 : 256) << 20);
  rewind(list);
  is_whole &= run_list(list, false, begin + seconds);
  print_peaks();
  fclose(list);
  is_whole &= !fclose(result);
  printf("%d passed, %d failed, %.0f s\n", num_passed, num_failed,
         now() - begin);
  return is_whole && !num_failed ? 0 : 1;
}
