//===- Einsum.cpp - Sums of products by an equation -----------------------===//
//
// "bhqd,bhkd->bhqk": each letter is a loop; letters that the output lacks are
// summed over. `...` stands for dimensions that are counted from the right.
//
//===----------------------------------------------------------------------===//

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <map>

using namespace mlir;
using namespace mlir::attn::onnx;

/// A letter, or `dots` plus the distance from the right.
using Label = int;
using Labels = SmallVector<Label>;
static constexpr Label dots = 256;

namespace {
struct Equation {
  SmallVector<Labels> inputs;
  Labels output;
};

/// The loops, those over the output's labels first.
struct Loops {
  Labels labels;
  std::map<Label, OpFoldResult> sizes;

  int64_t find(Label label) const {
    return llvm::find(labels, label) - labels.begin();
  }
};
} // namespace

static int64_t countLetters(StringRef term) {
  return llvm::count_if(term, [](char c) { return llvm::isAlpha(c); });
}

/// One term, in which `...` stands for `hidden` dimensions.
static FailureOr<Labels> readTerm(Node &n, StringRef term, int64_t hidden) {
  Labels labels;
  bool hasDots = false;
  while (!term.empty()) {
    if (term.consume_front("...")) {
      if (std::exchange(hasDots, true))
        return n.error() << "expected one '...' a term";
      for (int64_t d = hidden; d > 0; --d)
        labels.push_back(dots + d);
    } else if (llvm::isAlpha(term.front())) {
      labels.push_back(term.front());
      term = term.drop_front();
    } else if (term.front() == ' ') {
      term = term.drop_front();
    } else {
      return n.error() << "expected letters, ',', '...' and '->' in the "
                          "equation, got '"
                       << Importer::printable(term.take_front().str()) << "'";
    }
  }
  return labels;
}

/// Without `->`: the dots, then what stands there once, by the alphabet.
static Labels getImpliedOutput(ArrayRef<Labels> inputs, int64_t hidden) {
  std::map<Label, int> counts;
  for (const Labels &labels : inputs)
    for (Label label : labels)
      ++counts[label];
  Labels output;
  for (int64_t d = hidden; d > 0; --d)
    output.push_back(dots + d);
  for (auto [label, count] : counts)
    if (label < dots && count == 1)
      output.push_back(label);
  return output;
}

static LogicalResult checkOutput(Node &n, const Equation &equation) {
  for (auto [i, label] : llvm::enumerate(equation.output)) {
    bool isRead = llvm::any_of(equation.inputs, [&, label = label](auto &in) {
      return llvm::is_contained(in, label);
    });
    if (!isRead ||
        llvm::is_contained(ArrayRef(equation.output).take_front(i), label))
      return n.error() << "expected labels of inputs in the equation's output, "
                          "each once, got '"
                       << char(label) << "'";
  }
  return success();
}

static FailureOr<Equation> readEquation(Node &n) {
  std::string text = n.stringAttr("equation", "");
  auto [left, right] = StringRef(text).split("->");
  const bool isExplicit = StringRef(text).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.numInputs())
    return n.error() << "expected an equation with " << n.numInputs()
                     << " terms, got '" << Importer::printable(text) << "'";
  Equation equation;
  int64_t mostHidden = 0;
  for (auto [i, term] : llvm::enumerate(terms)) {
    const Operand &operand = n.input(i);
    const int64_t hidden = operand.rank() - countLetters(term);
    if (hidden < 0 || (hidden > 0 && !term.contains("...")))
      return n.error() << "expected a term for " << operand.rank()
                       << " dimensions of '" << operand.name << "', got '"
                       << Importer::printable(term.str()) << "'";
    FailureOr<Labels> labels = readTerm(n, term, hidden);
    if (failed(labels))
      return failure();
    equation.inputs.push_back(*labels);
    mostHidden = std::max(mostHidden, hidden);
  }
  if (!isExplicit) {
    equation.output = getImpliedOutput(equation.inputs, mostHidden);
    return equation;
  }
  FailureOr<Labels> output = readTerm(n, right, mostHidden);
  if (failed(output))
    return failure();
  equation.output = *output;
  if (failed(checkOutput(n, equation)))
    return failure();
  return equation;
}

/// Dimensions of one label must agree; size 1 is read again and again.
static FailureOr<Loops> getLoops(Node &n, const Equation &equation) {
  Loops loops;
  loops.labels = equation.output;
  std::map<Label, SmallVector<std::pair<size_t, int64_t>>> from;
  for (auto [i, labels] : llvm::enumerate(equation.inputs))
    for (auto [d, label] : llvm::enumerate(labels)) {
      if (!llvm::is_contained(loops.labels, label))
        loops.labels.push_back(label);
      OpFoldResult size = n.input(i).shape[d];
      for (auto [operand, dim] : from[label])
        if (failed(requireBroadcast(n, n.input(i), d, n.input(operand), dim)))
          return failure();
      from[label].emplace_back(i, d);
      auto [it, isNew] = loops.sizes.try_emplace(label, size);
      if (!isNew)
        it->second = n.math.broadcast(it->second, size);
    }
  return loops;
}

static AffineMap getMap(Node &n, const Operand &operand, const Labels &labels,
                        const Loops &loops) {
  SmallVector<AffineExpr> exprs;
  for (auto [d, label] : llvm::enumerate(labels)) {
    const bool repeats = constantOf(operand.shape[d]) == 1 &&
                         constantOf(loops.sizes.at(label)) != 1;
    exprs.push_back(repeats ? n.b.getAffineConstantExpr(0)
                            : n.b.getAffineDimExpr(loops.find(label)));
  }
  return AffineMap::get(loops.labels.size(), 0, exprs, n.b.getContext());
}

/// Where a dimension may turn out to be 1 when the code runs, the operand is
/// repeated beforehand: loops over a product are to read by affine maps.
static Operand repeatWhereUnknown(Node &n, const Operand &operand,
                                  const Labels &labels, const Loops &loops) {
  Sizes sizes;
  for (Label label : labels)
    sizes.push_back(loops.sizes.at(label));
  if (BroadcastReader(n, operand, sizes).isAffine())
    return operand;
  return repeatTo(n, operand, sizes);
}

/// The sum of products over the loops, in f32 for the 16-bit floats.
static FailureOr<Operand> emitSum(Node &n, const Equation &equation,
                                  const Loops &loops) {
  Type wide = accumulatorType(n.b, n.input(0).elementType());
  const int64_t rank = equation.output.size(), all = loops.labels.size();
  Sizes sizes;
  for (Label label : equation.output)
    sizes.push_back(loops.sizes.at(label));
  if (failed(checkSizes(n, sizes)))
    return failure();
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (auto [input, labels] : llvm::zip(n.allInputs(), equation.inputs)) {
    Operand operand = repeatWhereUnknown(n, input, labels, loops);
    operands.push_back(operand.value);
    maps.push_back(getMap(n, operand, labels, loops));
  }
  SmallVector<AffineExpr> kept;
  for (int64_t d = 0; d < rank; ++d)
    kept.push_back(n.b.getAffineDimExpr(d));
  maps.push_back(AffineMap::get(all, 0, kept, n.b.getContext()));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.resize(all, utils::IteratorType::reduction);
  ScalarBuilder s(n.b, n.loc);
  Value init = filledTensor(n, sizes, s.number(wide, 0));
  auto body = [&](OpBuilder &nested, Location loc, ValueRange v) {
    ScalarBuilder s(nested, loc);
    Value product = s.convert(v[0], wide, false, false);
    for (Value factor : v.drop_front().drop_back())
      product = s.mul(product, s.convert(factor, wide, false, false));
    linalg::YieldOp::create(nested, loc, s.add(v.back(), product));
  };
  auto generic = linalg::GenericOp::create(n.b, n.loc, init.getType(), operands,
                                           init, maps, iterators, body);
  return makeOperand(n, generic.getResult(0), sizes, n.input(0).isUnsigned);
}

static LogicalResult importEinsum(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  FailureOr<Equation> equation = readEquation(n);
  if (failed(equation))
    return failure();
  FailureOr<Loops> loops = getLoops(n, *equation);
  if (failed(loops))
    return failure();
  const Operand &first = n.input(0);
  FailureOr<Operand> sum = emitSum(n, *equation, *loops);
  if (failed(sum))
    return failure();
  return n.setOutput(0, castTo(n, *sum, first.elementType(), first.isUnsigned));
}

ArrayRef<OpEntry> mlir::attn::onnx::einsumOps() {
  static const OpEntry table[] = {{"Einsum", importEinsum, 1, variadic}};
  return table;
}
