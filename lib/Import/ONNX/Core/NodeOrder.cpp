//===- NodeOrder.cpp - Which node comes after which -----------------------===//

#include "Core/NodeOrder.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn::onnx;

using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;
using NameFn = llvm::function_ref<void(StringRef)>;

static void visitReads(const pb::GraphProto &graph, NameFn visit);

/// The names that a node reads around it.
static void visitReads(const pb::NodeProto &node, NameFn visit) {
  for (const std::string &name : node.input())
    visit(name);
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.has_g())
      visitReads(attribute.g(), visit);
}

static void visitReads(const pb::GraphProto &graph, NameFn visit) {
  llvm::StringSet<> own;
  for (const pb::ValueInfoProto &input : graph.input())
    own.insert(input.name());
  for (const pb::TensorProto &tensor : graph.initializer())
    own.insert(tensor.name());
  for (const pb::NodeProto &node : graph.node())
    for (const std::string &name : node.output())
      own.insert(name);
  auto visitOuter = [&](StringRef name) {
    if (!own.contains(name))
      visit(name);
  };
  for (const pb::NodeProto &node : graph.node())
    visitReads(node, visitOuter);
  for (const pb::ValueInfoProto &output : graph.output())
    visitOuter(output.name());
}

static llvm::StringMap<int64_t> findProducers(const Nodes &nodes) {
  llvm::StringMap<int64_t> producers;
  for (auto [position, node] : llvm::enumerate(nodes))
    for (const std::string &name : node.output())
      if (!name.empty())
        producers.try_emplace(name, position);
  return producers;
}

SmallVector<int64_t> mlir::attn::onnx::getNodeOrder(const Nodes &nodes) {
  const llvm::StringMap<int64_t> producers = findProducers(nodes);
  enum State : char { Unseen, Waiting, Done };
  SmallVector<State> states(nodes.size(), Unseen);
  // Depth first, without recursion: chains are as long as models are deep.
  SmallVector<int64_t> order, stack;
  auto visitFrom = [&](int64_t first) {
    stack.push_back(first);
    while (!stack.empty()) {
      const int64_t position = stack.back();
      if (states[position] == Unseen) {
        states[position] = Waiting;
        visitReads(nodes[position], [&](StringRef name) {
          auto producer = producers.find(name);
          if (producer != producers.end() && states[producer->second] == Unseen)
            stack.push_back(producer->second);
        });
        continue;
      }
      stack.pop_back();
      if (states[position] == Waiting)
        order.push_back(position);
      states[position] = Done;
    }
  };
  for (int64_t position = 0; position < nodes.size(); ++position)
    visitFrom(position);
  return order;
}
