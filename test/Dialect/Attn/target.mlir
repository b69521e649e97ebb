// What a module is compiled for.
// RUN: attn-opt %s -split-input-file | attn-opt -split-input-file | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target | FileCheck %s

// Defaults are not written.
// CHECK: module attributes {attn.target = #attn.cpu} {
module attributes {attn.target = #attn.cpu<vector_bits = 128, registers = 16, fma = false>} {
}

// -----

// CHECK: module attributes {attn.target = #attn.cpu<vector_bits = 512, registers = 32, fma = true, amx = true, features = "avx512f,amx-tile", exp = fast, tile_query = 7, tile_key = 9>} {
module attributes {attn.target = #attn.cpu<vector_bits = 512, registers = 32, fma = true, amx = true, tile_query = 7,
    tile_key = 9, features = "avx512f,amx-tile", exp = fast>} {
}

// -----

// CHECK: module attributes {attn.target = #attn.cpu<unmasked_keys = 96, panel_keys = 128, packing = own, stages = 1>} {
module attributes {attn.target = #attn.cpu<stages = 1, packing = own, panel_keys = 128, unmasked_keys = 96>} {
}

// -----

// Without options, what is there stays.
// CHECK: module attributes {attn.target = #attn.gpu<tile_key = 64>} {
module attributes {attn.target = #attn.gpu<tile_key = 64>} {
}
