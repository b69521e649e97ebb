//===- Importer.cpp - Walking a model's graphs ----------------------------===//

#include "Core/Importer.h"

#include "Core/Emit.h"
#include "Core/NodeOrder.h"
#include "Core/Registry.h"
#include "Core/Unsupported.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::onnx;

/// Functions and subgraphs that call each other can stand for more nodes than
/// there are in the file; no real model has so many.
static constexpr int64_t maxNodes = 200000;

/// Inlining is recursive, and the stack ends somewhere.
static constexpr size_t maxCallDepth = 64;

const Operand *Scope::lookup(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->outer)
    if (auto it = scope->values.find(name); it != scope->values.end())
      return &it->second;
  return nullptr;
}

StringRef mlir::attn::onnx::canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

static std::string functionKey(StringRef domain, StringRef name,
                               StringRef overload) {
  std::string key = canonicalDomain(domain).str();
  key.push_back('\0');
  key += name;
  key.push_back('\0');
  key += overload;
  return key;
}

Importer::Importer(StringRef path, MLIRContext &context,
                   const ImportOptions &options,
                   std::shared_ptr<const pb::ModelProto> onnx)
    : b(&context), math(b), path(path), context(context), options(options),
      model(std::move(onnx)),
      fileLoc(FileLineColLoc::get(&context, path, 0, 0)), nodesLeft(maxNodes) {
  math.setLoc(fileLoc);
  for (const pb::FunctionProto &function : model->functions())
    functions.try_emplace(
        functionKey(function.domain(), function.name(), function.overload()),
        &function);
}

std::string Importer::printable(StringRef name) {
  constexpr size_t longest = 120;
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::printEscapedString(name.take_front(longest), stream);
  if (name.size() > longest)
    stream << "...";
  return text;
}

LogicalResult Importer::readOpsets(
    const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &imports,
    OpsetMap &opsets) {
  for (const pb::OperatorSetIdProto &import : imports) {
    StringRef domain = canonicalDomain(import.domain());
    if (domain.empty() &&
        (import.version() < oldestOpset || import.version() > newestOpset))
      return error() << "expected an opset from " << oldestOpset << " to "
                     << newestOpset << ", got " << import.version();
    opsets[domain] = import.version();
  }
  return success();
}

const pb::FunctionProto *
Importer::findFunction(const pb::NodeProto &node) const {
  return functions.lookup(
      functionKey(node.domain(), node.op_type(), node.overload()));
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

LogicalResult Importer::importNodes(
    const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes,
    Scope &scope) {
  for (int64_t position : getNodeOrder(nodes))
    if (failed(importNode(nodes[position], position, scope)))
      return failure();
  return success();
}

/// The node's attributes, with references to the attributes of the function
/// around it followed.
static AttributeMap resolveAttributes(const pb::NodeProto &node,
                                      const Scope &scope) {
  AttributeMap attributes;
  for (const pb::AttributeProto &attribute : node.attribute()) {
    const pb::AttributeProto *resolved = &attribute;
    if (!attribute.ref_attr_name().empty())
      resolved = scope.attributes
                     ? scope.attributes->lookup(attribute.ref_attr_name())
                     : nullptr;
    if (resolved)
      attributes[attribute.name()] = resolved;
  }
  return attributes;
}

static LogicalResult checkArity(Node &node, const OpEntry &entry) {
  if (node.opset < entry.since)
    return node.error() << "expected opset " << entry.since << " or newer";
  if (node.numInputs() > entry.maxInputs)
    return node.error() << "expected at most " << entry.maxInputs
                        << " inputs, got " << node.numInputs();
  for (unsigned i = 0; i < entry.minInputs; ++i)
    if (!node.hasInput(i))
      return node.error() << "expected input " << i << " to be there, got none";
  return success();
}

static LogicalResult checkOutputs(Node &node) {
  for (size_t i = 0; i < node.numOutputs(); ++i)
    if (node.hasOutput(i) && !node.scope.values.count(node.proto.output(i)))
      return node.error() << "output " << i << ", '"
                          << Importer::printable(node.proto.output(i))
                          << "', is not supported";
  return success();
}

LogicalResult Importer::importNode(const pb::NodeProto &proto, int64_t position,
                                   Scope &scope) {
  StringRef domain = canonicalDomain(proto.domain());
  const pb::FunctionProto *function = findFunction(proto);
  auto version = scope.opsets->find(domain);
  int64_t opset = version == scope.opsets->end() ? 0 : version->second;
  Location loc = NameLoc::get(b.getStringAttr(proto.name().empty()
                                                  ? "node" + Twine(position)
                                                  : Twine(proto.name())),
                              fileLoc);
  Node node(*this, proto, scope, loc, opset, resolveAttributes(proto, scope));
  if (nodesLeft-- <= 0)
    return node.error() << "expected at most " << maxNodes
                        << " nodes after functions are inlined";
  const OpEntry *entry =
      function ? nullptr : findOperator(domain, proto.op_type());
  if (!function && !entry)
    return error() << describeUnsupported(*model,
                                          [&](const pb::NodeProto &called) {
                                            return findFunction(called);
                                          });
  if (!function && opset == 0)
    return node.error() << "expected the model to import an opset of domain '"
                        << printable(domain) << "'";
  if (failed(node.resolveInputs()))
    return failure();
  math.setLoc(loc);
  if (function)
    return failure(failed(importCall(node, *function)) ||
                   failed(checkOutputs(node)));
  math.takeOverflow();
  if (failed(checkArity(node, *entry)) || failed(entry->import(node)) ||
      failed(node.checkAttributes()))
    return failure();
  // What an operator has not refused with a better message.
  if (math.takeOverflow())
    return node.error() << "expected sizes and positions whose sums and "
                           "products fit 64 bits";
  return checkOutputs(node);
}

LogicalResult Importer::importCall(Node &node,
                                   const pb::FunctionProto &function) {
  if (llvm::is_contained(calls, &function))
    return node.error() << "expected a function that does not call itself";
  if (calls.size() >= maxCallDepth)
    return node.error() << "expected functions to be nested no deeper than "
                        << maxCallDepth;
  if (node.numInputs() > size_t(function.input_size()))
    return node.error() << "expected at most " << function.input_size()
                        << " inputs, got " << node.numInputs();
  OpsetMap opsets;
  if (failed(readOpsets(function.opset_import(), opsets)))
    return failure();
  AttributeMap attributes;
  for (const pb::AttributeProto &standard : function.attribute_proto())
    attributes[standard.name()] = &standard;
  for (const auto &given : node.attributes())
    attributes[given.getKey()] = given.getValue();

  Scope scope;
  scope.opsets = opsets.empty() ? node.scope.opsets : &opsets;
  scope.attributes = &attributes;
  for (size_t i = 0; i < node.numInputs(); ++i)
    if (node.hasInput(i))
      scope.values[function.input(i)] = node.input(i);
  calls.push_back(&function);
  llvm::scope_exit leave([&] { calls.pop_back(); });
  if (failed(importNodes(function.node(), scope)))
    return failure();
  for (int i = 0; i < function.output_size(); ++i) {
    const Operand *result = scope.lookup(function.output(i));
    if (!result)
      return node.error() << "expected the function to define its output '"
                          << printable(function.output(i)) << "'";
    if (failed(node.setOutput(i, *result)))
      return failure();
  }
  return success();
}

LogicalResult Importer::importSubgraph(const pb::GraphProto &graph,
                                       const Scope &outer,
                                       ArrayRef<Operand> inputs, Location loc,
                                       SmallVectorImpl<Operand> &results) {
  if (size_t(graph.input_size()) != inputs.size())
    return error() << "expected subgraph '" << printable(graph.name())
                   << "' to have " << inputs.size() << " inputs, got "
                   << graph.input_size();
  Scope scope;
  scope.outer = &outer;
  scope.opsets = outer.opsets;
  scope.attributes = outer.attributes;
  for (auto [info, operand] : llvm::zip_equal(graph.input(), inputs))
    scope.values[info.name()] = operand;
  if (failed(importInitializers(graph, scope)) ||
      failed(importNodes(graph.node(), scope)))
    return failure();
  for (const pb::ValueInfoProto &output : graph.output()) {
    const Operand *result = scope.lookup(output.name());
    if (!result)
      return error() << "expected subgraph '" << printable(graph.name())
                     << "' to define its output '" << printable(output.name())
                     << "'";
    results.push_back(*result);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The main graph
//===----------------------------------------------------------------------===//

LogicalResult Importer::importInitializers(const pb::GraphProto &graph,
                                           Scope &scope) {
  if (graph.sparse_initializer_size() > 0)
    return error() << "sparse initializers are not supported";
  for (const pb::TensorProto &proto : graph.initializer()) {
    Location loc = NameLoc::get(b.getStringAttr(proto.name()), fileLoc);
    FailureOr<Operand> operand = importTensor(proto, proto.name(), loc);
    if (failed(operand))
      return failure();
    if (!scope.values.try_emplace(proto.name(), *operand).second)
      return error() << "expected initializer '" << printable(proto.name())
                     << "' to be there once, got it twice";
  }
  return success();
}

LogicalResult Importer::finish(func::FuncOp function,
                               const pb::GraphProto &graph,
                               const Scope &scope) {
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  for (const pb::ValueInfoProto &info : graph.output()) {
    const Operand *operand = scope.lookup(info.name());
    if (!operand)
      return error() << "expected a node to define output '"
                     << printable(info.name()) << "'";
    if (failed(checkOutput(info, *operand)))
      return failure();
    results.push_back(operand->value);
    attributes.push_back(
        describeTensor(b, info, operand->type(), operand->isUnsigned));
  }
  func::ReturnOp::create(b, fileLoc, results);
  function.setType(b.getFunctionType(function.getArgumentTypes(),
                                     ValueRange(results).getTypes()));
  function.setAllResultAttrs(attributes);
  return success();
}

LogicalResult Importer::checkOutput(const pb::ValueInfoProto &info,
                                    const Operand &operand) {
  if (!info.type().has_tensor_type() ||
      info.type().tensor_type().elem_type() == 0)
    return success();
  FailureOr<std::pair<Type, bool>> declared =
      elementType(info.type().tensor_type().elem_type(), info.name(), fileLoc);
  if (failed(declared))
    return failure();
  if (declared->first != operand.elementType() ||
      declared->second != operand.isUnsigned)
    return error() << "expected output '" << printable(info.name())
                   << "' to have the declared element type " << declared->first
                   << ", got " << operand.elementType();
  return success();
}

/// The reads of operators are checked, or clamped, as they are written; what is
/// captured in regions of attention is not.
static void markReads(func::FuncOp function) {
  function.walk<WalkOrder::PreOrder>([](Operation *op) {
    if (isa<AttentionOp>(op))
      return WalkResult::skip();
    if (auto read = dyn_cast<tensor::ExtractOp>(op);
        (read && !read.getIndices().empty()) || isa<tensor::InsertOp>(op))
      markAsInBounds(op);
    return WalkResult::advance();
  });
}

LogicalResult Importer::importMain(ModuleOp module) {
  const pb::GraphProto &graph = model->graph();
  auto function =
      func::FuncOp::create(b, fileLoc, "main", b.getFunctionType({}, {}));
  Scope scope;
  scope.opsets = &modelOpsets;
  b.setInsertionPointToStart(function.addEntryBlock());
  if (failed(importArguments(function, scope)) ||
      failed(importInitializers(graph, scope)) ||
      failed(importNodes(graph.node(), scope)) ||
      failed(finish(function, graph, scope)))
    return failure();
  eraseDeadOps(function);
  markReads(function);
  return verify(module);
}

OwningOpRef<ModuleOp> Importer::importModel() {
  if (!model->has_graph()) {
    error() << "expected a model with a graph";
    return nullptr;
  }
  if (failed(readOpsets(model->opset_import(), modelOpsets)))
    return nullptr;
  if (modelOpsets.empty()) {
    error() << "expected the model to import an opset";
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(b, fileLoc);
  b.setInsertionPointToStart(module->getBody());
  if (failed(importMain(*module)))
    return nullptr;
  return module;
}
