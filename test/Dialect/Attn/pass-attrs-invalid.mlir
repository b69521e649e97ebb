// What passes hand on in attributes has a name and a kind.
// RUN: attn-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a string in attn.symbol, got 3 : i64}}
func.func private @symbol() attributes {attn.symbol = 3}

// -----

// expected-error @+1 {{expected a dictionary in attn.entry, got unit}}
func.func private @entry() attributes {attn.entry}

// -----

// expected-error @+1 {{expected an array of dictionaries in attn.interface, got [1]}}
module attributes {attn.interface = [1]} {
}

// -----

// expected-error @+1 {{expected an array of strings in attn.messages, got [3]}}
module attributes {attn.messages = [3]} {
}

// -----

func.func @read(%t: tensor<4xf32>, %i: index) -> f32 {
  // expected-error @+1 {{expected a unit in attn.in_bounds, got "yes"}}
  %0 = tensor.extract %t[%i] {attn.in_bounds = "yes"} : tensor<4xf32>
  return %0 : f32
}

// -----

// expected-error @+1 {{expected attn.target, attn.symbol, attn.entry, attn.interface, attn.parameters, attn.export, attn.in_bounds, attn.defined, attn.exact, attn.kernel, attn.messages as an attribute of an op, got attn.symbl}}
func.func private @misspelled() attributes {attn.symbl = "f"}
