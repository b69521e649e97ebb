// What MLIR leaves undefined, line by line as Spec's table has it: in the oracle, compiled, and compiled plainly, the same number
// or an error code from each. What each function reads comes with the call, so that nothing folds.
// RUN: %build/test/Interpreter/attn-agree %s | FileCheck %s

// CHECK: divsi_i64: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: divsi_i64: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: divsi_i64: agrees; plain: agrees
func.func @divsi_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<7> : tensor<i64>, dense<0> : tensor<i64>], inputs1 = [dense<-9223372036854775808> : tensor<i64>, dense<-1> : tensor<i64>], inputs2 = [dense<-7> : tensor<i64>, dense<2> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.divsi %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: divsi_i8: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: divsi_i8: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: divsi_i8: agrees; plain: agrees
func.func @divsi_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<7> : tensor<i8>, dense<0> : tensor<i8>], inputs1 = [dense<-128> : tensor<i8>, dense<-1> : tensor<i8>], inputs2 = [dense<-7> : tensor<i8>, dense<2> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.divsi %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: remsi_i64: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: remsi_i64: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: remsi_i64: agrees; plain: agrees
func.func @remsi_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<7> : tensor<i64>, dense<0> : tensor<i64>], inputs1 = [dense<-9223372036854775808> : tensor<i64>, dense<-1> : tensor<i64>], inputs2 = [dense<-7> : tensor<i64>, dense<2> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.remsi %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: remsi_i8: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: remsi_i8: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: remsi_i8: agrees; plain: agrees
func.func @remsi_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<7> : tensor<i8>, dense<0> : tensor<i8>], inputs1 = [dense<-128> : tensor<i8>, dense<-1> : tensor<i8>], inputs2 = [dense<-7> : tensor<i8>, dense<2> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.remsi %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: floordivsi_i64: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: floordivsi_i64: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: floordivsi_i64: agrees; plain: agrees
func.func @floordivsi_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<7> : tensor<i64>, dense<0> : tensor<i64>], inputs1 = [dense<-9223372036854775808> : tensor<i64>, dense<-1> : tensor<i64>], inputs2 = [dense<-7> : tensor<i64>, dense<2> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.floordivsi %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: floordivsi_i8: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: floordivsi_i8: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: floordivsi_i8: agrees; plain: agrees
func.func @floordivsi_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<7> : tensor<i8>, dense<0> : tensor<i8>], inputs1 = [dense<-128> : tensor<i8>, dense<-1> : tensor<i8>], inputs2 = [dense<-7> : tensor<i8>, dense<2> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.floordivsi %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: ceildivsi_i64: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: ceildivsi_i64: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: ceildivsi_i64: agrees; plain: agrees
func.func @ceildivsi_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<7> : tensor<i64>, dense<0> : tensor<i64>], inputs1 = [dense<-9223372036854775808> : tensor<i64>, dense<-1> : tensor<i64>], inputs2 = [dense<-7> : tensor<i64>, dense<2> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.ceildivsi %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: ceildivsi_i8: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: ceildivsi_i8: refused: {{.*}}expected a quotient that its type can hold{{.*}}; plain: refused
// CHECK: ceildivsi_i8: agrees; plain: agrees
func.func @ceildivsi_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<7> : tensor<i8>, dense<0> : tensor<i8>], inputs1 = [dense<-128> : tensor<i8>, dense<-1> : tensor<i8>], inputs2 = [dense<-7> : tensor<i8>, dense<2> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.ceildivsi %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: divui: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: divui: agrees; plain: agrees
func.func @divui(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<7> : tensor<i32>, dense<0> : tensor<i32>], inputs1 = [dense<-7> : tensor<i32>, dense<-1> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %z = arith.divui %x, %y : i32
  %r = tensor.from_elements %z : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: remui: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: remui: agrees; plain: agrees
func.func @remui(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<7> : tensor<i32>, dense<0> : tensor<i32>], inputs1 = [dense<-7> : tensor<i32>, dense<-1> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %z = arith.remui %x, %y : i32
  %r = tensor.from_elements %z : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: ceildivui: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: ceildivui: agrees; plain: agrees
func.func @ceildivui(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<7> : tensor<i32>, dense<0> : tensor<i32>], inputs1 = [dense<-7> : tensor<i32>, dense<-1> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %z = arith.ceildivui %x, %y : i32
  %r = tensor.from_elements %z : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: ipowi: refused: {{.*}}expected a base other than 0 for a negative power, got 0{{.*}}; plain: refused
// CHECK: ipowi: agrees; plain: agrees
// CHECK: ipowi: agrees; plain: agrees
// CHECK: ipowi: agrees; plain: agrees
func.func @ipowi(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<0> : tensor<i32>, dense<-1> : tensor<i32>], inputs1 = [dense<2> : tensor<i32>, dense<-1> : tensor<i32>], inputs2 = [dense<0> : tensor<i32>, dense<0> : tensor<i32>], inputs3 = [dense<-1> : tensor<i32>, dense<-3> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %z = math.ipowi %x, %y : i32
  %r = tensor.from_elements %z : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: shli_i64: agrees; plain: agrees
// CHECK: shli_i64: agrees; plain: agrees
// CHECK: shli_i64: agrees; plain: agrees
// CHECK: shli_i64: agrees; plain: agrees
func.func @shli_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<-5> : tensor<i64>, dense<3> : tensor<i64>], inputs1 = [dense<-5> : tensor<i64>, dense<64> : tensor<i64>], inputs2 = [dense<5> : tensor<i64>, dense<100> : tensor<i64>], inputs3 = [dense<-5> : tensor<i64>, dense<-1> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.shli %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: shli_i8: agrees; plain: agrees
// CHECK: shli_i8: agrees; plain: agrees
// CHECK: shli_i8: agrees; plain: agrees
// CHECK: shli_i8: agrees; plain: agrees
func.func @shli_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<-5> : tensor<i8>, dense<3> : tensor<i8>], inputs1 = [dense<-5> : tensor<i8>, dense<8> : tensor<i8>], inputs2 = [dense<5> : tensor<i8>, dense<100> : tensor<i8>], inputs3 = [dense<-5> : tensor<i8>, dense<-1> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.shli %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: shrui_i64: agrees; plain: agrees
// CHECK: shrui_i64: agrees; plain: agrees
// CHECK: shrui_i64: agrees; plain: agrees
// CHECK: shrui_i64: agrees; plain: agrees
func.func @shrui_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<-5> : tensor<i64>, dense<3> : tensor<i64>], inputs1 = [dense<-5> : tensor<i64>, dense<64> : tensor<i64>], inputs2 = [dense<5> : tensor<i64>, dense<100> : tensor<i64>], inputs3 = [dense<-5> : tensor<i64>, dense<-1> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.shrui %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: shrui_i8: agrees; plain: agrees
// CHECK: shrui_i8: agrees; plain: agrees
// CHECK: shrui_i8: agrees; plain: agrees
// CHECK: shrui_i8: agrees; plain: agrees
func.func @shrui_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<-5> : tensor<i8>, dense<3> : tensor<i8>], inputs1 = [dense<-5> : tensor<i8>, dense<8> : tensor<i8>], inputs2 = [dense<5> : tensor<i8>, dense<100> : tensor<i8>], inputs3 = [dense<-5> : tensor<i8>, dense<-1> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.shrui %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: shrsi_i64: agrees; plain: agrees
// CHECK: shrsi_i64: agrees; plain: agrees
// CHECK: shrsi_i64: agrees; plain: agrees
// CHECK: shrsi_i64: agrees; plain: agrees
func.func @shrsi_i64(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<-5> : tensor<i64>, dense<3> : tensor<i64>], inputs1 = [dense<-5> : tensor<i64>, dense<64> : tensor<i64>], inputs2 = [dense<5> : tensor<i64>, dense<100> : tensor<i64>], inputs3 = [dense<-5> : tensor<i64>, dense<-1> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.shrsi %x, %y : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: shrsi_i8: agrees; plain: agrees
// CHECK: shrsi_i8: agrees; plain: agrees
// CHECK: shrsi_i8: agrees; plain: agrees
// CHECK: shrsi_i8: agrees; plain: agrees
func.func @shrsi_i8(%a: tensor<i8>, %b: tensor<i8>) -> tensor<i8> attributes {inputs = [dense<-5> : tensor<i8>, dense<3> : tensor<i8>], inputs1 = [dense<-5> : tensor<i8>, dense<8> : tensor<i8>], inputs2 = [dense<5> : tensor<i8>, dense<100> : tensor<i8>], inputs3 = [dense<-5> : tensor<i8>, dense<-1> : tensor<i8>]} {
  %x = tensor.extract %a[] : tensor<i8>
  %y = tensor.extract %b[] : tensor<i8>
  %z = arith.shrsi %x, %y : i8
  %r = tensor.from_elements %z : tensor<i8>
  return %r : tensor<i8>
}

// CHECK: exact: agrees; plain: agrees
func.func @exact(%a: tensor<i64>, %b: tensor<i64>) -> tensor<i64> attributes {inputs = [dense<7> : tensor<i64>, dense<2> : tensor<i64>]} {
  %x = tensor.extract %a[] : tensor<i64>
  %y = tensor.extract %b[] : tensor<i64>
  %z = arith.divsi %x, %y exact : i64
  %r = tensor.from_elements %z : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: wrap: agrees; plain: agrees
func.func @wrap(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<2147483647> : tensor<i32>, dense<1> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %z = arith.addi %x, %y overflow<nsw, nuw> : i32
  %r = tensor.from_elements %z : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: zeros: agrees; plain: agrees
// CHECK: zeros: agrees; plain: agrees
func.func @zeros(%a: tensor<i32>) -> (tensor<3xi32>) attributes {inputs = [dense<0> : tensor<i32>], inputs1 = [dense<-2147483648> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %l = math.ctlz %x : i32
  %t = math.cttz %x : i32
  %s = math.absi %x : i32
  %r = tensor.from_elements %l, %t, %s : tensor<3xi32>
  return %r : tensor<3xi32>
}

// CHECK: casts_f32: agrees; plain: agrees
func.func @casts_f32(%a: tensor<8xf32>) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>)
    attributes {inputs = [dense<[0x7FC00000, 0x7F800000, 0xFF800000, -1.5, 300.0, -300.0, 127.5, 255.5]> : tensor<8xf32>]} {
  %0 = arith.fptosi %a : tensor<8xf32> to tensor<8xi8>
  %1 = arith.fptoui %a : tensor<8xf32> to tensor<8xi8>
  %2 = arith.fptosi %a : tensor<8xf32> to tensor<8xi32>
  %3 = arith.fptosi %a : tensor<8xf32> to tensor<8xi64>
  %4 = arith.fptoui %a : tensor<8xf32> to tensor<8xi64>
  return %0, %1, %2, %3, %4 : tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>
}

// CHECK: casts_f64: agrees; plain: agrees
func.func @casts_f64(%a: tensor<8xf64>) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>)
    attributes {inputs = [dense<[0x7FF8000000000000, 0x7FF0000000000000, 0xFFF0000000000000, -1.5, 300.0, -300.0, 127.5, 255.5]> : tensor<8xf64>]} {
  %0 = arith.fptosi %a : tensor<8xf64> to tensor<8xi8>
  %1 = arith.fptoui %a : tensor<8xf64> to tensor<8xi8>
  %2 = arith.fptosi %a : tensor<8xf64> to tensor<8xi32>
  %3 = arith.fptosi %a : tensor<8xf64> to tensor<8xi64>
  %4 = arith.fptoui %a : tensor<8xf64> to tensor<8xi64>
  return %0, %1, %2, %3, %4 : tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>
}

// CHECK: casts_f16: agrees; plain: agrees
func.func @casts_f16(%a: tensor<8xf16>) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>)
    attributes {inputs = [dense<[0x7E00, 0x7C00, 0xFC00, -1.5, 300.0, -300.0, 127.5, 255.5]> : tensor<8xf16>]} {
  %0 = arith.fptosi %a : tensor<8xf16> to tensor<8xi8>
  %1 = arith.fptoui %a : tensor<8xf16> to tensor<8xi8>
  %2 = arith.fptosi %a : tensor<8xf16> to tensor<8xi32>
  %3 = arith.fptosi %a : tensor<8xf16> to tensor<8xi64>
  %4 = arith.fptoui %a : tensor<8xf16> to tensor<8xi64>
  return %0, %1, %2, %3, %4 : tensor<8xi8>, tensor<8xi8>, tensor<8xi32>, tensor<8xi64>, tensor<8xi64>
}

// CHECK: not_a_number: agrees; plain: agrees
func.func @not_a_number(%a: tensor<2xf32>) -> tensor<2xi1> attributes {inputs = [dense<[0x7FC00000, 1.0]> : tensor<2xf32>]} {
  %0 = arith.cmpf uno, %a, %a fastmath<nnan, ninf> : tensor<2xf32>
  return %0 : tensor<2xi1>
}

// CHECK: poison: agrees; plain: agrees
func.func @poison(%a: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<3> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %p = ub.poison : i32
  %y = arith.addi %x, %p : i32
  %r = tensor.from_elements %y : tensor<i32>
  return %r : tensor<i32>
}

// CHECK: tensors: agrees; plain: agrees
// CHECK: tensors: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @tensors(%a: tensor<3xi32>, %b: tensor<3xi32>) -> tensor<3xi32>
    attributes {inputs = [dense<[7, 8, 9]> : tensor<3xi32>, dense<[1, 2, -1]> : tensor<3xi32>],
                inputs1 = [dense<[7, 8, 9]> : tensor<3xi32>, dense<[1, 2, 0]> : tensor<3xi32>]} {
  %0 = arith.divsi %a, %b : tensor<3xi32>
  return %0 : tensor<3xi32>
}

// Nothing takes the quotient.
// CHECK: unused: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @unused(%a: tensor<i32>) -> tensor<i32> attributes {inputs = [dense<0> : tensor<i32>]} {
  %x = tensor.extract %a[] : tensor<i32>
  %y = arith.remui %x, %x : i32
  return %a : tensor<i32>
}

// CHECK: dim: agrees; plain: agrees
// CHECK: dim: refused: {{.*}}expected a dimension from 0 to below 2{{.*}}; plain: refused
// CHECK: dim: refused: {{.*}}expected a dimension from 0 to below 2{{.*}}; plain: refused
func.func @dim(%x: tensor<?x3xf32>, %d: tensor<i64>) -> tensor<i64>
    attributes {inputs = [dense<0.0> : tensor<2x3xf32>, dense<1> : tensor<i64>],
                inputs1 = [dense<0.0> : tensor<2x3xf32>, dense<2> : tensor<i64>],
                inputs2 = [dense<0.0> : tensor<2x3xf32>, dense<-1> : tensor<i64>]} {
  %w = tensor.extract %d[] : tensor<i64>
  %i = arith.index_cast %w : i64 to index
  %n = tensor.dim %x, %i : tensor<?x3xf32>
  %m = arith.index_cast %n : index to i64
  %r = tensor.from_elements %m : tensor<i64>
  return %r : tensor<i64>
}

// CHECK: elements: agrees; plain: agrees
// CHECK: elements: refused: {{.*}}expected index 0 {{.*}}; plain: refused
// CHECK: elements: refused: {{.*}}expected index 0 {{.*}}; plain: refused
func.func @elements(%x: tensor<?xf32>, %d: tensor<i64>) -> tensor<?xf32>
    attributes {inputs = [dense<[3.0, 4.0]> : tensor<2xf32>, dense<1> : tensor<i64>],
                inputs1 = [dense<[3.0, 4.0]> : tensor<2xf32>, dense<2> : tensor<i64>],
                inputs2 = [dense<[3.0, 4.0]> : tensor<2xf32>, dense<-1> : tensor<i64>]} {
  %w = tensor.extract %d[] : tensor<i64>
  %i = arith.index_cast %w : i64 to index
  %e = tensor.extract %x[%i] : tensor<?xf32>
  %f = arith.addf %e, %e : f32
  %r = tensor.insert %f into %x[%i] : tensor<?xf32>
  return %r : tensor<?xf32>
}

// CHECK: insert: agrees; plain: agrees
// CHECK: insert: refused: {{.*}}tensor.insert: expected index 0 {{.*}}; plain: refused
func.func @insert(%x: tensor<2xf32>, %d: tensor<i64>) -> tensor<2xf32>
    attributes {inputs = [dense<[3.0, 4.0]> : tensor<2xf32>, dense<1> : tensor<i64>],
                inputs1 = [dense<[3.0, 4.0]> : tensor<2xf32>, dense<2> : tensor<i64>]} {
  %w = tensor.extract %d[] : tensor<i64>
  %i = arith.index_cast %w : i64 to index
  %c = arith.constant 1.0 : f32
  %r = tensor.insert %c into %x[%i] : tensor<2xf32>
  return %r : tensor<2xf32>
}

// In branches and loops of a body.
// CHECK: nested: agrees; plain: agrees
// CHECK: nested: refused: {{.*}}expected index 0 {{.*}}; plain: refused
func.func @nested(%x: tensor<3xf32>, %p: tensor<4xi32>) -> tensor<4xf32>
    attributes {inputs = [dense<[3.0, 4.0, 5.0]> : tensor<3xf32>, dense<[0, 2, -9, 1]> : tensor<4xi32>],
                inputs1 = [dense<[3.0, 4.0, 5.0]> : tensor<3xf32>, dense<[0, 3, -9, 1]> : tensor<4xi32>]} {
  %e = tensor.empty() : tensor<4xf32>
  %zero = arith.constant 0 : i32
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%p : tensor<4xi32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: i32, %o: f32):
    %some = arith.cmpi sge, %a, %zero : i32
    %f = scf.if %some -> f32 {
      %i = arith.index_cast %a : i32 to index
      %g = tensor.extract %x[%i] : tensor<3xf32>
      scf.yield %g : f32
    } else {
      %g = arith.constant -1.0 : f32
      scf.yield %g : f32
    }
    linalg.yield %f : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// CHECK: slice: agrees; plain: agrees
// CHECK: slice: refused: {{.*}}; plain: refused
// CHECK: slice: refused: {{.*}}; plain: refused
func.func @slice(%x: tensor<5xf32>, %d: tensor<i64>) -> tensor<2xf32>
    attributes {inputs = [dense<3.0> : tensor<5xf32>, dense<3> : tensor<i64>],
                inputs1 = [dense<3.0> : tensor<5xf32>, dense<4> : tensor<i64>],
                inputs2 = [dense<3.0> : tensor<5xf32>, dense<-1> : tensor<i64>]} {
  %w = tensor.extract %d[] : tensor<i64>
  %i = arith.index_cast %w : i64 to index
  %r = tensor.extract_slice %x[%i] [2] [1] : tensor<5xf32> to tensor<2xf32>
  return %r : tensor<2xf32>
}

// CHECK: sizes: agrees; plain: agrees
// CHECK: sizes: refused: {{.*}}; plain: refused
// CHECK: sizes: refused: {{.*}}; plain: refused
func.func @sizes(%d: tensor<i64>) -> tensor<f32>
    attributes {inputs = [dense<3> : tensor<i64>], inputs1 = [dense<-1> : tensor<i64>], inputs2 = [dense<4611686018427387904> : tensor<i64>]} {
  %w = tensor.extract %d[] : tensor<i64>
  %n = arith.index_cast %w : i64 to index
  %one = arith.constant 1.0 : f32
  %x = tensor.splat %one[%n] : tensor<?x4xf32>
  %y = tensor.generate %n {
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  } : tensor<?x4xf32>
  %e = tensor.empty() : tensor<f32>
  %z = linalg.fill ins(%one : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
      iterator_types = ["reduction", "reduction"]} ins(%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) outs(%z : tensor<f32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    %u = arith.addf %t, %b : f32
    linalg.yield %u : f32
  } -> tensor<f32>
  return %s : tensor<f32>
}

// CHECK: loop: agrees; plain: agrees
// CHECK: loop: refused: {{.*}}expected a step of at least 1{{.*}}; plain: refused
// CHECK: loop: refused: {{.*}}expected a step of at least 1{{.*}}; plain: refused
// CHECK: loop: refused: {{.*}}expected an upper bound that the counter can reach{{.*}}; plain: refused
func.func @loop(%b: tensor<2xi64>) -> tensor<i64>
    attributes {inputs = [dense<[100, 3]> : tensor<2xi64>], inputs1 = [dense<[100, 0]> : tensor<2xi64>],
                inputs2 = [dense<[100, -3]> : tensor<2xi64>], inputs3 = [dense<[9223372036854775807, 4611686018427387904]> : tensor<2xi64>]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i64
  %u = tensor.extract %b[%c0] : tensor<2xi64>
  %s = tensor.extract %b[%c1] : tensor<2xi64>
  %n = scf.for %i = %zero to %u step %s iter_args(%sum = %zero) -> i64 : i64 {
    %t = arith.addi %sum, %i : i64
    scf.yield %t : i64
  }
  %r = tensor.from_elements %n : tensor<i64>
  return %r : tensor<i64>
}

// The same divisor everywhere.
// CHECK: mask_block: agrees; plain: agrees
// CHECK: mask_block: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
// CHECK: mask_block: agrees; plain: agrees
func.func @mask_block(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<7> : tensor<70xi32>], inputs1 = [dense<0> : tensor<70xi32>], inputs2 = [dense<-1> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = arith.floordivsi %i, %size : index
      %y = arith.floordivsi %j, %size : index
      %r = arith.cmpi sge, %x, %y : index
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// One for each query.
// CHECK: mask_row: agrees; plain: agrees
// CHECK: mask_row: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @mask_row(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<[3, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]> : tensor<70xi32>], inputs1 = [dense<[3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0]> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %e = tensor.extract %t[%i] : tensor<70xi32>
      %d = arith.index_cast %e : i32 to index
      %x = arith.remsi %j, %d : index
      %r = arith.cmpi eq, %x, %c0 : index
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// A pair where a branch lets it happen.
// CHECK: mask_causal: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @mask_causal(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<7> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %later = arith.cmpi sgt, %j, %i : index
      %r = scf.if %later -> i1 {
        %no = arith.constant false
        scf.yield %no : i1
      } else {
        %d = arith.subi %i, %j : index
        %x = arith.divui %i, %d : index
        %y = arith.cmpi uge, %x, %size : index
        scf.yield %y : i1
      }
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// No pair: a branch keeps it away, also from lanes past the end.
// CHECK: mask_kept_away: agrees; plain: agrees
func.func @mask_kept_away(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<7> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %some = arith.cmpi ne, %i, %j : index
      %r = scf.if %some -> i1 {
        %d = arith.subi %i, %j : index
        %x = arith.divsi %i, %d : index
        %y = arith.cmpi slt, %x, %size : index
        scf.yield %y : i1
      } else {
        %yes = arith.constant true
        scf.yield %yes : i1
      }
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// Counts also where the pair does not attend, and where nothing takes the quotient.
// CHECK: mask_after: agrees; plain: agrees
// CHECK: mask_after: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @mask_after(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<3> : tensor<70xi32>], inputs1 = [dense<[0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %e = tensor.extract %t[%j] : tensor<70xi32>
      %x = arith.divsi %n, %e : i32
      %c = arith.constant 1 : i32
      %p = arith.cmpi sle, %x, %c : i32
      %before = arith.cmpi slt, %i, %j : index
      %no = arith.constant false
      %r = arith.select %before, %p, %no : i1
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// Shifts by more than there are bits.
// CHECK: mask_shift: agrees; plain: agrees
// CHECK: mask_shift: agrees; plain: agrees
func.func @mask_shift(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<-1> : tensor<70xi32>], inputs1 = [dense<12345> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %k = arith.index_cast %j : index to i32
      %x = arith.shrui %n, %k : i32
      %y = arith.shrsi %n, %k : i32
      %z = arith.ori %x, %y : i32
      %one = arith.constant 1 : i32
      %w = arith.andi %z, %one : i32
      %zero = arith.constant 0 : i32
      %r = arith.cmpi ne, %w, %zero : i32
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// CHECK: mask_dim: agrees; plain: agrees
// CHECK: mask_dim: refused: {{.*}}expected a dimension from 0 to below 4{{.*}}; plain: refused
// CHECK: mask_dim: refused: {{.*}}expected a dimension from 0 to below 4{{.*}}; plain: refused
func.func @mask_dim(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<3> : tensor<70xi32>], inputs1 = [dense<4> : tensor<70xi32>], inputs2 = [dense<-1> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %d = tensor.dim %q, %size : tensor<1x2x70x4xf32>
      %r = arith.cmpi slt, %j, %d : index
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// CHECK: mask_loop: agrees; plain: agrees
// CHECK: mask_loop: refused: {{.*}}expected a step of at least 1{{.*}}; plain: refused
func.func @mask_loop(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<3> : tensor<70xi32>], inputs1 = [dense<0> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    mask (%b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %ten = arith.constant 10 : index
      %sum = scf.for %u = %c0 to %ten step %size iter_args(%a = %c0) -> index {
        %a1 = arith.addi %a, %one : index
        scf.yield %a1 : index
      }
      %r = arith.cmpi slt, %j, %sum : index
      attn.yield %r : i1
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// CHECK: score_cast: agrees; plain: agrees
func.func @score_cast(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<1> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %big = arith.constant 1.0e+20 : f32
      %m = arith.mulf %s, %big : f32
      %x = arith.fptosi %m : f32 to i32
      %y = arith.sitofp %x : i32 to f32
      %tiny = arith.constant 1.0e-10 : f32
      %r = arith.mulf %y, %tiny : f32
      attn.yield %r : f32
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// A divisor that depends on the score.
// CHECK: score_quotient: agrees; plain: agrees
// CHECK: score_quotient: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @score_quotient(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<2> : tensor<70xi32>], inputs1 = [dense<0> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %x = arith.fptosi %s : f32 to i32
      %y = arith.addi %x, %n : i32
      %z = arith.divsi %n, %y : i32
      %r = arith.sitofp %z : i32 to f32
      attn.yield %r : f32
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}

// CHECK: prob_row: agrees; plain: agrees
// CHECK: prob_row: refused: {{.*}}expected a divisor other than 0, got 0{{.*}}; plain: refused
func.func @prob_row(%t: tensor<70xi32>) -> tensor<1x2x70x4xf32> attributes {inputs = [dense<[3, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]> : tensor<70xi32>], inputs1 = [dense<[3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0]> : tensor<70xi32>]} {
  %q = arith.constant dense<0.25> : tensor<1x2x70x4xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.extract %t[%c0] : tensor<70xi32>
  %size = arith.index_cast %n : i32 to index
  %o = attn.attention %q, %q, %q scale 0.3
    prob (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %e = tensor.extract %t[%j] : tensor<70xi32>
      %x = arith.divsi %n, %e : i32
      %f = arith.sitofp %x : i32 to f32
      %r = arith.mulf %f, %s : f32
      attn.yield %r : f32
    } : tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32>, tensor<1x2x70x4xf32> -> tensor<1x2x70x4xf32>
  return %o : tensor<1x2x70x4xf32>
}
