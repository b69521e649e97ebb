/*===- Context.c - One call: how it starts, fails and ends -----------------===
 *
 * A failing check deep in compiled code leaves by longjmp to the exported
 * function, which frees what the call allocated. Each thread has its own stack
 * of calls.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local AttnContext *current;

/* Callers may have parallel regions of their own around a call. */
static int get_parallel_level(void) {
  return attn_omp_get_level ? attn_omp_get_level() : 0;
}

AttnContext *attn_current_context(void) { return current; }

void attn_context_enter(AttnContext *context, char *message, size_t size) {
  context->outer = current;
  context->allocations = NULL;
  context->arena = NULL;
  context->device = NULL;
  context->gpu = NULL;
  context->status = ATTN_OK;
  context->message = message;
  context->message_size = message ? size : 0;
  context->parallel_level = get_parallel_level();
  if (context->message_size)
    message[0] = '\0';
  current = context;
}

void attn_context_exit(AttnContext *context) {
  if (context->device)
    context->device->leave(context);
  attn_free_all(context);
  current = context->outer;
}

/* The first failure of a call is the one that is told. */
static bool claim_failure(AttnContext *context, int32_t status) {
  int32_t none = ATTN_OK;
  return __atomic_compare_exchange_n((int32_t *)&context->status, &none, status,
                                     false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* A parallel region of compiled code cannot be left, and a thread of it that
 * has no call cannot even say why: better an end that is told than memory that
 * is not there. */
static void stop_unless_leavable(const char *format, va_list args) {
  if (current && current->parallel_level == get_parallel_level())
    return;
  fputs("attn: error: in a parallel loop: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  abort();
}

void attn_leave(int32_t status, const char *format, ...) {
  va_list reason;
  va_start(reason, format);
  stop_unless_leavable(format, reason);
  va_end(reason);
  if (claim_failure(current, status) && current->message_size) {
    va_list args;
    va_start(args, format);
    vsnprintf(current->message, current->message_size, format, args);
    va_end(args);
  }
  longjmp(current->leave, 1);
}

/* Called by compiled code, see attn-lower-asserts. */

_Noreturn void attn_rt_fail(const char *message) {
  attn_leave(ATTN_CHECK_FAILED, "%s", message);
}

AttnContext *attn_rt_context(void) { return current; }

/* On a thread of a parallel region, which must not be left: only remember. */
void attn_rt_record(AttnContext *context, const char *message) {
  if (claim_failure(context, ATTN_CHECK_FAILED) && context->message_size)
    snprintf(context->message, context->message_size, "%s", message);
}

/* After the region, on the thread that made the call. */
void attn_rt_leave_if_failed(AttnContext *context) {
  if (context->status != ATTN_OK)
    longjmp(context->leave, 1);
}
