//===- Importer.h - Walking a model's graphs --------------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_IMPORTER_H
#define ATTN_LIB_IMPORT_ONNX_CORE_IMPORTER_H

#include "Core/IndexMath.h"
#include "Core/Operand.h"
#include "onnx.pb.h"

#include "attn/Import/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn::onnx {

namespace pb = ::attn::onnx;

using OpsetMap = llvm::StringMap<int64_t>;

/// The opsets whose definitions the importer knows.
constexpr int64_t oldestOpset = 7, newestOpset = 28;
using AttributeMap = llvm::StringMap<const pb::AttributeProto *>;

/// "ai.onnx" and "" are the same domain.
StringRef canonicalDomain(StringRef domain);

/// The names that a graph's nodes see.
struct Scope {
  llvm::StringMap<Operand> values;
  /// Subgraphs see the names of the graph around them; function bodies do not.
  const Scope *outer = nullptr;
  const OpsetMap *opsets = nullptr;
  /// The attributes of the function call that is being inlined.
  const AttributeMap *attributes = nullptr;

  const Operand *lookup(StringRef name) const;
};

class Importer {
public:
  Importer(StringRef path, MLIRContext &context, const ImportOptions &options,
           std::shared_ptr<const pb::ModelProto> model);

  /// The module, or null after an error.
  OwningOpRef<ModuleOp> importModel();

  /// Nodes of a graph, in order. Errors have been reported.
  LogicalResult
  importNodes(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes,
              Scope &scope);
  /// A subgraph at the insertion point: `inputs` become its inputs, and its
  /// results are appended to `results`.
  LogicalResult importSubgraph(const pb::GraphProto &graph, const Scope &outer,
                               ArrayRef<Operand> inputs, Location loc,
                               SmallVectorImpl<Operand> &results);
  /// A constant as an operand; `name` is for messages.
  FailureOr<Operand> importTensor(const pb::TensorProto &proto, StringRef name,
                                  Location loc);
  /// MLIR's element type, or null with an error at `loc`.
  FailureOr<std::pair<Type, bool>> elementType(int32_t dataType, StringRef name,
                                               Location loc);

  /// The size of dimension `d` that the model declares for its output `name`:
  /// a constant, or a symbol that sizes an input.
  std::optional<OpFoldResult> declaredSize(StringRef name, int64_t d);

  InFlightDiagnostic error() { return emitError(fileLoc); }
  /// `name` as bytes that a message may hold.
  static std::string printable(StringRef name);

  OpBuilder b;
  IndexMath math;

private:
  LogicalResult importMain(ModuleOp module);
  LogicalResult importArguments(func::FuncOp function, Scope &scope);
  LogicalResult importInitializers(const pb::GraphProto &graph, Scope &scope);
  FailureOr<RankedTensorType> inputType(const pb::ValueInfoProto &info,
                                        bool &isUnsigned,
                                        SmallVectorImpl<std::string> &names);
  LogicalResult readOpsets(
      const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &imports,
      OpsetMap &opsets);
  LogicalResult checkOutput(const pb::ValueInfoProto &info,
                            const Operand &operand);
  LogicalResult importNode(const pb::NodeProto &node, int64_t position,
                           Scope &scope);
  LogicalResult importCall(class Node &node, const pb::FunctionProto &function);
  LogicalResult finish(func::FuncOp function, const pb::GraphProto &graph,
                       const Scope &scope);
  const pb::FunctionProto *findFunction(const pb::NodeProto &node) const;

  std::string path;
  MLIRContext &context;
  const ImportOptions &options;
  std::shared_ptr<const pb::ModelProto> model;
  Location fileLoc;
  OpsetMap modelOpsets;
  llvm::StringMap<const pb::FunctionProto *> functions;
  /// Functions that are being inlined, to refuse recursion.
  SmallVector<const pb::FunctionProto *> calls;
  int64_t nodesLeft;
  /// The first size that was given to each symbolic dimension.
  llvm::StringMap<OpFoldResult> symbols;
};

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_IMPORTER_H
