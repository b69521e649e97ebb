//===- EmulateAMX.cpp - Tile ops on machines without tiles ----------------===//
// tdpbf16ps as Intel's Software Developer's Manual has it (volume 2,
// TDPBF16PS): for each element, the even and the odd members of all pairs are
// summed apart, by FMAs that flush denormals, then added to each other and to
// the accumulator.
//===----------------------------------------------------------------------===//

#include "attn/Target/X86/Passes.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Runtime/Symbols.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_EMULATEAMX
#include "attn/Target/X86/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// for (i = 0; i < size; ++i).
static void createLoop(ImplicitLocOpBuilder &b, int64_t size,
                       function_ref<void(Value)> body) {
  auto constant = [&](int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto loop = scf::ForOp::create(b, constant(0), constant(size), constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

static Value splat(ImplicitLocOpBuilder &b, Type type, TypedAttr value) {
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<ShapedType>(type), {Attribute(value)}));
}

//===----------------------------------------------------------------------===//
// The product
//===----------------------------------------------------------------------===//

namespace {

/// func @attn_tdpbf16ps(a, b, c, out): out = c + a * b, for any shape of tiles.
class ProductFunction {
public:
  ProductFunction(ModuleOp module, StringRef name, amx::TileMulFOp op)
      : b(module.getLoc(), module.getContext()),
        rows(op.getTileType().getDimSize(0)),
        pairs(op.getLhsTileType().getDimSize(1) / 2),
        vector(
            VectorType::get({op.getTileType().getDimSize(1)}, b.getF32Type())) {
    SmallVector<Type> types;
    for (Type type : {op.getLhs().getType(), op.getRhs().getType(),
                      op.getAcc().getType(), op.getType()})
      types.push_back(getBufferType(cast<amx::TileType>(type)));
    b.setInsertionPointToStart(module.getBody());
    function = func::FuncOp::create(b, name, b.getFunctionType(types, {}));
    function.setPrivate();
    // There are many calls.
    function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  }

  /// f32, or pairs of bf16 as integers.
  static MemRefType getBufferType(amx::TileType type) {
    Type f32 = Float32Type::get(type.getContext());
    Type dword = type.getElementType() == f32
                     ? f32
                     : IntegerType::get(type.getContext(), 32);
    int64_t bits = type.getElementType().getIntOrFloatBitWidth();
    return MemRefType::get({type.getDimSize(0), type.getDimSize(1) * bits / 32},
                           dword);
  }

  func::FuncOp emit() {
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    createLoop(b, rows,
               [&](Value row) { emitRow(entry->getArguments(), row); });
    func::ReturnOp::create(b);
    return function;
  }

private:
  void emitRow(ValueRange tiles, Value row) {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    Value none = splat(b, vector, b.getF32FloatAttr(0));
    auto loop =
        scf::ForOp::create(b, zero, arith::ConstantIndexOp::create(b, pairs),
                           one, ValueRange{none, none});
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      auto [evenLeft, oddLeft] =
          loadPair(tiles[0], row, loop.getInductionVar());
      auto [evenRight, oddRight] = loadRow(tiles[1], loop.getInductionVar());
      Value even = multiplyAdd(evenLeft, evenRight, loop.getRegionIterArg(0));
      Value odd = multiplyAdd(oddLeft, oddRight, loop.getRegionIterArg(1));
      scf::YieldOp::create(b, ValueRange{even, odd});
    }
    Value sum =
        flush(arith::AddFOp::create(b, loop.getResult(0), loop.getResult(1)));
    Value old = flush(
        vector::LoadOp::create(b, vector, tiles[2], ValueRange{row, zero}));
    vector::StoreOp::create(b, flush(arith::AddFOp::create(b, old, sum)),
                            tiles[3], ValueRange{row, zero});
  }

  /// Both members of one pair of a row, in all lanes.
  std::pair<Value, Value> loadPair(Value tile, Value row, Value pair) {
    Value x = memref::LoadOp::create(b, tile, ValueRange{row, pair});
    Type dwords = vector.clone(b.getI32Type());
    return split(vector::BroadcastOp::create(b, dwords, x));
  }

  /// The even and the odd members of a row's pairs.
  std::pair<Value, Value> loadRow(Value tile, Value row) {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    VectorType dwords = vector.clone(b.getI32Type());
    return split(
        vector::LoadOp::create(b, dwords, tile, ValueRange{row, zero}));
  }

  /// Pairs of bf16 as two f32, of which they are the upper bits.
  std::pair<Value, Value> split(Value pairs) {
    Value cut = splat(b, pairs.getType(), b.getI32IntegerAttr(16));
    Value even = arith::ShLIOp::create(b, pairs, cut);
    Value odd =
        arith::ShLIOp::create(b, arith::ShRUIOp::create(b, pairs, cut), cut);
    return {flush(vector::BitCastOp::create(b, vector, even)),
            flush(vector::BitCastOp::create(b, vector, odd))};
  }

  Value multiplyAdd(Value x, Value y, Value z) {
    return flush(math::FmaOp::create(b, x, y, z));
  }

  /// Denormals become 0.
  Value flush(Value x) {
    Value magnitude = math::AbsFOp::create(b, x);
    Value isTiny =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, magnitude,
                              splat(b, vector, b.getF32FloatAttr(0x1p-126f)));
    return arith::SelectOp::create(b, isTiny,
                                   splat(b, vector, b.getF32FloatAttr(0)), x);
  }

  ImplicitLocOpBuilder b;
  int64_t rows, pairs;
  VectorType vector;
  func::FuncOp function;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct EmulateAMX : attn::impl::EmulateAMXBase<EmulateAMX> {
  void runOnOperation() override {
    buffers.clear();
    products.clear();
    copies.clear();
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<X86StreamTileOp>(op) ||
          isa_and_nonnull<amx::AMXDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      if (failed(emulate(op)))
        return signalPassFailure();
    for (Operation *op : llvm::reverse(ops))
      op->erase();
    grantTiles();
  }

  /// What asks the runtime for tiles has them.
  void grantTiles() {
    auto question = getOperation().lookupSymbol<func::FuncOp>(ATTN_HAS_TILES);
    if (!question || !question.isExternal())
      return;
    OpBuilder b = OpBuilder::atBlockBegin(question.addEntryBlock());
    Value yes =
        arith::ConstantOp::create(b, question.getLoc(), b.getBoolAttr(true));
    func::ReturnOp::create(b, question.getLoc(), yes);
  }

  LogicalResult emulate(Operation *op) {
    for (Value operand : op->getOperands())
      if (isa<amx::TileType>(operand.getType()) && !buffers.contains(operand))
        return op->emitOpError(
            "expected tiles of amx ops, got one that control flow carries");
    ImplicitLocOpBuilder b(op->getLoc(), op);
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](amx::TileZeroOp op) { return emulate(b, op); })
        .Case([&](amx::TileLoadOp op) { return emulate(b, op); })
        .Case([&](X86StreamTileOp op) { return emulate(b, op); })
        .Case([&](amx::TileStoreOp op) { return emulate(b, op); })
        .Case([&](amx::TileMulFOp op) { return emulate(b, op); })
        .Default([](Operation *op) {
          return op->emitOpError("expected an op on tiles of floats");
        });
  }

  LogicalResult emulate(ImplicitLocOpBuilder &b, amx::TileZeroOp op) {
    Value buffer = createBuffer(b, op.getRes());
    VectorType vector = getRowType(buffer);
    createLoop(b, op.getTileType().getDimSize(0), [&](Value row) {
      Value zero = arith::ConstantIndexOp::create(b, 0);
      Value none = arith::ConstantOp::create(b, b.getZeroAttr(vector));
      vector::StoreOp::create(b, none, buffer, ValueRange{row, zero});
    });
    return success();
  }

  LogicalResult emulate(ImplicitLocOpBuilder &b, amx::TileLoadOp op) {
    if (op.getStride())
      return op.emitOpError("expected the memref's own stride, got another");
    emulateLoad(b, op.getRes(), op.getBase(), op.getIndices());
    return success();
  }

  /// Without tiles there is no cache to spare.
  LogicalResult emulate(ImplicitLocOpBuilder &b, X86StreamTileOp op) {
    emulateLoad(b, op.getTile(), op.getBase(), op.getIndices());
    return success();
  }

  void emulateLoad(ImplicitLocOpBuilder &b, Value tile, Value base,
                   ValueRange indices) {
    auto type = cast<amx::TileType>(tile.getType());
    copy(b, getPlace(b, type, base, indices), createBuffer(b, tile));
  }

  LogicalResult emulate(ImplicitLocOpBuilder &b, amx::TileStoreOp op) {
    if (op.getStride())
      return op.emitOpError("expected the memref's own stride, got another");
    copy(b, buffers.lookup(op.getVal()),
         getPlace(b, op.getTileType(), op.getBase(), op.getIndices()));
    return success();
  }

  LogicalResult emulate(ImplicitLocOpBuilder &b, amx::TileMulFOp op) {
    if (!op.getLhsTileType().getElementType().isBF16())
      return op.emitOpError("expected tiles of bf16, got ")
             << op.getLhsTileType();
    Value buffer = createBuffer(b, op.getRes());
    func::CallOp::create(b, getProduct(op),
                         ValueRange{buffers.lookup(op.getLhs()),
                                    buffers.lookup(op.getRhs()),
                                    buffers.lookup(op.getAcc()), buffer});
    return success();
  }

  /// The matrix in memory that a tile is read from or written to.
  static Value getPlace(ImplicitLocOpBuilder &b, amx::TileType tile, Value base,
                        ValueRange position) {
    SmallVector<OpFoldResult> offsets(position),
        sizes(position.size() - 2, b.getIndexAttr(1)),
        strides(position.size(), b.getIndexAttr(1));
    for (int64_t size : tile.getShape())
      sizes.push_back(b.getIndexAttr(size));
    auto type = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
        tile.getShape(), cast<MemRefType>(base.getType()), offsets, sizes,
        strides));
    Value view =
        memref::SubViewOp::create(b, type, base, offsets, sizes, strides);
    constexpr int64_t any = ShapedType::kDynamic;
    auto strided = StridedLayoutAttr::get(b.getContext(), any, {any, 1});
    auto general =
        MemRefType::get(type.getShape(), type.getElementType(), strided);
    return memref::CastOp::create(b, general, view);
  }

  /// Calls a function that copies rows: one for each pair of types.
  void copy(ImplicitLocOpBuilder &b, Value from, Value to) {
    func::FuncOp &known = copies[{from.getType(), to.getType()}];
    if (!known)
      known = createCopy(from.getType(), to.getType());
    func::CallOp::create(b, known, ValueRange{from, to});
  }

  func::FuncOp createCopy(Type from, Type to) {
    ImplicitLocOpBuilder b(getOperation().getLoc(), &getContext());
    b.setInsertionPointToStart(getOperation().getBody());
    std::string name = llvm::formatv("attn_copy_tile_{0}", copies.size());
    auto function =
        func::FuncOp::create(b, name, b.getFunctionType({from, to}, {}));
    function.setPrivate();
    function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    Value source = entry->getArgument(0), target = entry->getArgument(1);
    createLoop(b, cast<MemRefType>(from).getDimSize(0), [&](Value i) {
      Value row =
          vector::LoadOp::create(b, getRowType(source), source, getRow(b, i));
      row = vector::BitCastOp::create(b, getRowType(target), row);
      vector::StoreOp::create(b, row, target, getRow(b, i));
    });
    func::ReturnOp::create(b);
    return function;
  }

  static SmallVector<Value> getRow(ImplicitLocOpBuilder &b, Value i) {
    return {i, arith::ConstantIndexOp::create(b, 0)};
  }

  static VectorType getRowType(Value buffer) {
    auto type = cast<MemRefType>(buffer.getType());
    return VectorType::get({type.getDimSize(1)}, type.getElementType());
  }

  /// The memory of a tile, taken once per function or iteration of a parallel
  /// loop.
  Value createBuffer(ImplicitLocOpBuilder &b, Value tile) {
    OpBuilder::InsertionGuard guard(b);
    Operation *scope = tile.getDefiningOp()->getParentOp();
    while (isa<scf::ForOp>(scope) ||
           !scope->hasTrait<OpTrait::AutomaticAllocationScope>())
      scope = scope->getParentOp();
    b.setInsertionPointToStart(&scope->getRegion(0).front());
    auto type =
        ProductFunction::getBufferType(cast<amx::TileType>(tile.getType()));
    Value buffer = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
    buffers[tile] = buffer;
    return buffer;
  }

  /// One function for each combination of types.
  func::FuncOp getProduct(amx::TileMulFOp op) {
    func::FuncOp &known = products[{op.getLhs().getType(), op.getType()}];
    if (!known) {
      std::string name = llvm::formatv("attn_tdpbf16ps_{0}", products.size());
      known = ProductFunction(getOperation(), name, op).emit();
    }
    return known;
  }

  DenseMap<Value, Value> buffers;
  llvm::MapVector<std::pair<Type, Type>, func::FuncOp> products, copies;
};

} // namespace
