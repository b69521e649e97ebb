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

static _Thread_local AttnContext *current;

AttnContext *attn_current_context(void) { return current; }

void attn_context_enter(AttnContext *context, char *message, size_t size) {
  context->outer = current;
  context->allocations = NULL;
  context->status = ATTN_OK;
  context->message = message;
  context->message_size = message ? size : 0;
  if (context->message_size)
    message[0] = '\0';
  current = context;
}

void attn_context_exit(AttnContext *context) {
  attn_free_all(context);
  current = context->outer;
}

/* The first failure of a call is the one that is told. */
static bool claim_failure(AttnContext *context, int32_t status) {
  int32_t none = ATTN_OK;
  return __atomic_compare_exchange_n((int32_t *)&context->status, &none, status,
                                     false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void attn_leave(int32_t status, const char *format, ...) {
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
