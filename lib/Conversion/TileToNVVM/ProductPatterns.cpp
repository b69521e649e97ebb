//===- ProductPatterns.cpp - Products by mma.sync -------------------------===//
//
// m16n8k16: a warp multiplies 16 rows, 16 products deep, with 8 columns. Right
// operands come by ldmatrix, four 8x8 matrices at once: 16 columns.
//
//===----------------------------------------------------------------------===//
#include "LaneBuilder.h"
#include "Patterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn::tile;

namespace {

class Product : public LaneBuilder {
public:
  /// `left`: the registers of a fragment, or a tile.
  Product(OpBuilder &builder, MmaOp op, ValueRange left, Value tile)
      : LaneBuilder(builder, op.getLoc()), op(op), left(left), tile(tile) {}

  /// acc + A B, register by register.
  void multiply(MutableArrayRef<Value> acc) {
    findStarts();
    const int64_t columns = op.getAcc().getType().getColumns();
    for (int64_t k = 0; k < op.getDepth(); k += 16) {
      SmallVector<Value> a = getLeft(k);
      for (int64_t n = 0; n < columns; n += 16) {
        SmallVector<Value> right = loadRight(k, n);
        for (int64_t half : {0, 1})
          step(a, ArrayRef(right).slice(2 * half, 2),
               acc.slice(n / 2 + 4 * half, 4));
      }
    }
  }

  /// The same without products of a -0 of A. What is not finite in B counts
  /// apart: how much of an infinity of each sign, and of NaN, meets a weight,
  /// of which one that has underflowed counts as 1.
  /// Columns one after another: few counters then live at a time.
  void multiplyNanSafe(MutableArrayRef<Value> acc) {
    findStarts();
    for (int64_t n = 0; n < op.getAcc().getType().getColumns(); n += 16)
      for (int64_t half : {0, 1})
        multiplyColumns(n, half, acc.slice(n / 2 + 4 * half, 4));
  }

private:
  bool isTransposed() { return op.getTransposed(); }

  Value f32(double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }

  /// 8 columns of the NaN-safe product.
  void multiplyColumns(int64_t n, int64_t half, MutableArrayRef<Value> acc) {
    SmallVector<Value> up(4, f32(0)), down = up, nan = up;
    for (int64_t k = 0; k < op.getDepth(); k += 16) {
      SmallVector<Value> a = getLeft(k), both = loadRight(k, n),
                         weights = countUnderflows(a);
      ValueRange right = ArrayRef(both).slice(2 * half, 2);
      step(a, split(right, &Halves::finite), acc);
      step(weights, split(right, &Halves::up), up);
      step(weights, split(right, &Halves::down), down);
      step(weights, split(right, &Halves::nan), nan);
    }
    const double infinity = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < acc.size(); ++i) {
      acc[i] = addIf(acc[i], up[i], infinity);
      acc[i] = addIf(acc[i], down[i], -infinity);
      acc[i] = addIf(acc[i], nan[i], std::nan(""));
    }
  }

  /// 1 for each half that is +0.
  SmallVector<Value> countUnderflows(ValueRange words) {
    SmallVector<Value> counted;
    for (Value word : words) {
      Value low = countUnderflow(word, 0), high = countUnderflow(word, 16);
      Value ones = arith::OrIOp::create(b, loc, low, high);
      counted.push_back(arith::OrIOp::create(b, loc, word, ones));
    }
    return counted;
  }

  Value countUnderflow(Value word, int64_t shift) {
    Value half = arith::AndIOp::create(b, loc, word, i32(0xffff << shift));
    Value isZero =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, half, i32(0));
    return arith::SelectOp::create(b, loc, isZero, i32(getOne() << shift),
                                   i32(0));
  }

  int64_t getOne() {
    return op.getRhs().getType().getElement().isF16() ? 0x3c00 : 0x3f80;
  }

  /// The halves of a word that are finite, and a 1 for each of those that are
  /// infinities or NaN.
  struct Halves {
    Value finite, up, down, nan;
  };

  /// One part of each word.
  SmallVector<Value> split(ValueRange words, Value Halves::*part) {
    SmallVector<Value> parts;
    for (Value word : words)
      parts.push_back(classify(word).*part);
    return parts;
  }

  Halves classify(Value word) {
    Halves low = classifyHalf(word, 0), high = classifyHalf(word, 16);
    auto both = [&](Value x, Value y) -> Value {
      return arith::OrIOp::create(b, loc, x, y);
    };
    return {both(low.finite, high.finite), both(low.up, high.up),
            both(low.down, high.down), both(low.nan, high.nan)};
  }

  Halves classifyHalf(Value word, int64_t shift) {
    const bool isF16 = op.getRhs().getType().getElement().isF16();
    const int64_t exponent = isF16 ? 0x7c00 : 0x7f80, sign = 0x8000;
    auto only = [&](int64_t mask) -> Value {
      return arith::AndIOp::create(b, loc, word, i32(mask << shift));
    };
    auto is = [&](arith::CmpIPredicate how, Value x, int64_t y) -> Value {
      return arith::CmpIOp::create(b, loc, how, x, i32(y << shift));
    };
    auto choose = [&](Value condition, Value value) -> Value {
      return arith::SelectOp::create(b, loc, condition, value, i32(0));
    };
    Value half = only(0xffff), magnitude = only(0x7fff),
          unit = i32(getOne() << shift);
    return {choose(is(arith::CmpIPredicate::ult, magnitude, exponent), half),
            choose(is(arith::CmpIPredicate::eq, half, exponent), unit),
            choose(is(arith::CmpIPredicate::eq, half, exponent | sign), unit),
            choose(is(arith::CmpIPredicate::ugt, magnitude, exponent), unit)};
  }

  /// `value + special` where some weight meets it.
  Value addIf(Value value, Value weight, double special) {
    Value meets = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT,
                                        weight, f32(0));
    Value sum = arith::AddFOp::create(b, loc, value, f32(special));
    return arith::SelectOp::create(b, loc, meets, sum, value);
  }

  /// The addresses of the rows that this lane names to ldmatrix.
  void findStarts() {
    start = getStart();
    if (auto type = dyn_cast<TileType>(op.getLhs().getType())) {
      // Matrices 0 and 1 are both halves of the rows, 2 and 3 those of the
      // other half of the depth.
      Value row = add(mul(getWarp(), 16), rem(getLane(), 16));
      Value column = mul(div(getLane(), 16), 8);
      Value element = add(mul(row, type.getStride()), column);
      leftStart = advance(left.front(), mul(element, 2));
    }
  }

  /// 16 products deep.
  SmallVector<Value> getLeft(int64_t k) {
    if (isa<TileType>(op.getLhs().getType()))
      return loadMatrices(advance(leftStart, 2 * k), NVVM::MMALayout::row);
    return left.slice(k / 4, 4);
  }

  /// Matrices 0 and 1 are both halves of the depth, 2 and 3 those of the next 8
  /// columns. Where B lies transposed its rows are columns.
  Value getStart() {
    Value lane = getLane();
    Value inMatrix = rem(lane, 8), depthHalf = rem(div(lane, 8), 2),
          columnHalf = div(lane, 16);
    Value row = add(inMatrix, mul(isTransposed() ? columnHalf : depthHalf, 8));
    Value column = mul(isTransposed() ? depthHalf : columnHalf, 8);
    const int64_t stride = op.getRhs().getType().getStride();
    return advance(tile, mul(add(mul(row, stride), column), 2));
  }

  SmallVector<Value> loadRight(int64_t k, int64_t n) {
    const int64_t stride = op.getRhs().getType().getStride();
    const int64_t offset =
        2 * (isTransposed() ? n * stride + k : k * stride + n);
    return loadMatrices(advance(start, offset), isTransposed()
                                                    ? NVVM::MMALayout::row
                                                    : NVVM::MMALayout::col);
  }

  SmallVector<Value> loadMatrices(Value address, NVVM::MMALayout layout) {
    Type i32 = b.getI32Type();
    auto type =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
    MLIRContext *context = b.getContext();
    Value all =
        NVVM::LdMatrixOp::create(b, loc, type, address, b.getI32IntegerAttr(4),
                                 NVVM::MMALayoutAttr::get(context, layout),
                                 NVVM::LdStMatrixShapeAttr::get(context, 8, 8),
                                 NVVM::LdStMatrixEltTypeAttr::get(
                                     context, NVVM::LdStMatrixEltType::B16));
    return unpack(all, 4);
  }

  SmallVector<Value> unpack(Value from, int64_t count) {
    SmallVector<Value> parts;
    for (int64_t n = 0; n < count; ++n)
      parts.push_back(LLVM::ExtractValueOp::create(b, loc, from, n));
    return parts;
  }

  /// As the instruction wants pairs of elements.
  SmallVector<Value> toPairs(ValueRange words) {
    if (!op.getRhs().getType().getElement().isF16())
      return words;
    SmallVector<Value> pairs;
    auto type = VectorType::get(2, b.getF16Type());
    for (Value word : words)
      pairs.push_back(LLVM::BitcastOp::create(b, loc, type, word));
    return pairs;
  }

  void step(ValueRange a, ValueRange right, MutableArrayRef<Value> acc) {
    Type f32 = b.getF32Type();
    auto type =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    const auto element = op.getRhs().getType().getElement().isF16()
                             ? NVVM::MMATypes::f16
                             : NVVM::MMATypes::bf16;
    SmallVector<Value> left = toPairs(a), columns = toPairs(right);
    Value sums = NVVM::MmaOp::create(
        b, loc, type, left, columns, acc, ArrayRef<int64_t>{16, 8, 16},
        /*b1Op=*/std::nullopt, /*intOverflow=*/std::nullopt,
        std::array{element, element},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    llvm::copy(unpack(sums, 4), acc.begin());
  }

  MmaOp op;
  ValueRange left;
  Value tile, start, leftStart;
};

struct LowerMma : OpConversionPattern<MmaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MmaOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> acc(adaptor.getAcc());
    Product product(rewriter, op, adaptor.getLhs(), adaptor.getRhs().front());
    if (!op.getNanSafe()) {
      product.multiply(acc);
    } else {
      auto branch =
          scf::IfOp::create(rewriter, op.getLoc(), ValueRange(acc).getTypes(),
                            op.getNanSafe(), /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(rewriter);
      SmallVector<Value> nanSafe = acc;
      rewriter.setInsertionPointToStart(branch.thenBlock());
      product.multiplyNanSafe(nanSafe);
      scf::YieldOp::create(rewriter, op.getLoc(), nanSafe);
      rewriter.setInsertionPointToStart(branch.elseBlock());
      product.multiply(acc);
      scf::YieldOp::create(rewriter, op.getLoc(), acc);
      acc.assign(branch.result_begin(), branch.result_end());
    }
    rewriter.replaceOpWithMultiple(op, {acc});
    return success();
  }
};

/// Two numbers, rounded to nearest, in one word: the first is the low half.
Value pack(OpBuilder &b, Location loc, Value low, Value high, Type element) {
  auto pair = VectorType::get(2, element);
  StringRef name =
      element.isF16() ? "llvm.nvvm.ff2f16x2.rn" : "llvm.nvvm.ff2bf16x2.rn";
  Value both =
      LLVM::CallIntrinsicOp::create(b, loc, Type(pair), b.getStringAttr(name),
                                    ValueRange{high, low})
          .getResult(0);
  return LLVM::BitcastOp::create(b, loc, b.getI32Type(), both);
}

/// Of 16 columns: pairs of both rows in the first 8, then in the others.
struct LowerToFragment : OpConversionPattern<ToFragmentOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ToFragmentOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type element = op.getResult().getType().getElement();
    ValueRange acc = adaptor.getAcc();
    SmallVector<Value> words;
    for (size_t n = 0; n < acc.size(); n += 2)
      words.push_back(pack(rewriter, op.getLoc(), acc[n], acc[n + 1], element));
    rewriter.replaceOpWithMultiple(op, {words});
    return success();
  }
};

} // namespace

void attn::tile::populateProductPatterns(const TypeConverter &types,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerMma, LowerToFragment>(types, patterns.getContext());
}
