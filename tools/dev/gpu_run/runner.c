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
 * A process for which a kernel has gone wrong gets nothing more from the
 * driver, and one that waits for a kernel without an end gets nothing either:
 * the steps run in a process of their own, and another one goes on behind the
 * step that spoiled it.
 *
 *===----------------------------------------------------------------------===*/

#include "runner.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds of a step, opening the driver and loading code included. */
static const double longest = 40;

const char *folder;
Driver cuda;
CUstream stream;
CUevent start, end;
char problem[512];
Progress *progress;
FILE *result;

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

bool did(const char *what, CUresult status) {
  if (status)
    snprintf(problem, sizeof problem, "%s: CUDA error %d", what, status);
  return !status;
}

static bool open_gpu(void) {
  CUcontext context;
  const char *missing = open_driver(&cuda);
  if (missing) {
    snprintf(problem, sizeof problem, "no %s", missing);
    return false;
  }
  return did("initialize", cuda.cuInit(0)) &&
         did("version", cuda.cuDriverGetVersion(&progress->driver)) &&
         did("name",
             cuda.cuDeviceGetName(progress->card, sizeof progress->card, 0)) &&
         did("attribute",
             cuda.cuDeviceGetAttribute(&progress->multiprocessors, 16, 0)) &&
         did("context", cuda.cuDevicePrimaryCtxRetain(&context, 0)) &&
         did("context", cuda.cuCtxSetCurrent(context)) &&
         did("stream", cuda.cuStreamCreate(&stream, 1)) &&
         did("event", cuda.cuEventCreate(&start, 0)) &&
         did("event", cuda.cuEventCreate(&end, 0));
}

/* In a process of its own. */
static Outcome run(double until) {
  char path[512];
  snprintf(path, sizeof path, "%s/cases.txt", folder);
  FILE *list = fopen(path, "r");
  if (!list || !open_gpu()) {
    fprintf(stderr, "runner: error: expected %s and a GPU, got: %s\n", path,
            *problem ? problem : strerror(errno));
    return INCOMPLETE;
  }
  progress->is_interpreted = strstr(progress->card, "interpreter");
  if (!progress->has_header)
    print_header();
  return run_steps(list, until);
}

/* Until `child` has ended, or must be: an interpreter has its time. */
static void wait_for(pid_t child, int *status) {
  while (!waitpid(child, status, WNOHANG)) {
    if (progress->running && !progress->is_interpreted &&
        now() - progress->since > longest)
      kill(child, SIGKILL);
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
}

/* What one process does of the rest. */
static Outcome run_apart(double until) {
  const int before = progress->num_begun;
  int status = 0;
  fflush(NULL);
  const pid_t child = fork();
  if (!child) {
    const Outcome outcome = run(until);
    fflush(NULL);
    _exit(outcome);
  }
  if (child < 0) {
    fprintf(stderr, "runner: error: expected a process, got none\n");
    return INCOMPLETE;
  }
  wait_for(child, &status);
  if (!progress->running && WIFEXITED(status) && WEXITSTATUS(status) != SPOILED)
    return WEXITSTATUS(status);
  if (progress->running) {
    char why[80];
    snprintf(why, sizeof why, "its process ended after %.0f s, with status %#x",
             now() - progress->since, status);
    print_lost(why);
  }
  return progress->num_begun > before ? SPOILED : INCOMPLETE;
}

int main(int argc, char **argv) {
  const double seconds = argc > 3 ? atof(argv[3]) : 500, begin = now();
  if (argc < 3) {
    fprintf(stderr, "usage: runner FOLDER RESULT.json [SECONDS]\n");
    return 1;
  }
  folder = argv[1];
  result = fopen(argv[2], "w");
  progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (!result || progress == MAP_FAILED) {
    fprintf(stderr, "runner: error: expected to write %s, got: %s\n", argv[2],
            strerror(errno));
    return 1;
  }
  Outcome outcome;
  do
    outcome = run_apart(begin + seconds);
  while (outcome == SPOILED);
  if (!progress->has_header)
    return 1;
  print_end();
  const bool is_written = !fclose(result);
  printf("%d passed, %d failed, %.0f s\n", progress->num_passed,
         progress->num_failed, now() - begin);
  return outcome == COMPLETE && is_written && !progress->num_failed ? 0 : 1;
}
