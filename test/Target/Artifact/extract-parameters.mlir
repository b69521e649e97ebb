// RUN: attn-opt %s --attn-extract-parameters=smallest=8 -split-input-file | FileCheck %s

// Each distinct constant lies at a multiple of 64 bytes, in order; one that two
// globals share is there once.

// CHECK: module attributes {attn.parameters = [dense<[1, 2, 3]> : tensor<3xi32>, dense<{{.*}}> : tensor<2xf64>]
// CHECK-SAME: .section .lbss.attn_parameters,\22awl\22,@nobits{{.*}}attn_rt_parameters:{{.*}}.zero 80
// CHECK: llvm.mlir.global external constant @attn_rt_parameters() {{{.*}}dso_local, section = ".lbss.attn_parameters"} : !llvm.array<80 x i8>
// CHECK-NOT: @first
llvm.mlir.global private constant @first(dense<[1, 2, 3]> : tensor<3xi32>) : !llvm.array<3 x i32>
llvm.mlir.global internal constant @second(dense<[1.0, 2.0]> : tensor<2xf64>) : !llvm.array<2 x f64>
llvm.mlir.global private constant @again(dense<[1, 2, 3]> : tensor<3xi32>) : !llvm.array<3 x i32>
// CHECK-LABEL: @addresses
llvm.func @addresses(%to: !llvm.ptr) {
  // CHECK: %[[START:.*]] = llvm.mlir.addressof @attn_rt_parameters
  // CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(64 : i64)
  // CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[START]][%[[OFFSET]]]
  // CHECK: llvm.store %[[SECOND]]
  %0 = llvm.mlir.addressof @second : !llvm.ptr
  llvm.store %0, %to : !llvm.ptr, !llvm.ptr
  // CHECK: llvm.mlir.constant(0 : i64)
  %1 = llvm.mlir.addressof @again : !llvm.ptr
  llvm.store %1, %to : !llvm.ptr, !llvm.ptr
  llvm.return
}

// -----

// What is small, written to, seen by others, one value only, or of booleans
// stays.

// CHECK-NOT: attn.parameters
// CHECK-NOT: @attn_rt_parameters
llvm.mlir.global private constant @small(dense<[1, 2]> : tensor<2xi8>) : !llvm.array<2 x i8>
llvm.mlir.global private @variable(dense<[1, 2, 3]> : tensor<3xi32>) : !llvm.array<3 x i32>
llvm.mlir.global external constant @seen(dense<[1, 2, 3]> : tensor<3xi32>) : !llvm.array<3 x i32>
llvm.mlir.global private constant @splat(dense<1> : tensor<3xi32>) : !llvm.array<3 x i32>
llvm.mlir.global private constant @bools(dense<[true, false]> : tensor<2xi1>) : !llvm.array<2 x i1>
llvm.mlir.global private constant @text("twelve bytes") : !llvm.array<12 x i8>

// -----

// Packed constants of any size go, packed.

// CHECK: module attributes {attn.parameters = [#attn.packed<matrix = dense<{{.*}}> : tensor<1x2xbf16>> : tensor<1x1x2xbf16>]
llvm.mlir.global private constant @packed(#attn.packed<matrix = dense<[[1.0, 2.0]]> : tensor<1x2xbf16>> : tensor<1x1x2xbf16>) : !llvm.array<1 x array<1 x array<2 x bf16>>>
// CHECK-LABEL: @address
llvm.func @address() -> !llvm.ptr {
  // CHECK: llvm.mlir.addressof @attn_rt_parameters
  %0 = llvm.mlir.addressof @packed : !llvm.ptr
  llvm.return %0 : !llvm.ptr
}
