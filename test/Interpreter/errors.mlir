// Every error of the interpreter, at the op that it is about.
// RUN: %build/test/Interpreter/attn-interpret %s | FileCheck %s --implicit-check-not=:

//===----------------------------------------------------------------------===//
// At the function's boundary
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expected ops that the interpreter knows, got linalg.pack}}
func.func @unknown_op(%x: tensor<4xf32>, %y: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = linalg.pack %x inner_dims_pos = [0] inner_tiles = [2] into %y : tensor<4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// expected-error @+1 {{expected ops that the interpreter knows, got arith.constant on i7}}
func.func @unknown_type() -> tensor<1xf32> {
  %0 = arith.constant 1 : i7
  %1 = tensor.empty() : tensor<1xf32>
  return %1 : tensor<1xf32>
}

// -----

func.func private @elsewhere(tensor<f32>) -> tensor<f32>
// expected-error @+1 {{expected ops that the interpreter knows, got func.func 'elsewhere' without a body}}
func.func @external(%x: tensor<f32>) -> tensor<f32> {
  %0 = call @elsewhere(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// expected-error @+1 {{expected 1 inputs, got 2}}
func.func @count(%x: tensor<f32>) -> tensor<f32> attributes {inputs = [dense<1.0> : tensor<f32>, dense<1.0> : tensor<f32>]} {
  return %x : tensor<f32>
}

// -----

// expected-error @+1 {{expected argument 0 to be a ranked tensor, got 'f32'}}
func.func @scalar(%x: f32) -> f32 attributes {inputs = [dense<1.0> : tensor<f32>]} {
  return %x : f32
}

// -----

// expected-error @+1 {{expected argument 0 to be 'tensor<?x2xf32>', got 1xf32}}
func.func @rank(%x: tensor<?x2xf32>) -> tensor<?x2xf32> attributes {inputs = [dense<1.0> : tensor<1xf32>]} {
  return %x : tensor<?x2xf32>
}

// -----

// expected-error @+1 {{expected argument 0 to be 'tensor<?x2xf32>', got 3x1xf32}}
func.func @size(%x: tensor<?x2xf32>) -> tensor<?x2xf32> attributes {inputs = [dense<1.0> : tensor<3x1xf32>]} {
  return %x : tensor<?x2xf32>
}

// -----

// expected-error @+1 {{expected argument 0 to be 'tensor<2xf32>', got 2xi32}}
func.func @element(%x: tensor<2xf32>) -> tensor<2xf32> attributes {inputs = [dense<1> : tensor<2xi32>]} {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected result 1 to be a ranked tensor, got 'index'}}
func.func @result(%x: tensor<f32>) -> (tensor<f32>, index) attributes {inputs = [dense<1.0> : tensor<f32>]} {
  %0 = arith.constant 1 : index
  return %x, %0 : tensor<f32>, index
}

// -----

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expected at most 200 calls inside of each other, got more}}
func.func @recursion() -> tensor<f32> {
  %0 = call @recursion() : () -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @step(%n: tensor<index>) -> tensor<index> attributes {inputs = [dense<-1> : tensor<i64>]} {
  %zero = arith.constant 0 : index
  %ten = arith.constant 10 : index
  %step = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a positive step, got -1}}
  %sum = scf.for %i = %zero to %ten step %step iter_args(%s = %n) -> tensor<index> {
    scf.yield %s : tensor<index>
  }
  return %sum : tensor<index>
}

// -----

func.func @assertion() -> tensor<f32> {
  %no = arith.constant false
  // expected-error @+1 {{expected more than this}}
  cf.assert %no, "expected more than this"
  %0 = arith.constant dense<0.0> : tensor<f32>
  return %0 : tensor<f32>
}

// -----

//===----------------------------------------------------------------------===//
// Elements and sizes
//===----------------------------------------------------------------------===//

func.func @division(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32>
    attributes {inputs = [dense<[4, 5]> : tensor<2xi32>, dense<[2, 0]> : tensor<2xi32>]} {
  // expected-error @+1 {{expected a divisor other than 0, got 0}}
  %0 = arith.divsi %x, %y : tensor<2xi32>
  return %0 : tensor<2xi32>
}

// -----

func.func @unsigned_remainder(%x: tensor<i8>, %y: tensor<i8>) -> tensor<i8>
    attributes {inputs = [dense<4> : tensor<i8>, dense<0> : tensor<i8>]} {
  // expected-error @+1 {{expected a divisor other than 0, got 0}}
  %0 = arith.remui %x, %y : tensor<i8>
  return %0 : tensor<i8>
}

// -----

func.func @divisor_of_map(%n: tensor<index>) -> tensor<index> attributes {inputs = [dense<0> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a positive divisor}}
  %1 = affine.apply affine_map<(d0)[s0] -> (d0 floordiv s0)>(%0)[%0]
  %2 = tensor.from_elements %1 : tensor<index>
  return %2 : tensor<index>
}

// -----

func.func @shapes(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32>
    attributes {inputs = [dense<1.0> : tensor<2xf32>, dense<1.0> : tensor<3xf32>]} {
  // expected-error @+1 {{expected operands of one shape, got 2 and 3}}
  %0 = arith.addf %x, %y : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @static_size(%x: tensor<?x?xf32>) -> tensor<?x4xf32> attributes {inputs = [dense<1.0> : tensor<2x3xf32>]} {
  // expected-error @+1 {{expected dimension 1 of result 0 to be 4, got 3}}
  %0 = tensor.cast %x : tensor<?x?xf32> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @negative_size(%n: tensor<index>) -> tensor<?xf32> attributes {inputs = [dense<-1> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a shape that fits in memory, got -1}}
  %1 = tensor.empty(%0) : tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

func.func @constant_size() -> tensor<1xf32> {
  // expected-error @+1 {{expected a constant that fits in memory, got}}
  %0 = arith.constant dense<0.0> : tensor<4611686018427387904xf32>
  %1 = tensor.empty() : tensor<1xf32>
  return %1 : tensor<1xf32>
}

// -----

func.func @extract(%x: tensor<2x3xf32>, %n: tensor<index>) -> tensor<f32>
    attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<3> : tensor<i64>]} {
  %zero = arith.constant 0 : index
  %at = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected index 1 to be in [0, 3), got 3}}
  %0 = tensor.extract %x[%zero, %at] : tensor<2x3xf32>
  %1 = tensor.from_elements %0 : tensor<f32>
  return %1 : tensor<f32>
}

// -----

func.func @insert(%x: tensor<2x3xf32>, %n: tensor<index>) -> tensor<2x3xf32>
    attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<-1> : tensor<i64>]} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %at = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected index 0 to be in [0, 2), got -1}}
  %0 = tensor.insert %one into %x[%at, %zero] : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @dim(%x: tensor<2x3xf32>, %n: tensor<index>) -> tensor<index>
    attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<2> : tensor<i64>]} {
  %at = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a dimension in [0, 2), got 2}}
  %0 = tensor.dim %x, %at : tensor<2x3xf32>
  %1 = tensor.from_elements %0 : tensor<index>
  return %1 : tensor<index>
}

// -----

//===----------------------------------------------------------------------===//
// Shapes and slices
//===----------------------------------------------------------------------===//

func.func @expand(%x: tensor<?xf32>, %n: tensor<index>) -> tensor<?x2xf32>
    attributes {inputs = [dense<1.0> : tensor<5xf32>, dense<2> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected the sizes that dimension 0 expands to to have the product 5, got 4}}
  %1 = tensor.expand_shape %x [[0, 1]] output_shape [%0, 2] : tensor<?xf32> into tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

func.func @reshape(%x: tensor<5xf32>, %n: tensor<2xindex>) -> tensor<?x?xf32>
    attributes {inputs = [dense<1.0> : tensor<5xf32>, dense<[3, 2]> : tensor<2xi64>]} {
  // expected-error @+1 {{expected a shape of 5 elements, got 3x2}}
  %0 = tensor.reshape %x(%n) : (tensor<5xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @concat(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<1.0> : tensor<3x3xf32>]} {
  // expected-error @+1 {{expected inputs that differ in dimension 1 only, got 2x3xf32 and 3x3xf32}}
  %0 = tensor.concat dim(1) %x, %y : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @pad(%x: tensor<?xf32>, %n: tensor<index>) -> tensor<?xf32>
    attributes {inputs = [dense<1.0> : tensor<5xf32>, dense<-6> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  %fill = arith.constant 0.0 : f32
  // expected-error @+1 {{expected a shape that fits in memory, got -1}}
  %1 = tensor.pad %x low[0] high[%0] {
  ^bb0(%i: index):
    tensor.yield %fill : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

func.func @pad_beyond(%x: tensor<?xf32>, %n: tensor<index>) -> tensor<?xf32>
    attributes {inputs = [dense<1.0> : tensor<5xf32>, dense<9223372036854775807> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  %fill = arith.constant 0.0 : f32
  // expected-error @+1 {{expected padded sizes of at most 64 bits, got more in dimension 0}}
  %1 = tensor.pad %x low[0] high[%0] {
  ^bb0(%i: index):
    tensor.yield %fill : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

func.func @slice(%x: tensor<5xf32>, %n: tensor<index>) -> tensor<?xf32>
    attributes {inputs = [dense<1.0> : tensor<5xf32>, dense<4> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a slice of dimension 0 in [0, 5), got offset 2, size 4, stride 1}}
  %1 = tensor.extract_slice %x[2] [%0] [1] : tensor<5xf32> to tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

func.func @insert_slice(%x: tensor<?xf32>, %y: tensor<5xf32>, %n: tensor<index>) -> tensor<5xf32>
    attributes {inputs = [dense<1.0> : tensor<2xf32>, dense<1.0> : tensor<5xf32>, dense<3> : tensor<i64>]} {
  %0 = tensor.extract %n[] : tensor<index>
  // expected-error @+1 {{expected a source of 3 elements, got 2xf32}}
  %1 = tensor.insert_slice %x into %y[2] [%0] [1] : tensor<?xf32> into tensor<5xf32>
  return %1 : tensor<5xf32>
}

// -----

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

func.func @softmax(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<1.0> : tensor<1x3xf32>]} {
  // expected-error @+1 {{failed: expected an output of 2x3 as the input, got 1x3}}
  %0 = linalg.softmax dimension(1) ins(%x : tensor<?x3xf32>) outs(%y : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

func.func @loop_sizes(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>, %z: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {inputs = [dense<1.0> : tensor<2x3xf32>, dense<1.0> : tensor<4x5xf32>, dense<1.0> : tensor<2x5xf32>]} {
  // expected-error @+1 {{expected dimension 0 of operand 1 to be 3 as in operand 0, got 4}}
  %0 = linalg.matmul ins(%x, %y : tensor<?x?xf32>, tensor<?x?xf32>) outs(%z : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @map_outside(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32>
    attributes {inputs = [dense<1.0> : tensor<3xf32>, dense<1.0> : tensor<3xf32>]} {
  // expected-error @+1 {{expected the indexing map of operand 0 to stay in 3}}
  %0 = linalg.generic {
    indexing_maps = [affine_map<(i) -> (i + 1)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]
  } ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

//===----------------------------------------------------------------------===//
// The oracle's errors, handed on
//===----------------------------------------------------------------------===//

func.func @attention(%q: tensor<?x?x?x?xf32>, %k: tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
    attributes {inputs = [dense<1.0> : tensor<1x1x2x4xf32>, dense<1.0> : tensor<1x1x2x3xf32>]} {
  // expected-error @+1 {{failed: key: expected head size 4 as in query, got 3}}
  %0 = attn.attention %q, %k, %k : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32> -> tensor<?x?x?x?xf32>
  return %0 : tensor<?x?x?x?xf32>
}

// -----

// What fails inside of a region is said once, where it fails.
func.func @region(%q: tensor<1x1x2x4xf32>, %lengths: tensor<?xi32>) -> tensor<1x1x2x4xf32>
    attributes {inputs = [dense<1.0> : tensor<1x1x2x4xf32>, dense<1> : tensor<1xi32>]} {
  %0 = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      // expected-error @+1 {{expected index 0 to be in [0, 1), got 1}}
      %1 = tensor.extract %lengths[%j] : tensor<?xi32>
      %2 = arith.index_cast %1 : i32 to index
      %3 = attn.prefix %j length %2
      attn.yield %3 : i1
    } : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %0 : tensor<1x1x2x4xf32>
}

// -----

func.func @linear(%q: tensor<?x?x?x?xf32>, %v: tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
    attributes {inputs = [dense<1.0> : tensor<1x1x2x4xf32>, dense<1.0> : tensor<1x1x3x4xf32>]} {
  // expected-error @+1 {{failed: value: expected}}
  %0 = attn.linear_attention linear %q, %q, %v : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32> -> tensor<?x?x?x?xf32>
  return %0 : tensor<?x?x?x?xf32>
}

// -----

func.func @predicate(%q: tensor<1x1x2x4xf32>, %segments: tensor<?x?xi32>) -> tensor<1x1x2x4xf32>
    attributes {inputs = [dense<1.0> : tensor<1x1x2x4xf32>, dense<1> : tensor<1x1xi32>]} {
  %0 = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      // expected-error @+1 {{in [0, 1), got 1}}
      %1 = attn.same_segment %segments, %segments at %b, %i, %j : tensor<?x?xi32>, tensor<?x?xi32>
      attn.yield %1 : i1
    } : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %0 : tensor<1x1x2x4xf32>
}

// -----

func.func @merge(%n: tensor<index>) -> tensor<1x1x?x4xf32> attributes {inputs = [dense<3> : tensor<i64>]} {
  %three = tensor.extract %n[] : tensor<index>
  %two = arith.constant 2 : index
  %a, %m, %s = attn.init_state (%two) : tensor<1x1x?x4xf32>, tensor<1x1x?xf32>
  %b, %o, %t = attn.init_state (%three) : tensor<1x1x?x4xf32>, tensor<1x1x?xf32>
  // expected-error @+1 {{failed: right}}
  %c, %p, %u = attn.merge_states (%a, %m, %s), (%b, %o, %t) : tensor<1x1x?x4xf32>, tensor<1x1x?xf32>
  return %c : tensor<1x1x?x4xf32>
}

// -----

func.func @finalize(%sink: tensor<?xf32>) -> tensor<1x1x2x4xf32> attributes {inputs = [dense<3.0> : tensor<2xf32>]} {
  %a, %m, %s = attn.init_state : tensor<1x1x2x4xf32>, tensor<1x1x2xf32>
  // expected-error @+1 {{failed: sink: expected}}
  %o = attn.finalize_state %a, %m, %s sink %sink
    : tensor<1x1x2x4xf32>, tensor<1x1x2xf32>, sink tensor<?xf32> -> tensor<1x1x2x4xf32>
  return %o : tensor<1x1x2x4xf32>
}

// -----

func.func @rotary(%x: tensor<1x1x2x4xf32>, %table: tensor<?x2xf32>, %at: tensor<1x2xi64>) -> tensor<1x1x2x4xf32>
    attributes {inputs = [dense<1.0> : tensor<1x1x2x4xf32>, dense<1.0> : tensor<3x2xf32>, dense<3> : tensor<1x2xi64>]} {
  // expected-error @+1 {{in [0, 3), got 3}}
  %0 = attn.rotary_embedding %x cos %table sin %table positions %at
    : tensor<1x1x2x4xf32>, cos tensor<?x2xf32>, sin tensor<?x2xf32>, positions tensor<1x2xi64>
  return %0 : tensor<1x1x2x4xf32>
}

// -----

func.func @cache(%cache: tensor<1x3xf32>, %new: tensor<1x2xf32>, %at: tensor<1xi64>) -> tensor<1x3xf32>
    attributes {inputs = [dense<1.0> : tensor<1x3xf32>, dense<1.0> : tensor<1x2xf32>, dense<2> : tensor<1xi64>]} {
  // expected-error @+1 {{failed: positions: expected}}
  %0 = attn.cache_update %cache, %new at %at axis 1 : tensor<1x3xf32>, tensor<1x2xf32>, at tensor<1xi64>
  return %0 : tensor<1x3xf32>
}

// -----

//===----------------------------------------------------------------------===//
// And none
//===----------------------------------------------------------------------===//

// CHECK: right: 2x3xi32 f32
func.func @right(%x: tensor<?x3xi32>, %y: tensor<f32>) -> (tensor<?x3xi32>, tensor<f32>)
    attributes {inputs = [dense<1> : tensor<2x3xi32>, dense<1.0> : tensor<f32>]} {
  return %x, %y : tensor<?x3xi32>, tensor<f32>
}
