// A project outside this one, configured and built against the install tree: it runs one of our passes in its own
// pipeline, our pipelines in a tool of its own, and builds an op through the C API.
// REQUIRES: cmake, ninja
// RUN: rm -rf %t && mkdir %t
// RUN: cmake --install %build --prefix %t/prefix > %t/install.log
// RUN: cmake -G Ninja -S %S/consumer -B %t/build -DCMAKE_PREFIX_PATH=%t/prefix %consumer_flags > %t/configure.log
// RUN: cmake --build %t/build > %t/build.log
// RUN: %t/build/consumer %s | FileCheck %s
// RUN: %t/build/compiler %s | FileCheck %s --check-prefix=VECTORS --implicit-check-not="attn.a"
// RUN: %t/build/c-consumer | FileCheck %s --check-prefix=C
//
// The install tree stands alone: neither its headers nor its CMake files name the tree they came from.
// RUN: not grep -rlI -e %src/ -e %build/ %t/prefix/include %t/prefix/lib/cmake
// RUN: ls %t/prefix/include/attn/Dialect/Attn/IR %t/prefix/include/attn-c %t/prefix/bin %t/prefix/lib %t/prefix/share/doc/attn-mlir \
// RUN:   | FileCheck %s --check-prefix=TREE
// RUN: %t/prefix/bin/attn-opt --attn-decompose %s | FileCheck %s

// C: attn.causal

// VECTORS: vector<8xf32>

// TREE-DAG: AttnOps.h.inc
// TREE-DAG: AttnOps.td
// TREE-DAG: Dialect.h
// TREE-DAG: attn-compile
// TREE-DAG: attn-opt
// TREE-DAG: attn-plugin.so
// TREE-DAG: libMLIRAttnDialect.a
// TREE-DAG: AttnDialect.md
// TREE-DAG: ConversionPasses.md

// CHECK-LABEL: func.func @layer(
// CHECK-NOT: attn.
// CHECK: linalg.generic
// CHECK: return %{{.+}} : tensor<1x2x3x6xf32>
func.func @layer(%q: tensor<1x2x3x4xf32>, %k: tensor<1x1x5x4xf32>, %v: tensor<1x1x5x6xf32>) -> tensor<1x2x3x6xf32> {
  %0 = attn.attention %q, %k, %v : tensor<1x2x3x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x6xf32> -> tensor<1x2x3x6xf32>
  return %0 : tensor<1x2x3x6xf32>
}
