//===- PositionOpInterface.td - What ops on positions mean --------------===//
#ifndef ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE
#define ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE

include "mlir/IR/OpBase.td"

def Attn_PositionOpInterface : OpInterface<"PositionOpInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A predicate or a score modifier: a function of positions (and of a score),
    with one result. `expand` is its one meaning for the compiler: lowerings
    replace the op by it, analyses read it. (The oracle has its own.)
  }];
  let methods = [
    InterfaceMethod<[{
        Writes the op's result as arith, math and scf, without effects. Elements
        of tensors are read by `read`, which decides about checks of the
        indices.
      }],
      "::mlir::Value", "expand",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::attn::ElementReader":$read)>
  ];
}

#endif // ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE
