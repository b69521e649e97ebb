// Documents that are packed into one row are told apart by a running sum of where positions jump; transformers writes it into each
// decoder that is exported without a padding mask. Where the positions are counted, nothing jumps, and the sum is 0.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s
// RUN: split-file %s %t
// RUN: attn-run %t/counted.mlir --random-inputs --seed=1 --dim s=9 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %t/given.mlir --random-inputs --seed=2 --dim s=9 --range arg3=0:3 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %t/twice.mlir --random-inputs --seed=3 --dim s=9 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree

//--- counted.mlir
// CHECK-LABEL: func @counted(
// CHECK-NOT: scf.for
// CHECK: attn.attention
// CHECK: mask (
// CHECK: %[[M:.*]] = attn.causal
// CHECK-NEXT: attn.yield %[[M]]
#query = affine_map<(b, i, j, d) -> (b, i, d)>
#key = affine_map<(b, i, j, d) -> (b, j, d)>
#score = affine_map<(b, i, j, d) -> (b, i, j)>
#weight = affine_map<(b, i, d, j) -> (b, i, j)>
#value = affine_map<(b, i, d, j) -> (b, j, d)>
#out = affine_map<(b, i, d, j) -> (b, i, d)>
#pairs = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
#column = affine_map<(b, i, j) -> (b, j)>
#two = affine_map<(b, j) -> (b, j)>
func.func @counted(%q: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]}) -> tensor<2x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %n0 = arith.constant 0 : i64
  %step = arith.constant 1 : i64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c1 : tensor<2x?x8xf32>
  %list0 = tensor.empty(%s) : tensor<2x?xi64>
  %positions = linalg.generic {indexing_maps = [#two], iterator_types = ["parallel", "parallel"]} outs(%list0 : tensor<2x?xi64>) {
  ^bb0(%acc: i64):
    %j = linalg.index 1 : index
    %r = arith.index_cast %j : index to i64
    linalg.yield %r : i64
  } -> tensor<2x?xi64>
  // The position before, and one less than the first before the first.
  %one = arith.constant 1 : i64
  %more = arith.addi %s, %c1 : index
  %first = tensor.extract_slice %positions[0, 0] [2, 1] [1, 1] : tensor<2x?xi64> to tensor<2x1xi64>
  %single = tensor.empty() : tensor<2x1xi64>
  %before = linalg.generic {indexing_maps = [#two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%first : tensor<2x1xi64>) outs(%single : tensor<2x1xi64>) {
  ^bb0(%x: i64, %acc: i64):
    %r = arith.subi %x, %one : i64
    linalg.yield %r : i64
  } -> tensor<2x1xi64>
  %list = tensor.empty(%more) : tensor<2x?xi64>
  %part = tensor.insert_slice %before into %list[0, 0] [2, 1] [1, 1] : tensor<2x1xi64> into tensor<2x?xi64>
  %all = tensor.insert_slice %positions into %part[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> into tensor<2x?xi64>
  %here = tensor.extract_slice %all[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %last = tensor.extract_slice %all[0, 0] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %list1 = tensor.empty(%s) : tensor<2x?xi64>
  %jumps = linalg.generic {indexing_maps = [#two, #two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%here, %last : tensor<2x?xi64>, tensor<2x?xi64>) outs(%list1 : tensor<2x?xi64>) {
  ^bb0(%x: i64, %y: i64, %acc: i64):
    %d = arith.subi %x, %y : i64
    %is = arith.cmpi ne, %d, %step : i64
    %r = arith.extui %is : i1 to i64
    linalg.yield %r : i64
  } -> tensor<2x?xi64>
  %documents = scf.for %b = %c0 to %c2 step %c1 iter_args(%t0 = %list1) -> (tensor<2x?xi64>) {
    %inner = scf.for %j = %c0 to %s step %c1 iter_args(%t1 = %t0) -> (tensor<2x?xi64>) {
      %isFirst = arith.cmpi eq, %j, %c0 : index
      %back = arith.subi %j, %c1 : index
      %at = arith.select %isFirst, %j, %back : index
      %sum = tensor.extract %t1[%b, %at] : tensor<2x?xi64>
      %kept = arith.select %isFirst, %n0, %sum : i64
      %jump = tensor.extract %jumps[%b, %j] : tensor<2x?xi64>
      %next = arith.addi %kept, %jump : i64
      %t2 = tensor.insert %next into %t1[%b, %j] : tensor<2x?xi64>
      scf.yield %t2 : tensor<2x?xi64>
    }
    scf.yield %inner : tensor<2x?xi64>
  }
  %e = tensor.empty(%s, %s) : tensor<2x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pairs, #row, #column, #pairs], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%products, %documents, %documents : tensor<2x?x?xf32>, tensor<2x?xi64>, tensor<2x?xi64>) outs(%e : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %mine: i64, %other: i64, %acc: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %same = arith.cmpi eq, %mine, %other : i64
    %both = arith.andi %causal, %same : i1
    %r = arith.select %both, %x, %lowest : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %p = linalg.softmax dimension(2) ins(%masked : tensor<2x?x?xf32>) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x?x?xf32>, tensor<2x?x8xf32>) outs(%zo : tensor<2x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// -----
//--- given.mlir
// The positions are data.
// CHECK-LABEL: func @given(
// CHECK: scf.for
// CHECK: attn.attention
// CHECK: attn.same_segment
#query = affine_map<(b, i, j, d) -> (b, i, d)>
#key = affine_map<(b, i, j, d) -> (b, j, d)>
#score = affine_map<(b, i, j, d) -> (b, i, j)>
#weight = affine_map<(b, i, d, j) -> (b, i, j)>
#value = affine_map<(b, i, d, j) -> (b, j, d)>
#out = affine_map<(b, i, d, j) -> (b, i, d)>
#pairs = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
#column = affine_map<(b, i, j) -> (b, j)>
#two = affine_map<(b, j) -> (b, j)>
func.func @given(%q: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %positions: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %n0 = arith.constant 0 : i64
  %step = arith.constant 1 : i64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c1 : tensor<2x?x8xf32>

  // The position before, and one less than the first before the first.
  %one = arith.constant 1 : i64
  %more = arith.addi %s, %c1 : index
  %first = tensor.extract_slice %positions[0, 0] [2, 1] [1, 1] : tensor<2x?xi64> to tensor<2x1xi64>
  %single = tensor.empty() : tensor<2x1xi64>
  %before = linalg.generic {indexing_maps = [#two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%first : tensor<2x1xi64>) outs(%single : tensor<2x1xi64>) {
  ^bb0(%x: i64, %acc: i64):
    %r = arith.subi %x, %one : i64
    linalg.yield %r : i64
  } -> tensor<2x1xi64>
  %list = tensor.empty(%more) : tensor<2x?xi64>
  %part = tensor.insert_slice %before into %list[0, 0] [2, 1] [1, 1] : tensor<2x1xi64> into tensor<2x?xi64>
  %all = tensor.insert_slice %positions into %part[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> into tensor<2x?xi64>
  %here = tensor.extract_slice %all[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %last = tensor.extract_slice %all[0, 0] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %list1 = tensor.empty(%s) : tensor<2x?xi64>
  %jumps = linalg.generic {indexing_maps = [#two, #two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%here, %last : tensor<2x?xi64>, tensor<2x?xi64>) outs(%list1 : tensor<2x?xi64>) {
  ^bb0(%x: i64, %y: i64, %acc: i64):
    %d = arith.subi %x, %y : i64
    %is = arith.cmpi ne, %d, %step : i64
    %r = arith.extui %is : i1 to i64
    linalg.yield %r : i64
  } -> tensor<2x?xi64>
  %documents = scf.for %b = %c0 to %c2 step %c1 iter_args(%t0 = %list1) -> (tensor<2x?xi64>) {
    %inner = scf.for %j = %c0 to %s step %c1 iter_args(%t1 = %t0) -> (tensor<2x?xi64>) {
      %isFirst = arith.cmpi eq, %j, %c0 : index
      %back = arith.subi %j, %c1 : index
      %at = arith.select %isFirst, %j, %back : index
      %sum = tensor.extract %t1[%b, %at] : tensor<2x?xi64>
      %kept = arith.select %isFirst, %n0, %sum : i64
      %jump = tensor.extract %jumps[%b, %j] : tensor<2x?xi64>
      %next = arith.addi %kept, %jump : i64
      %t2 = tensor.insert %next into %t1[%b, %j] : tensor<2x?xi64>
      scf.yield %t2 : tensor<2x?xi64>
    }
    scf.yield %inner : tensor<2x?xi64>
  }
  %e = tensor.empty(%s, %s) : tensor<2x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pairs, #row, #column, #pairs], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%products, %documents, %documents : tensor<2x?x?xf32>, tensor<2x?xi64>, tensor<2x?xi64>) outs(%e : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %mine: i64, %other: i64, %acc: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %same = arith.cmpi eq, %mine, %other : i64
    %both = arith.andi %causal, %same : i1
    %r = arith.select %both, %x, %lowest : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %p = linalg.softmax dimension(2) ins(%masked : tensor<2x?x?xf32>) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x?x?xf32>, tensor<2x?x8xf32>) outs(%zo : tensor<2x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// -----
//--- twice.mlir
// Positions that are not two apart are counted: the sum grows.
// CHECK-LABEL: func @twice(
// CHECK: scf.for
// CHECK: attn.attention
// CHECK: attn.same_segment
#query = affine_map<(b, i, j, d) -> (b, i, d)>
#key = affine_map<(b, i, j, d) -> (b, j, d)>
#score = affine_map<(b, i, j, d) -> (b, i, j)>
#weight = affine_map<(b, i, d, j) -> (b, i, j)>
#value = affine_map<(b, i, d, j) -> (b, j, d)>
#out = affine_map<(b, i, d, j) -> (b, i, d)>
#pairs = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
#column = affine_map<(b, i, j) -> (b, j)>
#two = affine_map<(b, j) -> (b, j)>
func.func @twice(%q: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]}) -> tensor<2x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %n0 = arith.constant 0 : i64
  %step = arith.constant 2 : i64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c1 : tensor<2x?x8xf32>
  %list0 = tensor.empty(%s) : tensor<2x?xi64>
  %positions = linalg.generic {indexing_maps = [#two], iterator_types = ["parallel", "parallel"]} outs(%list0 : tensor<2x?xi64>) {
  ^bb0(%acc: i64):
    %j = linalg.index 1 : index
    %r = arith.index_cast %j : index to i64
    linalg.yield %r : i64
  } -> tensor<2x?xi64>
  // The position before, and one less than the first before the first.
  %one = arith.constant 1 : i64
  %more = arith.addi %s, %c1 : index
  %first = tensor.extract_slice %positions[0, 0] [2, 1] [1, 1] : tensor<2x?xi64> to tensor<2x1xi64>
  %single = tensor.empty() : tensor<2x1xi64>
  %before = linalg.generic {indexing_maps = [#two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%first : tensor<2x1xi64>) outs(%single : tensor<2x1xi64>) {
  ^bb0(%x: i64, %acc: i64):
    %r = arith.subi %x, %one : i64
    linalg.yield %r : i64
  } -> tensor<2x1xi64>
  %list = tensor.empty(%more) : tensor<2x?xi64>
  %part = tensor.insert_slice %before into %list[0, 0] [2, 1] [1, 1] : tensor<2x1xi64> into tensor<2x?xi64>
  %all = tensor.insert_slice %positions into %part[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> into tensor<2x?xi64>
  %here = tensor.extract_slice %all[0, 1] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %last = tensor.extract_slice %all[0, 0] [2, %s] [1, 1] : tensor<2x?xi64> to tensor<2x?xi64>
  %list1 = tensor.empty(%s) : tensor<2x?xi64>
  %jumps = linalg.generic {indexing_maps = [#two, #two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%here, %last : tensor<2x?xi64>, tensor<2x?xi64>) outs(%list1 : tensor<2x?xi64>) {
  ^bb0(%x: i64, %y: i64, %acc: i64):
    %d = arith.subi %x, %y : i64
    %is = arith.cmpi ne, %d, %step : i64
    %r = arith.extui %is : i1 to i64
    linalg.yield %r : i64
  } -> tensor<2x?xi64>
  %documents = scf.for %b = %c0 to %c2 step %c1 iter_args(%t0 = %list1) -> (tensor<2x?xi64>) {
    %inner = scf.for %j = %c0 to %s step %c1 iter_args(%t1 = %t0) -> (tensor<2x?xi64>) {
      %isFirst = arith.cmpi eq, %j, %c0 : index
      %back = arith.subi %j, %c1 : index
      %at = arith.select %isFirst, %j, %back : index
      %sum = tensor.extract %t1[%b, %at] : tensor<2x?xi64>
      %kept = arith.select %isFirst, %n0, %sum : i64
      %jump = tensor.extract %jumps[%b, %j] : tensor<2x?xi64>
      %next = arith.addi %kept, %jump : i64
      %t2 = tensor.insert %next into %t1[%b, %j] : tensor<2x?xi64>
      scf.yield %t2 : tensor<2x?xi64>
    }
    scf.yield %inner : tensor<2x?xi64>
  }
  %e = tensor.empty(%s, %s) : tensor<2x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pairs, #row, #column, #pairs], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%products, %documents, %documents : tensor<2x?x?xf32>, tensor<2x?xi64>, tensor<2x?xi64>) outs(%e : tensor<2x?x?xf32>) {
  ^bb0(%x: f32, %mine: i64, %other: i64, %acc: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %same = arith.cmpi eq, %mine, %other : i64
    %both = arith.andi %causal, %same : i1
    %r = arith.select %both, %x, %lowest : f32
    linalg.yield %r : f32
  } -> tensor<2x?x?xf32>
  %p = linalg.softmax dimension(2) ins(%masked : tensor<2x?x?xf32>) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x?x?xf32>, tensor<2x?x8xf32>) outs(%zo : tensor<2x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
