// RUN: attn-opt %s -split-input-file -verify-diagnostics -attn-attach-cpu-target -convert-attn-to-vector

// expected-error @+1 {{expected vector_bits of 128, 256 or 512, got 96}}
module attributes {attn.target = #attn.cpu<vector_bits = 96>} {
}

// -----

// expected-error @+1 {{expected registers of at least 1, got 0}}
module attributes {attn.target = #attn.cpu<registers = 0>} {
}

// -----

// expected-error @+1 {{expected unmasked_keys of 1 to 1048576, got -3}}
module attributes {attn.target = #attn.cpu<unmasked_keys = -3>} {
}

// -----

// expected-error @+1 {{expected panel_keys of 64 to 2048, a multiple of 64, got 4096}}
module attributes {attn.target = #attn.cpu<panel_keys = 4096>} {
}

// -----

// expected-error @+1 {{expected stages of 1 or 3, got 2}}
module attributes {attn.target = #attn.cpu<stages = 2>} {
}

// -----

// expected-error @+1 {{expected tile_key of 1 to 1048576, got -1}}
module attributes {attn.target = #attn.gpu<tile_key = -1>} {
}

// -----

// expected-error @+1 {{expected a target in attn.target, got "cpu"}}
module attributes {attn.target = "cpu", other = #attn.gpu} {
}

// -----

// expected-error @+1 {{expected attn.target on a module}}
func.func private @elsewhere() attributes {attn.target = #attn.cpu}

// -----

// expected-error @+1 {{expected a module for a CPU, got one for #attn.gpu}}
module attributes {attn.target = #attn.gpu} {
}

// -----

func.func @bytes(%m: memref<8xi1>) {
  // expected-error @+1 {{expected 'memref<8xi8>', got 'memref<4xi8>'}}
  %0 = attn.x86.bytes %m : memref<8xi1> as memref<4xi8>
  return
}

// -----

func.func @degree(%x: vector<16xf32>) {
  // expected-error @+1 {{attribute 'degree' failed to satisfy constraint: 64-bit signless integer attribute whose minimum value is 3 whose maximum value is 5}}
  %0 = attn.x86.exp2 %x degree 6 : vector<16xf32>
  return
}
