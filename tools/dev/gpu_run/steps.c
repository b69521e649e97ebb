/*===- steps.c - The list of cases, in the order that they run in
 * -----------===*/

#include "runner.h"

/* Of the step at hand, in the order that all processes go by. */
static int number;

/* Whether no process before began it. */
static bool begin_step(const char *kind, const char *name) {
  if (number++ < progress->num_begun)
    return false;
  progress->num_begun = number;
  snprintf(progress->kind, sizeof progress->kind, "%s", kind);
  snprintf(progress->name, sizeof progress->name, "%s", name);
  progress->since = now();
  progress->running = true;
  return true;
}

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

/* Before the first step; it stays for what comes later. */
static bool read_peak(FILE *list) {
  Peak peak = {0};
  if (fscanf(list, "%15s %127s %lf", peak.name, peak.file, &peak.work) != 3)
    return false;
  if (!progress->num_begun && progress->num_peaks < MAX_PEAKS)
    progress->peaks[progress->num_peaks++] = peak;
  return true;
}

static bool read_tolerance(FILE *list, Operand *out) {
  return fscanf(list, "%lf %lf", &out->relative, &out->absolute) == 2;
}

/* What stands behind `word`. */
static bool read_item(FILE *list, const char *word, Case *item) {
  if (!strcmp(word, "check") || !strcmp(word, "time")) {
    snprintf(item->kind, sizeof item->kind, "%s", word);
    return fscanf(list, "%255s %127s %127s", item->name, item->library,
                  item->function) == 3;
  }
  if (!strcmp(word, "in"))
    return item->num_in < MAX_TENSORS &&
           read_operand(list, &item->in[item->num_in++]);
  if (!strcmp(word, "out"))
    return item->num_out < MAX_TENSORS &&
           read_operand(list, &item->out[item->num_out++]);
  if (!strcmp(word, "close"))
    return item->num_out && read_tolerance(list, &item->out[item->num_out - 1]);
  return !strcmp(word, "work") &&
         fscanf(list, "%lf %7s", &item->work, item->unit) == 2;
}

/* Whether the GPU still does something for this process. */
static bool run_case(Case *item, bool checks) {
  bool is_right = true;
  if (*item->kind && checks == !strcmp(item->kind, "check") &&
      begin_step(item->kind, item->name)) {
    checks ? check_case(item) : time_case(item);
    is_right = did("go on", cuda.cuCtxSynchronize());
  }
  memset(item, 0, sizeof *item);
  return is_right;
}

/* The checks of the list, or its times. */
static Outcome run_list(FILE *list, bool checks, double until) {
  static Case item;
  char word[16];
  memset(&item, 0, sizeof item);
  rewind(list);
  while (fscanf(list, "%15s", word) == 1) {
    const bool begins = !strcmp(word, "check") || !strcmp(word, "time");
    if (begins && !run_case(&item, checks))
      return SPOILED;
    if (begins && now() > until)
      return INCOMPLETE;
    if (strcmp(word, "peak") ? !read_item(list, word, &item)
                             : !read_peak(list)) {
      fprintf(stderr, "runner: error: expected a list, got '%s'\n", word);
      return INCOMPLETE;
    }
  }
  return run_case(&item, checks) ? COMPLETE : SPOILED;
}

Outcome run_steps(FILE *list, double until) {
  Outcome outcome = run_list(list, true, until);
  if (outcome != COMPLETE)
    return outcome;
  if (begin_step("peaks", "all"))
    measure_peaks();
  progress->running = false;
  return run_list(list, false, until);
}
