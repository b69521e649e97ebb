//===- Unsupported.cpp - The operators that cannot be imported ------------===//

#include "Core/Unsupported.h"

#include "Core/Importer.h"
#include "Core/Registry.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
using Opsets = google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto>;
using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

class Search {
public:
  explicit Search(FindFunction findFunction) : findFunction(findFunction) {}

  void visit(const Nodes &nodes, const Opsets &opsets);
  std::string describe() const;

private:
  struct Operator {
    std::string domain, name;
    int64_t opset = 0;
    /// What the model calls the nodes.
    SmallVector<std::string> nodes;

    std::string describe() const;
  };

  void visitNode(const pb::NodeProto &node, const Opsets &opsets);
  void add(const pb::NodeProto &node, const Opsets &opsets);

  FindFunction findFunction;
  llvm::SmallPtrSet<const pb::FunctionProto *, 8> visited;
  /// In the order of the model, and where each is.
  std::vector<Operator> found;
  llvm::StringMap<size_t> places;
};
} // namespace

void Search::add(const pb::NodeProto &node, const Opsets &opsets) {
  std::string domain = canonicalDomain(node.domain()).str();
  int64_t opset = 0;
  for (const pb::OperatorSetIdProto &import : opsets)
    if (canonicalDomain(import.domain()) == domain)
      opset = import.version();
  std::string key = domain + '\0' + node.op_type() + '\0';
  size_t place = places.try_emplace(key + std::to_string(opset), found.size())
                     .first->second;
  found.resize(std::max(found.size(), place + 1));
  Operator &entry = found[place];
  entry.domain = domain;
  entry.name = node.op_type();
  entry.opset = opset;
  bool hasName = !node.name().empty() || node.output_size() == 0;
  entry.nodes.push_back(hasName ? node.name() : node.output(0));
}

void Search::visitNode(const pb::NodeProto &node, const Opsets &opsets) {
  const pb::FunctionProto *function = findFunction(node);
  if (function && visited.insert(function).second)
    visit(function->node(), function->opset_import_size() > 0
                                ? function->opset_import()
                                : opsets);
  if (!function &&
      !findOperator(canonicalDomain(node.domain()), node.op_type()))
    add(node, opsets);
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.has_g())
      visit(attribute.g().node(), opsets);
}

void Search::visit(const Nodes &nodes, const Opsets &opsets) {
  for (const pb::NodeProto &node : nodes)
    visitNode(node, opsets);
}

//===----------------------------------------------------------------------===//
// The message
//===----------------------------------------------------------------------===//

/// `Gelu (opset 20, domain 'com.microsoft'; 5 nodes: 'a', 'b', 'c', ...)`.
std::string Search::Operator::describe() const {
  constexpr size_t shown = 3;
  std::string text =
      Importer::printable(name) + " (opset " + std::to_string(opset);
  if (!domain.empty())
    text += ", domain '" + Importer::printable(domain) + "'";
  text += nodes.size() == 1 ? "; node "
                            : "; " + std::to_string(nodes.size()) + " nodes: ";
  for (const std::string &node : ArrayRef(nodes).take_front(shown))
    text += (&node == nodes.begin() ? "'" : ", '") + Importer::printable(node) +
            "'";
  return text + (nodes.size() > shown ? ", ...)" : ")");
}

std::string Search::describe() const {
  std::string text;
  if (found.size() == 1 && found.front().nodes.size() == 1) {
    const Operator &only = found.front();
    text = "node '" + Importer::printable(only.nodes.front()) + "' (" +
           Importer::printable(only.name) + ", opset " +
           std::to_string(only.opset) + "): operator is not supported";
    return only.domain.empty()
               ? text
               : text + " (domain '" + Importer::printable(only.domain) + "')";
  }
  text = std::to_string(found.size()) +
         (found.size() == 1 ? " operator is not supported: "
                            : " operators are not supported: ");
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(found, stream, [&](const Operator &entry) {
    stream << entry.describe();
  });
  return text;
}

std::string mlir::attn::onnx::describeUnsupported(const pb::ModelProto &model,
                                                  FindFunction findFunction) {
  Search search(findFunction);
  search.visit(model.graph().node(), model.opset_import());
  return search.describe();
}
