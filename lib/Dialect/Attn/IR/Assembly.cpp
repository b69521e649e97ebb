//===- Assembly.cpp - Custom directives of the assembly format ------------===//
#include "Assembly.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

static ParseResult parseNamedRegion(OpAsmParser &parser, StringRef name,
                                    Region &region) {
  if (failed(parser.parseOptionalKeyword(name)))
    return success();
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                               /*allowType=*/true))
    return failure();
  auto location = parser.getCurrentLocation();
  if (parser.parseRegion(region, arguments))
    return failure();
  if (region.empty())
    return parser.emitError(location)
           << "expected the " << name << " region to have a body, got none";
  return success();
}

static void printNamedRegion(OpAsmPrinter &printer, StringRef name,
                             Region &region) {
  if (region.empty())
    return;
  printer << " " << name << " (";
  llvm::interleaveComma(region.getArguments(), printer, [&](BlockArgument arg) {
    printer.printRegionArgument(arg);
  });
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

#define NAMED_REGION(Name, keyword)                                            \
  ParseResult attn::parse##Name##Region(OpAsmParser &parser, Region &region) { \
    return parseNamedRegion(parser, keyword, region);                          \
  }                                                                            \
  void attn::print##Name##Region(OpAsmPrinter &printer, Operation *,           \
                                 Region &region) {                             \
    printNamedRegion(printer, keyword, region);                                \
  }
NAMED_REGION(Score, "score")
NAMED_REGION(Mask, "mask")
NAMED_REGION(Prob, "prob")
#undef NAMED_REGION

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

namespace {
struct NamedLayout {
  StringRef name;
  DenseI64ArrayAttr *attr;
  int64_t rank = 4;
  bool scores = false;
};
} // namespace

static ParseResult parseDimNames(OpAsmParser &parser,
                                 const NamedLayout &layout) {
  SmallVector<int64_t> dims;
  auto parseDim = [&]() -> ParseResult {
    StringRef name;
    auto location = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    for (int64_t dim = 0; dim < layout.rank; ++dim)
      if (name == getDimName(dim, layout.scores))
        return dims.push_back(dim), success();
    return parser.emitError(location)
           << "expected a dimension name of the " << layout.name
           << " layout, got '" << name << "'";
  };
  auto location = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, parseDim))
    return failure();
  if (static_cast<int64_t>(dims.size()) != layout.rank)
    return parser.emitError(location)
           << "expected " << layout.rank << " dimensions in the " << layout.name
           << " layout, got " << dims.size();
  // Repeated names reach the verifier, which every other way of building the op
  // passes too.
  *layout.attr = getLayoutAttr(parser.getContext(), dims);
  return success();
}

static ParseResult parseLayouts(OpAsmParser &parser,
                                ArrayRef<NamedLayout> layouts) {
  if (failed(parser.parseOptionalKeyword("layout")))
    return success();
  for (const NamedLayout &layout : layouts)
    if (succeeded(parser.parseOptionalKeyword(layout.name)) &&
        failed(parseDimNames(parser, layout)))
      return failure();
  return success();
}

static void printDimNames(OpAsmPrinter &printer, const NamedLayout &layout) {
  printer << "[";
  llvm::interleaveComma(layout.attr->asArrayRef(), printer, [&](int64_t dim) {
    printer << getDimName(dim, layout.scores);
  });
  printer << "]";
}

static void printLayouts(OpAsmPrinter &printer, ArrayRef<NamedLayout> layouts) {
  if (llvm::none_of(layouts, [](auto &layout) { return *layout.attr; }))
    return;
  printer << " layout";
  for (const NamedLayout &layout : layouts) {
    if (!*layout.attr)
      continue;
    printer << " " << layout.name << " ";
    printDimNames(printer, layout);
  }
}

ParseResult
attn::parseAttentionLayouts(OpAsmParser &parser, DenseI64ArrayAttr &query,
                            DenseI64ArrayAttr &key, DenseI64ArrayAttr &value,
                            DenseI64ArrayAttr &output, DenseI64ArrayAttr &lse,
                            DenseI64ArrayAttr &scores) {
  return parseLayouts(parser, {{"query", &query},
                               {"key", &key},
                               {"value", &value},
                               {"output", &output},
                               {"lse", &lse, 3},
                               {"scores", &scores, 4, true}});
}

void attn::printAttentionLayouts(OpAsmPrinter &printer, Operation *,
                                 DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                                 DenseI64ArrayAttr value,
                                 DenseI64ArrayAttr output,
                                 DenseI64ArrayAttr lse,
                                 DenseI64ArrayAttr scores) {
  printLayouts(printer, {{"query", &query},
                         {"key", &key},
                         {"value", &value},
                         {"output", &output},
                         {"lse", &lse, 3},
                         {"scores", &scores, 4, true}});
}

ParseResult attn::parseAttendLayouts(OpAsmParser &parser,
                                     DenseI64ArrayAttr &query,
                                     DenseI64ArrayAttr &key,
                                     DenseI64ArrayAttr &value) {
  return parseLayouts(parser,
                      {{"query", &query}, {"key", &key}, {"value", &value}});
}

void attn::printAttendLayouts(OpAsmPrinter &printer, Operation *,
                              DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                              DenseI64ArrayAttr value) {
  printLayouts(printer, {{"query", &query}, {"key", &key}, {"value", &value}});
}

ParseResult attn::parseFinalizeLayouts(OpAsmParser &parser,
                                       DenseI64ArrayAttr &output,
                                       DenseI64ArrayAttr &lse) {
  return parseLayouts(parser, {{"output", &output}, {"lse", &lse, 3}});
}

void attn::printFinalizeLayouts(OpAsmPrinter &printer, Operation *,
                                DenseI64ArrayAttr output,
                                DenseI64ArrayAttr lse) {
  printLayouts(printer, {{"output", &output}, {"lse", &lse, 3}});
}

ParseResult attn::parseLinearLayouts(OpAsmParser &parser,
                                     DenseI64ArrayAttr &query,
                                     DenseI64ArrayAttr &key,
                                     DenseI64ArrayAttr &value,
                                     DenseI64ArrayAttr &output) {
  return parseLayouts(parser, {{"query", &query},
                               {"key", &key},
                               {"value", &value},
                               {"output", &output}});
}

void attn::printLinearLayouts(OpAsmPrinter &printer, Operation *,
                              DenseI64ArrayAttr query, DenseI64ArrayAttr key,
                              DenseI64ArrayAttr value,
                              DenseI64ArrayAttr output) {
  printLayouts(printer, {{"query", &query},
                         {"key", &key},
                         {"value", &value},
                         {"output", &output}});
}

ParseResult attn::parseLayout(OpAsmParser &parser, DenseI64ArrayAttr &layout) {
  if (failed(parser.parseOptionalKeyword("layout")))
    return success();
  return parseDimNames(parser, {"input", &layout});
}

void attn::printLayout(OpAsmPrinter &printer, Operation *,
                       DenseI64ArrayAttr layout) {
  if (!layout)
    return;
  printer << " layout ";
  printDimNames(printer, {"input", &layout});
}

//===----------------------------------------------------------------------===//
// Types of optional operands
//===----------------------------------------------------------------------===//

static ParseResult
parseNamedTypes(OpAsmParser &parser,
                ArrayRef<std::pair<StringRef, Type *>> names) {
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    auto location = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    auto found = llvm::find_if(
        names, [&](auto &named) { return named.first == keyword; });
    if (found == names.end() || *found->second)
      return parser.emitError(location)
             << "expected the type of an optional operand, each once, got '"
             << keyword << "'";
    if (parser.parseType(*found->second))
      return failure();
  }
  return success();
}

static void printNamedTypes(OpAsmPrinter &printer,
                            ArrayRef<std::pair<StringRef, Type>> names) {
  for (auto [name, type] : names)
    if (type)
      printer << ", " << name << " " << type;
}

ParseResult attn::parseLinearOperandTypes(OpAsmParser &parser, Type &decay,
                                          Type &beta, Type &state) {
  return parseNamedTypes(
      parser, {{"decay", &decay}, {"beta", &beta}, {"state", &state}});
}
void attn::printLinearOperandTypes(OpAsmPrinter &printer, Operation *,
                                   Type decay, Type beta, Type state) {
  printNamedTypes(printer,
                  {{"decay", decay}, {"beta", beta}, {"state", state}});
}
ParseResult attn::parseLinearGateTypes(OpAsmParser &parser, Type &decay,
                                       Type &beta) {
  return parseNamedTypes(parser, {{"decay", &decay}, {"beta", &beta}});
}
void attn::printLinearGateTypes(OpAsmPrinter &printer, Operation *, Type decay,
                                Type beta) {
  printNamedTypes(printer, {{"decay", decay}, {"beta", beta}});
}
ParseResult attn::parseRotaryOperandTypes(OpAsmParser &parser, Type &cos,
                                          Type &sin, Type &positions) {
  return parseNamedTypes(
      parser, {{"cos", &cos}, {"sin", &sin}, {"positions", &positions}});
}
void attn::printRotaryOperandTypes(OpAsmPrinter &printer, Operation *, Type cos,
                                   Type sin, Type positions) {
  printNamedTypes(printer,
                  {{"cos", cos}, {"sin", sin}, {"positions", positions}});
}

//===----------------------------------------------------------------------===//
// Result types
//===----------------------------------------------------------------------===//

ParseResult attn::parseAttentionResults(OpAsmParser &parser,
                                        ScoresStageAttr &stage, Type &output,
                                        Type &lse, Type &scores) {
  if (failed(parser.parseOptionalLParen()))
    return parser.parseType(output);
  if (parser.parseType(output))
    return failure();
  while (succeeded(parser.parseOptionalComma())) {
    StringRef name;
    auto location = parser.getCurrentLocation();
    Type type;
    if (parser.parseKeyword(&name) || parser.parseType(type))
      return failure();
    auto parsed = symbolizeScoresStage(name);
    if (name == "lse" && !lse && !scores) {
      lse = type;
    } else if (parsed && !scores) {
      stage = ScoresStageAttr::get(parser.getContext(), *parsed);
      scores = type;
    } else {
      return parser.emitError(location)
             << "expected 'lse' and then one of 'scaled', 'intermediate', "
                "'modified' "
                "or 'weights', each at most once, got '"
             << name << "'";
    }
  }
  return parser.parseRParen();
}

void attn::printAttentionResults(OpAsmPrinter &printer, Operation *,
                                 ScoresStageAttr stage, Type output, Type lse,
                                 Type scores) {
  if (!lse && !scores) {
    printer << output;
    return;
  }
  printer << "(" << output;
  if (lse)
    printer << ", lse " << lse;
  if (scores)
    printer << ", " << stringifyScoresStage(stage.getValue()) << " " << scores;
  printer << ")";
}

static ParseResult parseOutputAnd(OpAsmParser &parser, StringRef keyword,
                                  Type &output, Type &second) {
  if (failed(parser.parseOptionalLParen()))
    return parser.parseType(output);
  if (parser.parseType(output))
    return failure();
  if (succeeded(parser.parseOptionalComma())) {
    Type type;
    if (parser.parseKeyword(keyword) || parser.parseType(type))
      return failure();
    second = type;
  }
  return parser.parseRParen();
}

static void printOutputAnd(OpAsmPrinter &printer, StringRef keyword,
                           Type output, Type second) {
  if (!second)
    printer << output;
  else
    printer << "(" << output << ", " << keyword << " " << second << ")";
}

ParseResult attn::parseOutputAndLse(OpAsmParser &parser, Type &output,
                                    Type &lse) {
  return parseOutputAnd(parser, "lse", output, lse);
}
void attn::printOutputAndLse(OpAsmPrinter &printer, Operation *, Type output,
                             Type lse) {
  printOutputAnd(printer, "lse", output, lse);
}
ParseResult attn::parseOutputAndState(OpAsmParser &parser, Type &output,
                                      Type &state) {
  return parseOutputAnd(parser, "state", output, state);
}
void attn::printOutputAndState(OpAsmPrinter &printer, Operation *, Type output,
                               Type state) {
  printOutputAnd(printer, "state", output, state);
}

ParseResult attn::parseStateTypes(OpAsmParser &parser, Type &acc, Type &max,
                                  Type &sum) {
  if (parser.parseType(acc) || parser.parseComma() || parser.parseType(max))
    return failure();
  sum = max;
  return success();
}
void attn::printStateTypes(OpAsmPrinter &printer, Operation *, Type acc,
                           Type max, Type) {
  printer << acc << ", " << max;
}

ParseResult attn::parseNewStateTypes(OpAsmParser &parser, Type &acc, Type &max,
                                     SmallVectorImpl<Type> &results) {
  Type sum;
  if (parseStateTypes(parser, acc, max, sum))
    return failure();
  if (isa<RankedTensorType>(acc))
    results.append({acc, max, sum});
  return success();
}
void attn::printNewStateTypes(OpAsmPrinter &printer, Operation *op, Type acc,
                              Type max, TypeRange) {
  printStateTypes(printer, op, acc, max, max);
}
