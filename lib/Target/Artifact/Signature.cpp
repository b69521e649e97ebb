//===- Signature.cpp - What an artifact's function takes and gives --------===//

#include "attn/Target/Artifact/Signature.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::getDTypeName(Type elementType, bool isUnsigned) {
  if (elementType.isF16())
    return "f16";
  if (elementType.isBF16())
    return "bf16";
  if (elementType.isF32())
    return "f32";
  if (elementType.isF64())
    return "f64";
  if (elementType.isSignlessInteger(1))
    return "bool";
  if (elementType.isSignlessInteger(8))
    return isUnsigned ? "u8" : "i8";
  if (elementType.isSignlessInteger(16))
    return isUnsigned ? "u16" : "i16";
  if (elementType.isSignlessInteger(32))
    return isUnsigned ? "u32" : "i32";
  if (elementType.isSignlessInteger(64))
    return isUnsigned ? "u64" : "i64";
  return "";
}

ElementCode attn::getElementCode(StringRef dtype) {
  // DLDataTypeCode of dlpack.h.
  enum : uint8_t { Int = 0, UInt = 1, Float = 2, BFloat = 4, Bool = 6 };
  return llvm::StringSwitch<ElementCode>(dtype)
      .Case("f16", {Float, 16})
      .Case("bf16", {BFloat, 16})
      .Case("f32", {Float, 32})
      .Case("f64", {Float, 64})
      .Case("bool", {Bool, 8})
      .Case("i8", {Int, 8})
      .Case("i16", {Int, 16})
      .Case("i32", {Int, 32})
      .Case("i64", {Int, 64})
      .Case("u8", {UInt, 8})
      .Case("u16", {UInt, 16})
      .Case("u32", {UInt, 32})
      .Default({UInt, 64});
}

namespace {

/// One argument or result, with its attributes.
struct Place {
  StringRef kind; // "arg" or "result"
  unsigned index;
  Type type;
  DictionaryAttr attrs;

  std::string getText() const { return (kind + Twine(index)).str(); }
};

} // namespace

/// An attribute of a place, null where it has none.
template <typename Attr>
static FailureOr<Attr> getAttr(func::FuncOp function, const Place &place,
                               StringRef name, StringRef expected) {
  Attribute value = place.attrs ? place.attrs.get(name) : Attribute();
  auto attr = dyn_cast_or_null<Attr>(value);
  if (value && !attr)
    return function.emitError()
           << "expected " << expected << " in " << name << " of "
           << place.getText() << ", got " << value;
  return attr;
}

static FailureOr<std::vector<Dimension>>
getShape(func::FuncOp function, const Place &place, RankedTensorType type) {
  auto given = getAttr<ArrayAttr>(function, place, "attn.dim_names", "strings");
  if (failed(given))
    return failure();
  ArrayAttr names = *given;
  if (names && int64_t(names.size()) != type.getRank())
    return function.emitError()
           << "expected " << type.getRank() << " names in attn.dim_names of "
           << place.getText() << ", got " << names.size();
  std::vector<Dimension> shape;
  for (auto [d, size] : llvm::enumerate(type.getShape())) {
    Dimension dimension{size, {}};
    auto name = names ? dyn_cast<StringAttr>(names[d]) : StringAttr();
    if (names && !name)
      return function.emitError() << "expected strings in attn.dim_names of "
                                  << place.getText() << ", got " << names[d];
    if (name && !name.empty())
      dimension.name = name.str();
    else if (dimension.isDynamic())
      dimension.name = (place.getText() + "." + Twine(d)).str();
    shape.push_back(std::move(dimension));
  }
  return shape;
}

static FailureOr<TensorSignature> getTensor(func::FuncOp function,
                                            const Place &place) {
  auto type = dyn_cast<RankedTensorType>(place.type);
  if (!type || type.getEncoding())
    return function.emitError()
           << "expected a ranked tensor as " << place.getText() << " of '"
           << function.getName() << "', got " << place.type;
  bool isUnsigned = place.attrs && place.attrs.contains("attn.unsigned");
  StringRef dtype = getDTypeName(type.getElementType(), isUnsigned);
  if (dtype.empty())
    return function.emitError()
           << "expected elements of f16, bf16, f32, f64, i1, i8, i16, i32 or "
              "i64 in "
           << place.getText() << " of '" << function.getName() << "', got "
           << type.getElementType();
  auto shape = getShape(function, place, type);
  if (failed(shape))
    return failure();
  auto name = getAttr<StringAttr>(function, place, "attn.name", "a string");
  if (failed(name))
    return failure();
  return TensorSignature{*name ? name->str() : place.getText(), dtype.str(),
                         std::move(*shape), /*decidesShapes=*/false,
                         /*shares=*/std::nullopt};
}

/// The argument that result `i` shares its memory with: of the same type, and
/// no other result's.
static LogicalResult readShared(func::FuncOp function, unsigned i,
                                FunctionSignature &signature) {
  auto shares = function.getResultAttrOfType<IntegerAttr>(i, kSharesAttrName);
  if (!shares)
    return success();
  const int64_t argument = shares.getInt();
  if (argument < 0 || argument >= int64_t(function.getNumArguments()) ||
      function.getArgumentTypes()[argument] != function.getResultTypes()[i])
    return function.emitError()
           << "expected the number of an argument of type "
           << function.getResultTypes()[i] << " in " << kSharesAttrName
           << " of result" << i << ", got " << argument;
  for (const TensorSignature &other : signature.outputs)
    if (other.shares == argument)
      return function.emitError()
             << "expected one result to share arg" << argument << ", got "
             << other.name << " and result" << i;
  signature.outputs[i].shares = argument;
  return success();
}

FailureOr<FunctionSignature> attn::getSignature(func::FuncOp function) {
  FunctionSignature signature;
  signature.name = function.getName().str();
  auto symbol = function->getAttrOfType<StringAttr>(kSymbolAttrName);
  signature.symbol = symbol ? symbol.str() : getCName(signature.name);
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = getTensor(
        function, {"arg", unsigned(i), type, function.getArgAttrDict(i)});
    if (failed(tensor))
      return failure();
    signature.inputs.push_back(std::move(*tensor));
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    auto tensor = getTensor(
        function, {"result", unsigned(i), type, function.getResultAttrDict(i)});
    if (failed(tensor))
      return failure();
    signature.outputs.push_back(std::move(*tensor));
    if (failed(readShared(function, i, signature)))
      return failure();
  }
  return signature;
}

FailureOr<std::vector<FunctionSignature>> attn::getSignatures(ModuleOp module) {
  std::vector<FunctionSignature> signatures;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    auto signature = getSignature(function);
    if (failed(signature))
      return failure();
    signatures.push_back(std::move(*signature));
  }
  if (signatures.empty())
    return module.emitError() << "expected a public function, got none";
  return signatures;
}

//===----------------------------------------------------------------------===//
// As an attribute
//===----------------------------------------------------------------------===//

static Attribute getTensorsAttr(Builder &builder,
                                ArrayRef<TensorSignature> tensors) {
  SmallVector<Attribute> attrs;
  for (const TensorSignature &tensor : tensors) {
    SmallVector<Attribute> shape;
    for (const Dimension &dimension : tensor.shape)
      shape.push_back(dimension.isDynamic()
                          ? Attribute(builder.getStringAttr(dimension.name))
                          : builder.getI64IntegerAttr(dimension.size));
    NamedAttrList fields;
    fields.set("name", builder.getStringAttr(tensor.name));
    fields.set("dtype", builder.getStringAttr(tensor.dtype));
    fields.set("shape", builder.getArrayAttr(shape));
    if (tensor.decidesShapes)
      fields.set("decides_shapes", builder.getUnitAttr());
    if (tensor.shares)
      fields.set("shares", builder.getI64IntegerAttr(*tensor.shares));
    attrs.push_back(fields.getDictionary(builder.getContext()));
  }
  return builder.getArrayAttr(attrs);
}

DictionaryAttr attn::getSignatureAttr(MLIRContext *context,
                                      const FunctionSignature &signature) {
  Builder builder(context);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("function", builder.getStringAttr(signature.name)),
       builder.getNamedAttr("inputs",
                            getTensorsAttr(builder, signature.inputs)),
       builder.getNamedAttr("outputs",
                            getTensorsAttr(builder, signature.outputs)),
       builder.getNamedAttr("symbol",
                            builder.getStringAttr(signature.symbol))});
}

static std::vector<TensorSignature> getTensors(Attribute attr) {
  std::vector<TensorSignature> tensors;
  for (auto tensorAttr : cast<ArrayAttr>(attr).getAsRange<DictionaryAttr>()) {
    TensorSignature tensor;
    tensor.name = tensorAttr.getAs<StringAttr>("name").str();
    tensor.dtype = tensorAttr.getAs<StringAttr>("dtype").str();
    tensor.decidesShapes = tensorAttr.contains("decides_shapes");
    if (auto shares = tensorAttr.getAs<IntegerAttr>("shares"))
      tensor.shares = shares.getInt();
    for (Attribute dimension : tensorAttr.getAs<ArrayAttr>("shape")) {
      if (auto name = dyn_cast<StringAttr>(dimension))
        tensor.shape.push_back({ShapedType::kDynamic, name.str()});
      else
        tensor.shape.push_back({cast<IntegerAttr>(dimension).getInt(), {}});
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

FunctionSignature attn::getSignature(DictionaryAttr attr) {
  std::string name = attr.getAs<StringAttr>("function").str();
  auto symbol = attr.getAs<StringAttr>("symbol");
  return {name, getTensors(attr.get("inputs")), getTensors(attr.get("outputs")),
          symbol ? symbol.str() : getCName(name)};
}

static std::string extend(StringRef symbol, StringRef what) {
  return (symbol + (symbol.ends_with("_") ? "" : "_") + what).str();
}

std::string FunctionSignature::getShapesSymbol() const {
  return extend(symbol, "shapes");
}

std::string FunctionSignature::getStreamSymbol() const {
  return extend(symbol, "stream");
}

std::string FunctionSignature::getInWorkspaceSymbol() const {
  return extend(symbol, "in_workspace");
}

std::string FunctionSignature::getWorkspaceSizeSymbol() const {
  return extend(symbol, "workspace_size");
}

std::vector<FunctionSignature> attn::getInterface(ModuleOp module) {
  std::vector<FunctionSignature> signatures;
  if (auto attrs = module->getAttrOfType<ArrayAttr>(kInterfaceAttrName))
    for (auto attr : attrs.getAsRange<DictionaryAttr>())
      signatures.push_back(getSignature(attr));
  return signatures;
}

std::string attn::getBodyName(StringRef name) {
  return (name + "__body").str();
}
std::string attn::getEntryName(StringRef name) {
  return (name + "__entry").str();
}
std::string attn::getShapesName(StringRef name) {
  return (name + "__shapes").str();
}
