//===- Dialect.cpp - C API of the attn dialect ----------------------------===//

#include "attn-c/Dialect.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/InitAll.h"

#include "mlir/CAPI/Registration.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// As MLIR_DEFINE_CAPI_DIALECT_REGISTRATION, with the dialect's extensions.
MlirDialectHandle mlirGetDialectHandle__attn__() {
  static const MlirDialectRegistrationHooks hooks = {
      [](MlirDialectRegistry registry) {
        registerAttnDialect(*unwrap(registry));
      },
      [](MlirContext context) {
        DialectRegistry registry;
        registerAttnDialect(registry);
        unwrap(context)->appendDialectRegistry(registry);
        return wrap(static_cast<Dialect *>(
            unwrap(context)->getOrLoadDialect<AttnDialect>()));
      },
      [] { return wrap(AttnDialect::getDialectNamespace()); }};
  return {&hooks};
}

/// The operation belongs to the caller, as in all of MLIR's C API.
template <typename Op, typename... Args>
static MlirOperation create(MlirLocation location, Args &&...args) {
  OpBuilder builder(unwrap(location).getContext());
  return wrap(Op::create(builder, unwrap(location), std::forward<Args>(args)...)
                  .getOperation());
}

static AttentionOp unwrapAttention(MlirOperation operation) {
  return cast<AttentionOp>(unwrap(operation));
}

//===----------------------------------------------------------------------===//
// Asking
//===----------------------------------------------------------------------===//

bool attnOperationIsAAttention(MlirOperation operation) {
  return isa<AttentionOp>(unwrap(operation));
}

MlirValue attnAttentionGetTensor(MlirOperation attention, AttnTensor tensor) {
  AttentionOp op = unwrapAttention(attention);
  switch (tensor) {
  case ATTN_QUERY:
    return wrap(Value(op.getQuery()));
  case ATTN_KEY:
    return wrap(Value(op.getKey()));
  case ATTN_VALUE:
    return wrap(Value(op.getValue()));
  case ATTN_OUTPUT:
    return wrap(Value(op.getOutput()));
  case ATTN_LSE:
    return wrap(Value(op.getLse()));
  case ATTN_SCORES:
    return wrap(Value(op.getScores()));
  }
  return {nullptr};
}

static DenseI64ArrayAttr getLayoutAttrOf(AttentionOp op, AttnTensor tensor) {
  switch (tensor) {
  case ATTN_QUERY:
    return op.getQueryLayoutAttr();
  case ATTN_KEY:
    return op.getKeyLayoutAttr();
  case ATTN_VALUE:
    return op.getValueLayoutAttr();
  case ATTN_OUTPUT:
    return op.getOutputLayoutAttr();
  case ATTN_LSE:
    return op.getLseLayoutAttr();
  case ATTN_SCORES:
    return op.getScoresLayoutAttr();
  }
  return {};
}

static int64_t getRank(AttnTensor tensor) { return tensor == ATTN_LSE ? 3 : 4; }

intptr_t attnAttentionGetLayout(MlirOperation attention, AttnTensor tensor,
                                int64_t *layout) {
  SmallVector<int64_t> dims = attn::getLayout(
      getLayoutAttrOf(unwrapAttention(attention), tensor), getRank(tensor));
  llvm::copy(dims, layout);
  return dims.size();
}

MlirValue attnAttentionGetSink(MlirOperation attention) {
  return wrap(Value(unwrapAttention(attention).getSink()));
}

static Region &getRegion(AttentionOp op, AttnRegion region) {
  if (region == ATTN_REGION_SCORE)
    return op.getScore();
  return region == ATTN_REGION_MASK ? op.getMask() : op.getProb();
}

MlirBlock attnAttentionGetRegion(MlirOperation attention, AttnRegion region) {
  Region &found = getRegion(unwrapAttention(attention), region);
  return wrap(found.empty() ? nullptr : &found.front());
}

bool attnAttentionGetScale(MlirOperation attention, double *scale) {
  std::optional<double> known = unwrapAttention(attention).getStaticScale();
  if (known)
    *scale = *known;
  return known.has_value();
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

static LogicalResult readLayout(Location location, const int64_t *dims,
                                AttnTensor tensor, DenseI64ArrayAttr &layout) {
  static const char *const names[] = {"query",  "key", "value",
                                      "output", "lse", "scores"};
  if (!dims)
    return success();
  ArrayRef<int64_t> numbers(dims, getRank(tensor));
  if (!isPermutationVector(numbers))
    return emitError(location)
           << "expected the " << names[tensor] << " layout to be a permutation "
           << "of 0 to " << numbers.size() - 1 << ", got [" << numbers << "]";
  layout = attn::getLayoutAttr(location.getContext(), numbers);
  return success();
}

static FailureOr<RankedTensorType>
getOperandType(Location location, MlirValue value, StringRef name) {
  if (!value.ptr)
    return emitError(location) << "expected a " << name << ", got a null value";
  auto type = dyn_cast<RankedTensorType>(unwrap(value).getType());
  if (!type || type.getRank() != 4)
    return emitError(location) << "expected the " << name
                               << " to be a ranked tensor of 4 dimensions, got "
                               << unwrap(value).getType();
  return type;
}

/// [B, Hq, Sq, Dv] in the layout of the output.
static Type deriveOutputType(RankedTensorType query, RankedTensorType value,
                             ArrayRef<DenseI64ArrayAttr> layouts) {
  SmallVector<int64_t> queryLayout = attn::getLayout(layouts[ATTN_QUERY], 4);
  SmallVector<int64_t> valueLayout = attn::getLayout(layouts[ATTN_VALUE], 4);
  SmallVector<int64_t> shape;
  for (int64_t dim : attn::getLayout(layouts[ATTN_OUTPUT], 4))
    shape.push_back(dim == Feature ? getSize(value, valueLayout, dim)
                                   : getSize(query, queryLayout, dim));
  return RankedTensorType::get(shape, query.getElementType());
}

static AttentionOp build(Location location, const AttnAttentionSpec &spec,
                         Type output, ArrayRef<DenseI64ArrayAttr> layouts) {
  OpBuilder builder(location.getContext());
  FloatAttr scale =
      spec.scale ? builder.getF64FloatAttr(*spec.scale) : FloatAttr();
  ScoresStageAttr stage;
  if (spec.scoresType.ptr)
    stage = ScoresStageAttr::get(builder.getContext(),
                                 ScoresStage(spec.scoresStage));
  return AttentionOp::create(
      builder, location, output, unwrap(spec.lseType), unwrap(spec.scoresType),
      unwrap(spec.query), unwrap(spec.key), unwrap(spec.value),
      unwrap(spec.sink), scale, layouts[ATTN_QUERY], layouts[ATTN_KEY],
      layouts[ATTN_VALUE], layouts[ATTN_OUTPUT], layouts[ATTN_LSE],
      layouts[ATTN_SCORES], stage);
}

static Block *addRegion(AttentionOp op, AttnRegion region) {
  Region &target = getRegion(op, region);
  if (!target.empty())
    return nullptr;
  Block *block = &target.emplaceBlock();
  if (region != ATTN_REGION_MASK)
    block->addArgument(op.getScoreType(), op.getLoc());
  for (int position = 0; position < 4; ++position)
    block->addArgument(IndexType::get(op.getContext()), op.getLoc());
  return block;
}

static void addCausalMask(AttentionOp op, Value offset) {
  Block *block = addRegion(op, ATTN_REGION_MASK);
  OpBuilder builder = OpBuilder::atBlockEnd(block);
  Value attends =
      CausalOp::create(builder, op.getLoc(), builder.getI1Type(),
                       block->getArgument(2), block->getArgument(3), offset);
  YieldOp::create(builder, op.getLoc(), attends);
}

MlirOperation attnAttentionCreate(MlirLocation location,
                                  const AttnAttentionSpec *spec) {
  Location place = unwrap(location);
  SmallVector<DenseI64ArrayAttr> layouts(6);
  for (int tensor = ATTN_QUERY; tensor <= ATTN_SCORES; ++tensor)
    if (failed(readLayout(place, spec->layouts[tensor], AttnTensor(tensor),
                          layouts[tensor])))
      return {nullptr};
  auto query = getOperandType(place, spec->query, "query");
  auto key = getOperandType(place, spec->key, "key");
  auto value = getOperandType(place, spec->value, "value");
  if (failed(query) || failed(key) || failed(value))
    return {nullptr};
  Type output = unwrap(spec->outputType);
  if (!output)
    output = deriveOutputType(*query, *value, layouts);
  AttentionOp op = build(place, *spec, output, layouts);
  if (spec->causal)
    addCausalMask(op, unwrap(spec->causalOffset));
  return wrap(op.getOperation());
}

MlirBlock attnAttentionAddRegion(MlirOperation attention, AttnRegion region) {
  return wrap(addRegion(unwrapAttention(attention), region));
}

MlirOperation attnYieldCreate(MlirLocation location, intptr_t numValues,
                              const MlirValue *values) {
  SmallVector<Value> storage;
  return create<YieldOp>(location,
                         ValueRange(unwrapList(numValues, values, storage)));
}

//===----------------------------------------------------------------------===//
// Predicates and score modifiers
//===----------------------------------------------------------------------===//

static Type getBool(MlirLocation location) {
  return IntegerType::get(unwrap(location).getContext(), 1);
}

MlirOperation attnCausalCreate(MlirLocation location, MlirValue query,
                               MlirValue key, MlirValue offset) {
  return create<CausalOp>(location, getBool(location), unwrap(query),
                          unwrap(key), unwrap(offset));
}

MlirOperation attnWindowCreate(MlirLocation location, MlirValue query,
                               MlirValue key, MlirValue offset, int64_t left,
                               int64_t right) {
  return create<WindowOp>(location, getBool(location), unwrap(query),
                          unwrap(key), unwrap(offset), uint64_t(left),
                          uint64_t(right));
}

MlirOperation attnSoftcapCreate(MlirLocation location, MlirValue score,
                                double cap) {
  OpBuilder builder(unwrap(location).getContext());
  return create<SoftcapOp>(location, unwrap(score).getType(), unwrap(score),
                           builder.getF64FloatAttr(cap));
}
