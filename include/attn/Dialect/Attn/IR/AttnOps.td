//===- AttnOps.td - All of the attn dialect -----------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNOPS
#define ATTN_DIALECT_ATTN_IR_ATTNOPS

include "attn/Dialect/Attn/IR/AttnAttentionOps.td"
include "attn/Dialect/Attn/IR/AttnCacheOps.td"
include "attn/Dialect/Attn/IR/AttnContractOps.td"
include "attn/Dialect/Attn/IR/AttnEncodingOps.td"
include "attn/Dialect/Attn/IR/AttnLinearOps.td"
include "attn/Dialect/Attn/IR/AttnPositionOps.td"
include "attn/Dialect/Attn/IR/AttnStateOps.td"
include "attn/Dialect/Attn/IR/AttnTargetAttrs.td"
include "attn/Dialect/Attn/IR/AttnX86Ops.td"

#endif // ATTN_DIALECT_ATTN_IR_ATTNOPS
