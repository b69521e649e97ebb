// RUN: attn-opt %s --attn-create-entry-points --split-input-file --verify-diagnostics

// expected-error @+1 {{expected a ranked tensor as arg1 of 'f', got 'f32'}}
func.func @f(%x: tensor<2xf32>, %s: f32) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected elements of f16, bf16, f32, f64, i1, i8, i16, i32 or i64 in arg0 of 'f', got 'i7'}}
func.func @f(%x: tensor<2xi7>) -> tensor<2xi7> {
  return %x : tensor<2xi7>
}

// -----

// expected-error @+1 {{expected 2 names in attn.dim_names of arg0, got 1}}
func.func @f(%x: tensor<2x?xf32> {attn.dim_names = ["n"]}) -> tensor<2x?xf32> {
  return %x : tensor<2x?xf32>
}

// -----

// expected-error @+1 {{expected strings in attn.dim_names of arg0, got 3 : i64}}
func.func @f(%x: tensor<?xf32> {attn.dim_names = [3]}) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{expected a C identifier in attn.symbol that C, C++ and the C library leave free, got 'tanh'}}
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> attributes {attn.symbol = "tanh"} {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected a public function's name to be a C identifier that does not begin with '_' or 'attn_rt_', got 'a-b'}}
func.func @"a-b"(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected 'f_shapes', which is made for 'f', to be free, got another symbol of this name}}
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @f_shapes(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

func.func @f_shapes(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// expected-error @+1 {{expected 'f_shapes', which is made for 'f', to be free, got another symbol of this name}}
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

func.func @while_(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// expected-error @+1 {{expected 'while_', which is made for 'while', to be free, got another symbol of this name}}
func.func @while(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// expected-error @+1 {{expected 'f', which is made for 'g', to be free, got another symbol of this name}}
func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> attributes {attn.symbol = "f"} {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected a public function, got none}}
module {
  func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}

// -----

// expected-error @+1 {{expected the number of an argument of type 'tensor<2xf32>' in attn.shares of result0, got 1}}
func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) -> (tensor<2xf32> {attn.shares = 1 : i64}) {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected one result to share arg0, got result0 and result1}}
func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32> {attn.shares = 0 : i64}, tensor<2xf32> {attn.shares = 0 : i64}) {
  return %x, %x : tensor<2xf32>, tensor<2xf32>
}

// -----

// expected-error @+1 {{expected a string in attn.name of arg0, got 3 : i64}}
func.func @f(%x: tensor<?xf32> {attn.name = 3}) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{expected strings in attn.dim_names of result0, got "n"}}
func.func @f(%x: tensor<?xf32>) -> (tensor<?xf32> {attn.dim_names = "n"}) {
  return %x : tensor<?xf32>
}
