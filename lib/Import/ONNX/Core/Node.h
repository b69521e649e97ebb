//===- Node.h - One node being imported -------------------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_NODE_H
#define ATTN_LIB_IMPORT_ONNX_CORE_NODE_H

#include "Core/Importer.h"

#include "llvm/ADT/StringSet.h"

namespace mlir::attn::onnx {

/// One node being imported: its inputs, its attributes, and where its results
/// go. Attributes that an importing function does not ask for are an error, so
/// that no meaning is dropped silently; an attribute of the wrong kind makes
/// the import of the node fail after the function has run with the default.
class Node {
public:
  Node(Importer &importer, const pb::NodeProto &proto, Scope &scope,
       Location loc, int64_t opset, AttributeMap attributes);

  OpBuilder &b;
  IndexMath &math;
  Importer &importer;
  const pb::NodeProto &proto;
  Scope &scope;
  const Location loc;
  const int64_t opset;

  StringRef op() const { return proto.op_type(); }
  const AttributeMap &attributes() const { return attributeMap; }

  /// An error that begins with the node's name, operator and opset.
  InFlightDiagnostic error();

  /// Looks the inputs up.
  LogicalResult resolveInputs();
  size_t numInputs() const { return inputs.size(); }
  bool hasInput(size_t i) const { return i < inputs.size() && inputs[i]; }
  const Operand &input(size_t i) const { return inputs[i]; }
  ArrayRef<Operand> allInputs() const { return inputs; }

  size_t numOutputs() const { return proto.output_size(); }
  bool hasOutput(size_t i) const {
    return i < numOutputs() && !proto.output(i).empty();
  }
  /// Binds the name of output `i`, if it has one.
  LogicalResult setOutput(size_t i, Operand operand);
  LogicalResult setOutput(size_t i, FailureOr<Operand> operand);

  bool hasAttr(StringRef name);
  int64_t intAttr(StringRef name, int64_t otherwise);
  double floatAttr(StringRef name, double otherwise);
  std::string stringAttr(StringRef name, StringRef otherwise);
  std::optional<SmallVector<int64_t>> intsAttr(StringRef name);
  std::optional<SmallVector<float>> floatsAttr(StringRef name);
  const pb::TensorProto *tensorAttr(StringRef name);
  const pb::GraphProto *graphAttr(StringRef name);

  /// Errors of attributes: wrong kinds, and names nobody asked for.
  LogicalResult checkAttributes();

  /// An axis in [0, rank), from one that may count from the back.
  FailureOr<int64_t> axis(int64_t value, int64_t rank);
  FailureOr<SmallVector<int64_t>> axes(ArrayRef<int64_t> values, int64_t rank);
  /// Input `i` as integers that are all known; `what` is for the message.
  FailureOr<SmallVector<int64_t>> constantInts(size_t i, StringRef what);
  /// Input `i` as sizes or positions: followed from constants and shapes, or
  /// read from its data when the code runs (see IndexMath::isFromData).
  FailureOr<Sizes> indexElements(size_t i, StringRef what);
  /// A list that is attribute `name` in early opsets and input `i` in later
  /// ones; nothing where it is left out.
  FailureOr<std::optional<Sizes>> indexList(size_t i, StringRef name);
  /// Such a list of integers that are all known.
  FailureOr<std::optional<SmallVector<int64_t>>> constantList(size_t i,
                                                              StringRef name);

private:
  LogicalResult checkIndexList(size_t i, StringRef what);
  const pb::AttributeProto *find(StringRef name, int32_t type, bool present,
                                 const char *kind);

  SmallVector<Operand> inputs;
  AttributeMap attributeMap;
  llvm::StringSet<> asked;
  bool failed = false;
};

/// Imports one kind of node; errors have been reported.
using ImportFn = LogicalResult (*)(Node &);

struct OpEntry {
  StringRef name;
  ImportFn import;
  /// Inputs that must be there, and the most there may be.
  unsigned minInputs, maxInputs;
  /// The first opset whose definition is understood.
  int64_t since = 1;
};

/// No limit on the number of inputs.
constexpr unsigned variadic = ~0u;

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_NODE_H
