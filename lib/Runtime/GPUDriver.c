/*===- GPUDriver.c - Opening the CUDA driver -------------------------------===
 *
 * dlopen and dlsym are found as the process has them: linked on a new system,
 * they need a C library at least as new.
 *
 *===----------------------------------------------------------------------===*/

#include "GPUDriver.h"
#include "GPU.h"
#include "LoadedObjects.h"

#include <dlfcn.h>
#include <stdatomic.h>

static AttnDriver driver;

static void *find_libc_function(const char *name) {
  AttnObject library;
  return attn_find_object_with(name, NULL, &library)
             ? attn_find_symbol(&library, name)
             : NULL;
}

/* The first function that the library lacks; NULL when it has all. */
static const char *find_functions(void *library, AttnDriver *found) {
  __typeof__(&dlsym) find = (__typeof__(&dlsym))find_libc_function("dlsym");
#define FIND(name, parameters)                                                 \
  found->name = find ? (__typeof__(found->name))find(library, #name) : NULL;   \
  if (!found->name)                                                            \
    return #name;
  ATTN_FOR_EACH_DRIVER_FUNCTION(FIND)
#undef FIND
  return NULL;
}

static void open_driver(AttnDriver *found) {
  __typeof__(&dlopen) open = (__typeof__(&dlopen))find_libc_function("dlopen");
  void *library = open ? open("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library)
    attn_leave(ATTN_NO_DEVICE,
               "expected a CUDA driver, got no 'libcuda.so.1' that loads");
  const char *missing = find_functions(library, found);
  if (missing)
    attn_leave(ATTN_NO_DEVICE,
               "expected a CUDA driver with '%s', got one without", missing);
  CUresult status = found->cuInit(0);
  if (status)
    attn_leave(ATTN_NO_DEVICE,
               "expected a GPU, got error %d from the CUDA driver", status);
  int version = 0;
  found->cuDriverGetVersion(&version);
  if (version < ATTN_LEAST_CUDA)
    attn_leave(ATTN_NO_DEVICE,
               "expected a driver of CUDA %d.%d or newer, got one of %d.%d",
               ATTN_LEAST_CUDA / 1000, ATTN_LEAST_CUDA % 1000 / 10,
               version / 1000, version % 1000 / 10);
}

const AttnDriver *attn_gpu_driver(void) {
  static _Atomic bool is_open;
  if (atomic_load_explicit(&is_open, memory_order_acquire))
    return &driver;
  AttnDriver found;
  open_driver(&found);
  attn_gpu_lock();
  if (!atomic_load_explicit(&is_open, memory_order_relaxed)) {
    driver = found;
    atomic_store_explicit(&is_open, true, memory_order_release);
  }
  attn_gpu_unlock();
  return &driver;
}

void attn_gpu_expect(CUresult status, const char *what) {
  if (!status)
    return;
  const char *text = NULL;
  if (driver.cuGetErrorString(status, &text) || !text)
    text = "unknown error";
  attn_leave(status == CUDA_ERROR_OUT_OF_MEMORY ? ATTN_OUT_OF_MEMORY
                                                : ATTN_DEVICE_FAILED,
             "expected the GPU to %s, got: %s (CUDA error %d)", what, text,
             status);
}
