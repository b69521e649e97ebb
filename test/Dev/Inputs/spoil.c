/* Cases that end their process, or leave it a driver that does nothing more. */

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

typedef int Load(void **, const char *);
typedef int Find(void **, void *, const char *);
typedef int Launch(void *, unsigned, unsigned, unsigned, unsigned, unsigned,
                   unsigned, unsigned, void *, void **, void **);
typedef int Wait(void);

static const char kernel[] = ".version 8.0\n"
                             ".target sm_80\n"
                             ".address_size 64\n"
                             ".visible .entry wrong()\n"
                             "{\n"
                             "  .reg .b64 %rd<2>;\n"
                             "  mov.u64 %rd1, 16;\n"
                             "  st.global.u64 [%rd1], %rd1;\n"
                             "  ret;\n"
                             "}\n";

int32_t crash(void) { return *(volatile int *)0; }

int32_t launch_wrong(const void *in, int32_t n_in, const void *out,
                     int32_t n_out, char *message, size_t size) {
  void *driver = dlopen("libcuda.so.1", RTLD_NOW), *module, *function;
  (void)in, (void)n_in, (void)out, (void)n_out;
  ((Load *)dlsym(driver, "cuModuleLoadData"))(&module, kernel);
  ((Find *)dlsym(driver, "cuModuleGetFunction"))(&function, module, "wrong");
  ((Launch *)dlsym(driver, "cuLaunchKernel"))(function, 1, 1, 1, 1, 1, 1, 0,
                                              NULL, NULL, NULL);
  int status = ((Wait *)dlsym(driver, "cuCtxSynchronize"))();
  snprintf(message, size, "wait: %d", status);
  return 8;
}
