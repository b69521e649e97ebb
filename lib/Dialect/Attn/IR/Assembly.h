//===- Assembly.h - Custom directives of the assembly format ----*- C++ -*-===//
// Used by the assemblyFormat of several ops: named regions, layouts by
// dimension names, and results with a keyword.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H
#define ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

// `score (%s: f32, %b: index, ...) { ... }`, nothing for an empty region.
ParseResult parseScoreRegion(OpAsmParser &parser, Region &region);
void printScoreRegion(OpAsmPrinter &printer, Operation *op, Region &region);
ParseResult parseMaskRegion(OpAsmParser &parser, Region &region);
void printMaskRegion(OpAsmPrinter &printer, Operation *op, Region &region);
ParseResult parseProbRegion(OpAsmParser &parser, Region &region);
void printProbRegion(OpAsmPrinter &printer, Operation *op, Region &region);

// `layout query [batch, sequence, head, feature] output [...]`, nothing when
// all are canonical.
ParseResult parseAttentionLayouts(OpAsmParser &parser, DenseI64ArrayAttr &query,
                                  DenseI64ArrayAttr &key,
                                  DenseI64ArrayAttr &value,
                                  DenseI64ArrayAttr &output,
                                  DenseI64ArrayAttr &lse,
                                  DenseI64ArrayAttr &scores);
void printAttentionLayouts(OpAsmPrinter &printer, Operation *op,
                           DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                           DenseI64ArrayAttr value, DenseI64ArrayAttr output,
                           DenseI64ArrayAttr lse, DenseI64ArrayAttr scores);
ParseResult parseAttendLayouts(OpAsmParser &parser, DenseI64ArrayAttr &query,
                               DenseI64ArrayAttr &key,
                               DenseI64ArrayAttr &value);
void printAttendLayouts(OpAsmPrinter &printer, Operation *op,
                        DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                        DenseI64ArrayAttr value);
ParseResult parseFinalizeLayouts(OpAsmParser &parser, DenseI64ArrayAttr &output,
                                 DenseI64ArrayAttr &lse);
void printFinalizeLayouts(OpAsmPrinter &printer, Operation *op,
                          DenseI64ArrayAttr output, DenseI64ArrayAttr lse);
ParseResult parseLinearLayouts(OpAsmParser &parser, DenseI64ArrayAttr &query,
                               DenseI64ArrayAttr &key, DenseI64ArrayAttr &value,
                               DenseI64ArrayAttr &output);
void printLinearLayouts(OpAsmPrinter &printer, Operation *op,
                        DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                        DenseI64ArrayAttr value, DenseI64ArrayAttr output);
// `layout [batch, sequence, head, feature]` for ops with one tensor.
ParseResult parseLayout(OpAsmParser &parser, DenseI64ArrayAttr &layout);
void printLayout(OpAsmPrinter &printer, Operation *op,
                 DenseI64ArrayAttr layout);

// `tensor<..>`, or `(tensor<..>, lse tensor<..>, weights tensor<..>)`.
ParseResult parseAttentionResults(OpAsmParser &parser, ScoresStageAttr &stage,
                                  Type &output, Type &lse, Type &scores);
void printAttentionResults(OpAsmPrinter &printer, Operation *op,
                           ScoresStageAttr stage, Type output, Type lse,
                           Type scores);
ParseResult parseOutputAndLse(OpAsmParser &parser, Type &output, Type &lse);
void printOutputAndLse(OpAsmPrinter &printer, Operation *op, Type output,
                       Type lse);
ParseResult parseOutputAndState(OpAsmParser &parser, Type &output, Type &state);
void printOutputAndState(OpAsmPrinter &printer, Operation *op, Type output,
                         Type state);
// `, decay tensor<..>, state tensor<..>`: the types of the optional operands
// that are there.
ParseResult parseLinearOperandTypes(OpAsmParser &parser, Type &decay,
                                    Type &beta, Type &state);
void printLinearOperandTypes(OpAsmPrinter &printer, Operation *op, Type decay,
                             Type beta, Type state);
ParseResult parseLinearGateTypes(OpAsmParser &parser, Type &decay, Type &beta);
void printLinearGateTypes(OpAsmPrinter &printer, Operation *op, Type decay,
                          Type beta);
ParseResult parseRotaryOperandTypes(OpAsmParser &parser, Type &cos, Type &sin,
                                    Type &positions);
void printRotaryOperandTypes(OpAsmPrinter &printer, Operation *op, Type cos,
                             Type sin, Type positions);
// `tensor<acc>, tensor<statistics>`: max and sum share a type.
ParseResult parseStateTypes(OpAsmParser &parser, Type &acc, Type &max,
                            Type &sum);
void printStateTypes(OpAsmPrinter &printer, Operation *op, Type acc, Type max,
                     Type sum);
// The same of what attend writes; on tensors, its results have these types.
ParseResult parseNewStateTypes(OpAsmParser &parser, Type &acc, Type &max,
                               SmallVectorImpl<Type> &results);
void printNewStateTypes(OpAsmPrinter &printer, Operation *op, Type acc,
                        Type max, TypeRange results);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H
