//===- RegionText.cpp - Masks and score modifiers as text -----------------===//
#include "attn/Analysis/RegionText.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Unicode.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static void collectNames(Location loc, llvm::SetVector<StringAttr> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    names.insert(name.getName());
  else if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNames(part, names);
  else if (auto call = dyn_cast<CallSiteLoc>(loc))
    collectNames(call.getCallee(), names);
}

/// Names are whatever a file holds.
static std::string printable(StringRef name) {
  if (llvm::sys::unicode::columnWidthUTF8(name) >= 0)
    return name.str();
  std::string result = name.str();
  for (char &c : result)
    if (!llvm::isPrint(c))
      c = '?';
  return result;
}

static void collectPlaces(Location loc, llvm::SetVector<unsigned> &lines) {
  loc->walk([&](Location part) {
    if (auto place = dyn_cast<FileLineColLoc>(part); place && place.getLine())
      lines.insert(place.getLine());
    return WalkResult::advance();
  });
}

SmallVector<std::string> mlir::attn::getNodeNames(Location loc) {
  llvm::SetVector<StringAttr> names;
  collectNames(loc, names);
  SmallVector<std::string> result;
  for (StringAttr name : names)
    result.push_back(printable(name));
  if (!result.empty())
    return result;
  llvm::SetVector<unsigned> lines;
  collectPlaces(loc, lines);
  for (unsigned line : lines)
    result.push_back("line " + std::to_string(line));
  return result;
}

static StringAttr getNameAttr(BlockArgument argument, StringRef name,
                              std::optional<int64_t> element = std::nullopt) {
  auto function = dyn_cast_if_present<FunctionOpInterface>(
      argument.getParentBlock()->getParentOp());
  if (!function)
    return {};
  Attribute attribute = function.getArgAttr(argument.getArgNumber(), name);
  if (!element)
    return dyn_cast_if_present<StringAttr>(attribute);
  auto list = dyn_cast_if_present<ArrayAttr>(attribute);
  return list && *element < static_cast<int64_t>(list.size())
             ? dyn_cast<StringAttr>(list[*element])
             : StringAttr();
}

std::string mlir::attn::describeTensor(Value tensor) {
  while (auto cast = tensor.getDefiningOp<tensor::CastOp>())
    tensor = cast.getSource();
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    if (StringAttr name = getNameAttr(argument, "attn.name"))
      return printable(name);
    return "arg" + std::to_string(argument.getArgNumber());
  }
  Operation *op = tensor.getDefiningOp();
  if (matchPattern(op, m_Constant()))
    return "constant";
  SmallVector<std::string> names = getNodeNames(op->getLoc());
  return names.empty() ? op->getName().getStringRef().str() : names.back();
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

namespace {
/// Binds the tighter, the larger.
enum Precedence { Choice, Or, And, Not, Comparison, Sum, Product, Atom };

struct Text {
  std::string text;
  Precedence precedence = Atom;

  /// In parentheses where what is around it binds tighter.
  std::string in(Precedence around) const {
    return precedence < around ? "(" + text + ")" : text;
  }
};

/// Writes values, down to a depth.
class RegionWriter {
public:
  /// What the region of an attention yields.
  std::string writeRegion(Region &region) {
    static constexpr StringLiteral names[] = {"score", "b", "h", "i", "j"};
    Block &block = region.front();
    unsigned first = block.getNumArguments() == 4 ? 1 : 0;
    for (auto [n, argument] : llvm::enumerate(block.getArguments()))
      if (n + first < std::size(names))
        known[argument] = {names[n + first].str()};
    return cut(write(block.getTerminator()->getOperand(0)).text);
  }

  Text write(Value value);
  Text writeSize(Value tensor, int64_t dim);

private:
  Text writeRead(tensor::ExtractOp read);
  Text writeBranch(scf::IfOp op, unsigned result);
  Text writeSize(OpFoldResult size);
  Text writeOp(Operation *op, unsigned result);
  Text writePosition(Operation *op);
  Text writeArithmetic(Operation *op);
  Text join(Operation *op, StringRef symbol, Precedence precedence);
  std::string offset(Operation *op, unsigned operand);
  std::string list(ValueRange values);

  static std::string cut(std::string text) {
    constexpr size_t longest = 400;
    if (text.size() <= longest)
      return text;
    text.resize(longest);
    return text + "…";
  }

  DenseMap<Value, Text> known;
  unsigned depth = 0;
};
} // namespace

std::string RegionWriter::list(ValueRange values) {
  SmallVector<std::string> texts;
  for (Value value : values)
    texts.push_back(write(value).text);
  return llvm::join(texts, ", ");
}

Text RegionWriter::write(Value value) {
  auto it = known.find(value);
  if (it != known.end())
    return it->second;
  if (isa<RankedTensorType>(value.getType()))
    return {describeTensor(value)};
  auto result = dyn_cast<OpResult>(value);
  constexpr unsigned deepest = 24;
  if (!result || depth >= deepest)
    return known[value] = {result ? "…" : describeTensor(value)};
  ++depth;
  Text text = writeOp(result.getOwner(), result.getResultNumber());
  --depth;
  // Shared parts would be written again and again.
  text.text = cut(std::move(text.text));
  return known[value] = text;
}

Text RegionWriter::join(Operation *op, StringRef symbol,
                        Precedence precedence) {
  Text a = write(op->getOperand(0)), b = write(op->getOperand(1));
  // a - (b - c) needs its parentheses.
  bool ordered =
      precedence == Sum || precedence == Product || precedence == Comparison;
  auto right = static_cast<Precedence>(precedence + (ordered ? 1 : 0));
  if (symbol == "+" && StringRef(b.text).consume_front("-"))
    return {a.in(precedence) + " - " + b.in(right).substr(1), precedence};
  return {a.in(precedence) + " " + symbol.str() + " " + b.in(right),
          precedence};
}

/// " + offset" where an op on positions has one.
std::string RegionWriter::offset(Operation *op, unsigned operand) {
  if (op->getNumOperands() <= operand)
    return "";
  std::string text = write(op->getOperand(operand)).in(Sum);
  return StringRef(text).starts_with("-") ? " - " + text.substr(1)
                                          : " + " + text;
}

static std::string writeNumber(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// Those that people have shorter words for than the op's.
Text RegionWriter::writePosition(Operation *op) {
  if (isa<CausalOp>(op)) {
    std::string by = offset(op, 2);
    return {by.empty() ? "causal" : "causal(i" + by + ")"};
  }
  if (auto window = dyn_cast<WindowOp>(op)) {
    std::string by = offset(op, 2);
    auto size = [&](int64_t n) { return n < 0 ? "all" : std::to_string(n); };
    std::string at = by.empty() ? "" : "(i" + by + ")";
    const int64_t left = window.getLeft(), right = window.getRight();
    if (right < 0)
      return {"window" + at + " " + std::to_string(left + 1)};
    if (right == 0 && left >= 0)
      return {(at.empty() ? "causal" : "causal" + at) + " & window" + at + " " +
                  std::to_string(left + 1),
              And};
    return {"window" + at + " " + size(left) + ":" + size(right)};
  }
  if (auto prefix = dyn_cast<PrefixOp>(op))
    return {"prefix " + write(op->getOperand(1)).in(Atom)};
  if (auto segments = dyn_cast<SameSegmentOp>(op)) {
    std::string rows = describeTensor(segments.getQuerySegments());
    std::string columns = describeTensor(segments.getKeySegments());
    return {"segments " + rows + (rows == columns ? "" : ", " + columns)};
  }
  if (auto softcap = dyn_cast<SoftcapOp>(op))
    return {"softcap(" + write(op->getOperand(0)).text + ", " +
            writeNumber(softcap.getCap().convertToDouble()) + ")"};
  return {};
}

static StringRef getSymbol(arith::CmpIPredicate predicate) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return "==";
  case P::ne:
    return "!=";
  case P::slt:
  case P::ult:
    return "<";
  case P::sle:
  case P::ule:
    return "<=";
  case P::sgt:
  case P::ugt:
    return ">";
  case P::sge:
  case P::uge:
    return ">=";
  }
  llvm_unreachable("all predicates are handled");
}

Text RegionWriter::writeArithmetic(Operation *op) {
  if (isa<arith::AndIOp>(op))
    return join(op, "&", And);
  if (isa<arith::OrIOp>(op))
    return join(op, "|", Or);
  if (auto flip = dyn_cast<arith::XOrIOp>(op);
      flip && matchPattern(flip.getRhs(), m_One()))
    return {"!" + write(flip.getLhs()).in(Not), Not};
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return join(op, getSymbol(compare.getPredicate()), Comparison);
  if (isa<arith::AddIOp, arith::AddFOp>(op))
    return join(op, "+", Sum);
  if (isa<arith::SubIOp, arith::SubFOp>(op))
    return join(op, "-", Sum);
  if (isa<arith::MulIOp, arith::MulFOp>(op))
    return join(op, "*", Product);
  if (isa<arith::DivFOp, arith::FloorDivSIOp>(op))
    return join(op, "/", Product);
  if (isa<arith::RemSIOp, arith::RemUIOp>(op))
    return join(op, "%", Product);
  if (auto choice = dyn_cast<arith::SelectOp>(op))
    return {write(choice.getCondition()).in(Or) + " ? " +
                write(choice.getTrueValue()).in(Or) + " : " +
                write(choice.getFalseValue()).in(Choice),
            Choice};
  return {};
}

static std::string writeConstant(Attribute value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto number = dyn_cast<FloatAttr>(value))
    os << writeNumber(number.getValueAsDouble());
  else if (auto flag = dyn_cast<BoolAttr>(value))
    os << (flag.getValue() ? "true" : "false");
  else if (auto number = dyn_cast<IntegerAttr>(value))
    os << number.getValue();
  else
    os << "constant";
  return text;
}

/// Where the condition is checked, the other branch is never meant.
Text RegionWriter::writeBranch(scf::IfOp op, unsigned result) {
  Text yes = write(op.thenYield().getOperand(result));
  if (llvm::any_of(op.getCondition().getUsers(), llvm::IsaPred<cf::AssertOp>))
    return yes;
  Text no = write(op.elseYield().getOperand(result));
  return {write(op.getCondition()).in(Or) + " ? " + yes.in(Or) + " : " +
              no.in(Choice),
          Choice};
}

Text RegionWriter::writeOp(Operation *op, unsigned result) {
  Attribute constant;
  if (matchPattern(op, m_Constant(&constant)))
    return {writeConstant(constant)};
  if (Text text = writePosition(op); !text.text.empty())
    return text;
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return writeRead(extract);
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    if (std::optional<int64_t> index = dim.getConstantIndex();
        index && isa<RankedTensorType>(dim.getSource().getType()))
      return writeSize(dim.getSource(), *index);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return writeBranch(branch, result);
  // Conversions do not change what is meant.
  if (isa<CastOpInterface>(op) && op->getNumOperands() == 1 &&
      !isa<arith::FPToSIOp, arith::FPToUIOp>(op))
    return write(op->getOperand(0));
  if (Text text = writeArithmetic(op); !text.text.empty())
    return text;
  if (op->getNumOperands() == 0 || op->getNumResults() != 1 ||
      op->getNumRegions())
    return {describeTensor(op->getResult(result))};
  return {op->getName().stripDialect().str() + "(" + list(op->getOperands()) +
          ")"};
}

/// A tensor that an op computes from its positions alone is what its body says,
/// where that is short.
Text RegionWriter::writeRead(tensor::ExtractOp read) {
  std::string named = describeTensor(read.getTensor());
  if (!read.getIndices().empty())
    named += "[" + list(read.getIndices()) + "]";
  auto table = read.getTensor().getDefiningOp<linalg::GenericOp>();
  if (!table || table.getNumDpsInputs() || table.getNumResults() != 1 ||
      !table.getMatchingIndexingMap(table.getDpsInitOperand(0)).isIdentity())
    return {named};
  RegionWriter body;
  for (auto index : table.getBody()->getOps<linalg::IndexOp>())
    body.known[index] = write(read.getIndices()[index.getDim()]);
  Text text = body.write(table.getBody()->getTerminator()->getOperand(0));
  constexpr size_t longest = 60;
  if (text.text.size() <= longest)
    return text;
  return {"table[" + list(read.getIndices()) + "]"};
}

Text RegionWriter::writeSize(OpFoldResult size) {
  if (auto attribute = dyn_cast<Attribute>(size))
    return {writeConstant(attribute)};
  return write(cast<Value>(size));
}

/// By what made the tensor, up to where it is an input.
Text RegionWriter::writeSize(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return {std::to_string(type.getDimSize(dim))};
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    StringAttr name = getNameAttr(argument, "attn.dim_names", dim);
    if (name && !name.empty())
      return {printable(name)};
    return {describeTensor(tensor) + "." + std::to_string(dim)};
  }
  Operation *op = tensor.getDefiningOp();
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return writeSize(cast.getSource(), dim);
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return writeSize(empty.getMixedSizes()[dim]);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return writeSize(expand.getMixedOutputShape()[dim]);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    if (ReassociationIndices group = collapse.getReassociationIndices()[dim];
        group.size() == 1)
      return writeSize(collapse.getSrc(), group.front());
  if (auto rotary = dyn_cast<RotaryEmbeddingOp>(op))
    return writeSize(rotary.getInput(), dim);
  if (auto update = dyn_cast<CacheUpdateOp>(op))
    return writeSize(update.getCache(), dim);
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return writeSize(style.getTiedOpOperand(cast<OpResult>(tensor))->get(),
                     dim);
  return {describeTensor(tensor) + "." + std::to_string(dim)};
}

std::string mlir::attn::describeSize(Value tensor, int64_t dim) {
  return RegionWriter().writeSize(tensor, dim).text;
}

std::string mlir::attn::describeMask(AttentionOp op) {
  return op.getMask().empty() ? "all"
                              : RegionWriter().writeRegion(op.getMask());
}

std::string mlir::attn::describeScore(AttentionOp op) {
  return op.getScore().empty() ? "score"
                               : RegionWriter().writeRegion(op.getScore());
}

std::string mlir::attn::describeSink(AttentionOp op) {
  Value sink = op.getSink();
  if (!sink)
    return "";
  DenseFPElementsAttr logits;
  if (matchPattern(sink, m_Constant(&logits)) && logits.isSplat())
    return writeNumber(logits.getSplatValue<APFloat>().convertToDouble());
  return describeTensor(sink) + "[h]";
}

//===----------------------------------------------------------------------===//
// Tensors of pairs
//===----------------------------------------------------------------------===//

/// Whether a value of a region goes by the whole of one of its arguments.
static bool goesBy(Value value, Value position, DenseMap<Value, bool> &known) {
  auto [it, isNew] = known.try_emplace(value, value == position);
  if (!isNew || it->second)
    return it->second;
  Operation *op = value.getDefiningOp();
  // A part of a position, as a row of a picture, is not one value for each.
  bool isPart =
      isa_and_present<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp,
                      arith::RemSIOp, arith::RemUIOp>(op);
  bool result =
      op && !isPart && llvm::any_of(op->getOperands(), [&](Value operand) {
        return goesBy(operand, position, known);
      });
  return known[value] = result;
}

static Value findTensorOfPairs(Region &region) {
  if (region.empty())
    return {};
  Block &block = region.front();
  Value query = block.getArguments().end()[-2],
        key = block.getArguments().back();
  DenseMap<Value, bool> byQuery, byKey;
  Value found;
  region.walk([&](tensor::ExtractOp read) {
    bool rows = false, columns = false;
    for (Value index : read.getIndices()) {
      bool i = goesBy(index, query, byQuery), j = goesBy(index, key, byKey);
      rows |= i && !j;
      columns |= j && !i;
    }
    if (rows && columns)
      found = read.getTensor();
  });
  return found;
}

Value mlir::attn::findTensorOfPairs(AttentionOp op) {
  Value inMask = ::findTensorOfPairs(op.getMask());
  return inMask ? inMask : ::findTensorOfPairs(op.getScore());
}
