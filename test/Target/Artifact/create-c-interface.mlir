// RUN: attn-opt %s --attn-attach-cpu-target=features=avx2,fma --attn-create-c-interface | FileCheck %s

// The table: version, name, features, counts, symbols; then each tensor and its dimensions.

// CHECK: module attributes {attn.interface = [{function = "f"
llvm.func @f__entry(%x: !llvm.ptr, %y: !llvm.ptr) attributes {
    attn.entry = {function = "f", inputs = [{name = "x", dtype = "f32", shape = ["n", 4], decides_shapes}], outputs = [{name = "y", dtype = "bool", shape = ["n"], shares = 0 : i64}]}} {
  llvm.return
}
llvm.func @_mlir_ciface_f__entry(%x: !llvm.ptr, %y: !llvm.ptr) {
  llvm.return
}
llvm.func @_mlir_ciface_f__shapes(%from: !llvm.ptr, %to: !llvm.ptr, %x: !llvm.ptr) {
  llvm.return
}

// CHECK: llvm.func internal @f__entry
// What is called like an exported function gets another name.
// CHECK: llvm.func internal @f_shapes_{{[0-9]+}}()
llvm.func @f_shapes() {
  llvm.return
}

// CHECK: llvm.mlir.global internal constant @f__table(dense<[4, 0, 2, 1, 1, 1, {{.*}}, 2, 32, 2, 1, -1, {{.*}}, 6, 8, 1, 0, 0, -1, 0]> : tensor<[[SIZE:27]]xi64>)
// CHECK: llvm.mlir.global internal constant @f__strings("f\00avx2,fma\00x\00f32\00n\00y\00bool\00")
// CHECK: llvm.func internal @f__entry__packed(%[[ARGS:.*]]: !llvm.ptr)
// CHECK: %[[X:.*]] = llvm.load
// CHECK: %[[Y:.*]] = llvm.load
// CHECK: llvm.call @_mlir_ciface_f__entry(%[[X]], %[[Y]])
// The dimensions of inputs, those of outputs, and the input whose value decides shapes.
// CHECK: llvm.func internal @f__shapes__packed(
// CHECK: llvm.call @_mlir_ciface_f__shapes(%{{[^ ,]*}}, %{{[^ ,]*}}, %{{[^ ,]*}}) : (!llvm.ptr, !llvm.ptr, !llvm.ptr) -> ()
// CHECK: llvm.func @f(%{{.*}}: !llvm.ptr, %{{.*}}: i32, %{{.*}}: !llvm.ptr, %{{.*}}: i32, %{{.*}}: !llvm.ptr, %{{.*}}: i64) -> i32
// CHECK: llvm.call @attn_rt_call(
// CHECK: llvm.func @f_shapes(
// CHECK: llvm.call @attn_rt_shapes(
