//===- TensorViews.cpp - Reshapes, slices, constants and sizes ------------===//
#include "ConstantTables.h"
#include "TensorReader.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

Expr TensorReader::lookThroughReshape(Operation *op, ArrayRef<Expr> indices) {
  SmallVector<Expr> source;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    for (ArrayRef<int64_t> group : expand.getReassociationIndices()) {
      Expr flat = c.integer(0);
      for (int64_t dim : group)
        flat =
            c.add(c.mul(flat, sizeOf(expand.getResult(), dim)), indices[dim]);
      source.push_back(flat);
    }
    return c.read(expand.getSrc(), source);
  }
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  source.assign(collapse.getSrcType().getRank(), c.integer(0));
  for (auto [group, index] :
       llvm::zip(collapse.getReassociationIndices(), indices)) {
    SmallVector<int64_t> dims;
    for (int64_t dim : group)
      if (collapse.getSrcType().getDimSize(dim) != 1)
        dims.push_back(dim);
    Expr flat = index;
    for (int64_t dim : llvm::reverse(dims)) {
      if (dim == dims.front()) {
        source[dim] = flat;
        break;
      }
      Expr size = sizeOf(collapse.getSrc(), dim);
      source[dim] = c.mod(flat, size);
      flat = c.floorDiv(flat, size);
    }
  }
  return c.read(collapse.getSrc(), source);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

static Expr toExpr(TensorReader &reader, OpFoldResult value) {
  if (auto attribute = dyn_cast<Attribute>(value))
    return reader.c.integer(cast<IntegerAttr>(attribute).getInt());
  return reader.scalarOf(cast<Value>(value));
}

/// One index for each dimension of the whole tensor, 0 where the slice has
/// dropped it.
static SmallVector<Expr> addDropped(ExprContext &c, ArrayRef<Expr> indices,
                                    const llvm::SmallBitVector &dropped) {
  SmallVector<Expr> result;
  for (unsigned dim = 0, next = 0; dim < dropped.size(); ++dim)
    result.push_back(dropped.test(dim) ? c.integer(0) : indices[next++]);
  return result;
}

/// Whether a read in `expr` would leave its tensor where it is not selected.
static bool readsTensors(Expr expr, DenseSet<Expr> &seen) {
  if (expr->isRead())
    return true;
  if (!seen.insert(expr).second)
    return false;
  for (Expr operand : expr->operands)
    if (readsTensors(operand, seen))
      return true;
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      if (readsTensors(atom, seen))
        return true;
  return false;
}

/// The element of a piece of a tensor where `inside` holds, of the rest
/// elsewhere. Both are computed, so a piece that reads tensors must be known to
/// hold the element.
static Expr selectPiece(TensorReader &reader, Expr inside, Expr piece,
                        llvm::function_ref<Expr()> rest) {
  std::optional<bool> known = ExprContext::getBoolean(inside);
  if (known)
    return *known ? piece : rest();
  DenseSet<Expr> seen;
  if (readsTensors(reader.full(piece), seen))
    return nullptr;
  Expr other = rest();
  return other ? reader.c.select(inside, piece, other) : nullptr;
}

static Expr isWithin(ExprContext &c, Expr index, Expr size) {
  return c.andOf(c.atLeastZero(index),
                 c.atLeastZero(c.sub(c.sub(size, index), c.integer(1))));
}

/// A tensor that stands again and again along one dimension of the result of
/// `last`, as repeated heads in ONNX's Concat. Null where it does not.
static Expr readRepeated(TensorReader &r, tensor::InsertSliceOp last,
                         ArrayRef<Expr> indices) {
  ExprContext &c = r.c;
  Value source = last.getSource();
  if (last.getDroppedDims().any())
    return nullptr;
  SmallVector<tensor::InsertSliceOp> pieces;
  for (auto piece = last; piece && piece.getSource() == source;
       piece = piece.getDest().getDefiningOp<tensor::InsertSliceOp>())
    pieces.push_back(piece);
  std::optional<unsigned> along;
  for (unsigned dim = 0; dim < indices.size(); ++dim)
    if (toExpr(r, last.getMixedOffsets()[dim]) != c.integer(0)) {
      if (along)
        return nullptr;
      along = dim;
    }
  if (!along)
    return nullptr;
  Expr size = r.sizeOf(source, *along), offset = c.integer(0);
  for (tensor::InsertSliceOp piece : llvm::reverse(pieces)) {
    for (unsigned dim = 0; dim < indices.size(); ++dim)
      if (getConstantIntValue(piece.getMixedStrides()[dim]) != 1 ||
          toExpr(r, piece.getMixedOffsets()[dim]) !=
              (dim == *along ? offset : c.integer(0)) ||
          (dim != *along &&
           r.sizeOf(source, dim) != r.sizeOf(last.getResult(), dim)))
        return nullptr;
    offset = c.add(offset, size);
  }
  if (offset != r.sizeOf(last.getResult(), *along))
    return nullptr;
  SmallVector<Expr> own(indices);
  own[*along] = c.mod(own[*along], size);
  return c.read(source, own);
}

Expr TensorReader::lookThroughSlice(Operation *op, ArrayRef<Expr> indices) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    SmallVector<Expr> source = addDropped(c, indices, slice.getDroppedDims());
    for (auto [index, offset, stride] :
         llvm::zip(source, slice.getMixedOffsets(), slice.getMixedStrides()))
      index = c.add(toExpr(*this, offset), c.mul(index, toExpr(*this, stride)));
    return c.read(slice.getSource(), source);
  }
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    Expr inside = c.boolean(true);
    SmallVector<Expr> piece;
    for (auto [dim, index] : llvm::enumerate(indices)) {
      if (getConstantIntValue(insert.getMixedStrides()[dim]) != 1)
        return nullptr;
      Expr offset = toExpr(*this, insert.getMixedOffsets()[dim]);
      Expr size = toExpr(*this, insert.getMixedSizes()[dim]);
      Expr own = c.sub(index, offset);
      inside = c.andOf(inside, isWithin(c, own, size));
      if (!insert.getDroppedDims().test(dim))
        piece.push_back(own);
    }
    if (!ExprContext::getBoolean(inside))
      if (Expr repeated = readRepeated(*this, insert, indices))
        return repeated;
    return selectPiece(*this, inside, c.read(insert.getSource(), piece),
                       [&] { return c.read(insert.getDest(), indices); });
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value padding = pad.getConstantPaddingValue();
    if (!padding)
      return nullptr;
    Expr inside = c.boolean(true);
    SmallVector<Expr> source;
    for (auto [dim, index] : llvm::enumerate(indices)) {
      source.push_back(c.sub(index, toExpr(*this, pad.getMixedLowPad()[dim])));
      inside = c.andOf(inside,
                       isWithin(c, source[dim], sizeOf(pad.getSource(), dim)));
    }
    return selectPiece(*this, inside, c.read(pad.getSource(), source),
                       [&] { return scalarOf(padding); });
  }
  if (auto concat = dyn_cast<tensor::ConcatOp>(op)) {
    int64_t dim = concat.getDim();
    SmallVector<Expr> own(indices);
    for (Value input : concat.getInputs()) {
      Expr inside = isWithin(c, own[dim], sizeOf(input, dim));
      if (ExprContext::getBoolean(inside) == true)
        return c.read(input, own);
      if (ExprContext::getBoolean(inside) != false)
        return nullptr;
      own[dim] = c.sub(own[dim], sizeOf(input, dim));
    }
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Expr TensorReader::readConstant(ElementsAttr attribute,
                                ArrayRef<Expr> indices) {
  ConstantElements elements(attribute);
  return elements.isReadable() ? readConstantTable(c, elements, indices)
                               : nullptr;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Expr TensorReader::sizeOf(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return c.integer(type.getDimSize(dim));
  auto result = dyn_cast<OpResult>(tensor);
  Operation *op = tensor.getDefiningOp();
  if (auto empty = dyn_cast_if_present<tensor::EmptyOp>(op))
    return toExpr(*this, empty.getMixedSizes()[dim]);
  if (auto linalg = dyn_cast_if_present<linalg::LinalgOp>(op))
    return sizeOf(linalg.getDpsInits()[result.getResultNumber()], dim);
  if (auto softmax = dyn_cast_if_present<linalg::SoftmaxOp>(op))
    return sizeOf(softmax.getInput(), dim);
  if (auto cast = dyn_cast_if_present<tensor::CastOp>(op))
    return sizeOf(cast.getSource(), dim);
  if (auto expand = dyn_cast_if_present<tensor::ExpandShapeOp>(op))
    return toExpr(*this, expand.getMixedOutputShape()[dim]);
  if (auto slice = dyn_cast_if_present<tensor::ExtractSliceOp>(op)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    int64_t kept = -1;
    for (auto [whole, size] : llvm::enumerate(slice.getMixedSizes()))
      if (!dropped.test(whole) && ++kept == dim)
        return toExpr(*this, size);
  }
  if (auto insert = dyn_cast_if_present<tensor::InsertSliceOp>(op))
    return sizeOf(insert.getDest(), dim);
  if (auto collapse = dyn_cast_if_present<tensor::CollapseShapeOp>(op)) {
    Expr product = c.integer(1);
    ReassociationIndices group = collapse.getReassociationIndices()[dim];
    for (int64_t source : group)
      product = c.mul(product, sizeOf(collapse.getSrc(), source));
    return product;
  }
  if (auto attention = dyn_cast_if_present<AttentionOp>(op);
      attention && tensor == attention.getOutput()) {
    int64_t canonical = attention.getLayoutOf(tensor)[dim];
    Value source =
        canonical == Feature ? attention.getValue() : attention.getQuery();
    return sizeOf(source,
                  getTensorDim(attention.getLayoutOf(source), canonical));
  }
  if (auto concat = dyn_cast_if_present<tensor::ConcatOp>(op)) {
    Expr sum = c.integer(0);
    for (Value input : concat.getInputs())
      sum = c.add(sum, sizeOf(input, dim));
    return static_cast<uint64_t>(dim) == concat.getDim()
               ? sum
               : sizeOf(concat.getInputs()[0], dim);
  }
  if (auto rotary = dyn_cast_if_present<RotaryEmbeddingOp>(op))
    return sizeOf(rotary.getInput(), dim);
  if (auto update = dyn_cast_if_present<CacheUpdateOp>(op))
    return sizeOf(update.getCache(), dim);
  return c.size(tensor, dim);
}

//===----------------------------------------------------------------------===//
// Checks of run time
//===----------------------------------------------------------------------===//

void TensorReader::learnEqual(Expr a, Expr b) {
  c.assumeEqual(a, b);
  for (auto [x, y] : {std::pair(a, b), std::pair(b, a)}) {
    c.assumeNeverNegative(c.sub(x, y));
    // min(y, z) == y: y is at most z.
    if (x->is<arith::MinSIOp>() && llvm::is_contained(x->operands, y))
      for (Expr operand : x->operands)
        c.assumeNeverNegative(c.sub(operand, y));
  }
}

/// Conditions that hold for all positions hold at the one where they are
/// hardest to meet.
static void learnConjunction(ExprContext &c, Expr condition) {
  if (condition->is<arith::AndIOp>()) {
    for (Expr operand : condition->operands)
      learnConjunction(c, operand);
  } else if (condition->kind == Kind::AtLeastZero) {
    c.assumeAlways(condition->operands[0]);
  }
}

/// An extract of a reduction by "and": what it says of each element.
void TensorReader::learnRange(Value condition) {
  auto extract = condition.getDefiningOp<tensor::ExtractOp>();
  auto op = extract ? extract.getTensor().getDefiningOp<linalg::LinalgOp>()
                    : linalg::LinalgOp();
  if (!op || op.getNumReductionLoops() != op.getNumLoops() ||
      op.getNumDpsInputs() != 1 || op.getNumLoops() > 8)
    return;
  OpOperand *input = op.getDpsInputOperand(0);
  if (!op.getMatchingIndexingMap(input).isIdentity())
    return;
  SmallVector<Expr> loops;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    loops.push_back(c.position(16 + loop, sizeOf(input->get(), loop)));
  auto combiner = op.getBlock()
                      ->getTerminator()
                      ->getOperand(0)
                      .getDefiningOp<arith::AndIOp>();
  Value accumulator = op.getRegionOutputArgs()[0];
  if (!combiner ||
      (combiner.getLhs() != accumulator && combiner.getRhs() != accumulator))
    return;
  Scalars scalars;
  scalars[op.getMatchingBlockArgument(input)] =
      full(c.read(input->get(), loops));
  Value element =
      combiner.getLhs() == accumulator ? combiner.getRhs() : combiner.getLhs();
  if (Expr holds = evaluate(element, scalars, loops))
    learnConjunction(c, holds);
}

/// Sizes of one name are one size: a call that gives others is refused.
void TensorReader::learnNames(FunctionOpInterface function) {
  llvm::StringMap<Expr> sizes;
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                      "attn.dim_names");
    if (!type || !names || names.size() != static_cast<size_t>(type.getRank()))
      continue;
    for (auto [dim, attribute] : llvm::enumerate(names)) {
      auto name = dyn_cast<StringAttr>(attribute);
      if (!name || name.empty() || !type.isDynamicDim(dim))
        continue;
      Expr size = c.size(argument, dim);
      auto [known, isNew] = sizes.try_emplace(name.getValue(), size);
      if (!isNew)
        c.assumeEqual(size, known->second);
    }
  }
}

/// A loop runs as often over each of its operands: where one of them has a
/// known size, the others have it too.
void TensorReader::learnLoops(linalg::LinalgOp op) {
  constexpr int64_t unknown = ShapedType::kDynamic;
  SmallVector<int64_t> known(op.getNumLoops(), unknown);
  auto forEachSize = [&](llvm::function_ref<void(Value, int64_t, unsigned)> f) {
    for (OpOperand &operand : op->getOpOperands())
      for (auto [dim, expr] :
           llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
        if (auto loop = dyn_cast<AffineDimExpr>(expr))
          f(operand.get(), dim, loop.getPosition());
  };
  auto getSize = [](Value tensor, int64_t dim) {
    return cast<ShapedType>(tensor.getType()).getDimSize(dim);
  };
  forEachSize([&](Value tensor, int64_t dim, unsigned loop) {
    if (int64_t size = getSize(tensor, dim); size != unknown)
      known[loop] = size;
  });
  forEachSize([&](Value tensor, int64_t dim, unsigned loop) {
    if (known[loop] != unknown && getSize(tensor, dim) == unknown)
      c.assumeEqual(sizeOf(tensor, dim), c.integer(known[loop]));
  });
}

void TensorReader::learnFrom(Operation *function) {
  if (auto entry = dyn_cast<FunctionOpInterface>(function);
      entry && entry.isPublic() && !entry.isExternal())
    learnNames(entry);
  for (Region &region : function->getRegions())
    for (auto op : region.getOps<linalg::LinalgOp>())
      if (op.hasPureTensorSemantics())
        learnLoops(op);
  for (Region &region : function->getRegions())
    for (auto check : region.getOps<cf::AssertOp>()) {
      auto compare = check.getArg().getDefiningOp<arith::CmpIOp>();
      if (compare && compare.getPredicate() == arith::CmpIPredicate::eq &&
          isWideInteger(compare.getLhs().getType()))
        learnEqual(scalarOf(compare.getLhs()), scalarOf(compare.getRhs()));
    }
  // Values that were read before all was known are read again.
  outer.clear();
  for (Region &region : function->getRegions())
    for (auto check : region.getOps<cf::AssertOp>())
      learnRange(check.getArg());
  outer.clear();
  fullOf.clear();
  through.clear();
  visited.clear();
}
