// A parallel loop cannot be left: what it cannot allocate ends the program, with the reason, on any thread. A negative size is found
// before, and acted upon after the loop.
// RUN: attn-run %s --random-inputs --range arg0=8:8 --threads=3 | FileCheck %s
// CHECK: [0, 0, 0, 0]
// DEFINE: %{dies} = not --crash attn-run %s --random-inputs
// RUN: %{dies} --range arg0=2000000000000:2000000000000 --threads=3 2>&1 | FileCheck %s --check-prefix=MEMORY
// RUN: %{dies} --range arg0=2000000000000:2000000000000 --threads=1 2>&1 | FileCheck %s --check-prefix=MEMORY
// MEMORY: attn: error: in a parallel loop: expected 8000000000064 bytes of memory, got none
// RUN: not attn-run %s --random-inputs --range arg0=-5:-5 --threads=3 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: tensor.empty: expected dimension 0 to be at least 0
func.func @main(%n: tensor<i64>) -> tensor<4xf32> {
  %size = tensor.extract %n[] : tensor<i64>
  %count = arith.index_cast %size : i64 to index
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %out = tensor.empty() : tensor<4xf32>
  %r = scf.forall (%i) in (4) shared_outs(%o = %out) -> tensor<4xf32> {
    %e = tensor.empty(%count) : tensor<?xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %g = tensor.insert %zero into %f[%i] : tensor<?xf32>
    %x = tensor.extract %g[%c0] : tensor<?xf32>
    %y = tensor.from_elements %x : tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %y into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    }
  }
  return %r : tensor<4xf32>
}
