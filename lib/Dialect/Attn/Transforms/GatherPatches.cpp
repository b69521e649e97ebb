//===- GatherPatches.cpp - Convolutions as products of matrices -----------===//
#include "Patches.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

static bool isSimple(AffineMap map) {
  return map.isProjectedPermutation(/*allowZeroInResults=*/true);
}

/// Loops, with positive factors, and their sums.
static bool isLinear(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue() == 0;
  auto pair = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!pair)
    return isa<AffineDimExpr>(expr);
  auto factor = dyn_cast<AffineConstantExpr>(pair.getRHS());
  if (pair.getKind() == AffineExprKind::Mul)
    return factor && factor.getValue() > 0 && isLinear(pair.getLHS());
  return pair.getKind() == AffineExprKind::Add && isLinear(pair.getLHS()) &&
         isLinear(pair.getRHS());
}

static bool isWindow(AffineMap map) {
  return !isSimple(map) && llvm::all_of(map.getResults(), isLinear);
}

Value Patches::getData() { return op.getDpsInputOperand(0)->get(); }

AffineMap Patches::getMap() { return op.getIndexingMapsArray()[0]; }

SmallVector<OpFoldResult> Patches::getSizes() {
  return op.getDpsInitOperand(0)
      ->get()
      .getDefiningOp<tensor::EmptyOp>()
      .getMixedSizes();
}

/// A copy of what windows meet, all of it.
static bool isCopyOfWindows(linalg::GenericOp op) {
  if (!op || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops())
    return false;
  const SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return isWindow(maps[0]) && maps[1].isIdentity() &&
         op.getBody()->getTerminator()->getOperand(0) ==
             op.getRegionInputArgs()[0] &&
         op.getDpsInitOperand(0)->get().getDefiningOp<tensor::EmptyOp>();
}

/// The dimensions that `outer` joins of those that `inner` has joined.
static SmallVector<ReassociationIndices>
join(ArrayRef<ReassociationIndices> inner,
     ArrayRef<ReassociationIndices> outer) {
  return llvm::map_to_vector(outer, [&](const ReassociationIndices &group) {
    ReassociationIndices all;
    for (int64_t d : group)
      all.append(inner[d]);
    return all;
  });
}

std::optional<Patches> Patches::find(Value operand) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < cast<ShapedType>(operand.getType()).getRank(); ++d)
    groups.push_back({d});
  while (auto collapse = operand.getDefiningOp<tensor::CollapseShapeOp>()) {
    groups = join(collapse.getReassociationIndices(), groups);
    operand = collapse.getSrc();
  }
  auto op = operand.getDefiningOp<linalg::GenericOp>();
  if (!isCopyOfWindows(op))
    return std::nullopt;
  return Patches{op, groups};
}

/// Reads the sizes of `value`, which is the copy or its dimensions as fewer,
/// where they come from.
static void resolveSizes(Value value, RewriterBase &b) {
  for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user)) {
      resolveSizes(collapse, b);
      if (collapse->use_empty())
        b.eraseOp(collapse);
      continue;
    }
    auto read = dyn_cast<tensor::DimOp>(user);
    std::optional<int64_t> dim = read ? read.getConstantIndex() : std::nullopt;
    std::optional<Patches> patches = Patches::find(value);
    if (!dim || !patches)
      continue;
    b.setInsertionPoint(read);
    const SmallVector<OpFoldResult> sizes = patches->getSizes();
    OpFoldResult size = b.getIndexAttr(1);
    for (int64_t d : patches->groups[*dim])
      size = affine::makeComposedFoldedAffineApply(
          b, read.getLoc(), b.getAffineDimExpr(0) * b.getAffineSymbolExpr(0),
          {size, sizes[d]});
    b.replaceOp(read, getValueOrCreateConstantIndexOp(b, read.getLoc(), size));
  }
}

void Patches::erase(RewriterBase &b) {
  resolveSizes(op.getResult(0), b);
  if (op->use_empty())
    b.eraseOp(op);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {

/// The loops of a convolution, by what they run over.
class WindowLoops {
public:
  WindowLoops(linalg::LinalgOp op, OpOperand *data, OpOperand *kernel)
      : op(op), data(data), dataMap(op.getMatchingIndexingMap(data)),
        kernelMap(op.getMatchingIndexingMap(kernel)),
        out(op.getMatchingIndexingMap(op.getDpsInitOperand(0))) {}

  /// Says what is in the way.
  std::string find();
  /// The same sum, of patches.
  linalg::GenericOp createProduct(RewriterBase &b);
  ReassociationIndices getInner();
  /// In the result.
  ReassociationIndices getSpatialDims();

private:
  /// One product of each element does not pay for a copy of it.
  static constexpr int64_t fewestKernels = 2;

  bool isOfData(unsigned loop) const {
    return dataMap.isFunctionOfDim(loop) && !kernelMap.isFunctionOfDim(loop);
  }
  bool isOfKernel(unsigned loop) const {
    return kernelMap.isFunctionOfDim(loop) && !dataMap.isFunctionOfDim(loop);
  }
  int64_t countKernels();
  void findSpatial();
  void findInner();
  SmallVector<unsigned> getOrder();
  linalg::GenericOp createPatches(RewriterBase &b, ArrayRef<unsigned> order);

  linalg::LinalgOp op;
  OpOperand *data;
  AffineMap dataMap, kernelMap, out;
  /// Rows or columns that windows slide over, and what is summed of a window:
  /// each side by side, in the result and in the kernels.
  ReassociationIndices spatial, inner;
};

} // namespace

std::string WindowLoops::find() {
  if (!isSimple(kernelMap) || !out.isProjectedPermutation() ||
      out.getNumResults() == 0)
    return "expected kernels and result to be read by single loops";
  findSpatial();
  findInner();
  if (spatial.empty() || inner.empty())
    return "expected windows along rows or columns, and sums over them";
  if (const int64_t kernels = countKernels(); kernels < fewestKernels)
    return ("expected at least " + Twine(fewestKernels) +
            " kernels for a copy of what windows meet, got " + Twine(kernels))
        .str();
  return "";
}

/// That read the same windows, as far as sizes say.
int64_t WindowLoops::countKernels() {
  int64_t count = 1;
  for (AffineExpr expr : out.getResults()) {
    const unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    const int64_t size = op.getStaticLoopRanges()[loop];
    if (isOfKernel(loop))
      count *= ShapedType::isDynamic(size) ? fewestKernels : size;
  }
  return count;
}

/// The last loops of the result that kernels do not see, but for those that
/// data does not see and that come after.
void WindowLoops::findSpatial() {
  int64_t d = out.getNumResults();
  while (d > 0 && isOfKernel(out.getDimPosition(d - 1)))
    --d;
  for (; d > 0 && isOfData(out.getDimPosition(d - 1)); --d)
    spatial.insert(spatial.begin(), out.getDimPosition(d - 1));
}

/// The last that lie side by side in the kernels.
void WindowLoops::findInner() {
  for (AffineExpr expr : llvm::reverse(kernelMap.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    const bool isSummed = dim && !out.isFunctionOfDim(dim.getPosition()) &&
                          dataMap.isFunctionOfDim(dim.getPosition());
    if (isSummed)
      inner.insert(inner.begin(), dim.getPosition());
    else if (!inner.empty())
      break;
  }
}

/// Of the dimensions of the patches, which are matrices in the end: columns
/// come last, rows before what is summed.
SmallVector<unsigned> WindowLoops::getOrder() {
  SmallVector<unsigned> batches, sums;
  for (AffineExpr expr : out.getResults()) {
    const unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (dataMap.isFunctionOfDim(loop) && !llvm::is_contained(spatial, loop))
      batches.push_back(loop);
  }
  op.getReductionDims(sums);
  llvm::erase_if(sums, [&](unsigned loop) {
    return !dataMap.isFunctionOfDim(loop) || llvm::is_contained(inner, loop);
  });
  const bool areColumns =
      spatial.back() == out.getDimPosition(out.getNumResults() - 1);
  SmallVector<unsigned> order(batches);
  if (!areColumns)
    order.append(spatial.begin(), spatial.end());
  order.append(sums);
  order.append(inner.begin(), inner.end());
  if (areColumns)
    order.append(spatial.begin(), spatial.end());
  return order;
}

linalg::GenericOp WindowLoops::createPatches(RewriterBase &b,
                                             ArrayRef<unsigned> order) {
  Location loc = op.getLoc();
  MLIRContext *context = b.getContext();
  const SmallVector<Range> ranges = op.createLoopRanges(b, loc);
  SmallVector<OpFoldResult> sizes;
  SmallVector<AffineExpr> dims(dataMap.getNumDims(),
                               getAffineConstantExpr(0, context));
  for (auto [d, loop] : llvm::enumerate(order)) {
    sizes.push_back(ranges[loop].size);
    dims[loop] = getAffineDimExpr(d, context);
  }
  Value empty = tensor::EmptyOp::create(
      b, loc, sizes, getElementTypeOrSelf(data->get().getType()));
  return linalg::GenericOp::create(
      b, loc, empty.getType(), data->get(), empty,
      {dataMap.replaceDimsAndSymbols(dims, {}, order.size(), 0),
       AffineMap::getMultiDimIdentityMap(order.size(), context)},
      SmallVector<utils::IteratorType>(order.size(),
                                       utils::IteratorType::parallel),
      [](OpBuilder &nested, Location loc, ValueRange elements) {
        linalg::YieldOp::create(nested, loc, elements[0]);
      });
}

linalg::GenericOp WindowLoops::createProduct(RewriterBase &b) {
  const SmallVector<unsigned> order = getOrder();
  linalg::GenericOp patches = createPatches(b, order);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[data->getOperandNumber()] = AffineMap::getMultiDimMapWithTargets(
      op.getNumLoops(), order, b.getContext());
  SmallVector<Value> inputs = op.getDpsInputs();
  inputs[data->getOperandNumber()] = patches.getResult(0);
  auto product = linalg::GenericOp::create(b, op.getLoc(), op->getResultTypes(),
                                           inputs, op.getDpsInits(), maps,
                                           op.getIteratorTypesArray());
  b.cloneRegionBefore(op->getRegion(0), product.getRegion(),
                      product.getRegion().begin());
  return product;
}

/// Loops of one iteration are left to be loops.
ReassociationIndices WindowLoops::getInner() {
  const SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  const bool isOne =
      llvm::all_of(inner, [&](int64_t loop) { return sizes[loop] == 1; });
  return isOne ? ReassociationIndices() : inner;
}

ReassociationIndices WindowLoops::getSpatialDims() {
  return llvm::map_to_vector<2>(spatial, [&](int64_t loop) -> int64_t {
    return *out.getResultPosition(getAffineDimExpr(loop, out.getContext()));
  });
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

bool attn::hasWindows(linalg::LinalgOp op) {
  const SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return isWindow(maps[0]) != isWindow(maps[1]);
}

std::string attn::gatherPatches(linalg::LinalgOp op, Contraction &c,
                                RewriterBase &b) {
  OpOperand *data = op.getDpsInputOperand(0),
            *kernel = op.getDpsInputOperand(1);
  if (isWindow(op.getMatchingIndexingMap(kernel)))
    std::swap(data, kernel);
  WindowLoops loops(op, data, kernel);
  if (std::string obstacle = loops.find(); !obstacle.empty())
    return obstacle;
  b.setInsertionPoint(op);
  linalg::GenericOp product = loops.createProduct(b);
  if (std::string obstacle = findLoops(product, c); !obstacle.empty()) {
    Operation *patches =
        product->getOperand(data->getOperandNumber()).getDefiningOp();
    b.eraseOp(product);
    b.eraseOp(patches);
    return obstacle;
  }
  if (const ReassociationIndices inner = loops.getInner(); inner.size() > 1) {
    linalg::CollapseResult collapsed =
        linalg::collapseOpIterationDims(product, {inner}, b).value();
    b.eraseOp(product);
    product = cast<linalg::GenericOp>(collapsed.collapsedOp.getOperation());
  }
  const ReassociationIndices spatial = loops.getSpatialDims();
  b.replaceOp(op, product);
  (void)findLoops(product, c);
  mergeDims(c, spatial, b);
  return "";
}
