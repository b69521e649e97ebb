//===- MatchLinear.cpp - One step of a recurrence -------------------------===//
#include "Linear.h"
#include "Match.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// The position of a second sum over features of the key.
static constexpr int64_t sumNumber = 7;

bool LinearMatcher::fail(const Twine &message) {
  if (obstacle.empty())
    obstacle = message.str();
  return false;
}

static Expr strip(TensorReader &reader, Expr expr) {
  expr = reader.head(expr);
  while (expr->is<arith::ExtFOp>() || expr->is<arith::TruncFOp>())
    expr = reader.head(expr->operands[0]);
  return expr;
}

/// The operands of the product whose sum over `reduced` `read` reads.
std::optional<std::pair<Expr, Expr>> LinearMatcher::readProduct(Expr read,
                                                                Expr reduced) {
  if (!read->isRead())
    return std::nullopt;
  auto product = matchContraction(r, read->value.getDefiningOp());
  if (!product)
    return std::nullopt;
  linalg::LinalgOp op = product->getLinalg();
  if (r.getReducedSize(op) !=
      (ExprContext::getInteger(reduced) ? c.integer(1) : reduced->getExtent()))
    return std::nullopt;
  SmallVector<Expr> loops = r.getLoops(op, 0, read->operands, reduced);
  if (loops.size() != op.getNumLoops())
    return std::nullopt;
  Expr x = r.readOperand(op, *product->operands[0], loops);
  Expr y = r.readOperand(op, *product->operands[1], loops);
  if (!x || !y)
    return std::nullopt;
  return std::pair(x, y);
}

//===----------------------------------------------------------------------===//
// Out of the loop
//===----------------------------------------------------------------------===//

bool LinearMatcher::isInside(Value value) {
  return parts.loop &&
         parts.loop->isAncestor(value.getParentBlock()->getParentOp());
}

/// What a step reads, as a function of the number of the token; null where the
/// loop computes it.
Expr LinearMatcher::leaveLoop(Expr expr) {
  if (!parts.loop)
    return expr;
  while (expr->isRead() && isInside(expr->value)) {
    expr = r.lookThrough(expr);
    if (!expr)
      return nullptr;
  }
  if (!expr->isRead())
    expr = r.full(expr);
  bool holds = true;
  Value step = parts.loop.getInductionVar();
  expr = c.rewrite(expr, [&](Expr e) -> Expr {
    if (e->kind == Kind::Scalar && e->value == step)
      return token;
    if ((e->isRead() || e->kind == Kind::Scalar) && isInside(e->value))
      holds = false;
    return nullptr;
  });
  return holds ? expr : nullptr;
}

bool LinearMatcher::leaveLoop() {
  for (Expr *part :
       {&parts.query, &parts.key, &parts.value, &parts.decay, &parts.beta})
    if (*part && !(*part = leaveLoop(*part)))
      return fail("expected queries, keys, values and gates that do not depend "
                  "on the steps before");
  return true;
}

//===----------------------------------------------------------------------===//
// How the state changes
//===----------------------------------------------------------------------===//

Expr LinearMatcher::multiply(ArrayRef<Expr> factors) {
  Expr product = nullptr;
  for (Expr factor : factors)
    product = product ? c.op<arith::MulFOp>(product->type, {product, factor})
                      : factor;
  return product;
}

/// Products are split until a factor goes by features of the key or of the
/// value, not both.
void LinearMatcher::collectFactors(Expr product,
                                   SmallVectorImpl<Expr> &factors) {
  if (!product->dependsOn(keyFeature) || !product->dependsOn(valueFeature)) {
    factors.push_back(product);
    return;
  }
  Expr e = strip(r, product);
  auto one = readProduct(e, c.integer(0));
  if (one) {
    collectFactors(one->first, factors);
    collectFactors(one->second, factors);
  } else if (e->is<arith::MulFOp>()) {
    collectFactors(e->operands[0], factors);
    collectFactors(e->operands[1], factors);
  } else {
    factors.push_back(e);
  }
}

/// v - (sum over features of the state that is kept, times the key).
bool LinearMatcher::readDelta(Expr difference) {
  Expr e = strip(r, difference);
  if (!e->is<arith::SubFOp>() || !kept)
    return false;
  Expr feature = c.position(sumNumber, keyFeature->getExtent());
  auto sum = readProduct(strip(r, e->operands[1]), feature);
  if (!sum)
    return false;
  auto atFeature = [&](Expr expr) {
    return c.rewrite(plain(r, expr), [&](Expr x) -> Expr {
      return x == keyFeature ? feature : nullptr;
    });
  };
  Expr state = atFeature(kept), key = atFeature(parts.key);
  Expr x = plain(r, sum->first), y = plain(r, sum->second);
  if (!(x == state && y == key) && !(x == key && y == state))
    return fail("expected the state that is kept to be read at the key that is "
                "written");
  parts.value = e->operands[0];
  parts.delta = true;
  return true;
}

/// key * value, where the value may be beta * (v - what the key reads).
bool LinearMatcher::readWritten(Expr written) {
  SmallVector<Expr> factors, keys, values, gates;
  collectFactors(written, factors);
  for (Expr factor : factors) {
    bool byKey = factor->dependsOn(keyFeature),
         byValue = factor->dependsOn(valueFeature);
    if (byKey && byValue)
      return false;
    (byKey ? keys : byValue ? values : gates).push_back(factor);
  }
  if (keys.empty() || values.empty())
    return false;
  parts.key = multiply(keys);
  if (values.size() == 1) {
    if (readDelta(values[0])) {
      parts.beta = multiply(gates);
      return true;
    }
    Expr e = strip(r, values[0]);
    if (e->is<arith::MulFOp>())
      for (unsigned n : {0, 1})
        if (!e->operands[1 - n]->dependsOn(valueFeature) &&
            readDelta(e->operands[n])) {
          gates.push_back(e->operands[1 - n]);
          parts.beta = multiply(gates);
          return true;
        }
  }
  values.append(gates);
  parts.value = multiply(values);
  return true;
}

/// The state before, times exp(decay).
bool LinearMatcher::readKept(Expr expr) {
  SmallVector<Expr> gates;
  for (Expr e = expr; e;) {
    bool isState = e->isRead() && e->operands == ArrayRef<Expr>(stateAt);
    if (isState &&
        (parts.loop ? isa<BlockArgument>(e->value) || !isInside(e->value)
                    : !strip(r, e)->is<arith::MulFOp>())) {
      before = e->value;
      break;
    }
    if (e->isRead() || e->is<arith::ExtFOp>() || e->is<arith::TruncFOp>()) {
      e = e->isRead() ? r.lookThrough(e) : e->operands[0];
      continue;
    }
    if (!e->is<arith::MulFOp>())
      return false;
    bool first = e->operands[0]->dependsOn(keyFeature) &&
                 e->operands[0]->dependsOn(valueFeature);
    gates.push_back(e->operands[first ? 1 : 0]);
    e = e->operands[first ? 0 : 1];
  }
  if (!before)
    return false;
  if (gates.empty())
    return true;
  Expr sum = nullptr;
  for (Expr gate : gates) {
    Expr e = strip(r, gate);
    std::optional<double> constant = ExprContext::getFloat(e);
    Expr exponent = e->is<math::ExpOp>() ? e->operands[0]
                    : constant && *constant > 0
                        ? c.floating(e->type, std::log(*constant))
                        : nullptr;
    if (!exponent || exponent->dependsOn(valueFeature))
      return fail("expected the state to be multiplied by an exponential that "
                  "does not go by the values' features");
    sum = sum ? c.op<arith::AddFOp>(sum->type, {sum, exponent}) : exponent;
  }
  parts.decay = sum;
  return true;
}

bool LinearMatcher::readUpdate(Expr keptTerm, Expr written) {
  parts.decay = parts.beta = parts.key = parts.value = nullptr;
  parts.delta = false;
  before = {};
  kept = keptTerm;
  // A product of a key and a value first: only beside one is a near miss told.
  return readWritten(written) && (!kept || readKept(kept));
}

/// The state after the step, as a sum of what is kept and what is written.
bool LinearMatcher::matchState(Value after) {
  for (auto [dim, canonical] : llvm::enumerate(parts.stateDims)) {
    static constexpr int64_t numbers[] = {BatchRole, HeadRole, FeatureRole,
                                          ValueRole};
    stateAt.push_back(c.position(numbers[canonical], r.sizeOf(after, dim)));
    (canonical == 2   ? keyFeature
     : canonical == 3 ? valueFeature
                      : parts.keyDims[canonical]) = stateAt.back();
  }
  if (keyFeature->kind != Kind::Position ||
      valueFeature->kind != Kind::Position)
    return false;
  Expr e = strip(r, c.read(after, stateAt));
  bool found = false;
  if (e->is<arith::AddFOp>())
    for (unsigned n : {0, 1})
      found = found || readUpdate(e->operands[n], e->operands[1 - n]);
  else if (!parts.loop)
    found = readUpdate(nullptr, e);
  parts.keyDims = {parts.keyDims[0], parts.keyDims[1], token, keyFeature};
  parts.valueDims = {parts.keyDims[0], parts.keyDims[1], token, valueFeature};
  return found;
}

//===----------------------------------------------------------------------===//
// What is read of the state
//===----------------------------------------------------------------------===//

/// Query head h reads the state of h, or of h floordiv group.
static Expr getHeadPosition(Expr index) {
  if (index->is<arith::FloorDivSIOp>() &&
      ExprContext::getInteger(index->operands[1]))
    index = index->operands[0];
  return index->kind == Kind::Position ? index : nullptr;
}

/// `at` are the indices of the output, of which `batch` and `head` are two.
bool LinearMatcher::assignOutputDims(ArrayRef<Expr> at, Expr batch, Expr head) {
  for (Expr index : at) {
    int64_t dim = index == token                ? 2
                  : index == parts.valueDims[3] ? 3
                  : index == batch              ? 0
                  : index == head               ? 1
                                                : -1;
    // A dimension of size 1 is the first that is missing.
    for (int64_t d = 0; dim < 0 && ExprContext::getInteger(index) && d < 4; ++d)
      if (!llvm::is_contained(parts.outputDims, d) &&
          (d != 2 || token == index) &&
          (d > 1 || ExprContext::getInteger(d == 0 ? batch : head)))
        dim = d;
    if (dim < 0 || llvm::is_contained(parts.outputDims, dim))
      return false;
    parts.outputDims.push_back(dim);
  }
  return true;
}

/// `output` at `at`: scale * sum over features of query * state.
bool LinearMatcher::matchOutput(Expr output, ArrayRef<Expr> at) {
  Factor part = splitFactor(r, output);
  parts.scale = part.factor;
  Expr e = strip(r, part.rest);
  if (!e->isRead())
    return false;
  auto contraction = matchContraction(r, e->value.getDefiningOp());
  if (!contraction)
    return false;
  Expr size = r.getReducedSize(contraction->getLinalg());
  if (!size || ExprContext::getInteger(size) == 1)
    return false;
  Expr feature = c.position(FeatureRole, size);
  auto operands = readProduct(e, feature);
  if (!operands)
    return false;
  for (auto [query, state] :
       {*operands, std::pair(operands->second, operands->first)})
    for (Expr s = state; s && s->isRead(); s = r.lookThrough(s)) {
      if (isa<BlockArgument>(s->value) ||
          !llvm::is_contained(s->operands, feature))
        continue;
      // The dimensions of the state by what reads them.
      LinearParts saved = parts;
      Expr valueAt = nullptr;
      SmallVector<Expr> shared;
      bool known = true;
      for (Expr index : s->operands) {
        bool byQuery =
            getHeadPosition(index) && query->dependsOn(getHeadPosition(index));
        if (index == feature)
          parts.stateDims.push_back(2);
        else if (index->kind == Kind::Position && !byQuery && !valueAt)
          parts.stateDims.push_back(3), valueAt = index;
        else if (shared.size() < 2 &&
                 (byQuery || ExprContext::getInteger(index) == 0))
          parts.stateDims.push_back(shared.size()), shared.push_back(index);
        else
          known = false;
      }
      if (known && valueAt) {
        Expr batch = c.integer(0), head = c.integer(0);
        if (shared.size() == 1 && shared[0]->kind != Kind::Position) {
          // One dimension of heads that share.
          *llvm::find(parts.stateDims, 0) = 1;
          head = shared[0];
        } else if (!shared.empty()) {
          batch = shared[0];
          head = shared.size() > 1 ? shared[1] : head;
        }
        if (getHeadPosition(head))
          head = getHeadPosition(head);
        for (Expr index : at)
          if (index != token && index != batch && index != valueAt &&
              index->kind == Kind::Position && ExprContext::getInteger(head))
            head = index;
        parts.keyDims.fill(c.integer(0));
        parts.queryDims = {batch, head, token, feature};
        parts.valueDims[3] = valueAt;
        parts.query = query;
        stateAt.clear();
        if (assignOutputDims(at, batch, head) && matchState(s->value)) {
          parts.state = s->value;
          return true;
        }
      }
      parts = saved;
    }
  return false;
}

//===----------------------------------------------------------------------===//
// Loops and single tokens
//===----------------------------------------------------------------------===//

/// Puts a slice of one token where the step says.
std::optional<LinearMatcher::Placement> LinearMatcher::findPlacement() {
  auto yield = cast<scf::YieldOp>(parts.loop.getBody()->getTerminator());
  for (auto [n, value] : llvm::enumerate(yield.getOperands())) {
    auto insert = value.getDefiningOp<tensor::InsertSliceOp>();
    BlockArgument all = parts.loop.getRegionIterArg(n);
    if (!insert || insert.getDest() != all || !all.hasOneUse())
      continue;
    std::optional<unsigned> tokenDim;
    bool whole = true;
    for (int64_t dim = 0; dim < insert.getDestType().getRank(); ++dim) {
      OpFoldResult offset = insert.getMixedOffsets()[dim],
                   size = insert.getMixedSizes()[dim];
      if (offset == OpFoldResult(parts.loop.getInductionVar()) &&
          getConstantIntValue(size) == 1 && !tokenDim) {
        tokenDim = dim;
        continue;
      }
      Expr taken = getConstantIntValue(size)
                       ? c.integer(*getConstantIntValue(size))
                       : r.scalarOf(cast<Value>(size));
      whole &= getConstantIntValue(offset) == 0 && taken == r.sizeOf(all, dim);
    }
    whole &= llvm::all_of(insert.getMixedStrides(), [](OpFoldResult stride) {
      return getConstantIntValue(stride) == 1;
    });
    if (tokenDim && whole)
      return Placement{static_cast<unsigned>(n), insert, *tokenDim};
  }
  return std::nullopt;
}

std::optional<LinearParts> LinearMatcher::match(scf::ForOp loop) {
  parts.loop = loop;
  if (getConstantIntValue(loop.getLowerBound()) != 0 ||
      getConstantIntValue(loop.getStep()) != 1 ||
      !llvm::all_of(loop.getBody()->without_terminator(),
                    [](Operation &op) { return isPure(&op); }))
    return std::nullopt;
  std::optional<Placement> placement = findPlacement();
  if (!placement)
    return std::nullopt;
  parts.output = loop.getResult(placement->result);
  Expr count = r.scalarOf(loop.getUpperBound());
  token = c.position(QueryRole, count);
  Value init = loop.getInitArgs()[placement->result];
  if (r.sizeOf(init, placement->tokenDim) != count)
    return std::nullopt;
  SmallVector<Expr> at, piece;
  llvm::SmallBitVector dropped = placement->insert.getDroppedDims();
  for (int64_t dim = 0; dim < placement->insert.getDestType().getRank();
       ++dim) {
    bool isToken = dim == static_cast<int64_t>(placement->tokenDim);
    at.push_back(isToken ? token
                         : c.position(FirstLoop + dim, r.sizeOf(init, dim)));
    if (!dropped.test(dim))
      piece.push_back(isToken ? c.integer(0) : at.back());
  }
  if (!matchOutput(c.read(placement->insert.getSource(), piece), at))
    return std::nullopt;
  // The state goes from step to step.
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  for (auto [n, value] : llvm::enumerate(yield.getOperands()))
    if (value == parts.state && loop.getRegionIterArg(n) == before) {
      parts.initialState = loop.getInitArgs()[n];
      parts.state = loop.getResult(n);
      if (!leaveLoop())
        return std::nullopt;
      bool onlyThese = llvm::all_of(loop.getResults(), [&](OpResult result) {
        return result == parts.output || result == parts.state ||
               result.use_empty();
      });
      if (!onlyThese)
        fail("expected a loop of which nothing but outputs and state is used");
      return onlyThese ? std::optional(parts) : std::nullopt;
    }
  fail("expected the next step to begin with the state that the output reads");
  return std::nullopt;
}

std::optional<LinearParts> LinearMatcher::matchToken(Operation *output) {
  token = c.integer(0);
  parts.output = output->getResult(0);
  SmallVector<Expr> at;
  int64_t rank = cast<RankedTensorType>(parts.output.getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim)
    at.push_back(c.position(FirstLoop + dim, r.sizeOf(parts.output, dim)));
  if (rank > 4 || !matchOutput(c.read(parts.output, at), at))
    return std::nullopt;
  parts.initialState = before;
  return parts;
}
