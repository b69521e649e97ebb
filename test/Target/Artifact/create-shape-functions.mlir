// RUN: attn-opt %s --attn-create-entry-points --inline --symbol-dce --canonicalize --attn-create-shape-functions --split-input-file | FileCheck %s

// Sizes come from the inputs' sizes, one after the other: here rows, columns, more.

// CHECK: @concat__entry
// CHECK-SAME: outputs = [{dtype = "f32", name = "result0", shape = ["arg0.0 + arg1.0", 3]}]
// CHECK: func.func @concat__shapes(%[[IN:.*]]: memref<3xi64>, %[[OUT:.*]]: memref<2xi64>)
// CHECK-DAG: %[[A:.*]] = memref.load %[[IN]][%c0]
// CHECK-DAG: %[[B:.*]] = memref.load %[[IN]][%c2]
// CHECK: memref.store %{{.*}}, %[[OUT]][%c0]
// CHECK: memref.store %c3_i64, %[[OUT]][%c1]
func.func @concat(%x: tensor<?x3xf32>, %y: tensor<?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xf32>
  %m = tensor.dim %y, %c0 : tensor<?xf32>
  %sum = arith.addi %n, %m : index
  %e = tensor.empty(%sum, %c3) : tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %f : tensor<?x?xf32>
}

// -----

// Checks of shapes stay, checks of data go.

// CHECK-LABEL: func.func @checked__shapes
// CHECK: cf.assert %{{.*}}, "expected a vector that is not empty"
// CHECK-NOT: cf.assert
func.func @checked(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %some = arith.cmpi ugt, %n, %c0 : index
  cf.assert %some, "expected a vector that is not empty"
  %first = tensor.extract %x[%c0] : tensor<?xf32>
  %positive = arith.cmpf ogt, %first, %zero : f32
  cf.assert %positive, "expected data that is positive"
  return %x : tensor<?xf32>
}

// -----

// A choice between shapes is a choice between sizes.

// CHECK-LABEL: func.func @chosen__shapes
// CHECK: %[[SIZE:.*]] = scf.if %{{.*}} -> (index)
// CHECK-NOT: tensor
// CHECK: memref.store
func.func @chosen(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %any = arith.cmpi ugt, %n, %c0 : index
  %r = scf.if %any -> tensor<?xf32> {
    %s = linalg.exp ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  } else {
    %s = linalg.exp ins(%y : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// A loop that carries a tensor keeps its shape.

// CHECK-LABEL: func.func @loop__shapes
// CHECK-NOT: scf.for
// CHECK: %[[N:.*]] = memref.load
// CHECK: memref.store %[[N]]
func.func @loop(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %x) -> tensor<?xf32> {
    %s = linalg.exp ins(%acc : tensor<?xf32>) outs(%acc : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// A loop that makes its tensor longer carries the length.

// CHECK-LABEL: func.func @growing__shapes
// CHECK: %[[N:.*]] = memref.load
// CHECK: %[[START:.*]] = arith.index_cast %[[N]]
// CHECK: %[[END:.*]] = scf.for {{.*}} iter_args(%[[SIZE:.*]] = %[[START]]) -> (index)
// CHECK-NOT: tensor
// CHECK: scf.yield
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[END]]
// CHECK: memref.store %[[WIDE]]
func.func @growing(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %x) -> tensor<?xf32> {
    %s = tensor.concat dim(0) %acc, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// A loop that looks at data, but whose tensor keeps its shape however often it runs.

// CHECK-LABEL: func.func @until__shapes
// CHECK-NOT: scf.while
// CHECK: %[[N:.*]] = memref.load
// CHECK: memref.store %[[N]]
func.func @until(%x: tensor<?xf32>, %limit: tensor<i64>) -> tensor<?xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %limit[] : tensor<i64>
  %r:2 = scf.while (%a = %x, %i = %zero) : (tensor<?xf32>, i64) -> (tensor<?xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %a, %i : tensor<?xf32>, i64
  } do {
  ^bb0(%b: tensor<?xf32>, %j: i64):
    %s = linalg.exp ins(%b : tensor<?xf32>) outs(%b : tensor<?xf32>) -> tensor<?xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %s, %k : tensor<?xf32>, i64
  }
  return %r#0 : tensor<?xf32>
}

// -----

// A boolean chooses: its data is a further argument, and the signature says so. Checks of it are kept, those of other data go.

// CHECK: @branches__entry
// CHECK-SAME: inputs = [{dtype = "f32", name = "arg0", shape = ["arg0.0"]}, {decides_shapes, dtype = "bool", name = "arg1", shape = [1]}, {dtype = "i64", name = "arg2", shape = []}]
// CHECK-LABEL: func.func @branches__shapes
// CHECK-SAME: (%{{[a-z0-9]+}}: memref<2xi64>, %{{[a-z0-9]+}}: memref<1xi64>, %[[FLAG:[a-z0-9]+]]: tensor<1xi1> {bufferization.writable = false})
// CHECK: %[[YES:.*]] = tensor.extract %[[FLAG]]
// CHECK: cf.assert %[[YES]], "expected yes"
// CHECK-NOT: cf.assert
// CHECK: scf.if %[[YES]]
// CHECK: memref.store
func.func @branches(%x: tensor<?xf32>, %flag: tensor<1xi1>, %other: tensor<i64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %yes = tensor.extract %flag[%c0] : tensor<1xi1>
  cf.assert %yes, "expected yes"
  %count = tensor.extract %other[] : tensor<i64>
  %some = arith.cmpi ne, %count, %zero : i64
  cf.assert %some, "expected some"
  %r = scf.if %yes -> tensor<?xf32> {
    %s = tensor.concat dim(0) %x, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  } else {
    %s = linalg.exp ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// The branch that is taken has its checks of sizes; those of data go.

// CHECK-LABEL: func.func @checks_in_branches__shapes
// CHECK: %[[FLAG:.*]] = tensor.extract
// CHECK: scf.if %[[FLAG]]
// CHECK: cf.assert %{{.*}}, "expected x and y to be as long"
// CHECK-NOT: cf.assert
// CHECK: return
func.func @checks_in_branches(%x: tensor<?xf32>, %y: tensor<?xf32>, %flag: tensor<i1>, %other: tensor<i64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %yes = tensor.extract %flag[] : tensor<i1>
  %r = scf.if %yes -> tensor<?xf32> {
    %m = tensor.dim %x, %c0 : tensor<?xf32>
    %n = tensor.dim %y, %c0 : tensor<?xf32>
    %equal = arith.cmpi eq, %m, %n : index
    cf.assert %equal, "expected x and y to be as long"
    %count = tensor.extract %other[] : tensor<i64>
    %some = arith.cmpi ne, %count, %zero : i64
    cf.assert %some, "expected some"
    %s = tensor.concat dim(0) %x, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// Where no size depends on the branch, what is checked in it waits for the data.

// CHECK-LABEL: func.func @same_sizes_in_branches__shapes(
// CHECK-SAME: %{{[a-z0-9]+}}: memref<{{.}}xi64>, %{{[a-z0-9]+}}: memref<{{.}}xi64>)
// CHECK-NOT: cf.assert
// CHECK: return
func.func @same_sizes_in_branches(%x: tensor<?xf32>, %y: tensor<?xf32>, %flag: tensor<i1>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?xf32>
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  %equal = arith.cmpi eq, %m, %n : index
  %yes = tensor.extract %flag[] : tensor<i1>
  scf.if %yes {
    cf.assert %equal, "expected x and y to be as long"
  }
  return %x : tensor<?xf32>
}

// -----

// What lies between the data and the size is computed again, where it is little.

// CHECK-LABEL: func.func @computed__shapes
// CHECK-SAME: %[[COUNTS:[a-z0-9]+]]: tensor<?xi64>
// CHECK: linalg.reduce ins(%[[COUNTS]] : tensor<?xi64>)
// CHECK: tensor.extract
// CHECK: memref.store
func.func @computed(%counts: tensor<?xi64>) -> tensor<?xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<i64>
  %i = linalg.fill ins(%zero : i64) outs(%e : tensor<i64>) -> tensor<i64>
  %sum = linalg.reduce ins(%counts : tensor<?xi64>) outs(%i : tensor<i64>) dimensions = [0]
    (%in: i64, %acc: i64) {
      %0 = arith.addi %in, %acc : i64
      linalg.yield %0 : i64
    }
  %n = tensor.extract %sum[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %out = tensor.empty(%size) : tensor<?xf32>
  %f = linalg.fill ins(%one : f32) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  return %f : tensor<?xf32>
}

// -----

// How long the result is depends on how often the loop runs, which an input says.

// CHECK-LABEL: func.func @until_given__shapes
// CHECK-SAME: %[[LIMIT:[a-z0-9]+]]: tensor<i64>
// CHECK: %[[N:.*]] = tensor.extract %[[LIMIT]][]
// CHECK: scf.while
// CHECK: memref.store
func.func @until_given(%x: tensor<?xf32>, %limit: tensor<i64>) -> tensor<?xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %limit[] : tensor<i64>
  %r:2 = scf.while (%a = %x, %i = %zero) : (tensor<?xf32>, i64) -> (tensor<?xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %a, %i : tensor<?xf32>, i64
  } do {
  ^bb0(%b: tensor<?xf32>, %j: i64):
    %s = tensor.concat dim(0) %b, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %s, %k : tensor<?xf32>, i64
  }
  return %r#0 : tensor<?xf32>
}

// -----

// An input in the memory of an output has its own sizes.
// CHECK-LABEL: func.func @shared__shapes(
// CHECK-SAME: %[[FROM:[^:]*]]: memref<2xi64>, %[[TO:[^:]*]]: memref<2xi64>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0
// CHECK-DAG: %[[C1:.*]] = arith.constant 1
// CHECK-DAG: %[[M:.*]] = memref.load %[[FROM]][%[[C0]]]
// CHECK-DAG: %[[N:.*]] = memref.load %[[FROM]][%[[C1]]]
// CHECK-DAG: memref.store %[[M]], %[[TO]][%[[C0]]]
// CHECK-DAG: memref.store %[[N]], %[[TO]][%[[C1]]]
func.func @shared(%c: tensor<?x?xf32>) -> (tensor<?x?xf32> {attn.shares = 0 : i64}) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %c, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%n) : tensor<1x?xf32>
  %z = arith.constant 0.0 : f32
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<1x?xf32>) -> tensor<1x?xf32>
  %0 = tensor.insert_slice %f into %c[0, 0] [1, %n] [1, 1] : tensor<1x?xf32> into tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
