// The number of a key's features is the query's, where its type does not say it: nothing behind a key is read.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --keep-dynamic --dim k.0=1 --dim k.1=2 --dim k.2=135 --dim k.3=2 --compare=reference | FileCheck %s

// CHECK: result0 1x2x70x2xbf16: agree: 280 elements
func.func @main(%q: tensor<1x2x70x2xbf16>, %k: tensor<?x?x?x?xbf16> {attn.name = "k", attn.dim_names = ["k.0", "k.1", "k.2", "k.3"]},
                %v: tensor<1x2x135x2xbf16>) -> tensor<1x2x70x2xbf16> {
  %o = attn.attention %q, %k, %v scale -0.5 : tensor<1x2x70x2xbf16>, tensor<?x?x?x?xbf16>, tensor<1x2x135x2xbf16> -> tensor<1x2x70x2xbf16>
  return %o : tensor<1x2x70x2xbf16>
}
