// On a GPU each place of a cache asks which token was written there: a thread for each place, and no loop over what is new.
// RUN: attn-opt %s --convert-attn-to-linalg | FileCheck %s --check-prefix=PULL
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --range at=0:5 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: not attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --range at=6:9 2>&1 | FileCheck %s --check-prefix=PAST
// PULL: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x2x8x4xf32>, tensor<2xi64>)
// PULL-NOT: scf.forall
// AGREE: agree
// PAST: expected positions to leave room for the update in dimension 2 of cache, got one out of range
module attributes {attn.target = #attn.gpu<arch = "sm_80">} {
  func.func @append(%cache: tensor<2x2x8x4xf32>, %new: tensor<2x2x3x4xf32>, %at: tensor<2xi64> {attn.name = "at"}) -> tensor<2x2x8x4xf32> {
    %0 = attn.cache_update %cache, %new at %at axis 2 : tensor<2x2x8x4xf32>, tensor<2x2x3x4xf32>, at tensor<2xi64>
    return %0 : tensor<2x2x8x4xf32>
  }
}
