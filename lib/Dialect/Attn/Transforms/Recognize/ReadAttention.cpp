//===- ReadAttention.cpp - The parts of an attn.attention -----------------===//
#include "ReadAttention.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

namespace {
/// Reads an op whose results and regions are of the plain kind.
class AttentionReader {
public:
  AttentionReader(TensorReader &reader, AttentionOp op)
      : r(reader), c(reader.c), op(op) {}

  std::optional<AttentionParts> read();

private:
  Expr sizeOf(Value operand, int64_t dim);
  Expr readOperand(Value operand, const Dims &dims);
  Expr readRegion(Region &region, ArrayRef<Expr> arguments);
  bool readChecks(Block &block, ArrayRef<Expr> arguments);
  bool readScore();
  bool isWorthwhile(Expr written);

  TensorReader &r;
  ExprContext &c;
  AttentionOp op;
  AttentionParts parts;
};
} // namespace

Expr AttentionReader::sizeOf(Value operand, int64_t dim) {
  SmallVector<int64_t> layout = op.getLayoutOf(operand);
  return r.sizeOf(operand, getTensorDim(layout, dim));
}

/// The element at canonical positions.
Expr AttentionReader::readOperand(Value operand, const Dims &dims) {
  SmallVector<Expr> indices;
  for (int64_t dim : op.getLayoutOf(operand))
    indices.push_back(dims[dim]);
  return c.read(operand, indices);
}

Expr AttentionReader::readRegion(Region &region, ArrayRef<Expr> arguments) {
  Block &block = region.front();
  if (block.getTerminator()->getNumOperands() != 1 ||
      !readChecks(block, arguments))
    return nullptr;
  return r.readBody(block, block.getTerminator()->getOperand(0), arguments);
}

/// Checks stay, whatever is read in other words. False for one that is not
/// understood, or that goes by the score.
bool AttentionReader::readChecks(Block &block, ArrayRef<Expr> arguments) {
  bool isScore = block.getNumArguments() == 5;
  SmallVector<Expr> others(arguments);
  if (isScore)
    others[0] = c.floating(op.getScoreType(), 0);
  for (auto check : block.getOps<cf::AssertOp>()) {
    Expr holds = r.readBody(block, check.getArg(), arguments);
    if (!holds || holds != r.readBody(block, check.getArg(), others))
      return false;
    parts.checks.push_back({holds, check.getMsg().str(), isScore});
  }
  return true;
}

bool AttentionReader::readScore() {
  SmallVector<Expr> positions{parts.queryDims[0], parts.queryDims[1],
                              parts.queryDims[2], parts.keyDims[2]};
  Type type = op.getScoreType();
  parts.product = c.op(StringAttr::get(op.getContext(), "attn.product"), type,
                       positions, DictionaryAttr::get(op.getContext()));
  Expr score = parts.product;
  if (!op.getScore().empty()) {
    SmallVector<Expr> arguments{parts.product};
    arguments.append(positions);
    score = readRegion(op.getScore(), arguments);
  }
  if (score && !op.getMask().empty()) {
    Expr mask = readRegion(op.getMask(), positions);
    score = mask ? c.select(mask, score,
                            c.floating(
                                type, -std::numeric_limits<double>::infinity()))
                 : nullptr;
  }
  parts.score = score;
  return score;
}

/// Whether the graph computes what a region reads, or repeats heads.
bool AttentionReader::isWorthwhile(Expr written) {
  if (parts.score != written)
    return true;
  auto isRepeated = [&](Expr element, const Dims &dims) {
    return llvm::any_of(findViews(r, element, dims),
                        [&](const OperandView &view) {
                          return view.tensor != op.getKey() &&
                                 view.tensor != op.getValue() && view.group > 1;
                        });
  };
  return isRepeated(parts.key, parts.keyDims) &&
         isRepeated(parts.value, parts.valueDims);
}

std::optional<AttentionParts> AttentionReader::read() {
  std::optional<double> scale = op.getStaticScale();
  if (op.getLse() || op.getScores() || op.getSink() || !op.getProb().empty() ||
      !scale)
    return std::nullopt;
  Expr heads = sizeOf(op.getQuery(), Head), kvHeads = sizeOf(op.getKey(), Head);
  std::optional<int64_t> h = ExprContext::getInteger(heads),
                         k = ExprContext::getInteger(kvHeads);
  bool grouped = h && k && *k > 0 && *h % *k == 0;
  if (heads != kvHeads && !grouped)
    return std::nullopt;
  Expr batch = c.position(BatchRole, sizeOf(op.getQuery(), Batch));
  Expr head = c.position(HeadRole, heads);
  Expr query = c.position(QueryRole, sizeOf(op.getQuery(), Sequence));
  Expr key = c.position(KeyRole, sizeOf(op.getKey(), Sequence));
  Expr feature = c.position(FeatureRole, sizeOf(op.getQuery(), Feature));
  Expr valueFeature = c.position(ValueRole, sizeOf(op.getValue(), Feature));
  Expr kvHead = heads == kvHeads ? head : c.floorDiv(head, c.integer(*h / *k));
  parts.output.op = op;
  parts.queryDims = {batch, head, query, feature};
  parts.keyDims = {batch, head, key, feature};
  parts.valueDims = {batch, head, key, valueFeature};
  parts.query = readOperand(op.getQuery(), parts.queryDims);
  parts.key = readOperand(op.getKey(), {batch, kvHead, key, feature});
  parts.value = readOperand(op.getValue(), {batch, kvHead, key, valueFeature});
  parts.scale = *scale;
  for (int64_t dim : op.getLayoutOf(op.getOutput()))
    parts.outputDims.push_back({dim == Feature ? ValueRole : dim, 0});
  if (!readScore())
    return std::nullopt;
  Expr written = parts.score;
  parts.score = plain(r, written);
  return isWorthwhile(written) ? std::optional(parts) : std::nullopt;
}

std::optional<AttentionParts>
mlir::attn::recognize::readAttention(TensorReader &reader, AttentionOp op) {
  return AttentionReader(reader, op).read();
}
