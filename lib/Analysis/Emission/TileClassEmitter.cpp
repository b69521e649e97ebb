//===- TileClassEmitter.cpp - Code for the class of a tile ----------------===//
#include "attn/Analysis/Emission/TileClassEmitter.h"
#include "RegionEmitter.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

class TileClassEmitter::Implementation : public RegionEmitter {
public:
  using RegionEmitter::RegionEmitter;
};

/// What one vector instruction does.
static constexpr int64_t lanes = 16;

/// Both products, with 64 features where the sizes are not known.
static int64_t estimateAttend(AttentionOp op, TileSizes tile) {
  int64_t features = 0;
  for (int64_t size : {op.getCanonicalDim(op.getKey(), Feature),
                       op.getCanonicalDim(op.getValue(), Feature)})
    features += ShapedType::isDynamic(size) ? 64 : size;
  return features * tile.query * llvm::divideCeil(tile.key, lanes);
}

/// Ops that run on every pair of a tile.
static int64_t estimateApply(AttentionOp op, TileSizes tile) {
  const int64_t ops = llvm::range_size(op.getMask().front());
  return ops * tile.query * llvm::divideCeil(tile.key, lanes);
}

TileClassEmitter::TileClassEmitter(AttentionOp op, TileSizes tile)
    : implementation(std::make_unique<Implementation>(op, tile)) {
  if (op.getMask().empty())
    return;
  // Emits into a block that is thrown away: finds tables and counts.
  Block scratch;
  OpBuilder builder(op.getContext());
  builder.setInsertionPointToStart(&scratch);
  const auto argument = [&] {
    return scratch.addArgument(builder.getIndexType(), op.getLoc());
  };
  implementation->setCollecting(true);
  Value b = argument(), h = argument(), firstQuery = argument(),
        lastQuery = argument(), firstKey = argument(), lastKey = argument();
  costs.perQueryTile =
      implementation->beginQueryTile(builder, b, h, firstQuery, lastQuery);
  const TileLogic truth = implementation->emit(builder, firstKey, lastKey);
  costs.perTile = implementation->getCount();
  costs.apply = estimateApply(op, tile);
  costs.attend = estimateAttend(op, tile);
  decides =
      !matchPattern(truth.any, m_One()) || !matchPattern(truth.all, m_Zero());
  implementation->setCollecting(false);
}

TileClassEmitter::~TileClassEmitter() = default;

void TileClassEmitter::prepare(OpBuilder &builder) {
  implementation->prepare(builder);
}

void TileClassEmitter::beginQueryTile(OpBuilder &builder, Value batch,
                                      Value head, Value firstQuery,
                                      Value lastQuery) {
  implementation->beginQueryTile(builder, batch, head, firstQuery, lastQuery);
}

TileLogic TileClassEmitter::emit(OpBuilder &builder, Value firstKey,
                                 Value lastKey) {
  return implementation->emit(builder, firstKey, lastKey);
}
