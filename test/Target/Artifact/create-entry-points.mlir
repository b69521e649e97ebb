// RUN: attn-opt %s --attn-create-entry-points --split-input-file | FileCheck %s

// The names of the outside go into the attribute; the result is written into the caller's memory.

// CHECK: func.func @f__entry(%[[X:.*]]: tensor<?x4xf32> {bufferization.writable = false}, %[[M:.*]]: tensor<i8> {bufferization.writable = false}, %[[OUT:.*]]: memref<?x4xf32>)
// CHECK-SAME: attn.entry = {function = "f"
// CHECK-SAME: inputs = [{dtype = "f32", name = "x", shape = ["rows", 4]}, {dtype = "u8", name = "arg1", shape = []}]
// CHECK-SAME: outputs = [{dtype = "f32", name = "result0", shape = ["result0.0", 4]}]
// CHECK: %[[Y:.*]] = call @f__body(%[[X]], %[[M]])
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[OUT]]
// CHECK: func.func private @f__body(
func.func @f(%x: tensor<?x4xf32> {attn.name = "x", attn.dim_names = ["rows", ""]}, %m: tensor<i8> {attn.unsigned}) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
// A function that others call keeps a body that they can call.
// CHECK: func.func private @g__body
// CHECK: call @f__body
func.func @g(%x: tensor<?x4xf32>, %m: tensor<i8>) -> tensor<?x4xf32> {
  %0 = call @f(%x, %m) : (tensor<?x4xf32>, tensor<i8>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
// Private functions are nobody's entry.
// CHECK: func.func private @h(
func.func private @h(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// In C, a function is called otherwise where its name means something there already.
// CHECK: func.func @tanh__entry
// CHECK-SAME: symbol = "tanh_"
func.func @tanh(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// CHECK: func.func @named__entry
// CHECK-SAME: symbol = "other"
func.func @named(%x: tensor<2xf32>) -> tensor<2xf32> attributes {attn.symbol = "other"} {
  return %x : tensor<2xf32>
}
// A result that shares an argument's memory: the body works on the caller's buffer of that result.
// CHECK: func.func @shared__entry(%[[X:.*]]: tensor<2xf32> {{.*}}, %[[C:.*]]: tensor<?xf32> {{.*}}, %[[OUT:.*]]: memref<?xf32>)
// CHECK-SAME: outputs = [{dtype = "f32", name = "result0", shape = ["result0.0"], shares = 1 : i64}]
// CHECK: %[[IN:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: %[[Y:.*]] = call @shared__body(%[[X]], %[[IN]])
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[OUT]]
func.func @shared(%x: tensor<2xf32>, %c: tensor<?xf32>) -> (tensor<?xf32> {attn.shares = 1 : i64}) {
  %0 = tensor.insert_slice %x into %c[0] [2] [1] : tensor<2xf32> into tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// One that is still read when the result may be there, one that is read elsewhere than it is written, and one that has
// nothing to do with the result: the body works on copies.
// CHECK: func.func @twice__entry(
// CHECK: %[[IN:.*]] = bufferization.to_tensor
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[IN]])
// CHECK: call @twice__body(%{{.*}}, %[[COPY]])
func.func @twice(%x: tensor<2xf32>, %c: tensor<4xf32>)
    -> (tensor<4xf32> {attn.shares = 1 : i64}, tensor<4xf32>) {
  %0 = tensor.insert_slice %x into %c[0] [2] [1] : tensor<2xf32> into tensor<4xf32>
  %1 = tensor.insert_slice %x into %c[2] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK: func.func @transposed__entry(
// CHECK: bufferization.alloc_tensor() copy
func.func @transposed(%c: tensor<4x4xf32>) -> (tensor<4x4xf32> {attn.shares = 0 : i64}) {
  %0 = tensor.empty() : tensor<4x4xf32>
  %1 = linalg.transpose ins(%c : tensor<4x4xf32>) outs(%0 : tensor<4x4xf32>) permutation = [1, 0]
  return %1 : tensor<4x4xf32>
}

// CHECK: func.func @apart__entry(
// CHECK: bufferization.alloc_tensor() copy
func.func @apart(%x: tensor<4xf32>, %c: tensor<4xf32>) -> (tensor<4xf32> {attn.shares = 1 : i64}, tensor<4xf32>) {
  %0 = tensor.empty() : tensor<4xf32>
  %1 = linalg.exp ins(%x : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.exp ins(%c : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// Read where it is written: no copy.
// CHECK: func.func @added__entry(
// CHECK-NOT: bufferization.alloc_tensor
// CHECK: func.func private @added__body
func.func @added(%x: tensor<4xf32>, %c: tensor<4xf32>) -> (tensor<4xf32> {attn.shares = 1 : i64}) {
  %0 = tensor.empty() : tensor<4xf32>
  %1 = linalg.add ins(%x, %c : tensor<4xf32>, tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
