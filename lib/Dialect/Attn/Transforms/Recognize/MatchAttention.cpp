//===- MatchAttention.cpp - Products, softmax and what their loops mean ---===//
#include "MergeProducts.h"
#include "ReturnedScores.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

bool AttentionMatcher::fail(const Twine &message, Operation *op) {
  if (!obstacle.empty())
    return false;
  obstacle = message.str();
  obstacleOp = op;
  return false;
}

std::optional<AttentionParts>
AttentionMatcher::match(const Contraction &output) {
  for (unsigned weights : {0, 1})
    if (std::optional<AttentionParts> parts = match(
            output, *output.operands[weights], *output.operands[1 - weights]))
      return parts;
  return std::nullopt;
}

/// Whether `op` is a softmax, or the sum of one.
static bool endsSoftmax(Operation *op) {
  if (isa<linalg::SoftmaxOp>(op))
    return true;
  auto sum = dyn_cast<linalg::LinalgOp>(op);
  if (!sum || sum.getNumReductionLoops() != 1 || sum.getNumDpsInputs() != 1)
    return false;
  auto exponentials = sum.getDpsInputs()[0].getDefiningOp<linalg::LinalgOp>();
  return exponentials &&
         !exponentials.getBlock()->getOps<math::ExpOp>().empty();
}

/// The op that nothing is read through, and that a softmax's weights go through
/// on their way to a product; null where there is no such op.
static Operation *findDetour(TensorReader &reader, Expr weight) {
  Expr e = reader.head(weight);
  Operation *detour = e->isRead() ? e->value.getDefiningOp() : nullptr;
  constexpr size_t most = 100;
  SetVector<Operation *> seen;
  if (detour)
    seen.insert(detour);
  for (size_t n = 0; n < seen.size() && seen.size() < most; ++n) {
    if (endsSoftmax(seen[n]))
      return detour;
    if (isa<AttentionOp>(seen[n]) || matchContraction(reader, seen[n]))
      continue;
    SetVector<Value> read(seen[n]->operand_begin(), seen[n]->operand_end());
    getUsedValuesDefinedAbove(seen[n]->getRegions(), read);
    for (Value value : read)
      if (Operation *maker = value.getDefiningOp();
          maker && isa<RankedTensorType>(value.getType()))
        seen.insert(maker);
  }
  return nullptr;
}

std::optional<AttentionParts> AttentionMatcher::match(const Contraction &output,
                                                      OpOperand &weights,
                                                      OpOperand &values) {
  linalg::LinalgOp op = output.getLinalg();
  Expr keys = r.getReducedSize(op);
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(0));
  if (!keys || !map.isProjectedPermutation() || map.getNumResults() > 7)
    return std::nullopt;
  keyPosition = c.position(KeyRole, keys);
  loops.assign(op.getNumLoops(), keyPosition);
  loopOfDim.clear();
  for (unsigned dim = 0; dim < map.getNumResults(); ++dim) {
    loopOfDim.push_back(map.getDimPosition(dim));
    loops[loopOfDim[dim]] =
        c.position(FirstLoop + dim, r.sizeOf(op->getResult(0), dim));
  }
  Expr weight = r.readOperand(op, weights, loops);
  Expr value = r.readOperand(op, values, loops);
  if (!weight || !value)
    return std::nullopt;
  SoftmaxMatcher matcher(r, keyPosition);
  std::optional<Softmax> softmax = matcher.match(weight);
  if (!softmax)
    softmax = matcher.matchWithSink(weight);
  if (!softmax) {
    if (matcher.sawExponential)
      fail(matcher.obstacle.empty() ? "expected a softmax over the keys"
                                    : matcher.obstacle,
           matcher.obstacleOp);
    else if (Operation *detour = findDetour(r, weight))
      fail("expected weights of which each is read from the softmax", detour);
    return std::nullopt;
  }
  AttentionParts parts;
  parts.output = output;
  parts.score = softmax->scores;
  parts.guards = softmax->guards;
  parts.sink = softmax->sink;
  parts.value = value;
  if (!matchProduct(parts) || !assignRoles(parts) || !checkSink(parts))
    return std::nullopt;
  Operation *obstacle = nullptr;
  if (failed(followScores(r, parts, obstacle))) {
    fail("expected scores and weights that nothing else uses", obstacle);
    return std::nullopt;
  }
  parts.weights = plain(r, toRoles(weight));
  findOutputGuard(parts);
  mergeProducts(r, parts);
  return parts;
}

//===----------------------------------------------------------------------===//
// The product of queries and keys
//===----------------------------------------------------------------------===//

static void collectReads(Expr expr, DenseSet<Expr> &seen,
                         SmallVectorImpl<Expr> &reads) {
  if (!seen.insert(expr).second)
    return;
  if (expr->isRead())
    reads.push_back(expr);
  for (Expr operand : expr->operands)
    collectReads(operand, seen, reads);
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      collectReads(atom, seen, reads);
}

/// Whether each index is a position of its own.
static bool isReadAtPositions(Expr read) {
  DenseSet<Expr> seen;
  return llvm::all_of(read->operands, [&](Expr index) {
    return ExprContext::getInteger(index) ||
           (index->kind == Kind::Position && seen.insert(index).second);
  });
}

/// The element as it is read furthest up: without the broadcasts between.
static Expr getDeepest(TensorReader &reader, Expr element) {
  while (true) {
    Expr next = splitFactor(reader, element).rest;
    if (!next->isRead())
      return element;
    element = next;
    Expr through = reader.lookThrough(element);
    if (!through || !splitFactor(reader, through).rest->isRead())
      return element;
    element = through;
  }
}

/// Of one key no loop says which operand it is in: queries are what goes by
/// more of the loops that the values do not go by.
static void chooseQuery(TensorReader &reader, Expr value,
                        ScoreProduct &product) {
  auto countOwn = [&](Expr element) {
    return llvm::popcount(getDeepest(reader, element)->positions &
                          ~getDeepest(reader, value)->positions);
  };
  if (countOwn(product.query) < countOwn(product.key))
    std::swap(product.query, product.key);
}

bool AttentionMatcher::takeProduct(Expr read, AttentionParts &parts) {
  std::optional<ScoreProduct> product = readProduct(r, read, keyPosition);
  if (!product)
    return false;
  if (hasOneValue(keyPosition))
    chooseQuery(r, parts.value, *product);
  feature = product->feature;
  parts.product = read;
  parts.query = product->query;
  parts.key = product->key;
  return true;
}

/// The product of the scores. Others, as of relative positions, are what is
/// added to it.
bool AttentionMatcher::matchProduct(AttentionParts &parts) {
  DenseSet<Expr> seen;
  SmallVector<Expr> reads;
  collectReads(parts.score, seen, reads);
  llvm::stable_sort(reads, [](Expr a, Expr b) {
    return isReadAtPositions(a) && !isReadAtPositions(b);
  });
  for (Expr read : reads)
    if ((hasOneValue(keyPosition) || read->dependsOn(keyPosition)) &&
        takeProduct(read, parts))
      return true;
  return fail("expected a product of queries and keys in the scores");
}

//===----------------------------------------------------------------------===//
// What the loops mean
//===----------------------------------------------------------------------===//

Expr AttentionMatcher::toRoles(Expr expr) {
  return c.rewrite(expr, [&](Expr e) -> Expr {
    auto known = roleOf.find(e);
    return known == roleOf.end() ? nullptr : known->second;
  });
}

/// Loops that run as one position, the last one fastest.
void AttentionMatcher::bindMerged(int64_t role, ArrayRef<unsigned> merged,
                                  Expr position) {
  Expr flat = position;
  for (size_t n = merged.size(); n-- > 0;) {
    Expr loop = loops[merged[n]];
    Expr size = loop->getExtent();
    roleOf[loop] = n == 0 ? flat : c.mod(flat, size);
    flat = c.floorDiv(flat, size);
    dimOf[merged[n]] = {role, static_cast<int64_t>(n)};
  }
}

static void findDivisors(Expr expr, Expr position, DenseSet<Expr> &seen,
                         std::optional<int64_t> &divisor) {
  if (!expr->dependsOn(position) || !seen.insert(expr).second)
    return;
  if (expr->is<arith::FloorDivSIOp>() && expr->operands[0] == position)
    if (std::optional<int64_t> value =
            ExprContext::getInteger(expr->operands[1]))
      divisor = std::max(divisor.value_or(0), *value);
  for (Expr operand : expr->operands)
    findDivisors(operand, position, seen, divisor);
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      findDivisors(atom, position, seen, divisor);
}

/// Where one loop runs over batch and heads: the number of heads, by which
/// something divides it.
std::optional<int64_t> AttentionMatcher::findHeads(const AttentionParts &parts,
                                                   Expr position) {
  std::optional<int64_t> heads;
  DenseSet<Expr> seen;
  for (Expr expr : {parts.score, getDeepest(r, parts.query),
                    getDeepest(r, parts.key), getDeepest(r, parts.value)})
    findDivisors(expr, position, seen, heads);
  return heads;
}

/// Whether a condition in `expr` compares what goes by both positions.
static bool isCompared(Expr expr, Expr a, Expr b, DenseSet<Expr> &seen) {
  if (!expr->dependsOn(a) || !expr->dependsOn(b) || !seen.insert(expr).second)
    return false;
  return expr->kind == Kind::AtLeastZero ||
         llvm::any_of(expr->operands, [&](Expr operand) {
           return isCompared(operand, a, b, seen);
         });
}

bool AttentionMatcher::assignRoles(AttentionParts &parts) {
  roleOf.clear();
  dimOf.clear();
  Expr key = getDeepest(r, parts.key), value = getDeepest(r, parts.value);
  SmallVector<unsigned> shared, own, features;
  for (unsigned loop : loopOfDim) {
    Expr position = loops[loop];
    if (ExprContext::getInteger(position))
      continue;
    bool scored =
        parts.product->dependsOn(position) || parts.score->dependsOn(position);
    if (!scored)
      features.push_back(loop);
    else if (key->dependsOn(position) || value->dependsOn(position))
      shared.push_back(loop);
    else
      own.push_back(loop);
  }
  if (features.size() > 1)
    return fail("expected one dimension of features of the values, got " +
                Twine(features.size()));
  if (!features.empty() && key->dependsOn(loops[features[0]]))
    return fail("expected keys that do not go by the values' features");
  auto product = [&](ArrayRef<unsigned> list) {
    Expr size = c.integer(1);
    for (unsigned loop : list)
      size = c.mul(size, loops[loop]->getExtent());
    return size;
  };
  // The last of the queries' own loops runs over them, or the one that a mask
  // compares with the key; others are heads that share a key.
  SmallVector<unsigned> groups(own), queries, kvHeads, batches(shared);
  if (!groups.empty()) {
    auto isMasked = [&](unsigned loop) {
      DenseSet<Expr> seen;
      return isCompared(parts.score, loops[loop], keyPosition, seen);
    };
    auto last = std::prev(groups.end());
    auto compared = isMasked(*last) ? last : llvm::find_if(groups, isMasked);
    auto chosen = compared == groups.end() ? last : compared;
    queries.push_back(*chosen);
    groups.erase(chosen);
  }
  Expr batch = c.integer(0), head = c.integer(0);
  if (shared.size() == 1 && groups.empty()) {
    Expr position = loops[shared[0]];
    if (std::optional<int64_t> heads = findHeads(parts, position)) {
      Expr count = c.integer(*heads);
      Expr outer = c.floorDiv(position->getExtent(), count);
      if (c.mul(outer, count) == position->getExtent()) {
        batch = c.position(BatchRole, outer);
        head = c.position(HeadRole, count);
        roleOf[position] = c.add(c.mul(batch, count), head);
        dimOf[shared[0]] = {BatchRole, -1};
        batches.clear();
      }
    }
  }
  // Of one loop over both, behind a batch of 1, it is the heads.
  auto isBehindOne = [&](unsigned loop) {
    return loop != loopOfDim.front() &&
           ExprContext::getInteger(loops[loopOfDim.front()]);
  };
  if (batches.size() >= 2 || (batches.size() == 1 && isBehindOne(batches[0])))
    kvHeads.push_back(batches.pop_back_val());
  if (!batches.empty()) {
    batch = c.position(BatchRole, product(batches));
    bindMerged(BatchRole, batches, batch);
  }
  SmallVector<unsigned> heads(kvHeads);
  heads.append(groups);
  if (!heads.empty()) {
    head = c.position(HeadRole, product(heads));
    bindMerged(HeadRole, heads, head);
  }
  Expr queryPosition = c.integer(0), valueFeature = c.integer(0);
  if (!queries.empty()) {
    queryPosition = c.position(QueryRole, product(queries));
    bindMerged(QueryRole, queries, queryPosition);
  }
  if (!features.empty()) {
    valueFeature = c.position(ValueRole, product(features));
    bindMerged(ValueRole, features, valueFeature);
  }
  for (unsigned loop : loopOfDim) {
    auto known = dimOf.find(loop);
    parts.outputDims.push_back(known == dimOf.end() ? OutputDim{-1, 0}
                                                    : known->second);
  }
  parts.queryDims = {batch, head, queryPosition, feature};
  parts.keyDims = {batch, head, keyPosition, feature};
  parts.valueDims = {batch, head, keyPosition, valueFeature};
  parts.query = toRoles(parts.query);
  parts.key = toRoles(parts.key);
  parts.value = toRoles(parts.value);
  parts.product = toRoles(parts.product);
  parts.score = plain(r, toRoles(parts.score));
  for (Guard &guard : parts.guards)
    guard.condition = plain(r, toRoles(guard.condition));
  if (parts.sink)
    parts.sink = plain(r, toRoles(parts.sink));
  return true;
}

bool AttentionMatcher::checkSink(const AttentionParts &parts) {
  if (!parts.sink)
    return true;
  for (Expr dim : {parts.queryDims[0], parts.queryDims[2], parts.keyDims[2]})
    if (!ExprContext::getInteger(dim) && parts.sink->dependsOn(dim))
      return fail("expected a sink that goes by the head alone");
  return true;
}

void AttentionMatcher::findOutputGuard(AttentionParts &parts) {
  // Weights that are returned are not set to 0.
  if (parts.returned)
    return;
  SmallVector<Expr> positions;
  for (unsigned loop : loopOfDim)
    positions.push_back(loops[loop]);
  parts.outputGuard =
      recognize::findOutputGuard(r, parts.output.op->getResult(0), positions);
  if (parts.outputGuard)
    parts.outputGuard->condition =
        plain(r, toRoles(parts.outputGuard->condition));
}
