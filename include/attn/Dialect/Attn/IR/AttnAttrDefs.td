//===- AttnAttrDefs.td - All attributes of the attn dialect -------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTRDEFS
#define ATTN_DIALECT_ATTN_IR_ATTNATTRDEFS

include "attn/Dialect/Attn/IR/AttnPackedAttrs.td"
include "attn/Dialect/Attn/IR/AttnTargetAttrs.td"

#endif // ATTN_DIALECT_ATTN_IR_ATTNATTRDEFS
