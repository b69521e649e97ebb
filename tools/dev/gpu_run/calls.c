/*===- calls.c - Calls of libraries
 * -----------------------------------------===*/

#include "runner.h"

typedef int32_t Entry(DLTensor *const *, int32_t, DLTensor *const *, int32_t,
                      char *, size_t);
typedef int32_t InWorkspace(DLTensor *const *, int32_t, DLTensor *const *,
                            int32_t, char *, size_t, void *, void *, size_t);
typedef int32_t WorkspaceSize(DLTensor *const *, int32_t, char *, size_t,
                              size_t *);

static void *find(const Case *item, const Call *call, const char *what) {
  char name[256];
  const char *last = item->function + strlen(item->function) - 1;
  snprintf(name, sizeof name, "%s%s%s", item->function,
           *what && *last != '_' ? "_" : "", what);
  void *found = dlsym(call->library, name);
  if (!found)
    snprintf(problem, sizeof problem, "no function %s", name);
  return found;
}

bool open_case(Case *item, Call *call) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, item->library);
  call->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!call->library)
    snprintf(problem, sizeof problem, "%s", dlerror());
  bool is_open = call->library;
  for (int n = 0; is_open && n < item->num_in; ++n) {
    is_open = upload(&item->in[n]);
    call->in[n] = &item->in[n].tensor;
  }
  for (int n = 0; is_open && n < item->num_out; ++n) {
    is_open = allocate(&item->out[n]);
    call->out[n] = &item->out[n].tensor;
  }
  return is_open;
}

void close_case(Case *item, Call *call) {
  for (int n = 0; n < item->num_in; ++n)
    cuda.cuMemFree_v2((uintptr_t)item->in[n].tensor.data);
  for (int n = 0; n < item->num_out; ++n)
    cuda.cuMemFree_v2((uintptr_t)item->out[n].tensor.data);
  cuda.cuMemFree_v2(call->workspace);
}

bool run_once(const Case *item, Call *call) {
  Entry *entry = (Entry *)(uintptr_t)find(item, call, "");
  char message[400] = "";
  int32_t code = entry ? entry(call->in, item->num_in, call->out, item->num_out,
                               message, sizeof message)
                       : 0;
  if (code)
    snprintf(problem, sizeof problem, "%s (code %d)", message, (int)code);
  return entry && !code;
}

bool take_workspace(const Case *item, Call *call) {
  WorkspaceSize *measure =
      (WorkspaceSize *)(uintptr_t)find(item, call, "workspace_size");
  char message[400] = "";
  int32_t code = measure ? measure(call->in, item->num_in, message,
                                   sizeof message, &call->workspace_size)
                         : 0;
  if (code)
    snprintf(problem, sizeof problem, "%s (code %d)", message, (int)code);
  return measure && !code &&
         did("allocate",
             cuda.cuMemAlloc_v2(&call->workspace, call->workspace_size + 1));
}

double time_calls(const Case *item, Call *call, long count) {
  InWorkspace *enqueue =
      (InWorkspace *)(uintptr_t)find(item, call, "in_workspace");
  char message[400] = "";
  float milliseconds = 0;
  if (!enqueue || !did("start", cuda.cuEventRecord(start, stream)))
    return 0;
  for (long n = 0; n < count; ++n) {
    int32_t code =
        enqueue(call->in, item->num_in, call->out, item->num_out, message,
                sizeof message, stream, (void *)(uintptr_t)call->workspace,
                call->workspace_size);
    if (code) {
      snprintf(problem, sizeof problem, "%s (code %d)", message, (int)code);
      return 0;
    }
  }
  if (!did("end", cuda.cuEventRecord(end, stream)) ||
      !did("wait", cuda.cuEventSynchronize(end)) ||
      !did("time", cuda.cuEventElapsedTime(&milliseconds, start, end)))
    return 0;
  return (double)milliseconds * 1e-3 / (double)count;
}
