//===- Node.cpp - One node being imported ---------------------------------===//

#include "Core/Node.h"

#include "Core/Emit.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// AttributeProto.AttributeType.
enum AttributeKind : int32_t {
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
};

Node::Node(Importer &importer, const pb::NodeProto &proto, Scope &scope,
           Location loc, int64_t opset, AttributeMap attributes)
    : b(importer.b), math(importer.math), importer(importer), proto(proto),
      scope(scope), loc(loc), opset(opset),
      attributeMap(std::move(attributes)) {}

InFlightDiagnostic Node::error() {
  StringRef name = proto.name();
  if (name.empty() && proto.output_size() > 0)
    name = proto.output(0);
  InFlightDiagnostic diagnostic = importer.error();
  diagnostic << "node '" << Importer::printable(name) << "' ("
             << Importer::printable(proto.op_type()) << ", opset " << opset
             << "): ";
  return diagnostic;
}

LogicalResult Node::resolveInputs() {
  for (int i = 0; i < proto.input_size(); ++i) {
    const std::string &name = proto.input(i);
    if (name.empty()) {
      inputs.emplace_back();
      continue;
    }
    const Operand *operand = scope.lookup(name);
    if (!operand)
      return error() << "expected input " << i << ", '"
                     << Importer::printable(name)
                     << "', to be an earlier node's output, got no such value";
    inputs.push_back(*operand);
    inputs.back().name = Importer::printable(name);
  }
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
  return success();
}

LogicalResult Node::setOutput(size_t i, Operand operand) {
  if (!hasOutput(i))
    return success();
  const std::string &name = proto.output(i);
  operand.name = Importer::printable(name);
  // What other operators than casts make of numbers of 4 bits are such numbers.
  if (hasInput(0) && input(0).is4Bit && op() != "Cast" && op() != "CastLike")
    operand.is4Bit = operand.elementType() == input(0).elementType() &&
                     operand.isUnsigned == input(0).isUnsigned;
  if (!scope.values.try_emplace(name, std::move(operand)).second)
    return error() << "expected a new name for output " << i << ", got '"
                   << Importer::printable(name) << "' a second time";
  return success();
}

LogicalResult Node::setOutput(size_t i, FailureOr<Operand> operand) {
  return llvm::failed(operand) ? failure() : setOutput(i, std::move(*operand));
}

const pb::AttributeProto *Node::find(StringRef name, int32_t type, bool present,
                                     const char *kind) {
  asked.insert(name);
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  if (!attribute)
    return nullptr;
  // Early models leave the type out.
  if (attribute->type() == type || (attribute->type() == 0 && present))
    return attribute;
  error() << "expected attribute '" << name << "' to be " << kind;
  failed = true;
  return nullptr;
}

bool Node::hasAttr(StringRef name) {
  asked.insert(name);
  return attributeMap.count(name);
}

int64_t Node::intAttr(StringRef name, int64_t otherwise) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kInt, attribute && attribute->has_i(), "an integer");
  return attribute ? attribute->i() : otherwise;
}

double Node::floatAttr(StringRef name, double otherwise) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kFloat, attribute && attribute->has_f(), "a float");
  return attribute ? attribute->f() : otherwise;
}

std::string Node::stringAttr(StringRef name, StringRef otherwise) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kString, attribute && attribute->has_s(), "a string");
  return attribute ? attribute->s() : otherwise.str();
}

std::optional<SmallVector<int64_t>> Node::intsAttr(StringRef name) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kInts, attribute && attribute->ints_size() > 0,
                   "a list of integers");
  if (!attribute)
    return std::nullopt;
  return SmallVector<int64_t>(attribute->ints().begin(),
                              attribute->ints().end());
}

std::optional<SmallVector<float>> Node::floatsAttr(StringRef name) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kFloats, attribute && attribute->floats_size() > 0,
                   "a list of floats");
  if (!attribute)
    return std::nullopt;
  return SmallVector<float>(attribute->floats().begin(),
                            attribute->floats().end());
}

const pb::TensorProto *Node::tensorAttr(StringRef name) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kTensor, attribute && attribute->has_t(), "a tensor");
  return attribute ? &attribute->t() : nullptr;
}

const pb::GraphProto *Node::graphAttr(StringRef name) {
  const pb::AttributeProto *attribute = attributeMap.lookup(name);
  attribute = find(name, kGraph, attribute && attribute->has_g(), "a graph");
  return attribute ? &attribute->g() : nullptr;
}

LogicalResult Node::checkAttributes() {
  if (failed)
    return failure();
  for (const auto &entry : attributeMap)
    if (!asked.contains(entry.getKey()))
      return error() << "attribute '" << Importer::printable(entry.getKey())
                     << "' is not supported";
  return success();
}

FailureOr<int64_t> Node::axis(int64_t value, int64_t rank) {
  if (value < -rank || value >= rank)
    return error() << "expected an axis in [-" << rank << ", " << rank
                   << "), got " << value;
  return value < 0 ? value + rank : value;
}

FailureOr<SmallVector<int64_t>> Node::axes(ArrayRef<int64_t> values,
                                           int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t value : values) {
    FailureOr<int64_t> one = axis(value, rank);
    if (mlir::failed(one))
      return failure();
    if (llvm::is_contained(result, *one))
      return error() << "expected different axes, got " << *one << " twice";
    result.push_back(*one);
  }
  return result;
}

LogicalResult Node::checkIndexList(size_t i, StringRef what) {
  const Operand &operand = input(i);
  if (operand.isInt() && operand.rank() <= 1)
    return success();
  return error() << "expected input " << i << " (" << what
                 << ") to be a list of integers, got " << operand.type();
}

FailureOr<Sizes> Node::indexElements(size_t i, StringRef what) {
  if (mlir::failed(checkIndexList(i, what)))
    return failure();
  Operand operand = input(i);
  readElements(*this, operand);
  if (!operand.elements)
    return error() << "expected input " << i << " (" << what
                   << ") to have at most " << maxTrackedElements
                   << " elements, got " << operand.type();
  return Sizes(operand.elements->begin(), operand.elements->end());
}

/// All of `elements` as integers, which must be known.
static FailureOr<SmallVector<int64_t>>
constantsOf(Node &n, const Sizes &elements, size_t i, StringRef what) {
  SmallVector<int64_t> result;
  for (OpFoldResult element : elements) {
    std::optional<int64_t> value = constantOf(element);
    if (!value)
      return n.error() << "expected input " << i << " (" << what
                       << ") to be constant, got a value that depends on a "
                          "dynamic dimension";
    result.push_back(*value);
  }
  return result;
}

FailureOr<SmallVector<int64_t>> Node::constantInts(size_t i, StringRef what) {
  if (mlir::failed(checkIndexList(i, what)))
    return failure();
  const std::optional<Elements> &elements = input(i).elements;
  if (!elements)
    return error() << "expected input " << i << " (" << what
                   << ") to be constant, got a value that depends on the "
                      "input's data";
  return constantsOf(*this, Sizes(elements->begin(), elements->end()), i, what);
}

FailureOr<std::optional<Sizes>> Node::indexList(size_t i, StringRef name) {
  std::optional<SmallVector<int64_t>> attribute = intsAttr(name);
  if (attribute && hasInput(i))
    return error() << "expected '" << name << "' as an attribute or as input "
                   << i << ", got both";
  if (attribute)
    return std::optional<Sizes>(
        getAsIndexOpFoldResult(b.getContext(), *attribute));
  if (!hasInput(i))
    return std::optional<Sizes>();
  FailureOr<Sizes> elements = indexElements(i, name);
  if (mlir::failed(elements))
    return failure();
  return std::optional<Sizes>(*elements);
}

FailureOr<std::optional<SmallVector<int64_t>>>
Node::constantList(size_t i, StringRef name) {
  std::optional<SmallVector<int64_t>> attribute = intsAttr(name);
  if (attribute && hasInput(i))
    return error() << "expected '" << name << "' as an attribute or as input "
                   << i << ", got both";
  if (attribute || !hasInput(i))
    return attribute;
  FailureOr<SmallVector<int64_t>> values = constantInts(i, name);
  if (mlir::failed(values))
    return failure();
  return std::optional<SmallVector<int64_t>>(*values);
}
