/*===- results.c - Checks and times, and what is written of them
 * ------------===*/

#include "runner.h"

#include <ctype.h>
#include <math.h>
#include <time.h>

static void print_text(const char *text) {
  fputc('"', result);
  for (; *text; ++text)
    if (*text == '"' || *text == '\\')
      fprintf(result, "\\%c", *text);
    else
      fputc(isprint((unsigned char)*text) ? *text : '?', result);
  fputc('"', result);
}

void print_header(void) {
  char date[16];
  const time_t today = time(NULL);
  strftime(date, sizeof date, "%Y-%m-%d", gmtime(&today));
  fprintf(result,
          "{\n  \"version\": 1,\n  \"date\": \"%s\",\n  \"card\": ", date);
  print_text(progress->card);
  fprintf(result,
          ",\n  \"driver\": %d,\n  \"interpreted\": %s,\n  \"results\": [",
          progress->driver, progress->is_interpreted ? "true" : "false");
  fflush(result);
  progress->has_header = true;
}

static void begin_result(void) {
  fprintf(result, "%s\n    {\"kind\": \"%s\", \"name\": ",
          progress->num_results++ ? "," : "", progress->kind);
  print_text(progress->name);
}

static void fail_result(void) {
  ++progress->num_failed;
  fprintf(result, ", \"problem\": ");
  print_text(problem);
  printf("  %s\n", problem);
}

/* What is written now stays, whatever becomes of this process. */
static void end_result(void) {
  fputc('}', result);
  fflush(result);
  fflush(stdout);
  progress->running = false;
}

void print_lost(const char *why) {
  snprintf(problem, sizeof problem, "%s", why);
  printf("%s %s: FAILED\n", progress->kind, progress->name);
  begin_result();
  fail_result();
  end_result();
}

void check_case(Case *item) {
  Call call = {0};
  bool is_right = open_case(item, &call) && run_once(item, &call);
  for (int n = 0; is_right && n < item->num_out; ++n)
    is_right = agrees(&item->out[n], n);
  printf("check %s: %s\n", item->name, is_right ? "agrees" : "FAILED");
  begin_result();
  if (is_right)
    ++progress->num_passed;
  else
    fail_result();
  end_result();
  close_case(item, &call);
}

static int compare_numbers(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_time(const Case *item, const double *times, int rounds,
                       size_t workspace) {
  const double median = times[rounds / 2], rate = item->work / median;
  printf("time %s: %g ms, %g G%s/s\n", item->name, median * 1e3, rate * 1e-9,
         item->unit);
  fprintf(result,
          ", \"seconds\": %.6g, \"low\": %.6g, \"high\": %.6g, \"rate\": "
          "%.6g, \"unit\": \"%s\", \"workspace_bytes\": %zu",
          median, times[0], times[rounds - 1], rate, item->unit, workspace);
}

/* The median of rounds of some 20 ms. */
void time_case(Case *item) {
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
  begin_result();
  if (first > 0) {
    qsort(times, rounds, sizeof *times, compare_numbers);
    print_time(item, times, rounds, call.workspace_size);
  } else {
    printf("time %s: FAILED\n", item->name);
    fail_result();
  }
  end_result();
  close_case(item, &call);
}

void print_end(void) {
  fprintf(result, "\n  ],\n  \"peaks\": {");
  for (int n = 0; n < progress->num_peaks; ++n)
    fprintf(result, "%s\"%s\": %.6g", n ? ", " : "", progress->peaks[n].name,
            progress->peaks[n].rate);
  fprintf(result, "},\n  \"passed\": %d,\n  \"failed\": %d\n}\n",
          progress->num_passed, progress->num_failed);
}
