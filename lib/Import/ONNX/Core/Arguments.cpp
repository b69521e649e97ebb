//===- Arguments.cpp - Inputs, constants and their types ------------------===//

#include "Core/Emit.h"
#include "Core/Importer.h"
#include "Core/TensorData.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;
using ::attn::DType;

/// Constants beyond this many bytes are kept as resources: attributes are
/// uniqued, which would hash and copy them.
static constexpr size_t largestDenseBytes = 1 << 14;

FailureOr<std::pair<Type, bool>>
Importer::elementType(int32_t dataType, StringRef name, Location loc) {
  std::optional<DType> type = pb::toDType(dataType);
  if (!type)
    return emitError(loc) << "element type " << pb::dataTypeName(dataType)
                          << " of '" << printable(name) << "' is not supported";
  bool isUnsigned = *type == DType::u8 || *type == DType::u16 ||
                    *type == DType::u32 || *type == DType::u64;
  switch (*type) {
  case DType::f16:
    return std::pair<Type, bool>(b.getF16Type(), false);
  case DType::bf16:
    return std::pair<Type, bool>(b.getBF16Type(), false);
  case DType::f32:
    return std::pair<Type, bool>(b.getF32Type(), false);
  case DType::f64:
    return std::pair<Type, bool>(b.getF64Type(), false);
  case DType::i1:
    return std::pair<Type, bool>(b.getI1Type(), false);
  default:
    return std::pair<Type, bool>(b.getIntegerType(8 * ::attn::byteSize(*type)),
                                 isUnsigned);
  }
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

FailureOr<RankedTensorType>
Importer::inputType(const pb::ValueInfoProto &info, bool &isUnsigned,
                    SmallVectorImpl<std::string> &names) {
  std::string shown = printable(info.name());
  if (!info.type().has_tensor_type())
    return error() << "expected input '" << shown << "' to be a tensor";
  const pb::TypeProto::Tensor &tensor = info.type().tensor_type();
  FailureOr<std::pair<Type, bool>> element =
      elementType(tensor.elem_type(), info.name(), fileLoc);
  if (failed(element))
    return failure();
  isUnsigned = element->second;
  if (!tensor.has_shape())
    return error() << "expected input '" << shown << "' to have a rank";
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim()) {
    std::string name = dim.has_dim_param() ? dim.dim_param() : "";
    auto fixed = options.dims.find(name);
    int64_t size = ShapedType::kDynamic;
    if (dim.has_dim_value())
      size = dim.dim_value();
    else if (!name.empty() && fixed != options.dims.end())
      size = fixed->second;
    if (options.found && fixed != options.dims.end())
      options.found->insert(name);
    // One negative number is MLIR's mark of a dynamic dimension.
    if (size < 0 && (size != ShapedType::kDynamic || dim.has_dim_value()))
      return error() << "expected dimension " << shape.size() << " of input '"
                     << shown << "' not to be negative, got " << size;
    shape.push_back(size);
    names.push_back(name);
  }
  if (!isReasonableShape(shape))
    return error() << "expected input '" << shown
                   << "' to have a rank and a size that fit a machine";
  return RankedTensorType::get(shape, element->first);
}

std::optional<OpFoldResult> Importer::declaredSize(StringRef name, int64_t d) {
  for (const pb::ValueInfoProto &output : model->graph().output()) {
    const pb::TensorShapeProto &shape = output.type().tensor_type().shape();
    if (output.name() != name || d >= shape.dim_size())
      continue;
    const pb::TensorShapeProto::Dimension &dim = shape.dim(d);
    if (dim.has_dim_value())
      return math.constant(dim.dim_value());
    auto symbol = symbols.find(dim.dim_param());
    if (symbol != symbols.end())
      return symbol->second;
  }
  return std::nullopt;
}

LogicalResult Importer::importArguments(func::FuncOp function, Scope &scope) {
  llvm::StringSet<> constants;
  for (const pb::TensorProto &proto : model->graph().initializer())
    constants.insert(proto.name());
  Block &entry = function.getBody().front();
  SmallVector<DictionaryAttr> attributes;
  for (const pb::ValueInfoProto &info : model->graph().input()) {
    // Early models list their constants among the inputs.
    if (constants.contains(info.name()))
      continue;
    Operand operand;
    SmallVector<std::string> names;
    FailureOr<RankedTensorType> type =
        inputType(info, operand.isUnsigned, names);
    if (failed(type))
      return failure();
    Location loc = NameLoc::get(b.getStringAttr(info.name()), fileLoc);
    operand.value = entry.addArgument(*type, loc);
    for (auto [dim, name] : llvm::enumerate(names)) {
      OpFoldResult size = tensor::getMixedSize(b, fileLoc, operand.value, dim);
      if (auto value = dyn_cast<Value>(size))
        math.setNonNegative(value);
      // Equal names are equal sizes: whoever calls the artifact is held to it.
      if (!name.empty() && type->isDynamicDim(dim))
        size = symbols.try_emplace(name, size).first->second;
      operand.shape.push_back(size);
    }
    operand.name = printable(info.name());
    bool isUnsigned = operand.isUnsigned;
    if (!scope.values.try_emplace(info.name(), std::move(operand)).second)
      return error() << "expected input '" << printable(info.name())
                     << "' to be there once, got it twice";
    attributes.push_back(describeTensor(b, info, *type, isUnsigned));
  }
  function.setType(b.getFunctionType(entry.getArgumentTypes(), {}));
  function.setAllArgAttrs(attributes);
  return success();
}

/// The names of the dynamic dimensions, or null where none has one.
static Attribute dimNames(OpBuilder &b, const pb::ValueInfoProto &info,
                          RankedTensorType type) {
  SmallVector<StringRef> names;
  bool any = false;
  const pb::TensorShapeProto &shape = info.type().tensor_type().shape();
  if (shape.dim_size() != type.getRank())
    return nullptr;
  for (auto [i, dim] : llvm::enumerate(shape.dim())) {
    bool named = type.isDynamicDim(i) && dim.has_dim_param();
    names.push_back(named ? StringRef(dim.dim_param()) : StringRef());
    any |= !names.back().empty();
  }
  return any ? b.getStrArrayAttr(names) : Attribute();
}

DictionaryAttr mlir::attn::onnx::describeTensor(OpBuilder &b,
                                                const pb::ValueInfoProto &info,
                                                RankedTensorType type,
                                                bool isUnsigned) {
  NamedAttrList attributes;
  attributes.set("attn.name", b.getStringAttr(info.name()));
  if (Attribute names = dimNames(b, info, type))
    attributes.set("attn.dim_names", names);
  if (isUnsigned)
    attributes.set("attn.unsigned", b.getUnitAttr());
  return attributes.getDictionary(b.getContext());
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// One element as an attribute of Elements.
static OpFoldResult elementAt(OpBuilder &b, const pb::TensorData &data,
                              Type type, int64_t i) {
  size_t size = ::attn::byteSize(data.type);
  const char *bytes = data.bytes.data() + i * size;
  if (auto floatType = dyn_cast<FloatType>(type)) {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes, size);
    return FloatAttr::get(type, APFloat(floatType.getFloatSemantics(),
                                        APInt(floatType.getWidth(), bits)));
  }
  int64_t value = 0;
  std::memcpy(&value, bytes, size);
  bool isUnsigned = data.type == DType::u8 || data.type == DType::u16 ||
                    data.type == DType::u32 || data.type == DType::u64 ||
                    data.type == DType::i1;
  unsigned unused = 64 - 8 * size;
  if (!isUnsigned && unused > 0)
    value = int64_t(uint64_t(value) << unused) >> unused;
  return b.getIndexAttr(value);
}

/// Weights stay where they were read: `model` keeps those that are its own.
static AsmResourceBlob refer(const pb::TensorData &data,
                             std::shared_ptr<const void> model) {
  std::shared_ptr<const void> owner = data.owner ? data.owner : model;
  return AsmResourceBlob(
      ArrayRef<char>(data.bytes.data(), data.bytes.size()),
      ::attn::byteSize(data.type),
      [owner](void *, size_t, size_t) mutable { owner.reset(); },
      /*dataIsMutable=*/false);
}

static ElementsAttr makeElements(const pb::TensorData &data, StringRef name,
                                 RankedTensorType type,
                                 std::shared_ptr<const void> model) {
  ArrayRef<char> bytes(data.bytes.data(), data.bytes.size());
  if (data.type == DType::i1) {
    SmallVector<bool> values(llvm::map_range(bytes, [](char c) { return c; }));
    return DenseElementsAttr::get(type, values);
  }
  if (bytes.size() <= largestDenseBytes)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  return DenseResourceElementsAttr::get(type, name, refer(data, model));
}

FailureOr<Operand> Importer::importTensor(const pb::TensorProto &proto,
                                          StringRef name, Location loc) {
  pb::TensorData data;
  std::string message;
  if (!pb::readTensorData(proto, path, data, message))
    return emitError(fileLoc)
           << "tensor '" << printable(name) << "': " << message;
  std::optional<int32_t> kept = pb::typeOf4Bit(proto.data_type());
  FailureOr<std::pair<Type, bool>> element =
      elementType(kept.value_or(proto.data_type()), name, fileLoc);
  if (failed(element))
    return failure();
  if (!isReasonableShape(data.shape))
    return emitError(fileLoc)
           << "tensor '" << printable(name)
           << "': expected a rank and a size that fit a machine";
  auto type = RankedTensorType::get(data.shape, element->first);
  Operand operand;
  operand.isUnsigned = element->second;
  operand.is4Bit = kept.has_value();
  operand.name = printable(name);
  operand.shape = getAsIndexOpFoldResult(&context, data.shape);
  if (data.count <= maxTrackedElements) {
    Elements elements;
    for (int64_t i = 0; i < data.count; ++i)
      elements.push_back(elementAt(b, data, element->first, i));
    operand.elements = std::move(elements);
  }
  StringRef resource = name.empty() ? StringRef("constant") : name;
  operand.value = arith::ConstantOp::create(
      b, loc, type, cast<TypedAttr>(makeElements(data, resource, type, model)));
  return operand;
}
