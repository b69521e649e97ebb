//===- ContractionLoops.cpp - The loops around products -------------------===//
#include "ContractionLoops.h"
#include "Patches.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

ContractionLoops::ContractionLoops(const Contraction &contraction,
                                   RewriterBase &rewriter,
                                   const TilingPolicy &policy)
    : c(contraction), policy(policy), b(rewriter), loc(c.op.getLoc()),
      followers(findFollowers(c)), out(c.getMap(&c.init())),
      zero(b.getIndexAttr(0)), one(b.getIndexAttr(1)) {
  chooseBlocks();
}

//===----------------------------------------------------------------------===//
// What goes into the loops
//===----------------------------------------------------------------------===//

/// The last of the ops that the loops compute.
linalg::LinalgOp ContractionLoops::getLast() const {
  if (followers.empty())
    return c.op;
  return cast<linalg::LinalgOp>(
      linalg::GenericOp(followers.back()).getOperation());
}

/// Whether rows of lhs lie side by side in the type of the sums.
bool ContractionLoops::isReadInPlace() const {
  AffineMap map = c.getMap(c.lhs);
  return getElementTypeOrSelf(c.lhs->get().getType()) ==
             getElementTypeOrSelf(c.init().get().getType()) &&
         map.getResults().back() == getAffineDimExpr(c.inner, map.getContext());
}

/// Those that rhs lies in, or will be packed into.
ProductPanels ContractionLoops::getPanels() const {
  if (!c.panels)
    return policy.getProductPanels(
        getElementTypeOrSelf(c.lhs->get().getType()),
        getElementTypeOrSelf(c.rhs->get().getType()));
  return {cast<ShapedType>(c.panels.getType()).getDimSize(2),
          isPackedInPairs(c.panels)};
}

/// Columns of a block where a few rows read rhs as it lies. Of rows of rhs it
/// takes pieces, which are to be long: what is fetched beyond their ends is
/// fetched in vain. Their sums are in the nearest cache, or the next.
int64_t ContractionLoops::getWidthForFewRows(int64_t columns,
                                             int64_t batches) const {
  constexpr int64_t least = 192, most = 1024, enough = 4;
  if (!c.readsRowsOfRhs())
    return std::clamp<int64_t>(llvm::divideCeil(columns, 8), least, most);
  const int64_t longest = 8 * most / int64_t(llvm::PowerOf2Ceil(c.getRows()));
  int64_t pieces = llvm::divideCeil(enough, batches);
  while (pieces * longest < columns)
    pieces *= 2;
  return std::max<int64_t>(llvm::divideCeil(columns, pieces), least);
}

/// A block's operands fit into the caches of a core, and there are enough
/// blocks for its cores to share.
void ContractionLoops::chooseBlocks() {
  const ProductPanels panels = getPanels();
  const int64_t panel = panels.columns;
  constexpr int64_t enough = 32, unknown = 512;
  auto sizeOf = [&](int64_t size) {
    return ShapedType::isDynamic(size) ? unknown : size;
  };
  int64_t batches = 1;
  for (AffineExpr expr : out.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop != c.column && c.row != loop &&
        !ShapedType::isDynamic(c.getSize(loop)))
      batches *= c.getSize(loop);
  }
  int64_t rows = sizeOf(c.getRows()), columns = sizeOf(c.getSize(c.column));
  int64_t rowBlock = 512, columnBlock = (panels.inPairs ? 32 : 8) * panel;
  if (isSmall()) {
    rowBlock = rows;
    columnBlock = columns;
  }
  // With few rows nothing is packed, and long pieces of rows are read.
  const bool isSmallM = !isSmall() && rows <= 8;
  if (isSmallM)
    columnBlock = llvm::alignTo(getWidthForFewRows(columns, batches),
                                c.panels ? panel : 64);
  auto count = [&] {
    return batches * llvm::divideCeil(rows, rowBlock) *
           llvm::divideCeil(columns, columnBlock);
  };
  // Each block packs its part of rhs, which many rows share, unless it was
  // packed before; and of lhs, unless it lies as the products read it. Tiles of
  // AMX are done sooner than others. What windows meet each block copies anew.
  const bool isInPlace = !panels.inPairs && isReadInPlace();
  const bool isPacked = isInPlace && (c.panels || Patches::find(c.lhs->get()) ||
                                      Patches::find(c.rhs->get()));
  const int64_t fewestPanels = isPacked         ? 1
                               : panels.inPairs ? 8
                               : isInPlace      ? llvm::divideCeil(96, panel)
                                                : 4;
  const int64_t fewestRows = isPacked ? 64 : isInPlace ? 256 : 128;
  auto isDivisible = [&] { return !isSmall() && count() < enough; };
  while (!isSmallM && isDivisible() && columnBlock > fewestPanels * panel)
    columnBlock /= 2;
  while (isDivisible() && rowBlock > fewestRows)
    rowBlock /= 2;
  for (AffineExpr expr : out.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    int64_t block = loop == c.column ? columnBlock
                    : c.row == loop  ? rowBlock
                                     : 1;
    int64_t size = c.getSize(loop);
    blocks.push_back(ShapedType::isDynamic(size) ? block
                                                 : std::min(block, size));
  }
}

/// Whether one thread is known to be done before another is awake.
bool ContractionLoops::isSmall() const {
  int64_t count = 1;
  for (int64_t size : linalg::LinalgOp(c.op).getStaticLoopRanges()) {
    if (ShapedType::isDynamic(size))
      return false;
    count *= size;
  }
  return count < policy.getLeastSharedWork();
}

/// What keeps small products of several matrices with the thread that calls.
std::optional<ArrayAttr> ContractionLoops::getMapping() const {
  auto isWhole = [&](auto pair) {
    auto [expr, block] = pair;
    return c.getSize(cast<AffineDimExpr>(expr).getPosition()) == block;
  };
  if (!isSmall() || llvm::all_of(llvm::zip(out.getResults(), blocks), isWhole))
    return std::nullopt;
  return policy.getMapping(b.getContext(), blocks.size(), 1);
}

/// The same, as far as only a run tells: null where that is known, or several
/// matrices are multiplied.
Value ContractionLoops::isSmallWhenRun() {
  int64_t known = 1;
  AffineExpr product = b.getAffineConstantExpr(1);
  FoldResults sizes;
  for (auto [loop, range] : llvm::enumerate(ranges)) {
    if (std::optional<int64_t> size = getConstantIntValue(range)) {
      known *= *size;
      continue;
    }
    product = product * b.getAffineSymbolExpr(sizes.size());
    sizes.push_back(range);
  }
  const bool isMatrix = llvm::all_of(out.getResults(), [&](AffineExpr expr) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    return loop == c.column || c.row == loop || c.getSize(loop) == 1;
  });
  const int64_t enough = policy.getLeastSharedWork();
  if (sizes.empty() || !isMatrix || known >= enough)
    return nullptr;
  Value work = getValueOrCreateConstantIndexOp(
      b, loc,
      affine::makeComposedFoldedAffineApply(b, loc, product * known, sizes));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, work,
                               arith::ConstantIndexOp::create(b, loc, enough));
}

/// A loop of one iteration stays with the thread that calls.
void ContractionLoops::chooseSteps() {
  Value isSmall = isSmallWhenRun();
  for (auto [d, block] : llvm::enumerate(blocks)) {
    OpFoldResult range =
        ranges[cast<AffineDimExpr>(out.getResult(d)).getPosition()];
    steps.push_back(b.getIndexAttr(block));
    if (!isSmall || isConstantIntValue(range, block))
      continue;
    Value all = arith::MaxSIOp::create(
        b, loc, getValueOrCreateConstantIndexOp(b, loc, range),
        arith::ConstantIndexOp::create(b, loc, 1));
    steps.back() =
        arith::SelectOp::create(b, loc, isSmall, all,
                                arith::ConstantIndexOp::create(b, loc, block))
            .getResult();
  }
}

std::string ContractionLoops::describe() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "blocks of ";
  llvm::interleave(blocks, os, " x ");
  return text;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static linalg::FillOp getFill(const Contraction &c) {
  return c.init().get().getDefiningOp<linalg::FillOp>();
}

/// Whether the op computes its result from what is there.
static bool readsInit(linalg::LinalgOp op) {
  return !op.getRegionOutputArgs()[0].use_empty();
}

/// A tensor for the result that none of the ops that go computes.
Value ContractionLoops::getDestination() const {
  for (linalg::GenericOp op : llvm::reverse(followers)) {
    Value init = op.getDpsInitOperand(0)->get();
    auto isReplaced = [&](linalg::GenericOp other) {
      return init == other->getResult(0);
    };
    if (init != linalg::LinalgOp(c.op)->getResult(0) &&
        llvm::none_of(followers, isReplaced))
      return init;
  }
  return getFill(c) ? getFill(c).getDpsInitOperand(0)->get() : c.init().get();
}

void ContractionLoops::replace() {
  OpBuilder::InsertionGuard guard(b);
  std::optional<Patches> patches = Patches::find(c.lhs->get());
  if (!patches)
    patches = Patches::find(c.rhs->get());
  linalg::LinalgOp last = getLast();
  b.setInsertionPoint(last);
  for (Range range : c.op.createLoopRanges(b, loc))
    ranges.push_back(range.size);
  Value destination = getDestination();
  chooseSteps();
  FoldResults starts(blocks.size(), zero), ends;
  for (AffineExpr expr : out.getResults())
    ends.push_back(ranges[cast<AffineDimExpr>(expr).getPosition()]);
  auto forall = scf::ForallOp::create(
      b, loc, starts, ends, steps, destination, getMapping(),
      [&](OpBuilder &, Location, ValueRange args) {
        buildTile(args.drop_back(), args.back());
      });
  b.replaceOp(last, forall.getResults());
  followers.truncate(followers.empty() ? 0 : followers.size() - 1);
  for (linalg::GenericOp op : llvm::reverse(followers))
    b.eraseOp(op);
  if (c.op != last)
    b.eraseOp(c.op);
  if (patches)
    patches->erase(b);
}

void ContractionLoops::buildTile(ValueRange position, Value shared) {
  Tile tile = getTile(position);
  Value slice = extract(shared, tile);
  Value result = contract(createSum(slice, tile), tile);
  Value before = c.op->getResult(0);
  for (linalg::GenericOp op : followers) {
    result = follow(op, before, result, slice, tile);
    before = op->getResult(0);
  }
  auto parallel = scf::InParallelOp::create(b, loc);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(parallel.getBody());
  tensor::ParallelInsertSliceOp::create(b, loc, result, shared, tile.offsets,
                                        tile.sizes,
                                        FoldResults(tile.sizes.size(), one));
}

/// Where the products are added up: in the result's place if it can be.
Value ContractionLoops::createSum(Value slice, const Tile &tile) {
  Type element = getElementTypeOrSelf(c.init().get().getType());
  if (!getFill(c))
    return followers.empty() ? slice : extract(c.init().get(), tile);
  Value destination = getDestination();
  auto readsDestination = [&](linalg::GenericOp op) {
    return op.getDpsInitOperand(0)->get() == destination &&
           readsInit(cast<linalg::LinalgOp>(op.getOperation()));
  };
  bool isFree = getElementTypeOrSelf(slice.getType()) == element &&
                llvm::none_of(followers, readsDestination);
  return isFree ? slice : createEmpty(tile, element);
}

/// The product's tile in `sum`.
Value ContractionLoops::contract(Value sum, const Tile &tile) {
  // A slice of all, and its way back, would be one more tensor to place.
  bool isMatrix = c.row && out.getNumResults() == 2;
  Matrix matrix{sum, false, {}, {}};
  if (!isMatrix)
    matrix = extractMatrix(sum, out, getLoopTile(tile, true), c.row, c.column);
  Value acc = matrix.value;
  if (linalg::FillOp fill = getFill(c))
    acc = linalg::FillOp::create(b, loc, fill.getInputs()[0], acc).getResult(0);
  acc = addProducts(acc, getLoopTile(tile, false));
  if (isMatrix)
    return acc;
  if (!c.row)
    acc = tensor::CollapseShapeOp::create(
        b, loc, acc, SmallVector<ReassociationIndices>{{0, 1}});
  return tensor::InsertSliceOp::create(b, loc, acc, sum, matrix.offsets,
                                       matrix.sizes,
                                       FoldResults(matrix.sizes.size(), one));
}

/// Loops over the sums but the innermost, one product of matrices in each
/// iteration.
Value ContractionLoops::addProducts(Value acc, Tile loops) {
  SmallVector<unsigned> summed;
  c.op.getReductionDims(summed);
  llvm::erase(summed, c.inner);
  auto toValue = [&](OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, loc, size);
  };
  SmallVector<Value> starts(summed.size(), toValue(zero)), ends,
      steps(summed.size(), toValue(one));
  for (unsigned loop : summed)
    ends.push_back(toValue(ranges[loop]));
  scf::LoopNest nest = scf::buildLoopNest(
      b, loc, starts, ends, steps, acc,
      [&](OpBuilder &, Location, ValueRange position, ValueRange carried) {
        for (auto [loop, offset] : llvm::zip(summed, position)) {
          loops.offsets[loop] = offset;
          loops.sizes[loop] = one;
        }
        Value sum = summed.empty() ? acc : carried[0];
        acc = addProduct(sum, loops);
        return scf::ValueVector{acc};
      });
  return summed.empty() ? acc : nest.results[0];
}

Value ContractionLoops::addProduct(Value acc, const Tile &loops) {
  Matrix left =
      extractMatrix(c.lhs->get(), c.getMap(c.lhs), loops, c.row, c.inner);
  if (c.panels)
    return ContractOp::create(b, loc, acc.getType(), left.isTransposed,
                              left.value, /*rhs_transposed=*/false,
                              extractPanels(loops), acc,
                              /*round_lhs=*/c.isRounded)
        .getNewAcc();
  Matrix right =
      extractMatrix(c.rhs->get(), c.getMap(c.rhs), loops, c.inner, c.column);
  return ContractOp::create(b, loc, acc.getType(), left.isTransposed,
                            left.value, right.isTransposed, right.value, acc)
      .getNewAcc();
}

/// `op` on a tile of its result: `product` is that of `before`.
Value ContractionLoops::follow(linalg::GenericOp op, Value before,
                               Value product, Value slice, const Tile &tile) {
  auto element =
      cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  bool isInPlace = getElementTypeOrSelf(product.getType()) == element &&
                   !readsInit(cast<linalg::LinalgOp>(op.getOperation()));
  bool isLast = op == followers.back();
  OpOperand *init = op.getDpsInitOperand(0);
  Value destination = product;
  if (!isInPlace && init->get() != before)
    destination = isLast          ? slice
                  : readsInit(op) ? extract(init->get(), tile)
                                  : createEmpty(tile, element);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<int64_t> arguments; // of the new body, by the old one's
  SmallVector<int64_t> replaced;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    bool isProduct = operand->get() == before;
    if (isProduct && isInPlace) {
      arguments.push_back(-1);
      continue;
    }
    arguments.push_back(inputs.size());
    inputs.push_back(isProduct ? product : extract(operand->get(), map, tile));
    maps.push_back(map);
  }
  maps.push_back(op.getMatchingIndexingMap(init));
  auto body = [&](OpBuilder &nested, Location, ValueRange values) {
    IRMapping mapping;
    for (auto [n, argument] : llvm::enumerate(op.getRegionInputArgs()))
      mapping.map(argument,
                  arguments[n] < 0 ? values.back() : values[arguments[n]]);
    mapping.map(op.getRegionOutputArgs()[0], values.back());
    for (Operation &inner : *op.getBody())
      nested.clone(inner, mapping);
  };
  auto result = linalg::GenericOp::create(b, loc, destination.getType(), inputs,
                                          destination, maps,
                                          op.getIteratorTypesArray(), body);
  linalg::offsetIndices(b, cast<linalg::LinalgOp>(result.getOperation()),
                        tile.offsets);
  return result.getResult(0);
}
