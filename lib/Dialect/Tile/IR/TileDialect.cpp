//===- TileDialect.cpp - The tile dialect and its types -------------------===//
#include "attn/Dialect/InlineAnywhere.h"
#include "attn/Dialect/Tile/IR/Tile.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn::tile;

/// `RxN`.
static ParseResult parseDimensions(AsmParser &parser, int64_t &rows,
                                   int64_t &columns) {
  SmallVector<int64_t> dimensions;
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseDimensionList(dimensions, /*allowDynamic=*/false,
                                /*withTrailingX=*/false))
    return failure();
  if (dimensions.size() != 2)
    return parser.emitError(at, "expected 2 dimensions, got ")
           << dimensions.size();
  rows = dimensions[0];
  columns = dimensions[1];
  return success();
}

static void printDimensions(AsmPrinter &printer, int64_t rows,
                            int64_t columns) {
  printer << rows << 'x' << columns;
}

/// `RxNxT`.
static ParseResult parseShape(AsmParser &parser, int64_t &rows,
                              int64_t &columns, Type &element) {
  SmallVector<int64_t> dimensions;
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseDimensionList(dimensions, /*allowDynamic=*/false) ||
      parser.parseType(element))
    return failure();
  if (dimensions.size() != 2)
    return parser.emitError(at, "expected 2 dimensions, got ")
           << dimensions.size();
  rows = dimensions[0];
  columns = dimensions[1];
  return success();
}

static void printShape(AsmPrinter &printer, int64_t rows, int64_t columns,
                       Type element) {
  printer << rows << 'x' << columns << 'x' << element;
}

#include "attn/Dialect/Tile/IR/TileDialect.cpp.inc"
#include "attn/Dialect/Tile/IR/TileEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Tile/IR/TileAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "attn/Dialect/Tile/IR/TileTypes.cpp.inc"

void AttnTileDialect::initialize() {
  addInterfaces<attn::InlineAnywhere>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/Dialect/Tile/IR/TileAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "attn/Dialect/Tile/IR/TileTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attn/Dialect/Tile/IR/TileOps.cpp.inc"
      >();
}

using EmitError = function_ref<InFlightDiagnostic()>;

static LogicalResult verifyMultiple(EmitError emitError, StringRef name,
                                    int64_t size, int64_t unit) {
  if (size > 0 && size % unit == 0)
    return success();
  return emitError() << "expected " << name << " in multiples of " << unit
                     << ", got " << size;
}

static LogicalResult verifyElement(EmitError emitError, Type element) {
  if (element.isF16() || element.isBF16())
    return success();
  return emitError() << "expected elements of f16 or bf16, got " << element;
}

/// A block has at most 32 warps, of which one produces.
static constexpr int64_t kMostRows = 16 * 31;

LogicalResult ScheduleAttr::verify(EmitError emitError, int64_t rows,
                                   int64_t keys, int64_t stages, QueryPlace) {
  if (failed(verifyMultiple(emitError, "rows", rows, 16)) ||
      failed(verifyMultiple(emitError, "keys", keys, 16)))
    return failure();
  if (rows > kMostRows)
    return emitError() << "expected at most " << kMostRows << " rows, got "
                       << rows;
  if (stages < 1)
    return emitError() << "expected 1 stage or more, got " << stages;
  return success();
}

LogicalResult AccType::verify(EmitError emitError, int64_t rows,
                              int64_t columns) {
  return success(succeeded(verifyMultiple(emitError, "rows", rows, 16)) &&
                 succeeded(verifyMultiple(emitError, "columns", columns, 8)));
}

LogicalResult FragmentType::verify(EmitError emitError, int64_t rows,
                                   int64_t columns, Type element) {
  return success(succeeded(verifyMultiple(emitError, "rows", rows, 16)) &&
                 succeeded(verifyMultiple(emitError, "columns", columns, 16)) &&
                 succeeded(verifyElement(emitError, element)));
}

LogicalResult TileType::verify(EmitError emitError, int64_t rows,
                               int64_t columns, Type element) {
  return FragmentType::verify(emitError, rows, columns, element);
}

LogicalResult RingType::verify(EmitError emitError, TileType key,
                               TileType value, int64_t stages) {
  if (key.getRows() != value.getRows())
    return emitError() << "expected as many rows of values as of keys, "
                       << key.getRows() << ", got " << value.getRows();
  if (stages < 1)
    return emitError() << "expected 1 stage or more, got " << stages;
  return success();
}
