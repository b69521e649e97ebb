// UNSUPPORTED: cpu-cmpccxadd
// RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/doubled.mlir -o %t/artifact.so --mattr=+cmpccxadd
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t %s %t/artifact.so -Wl,-rpath,%t -o %t/test
// RUN: %t/test | FileCheck %s

// Code for a newer machine says so instead of stopping the process.

#include "artifact.h"

#include <stdio.h>

int main(void) {
  char message[200];
  int32_t status = vector_add(NULL, 0, NULL, 0, message, sizeof message);
  // CHECK: 4 expected a CPU with 'cmpccxadd', got one without: compile 'vector_add' for this machine or an older one
  printf("%d %s\n", (int)status, message);
}
