//===- LaneBuilder.cpp - What a lane computes with ------------------------===//
#include "LaneBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::attn::tile;

static constexpr unsigned kShared = 3;

Value LaneBuilder::i32(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, int32_t(value), 32);
}

Value LaneBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value LaneBuilder::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(loc, x, y);
}

/// A constant of the type of `like`.
static Value constantLike(LaneBuilder &lane, Value like, int64_t value) {
  return isa<IndexType>(like.getType()) ? lane.index(value) : lane.i32(value);
}

Value LaneBuilder::add(Value x, int64_t y) {
  return add(x, constantLike(*this, x, y));
}

Value LaneBuilder::mul(Value x, int64_t y) {
  return b.createOrFold<arith::MulIOp>(loc, x, constantLike(*this, x, y));
}

Value LaneBuilder::div(Value x, int64_t y) {
  return b.createOrFold<arith::DivUIOp>(loc, x, constantLike(*this, x, y));
}

Value LaneBuilder::rem(Value x, int64_t y) {
  return b.createOrFold<arith::RemUIOp>(loc, x, constantLike(*this, x, y));
}

Value LaneBuilder::isBelow(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult, x, y);
}

Value LaneBuilder::toIndex(Value x) {
  return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), x);
}

Value LaneBuilder::toI32(Value x) {
  return arith::IndexCastUIOp::create(b, loc, b.getI32Type(), x);
}

Value LaneBuilder::getThread() {
  return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type());
}

Value LaneBuilder::getRow(int64_t half) {
  Value row = add(mul(getWarp(), 16), div(getLane(), 4));
  return toIndex(add(row, 8 * half));
}

Value LaneBuilder::getColumn(int64_t n) {
  Value column = mul(rem(getLane(), 4), 2);
  return toIndex(add(column, n / 2 * 8 + n % 2));
}

Value LaneBuilder::getColumn(Value n) {
  return add(add(getColumn(0), mul(div(n, 2), 8)), rem(n, 2));
}

Type LaneBuilder::getSharedPointer() {
  return LLVM::LLVMPointerType::get(b.getContext(), kShared);
}

Value LaneBuilder::advance(Value base, Value bytes) {
  return LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base,
                             bytes);
}

Value LaneBuilder::assemble(Type result, StringRef text, StringRef constraints,
                            ValueRange operands) {
  auto op = LLVM::InlineAsmOp::create(
      b, loc, result ? TypeRange(result) : TypeRange(), operands,
      b.getStringAttr(text), b.getStringAttr(constraints),
      /*has_side_effects=*/b.getUnitAttr(), /*is_align_stack=*/UnitAttr(),
      LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
      /*asm_dialect=*/LLVM::AsmDialectAttr(), /*operand_attrs=*/ArrayAttr());
  return result ? op->getResult(0) : Value();
}
