//===- ExplainText.cpp - Tables and JSON of attentions --------------------===//

#include "attn/Driver/Explain.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Unicode.h"

using namespace mlir;
using namespace mlir::attn;

using Row = std::vector<std::string>;

/// Columns as wide as what is in them; the last one ends where it ends.
static void printTable(llvm::raw_ostream &os, ArrayRef<Row> rows) {
  std::vector<int> widths(rows.front().size());
  for (const Row &row : rows)
    for (auto [width, cell] : llvm::zip(widths, row))
      width = std::max(width, llvm::sys::unicode::columnWidthUTF8(cell));
  for (const Row &row : rows) {
    for (size_t n = 0; n + 1 < row.size(); ++n) {
      os << row[n];
      os.indent(widths[n] - llvm::sys::unicode::columnWidthUTF8(row[n]) + 2);
    }
    os << row.back() << "\n";
  }
}

/// "4 on 2" where kv heads are shared.
static std::string describeHeads(const ExplainedAttention &found) {
  return found.heads == found.kvHeads ? found.heads
                                      : found.heads + " on " + found.kvHeads;
}

static std::string describeNodes(const ExplainedAttention &found) {
  if (found.nodes.size() < 2)
    return found.nodes.empty() ? "?" : found.nodes.front();
  return found.nodes.front() + " … " + found.nodes.back();
}

static std::string describeFeatures(const ExplainedAttention &found) {
  return found.headSize == found.valueSize
             ? found.headSize
             : found.headSize + ", " + found.valueSize;
}

static std::string describeScore(const ExplainedAttention &found) {
  return found.sink.empty() ? found.score
                            : found.score + ", sink " + found.sink;
}

void attn::print(llvm::raw_ostream &os, const Explanation &explanation) {
  std::vector<Row> rows = {{"heads", "queries x keys", "features", "type",
                            "scale", "mask", "score", "nodes"}};
  for (const ExplainedAttention &found : explanation.attentions)
    rows.push_back({describeHeads(found), found.queries + " x " + found.keys,
                    describeFeatures(found), found.dtype, found.scale,
                    found.mask, describeScore(found), describeNodes(found)});
  os << explanation.attentions.size() << " attentions\n";
  if (rows.size() > 1)
    printTable(os, rows);
  for (const ExplainedAttention &found : explanation.attentions)
    if (!found.pairs.empty())
      os << "captured: " << describeNodes(found) << " reads '" << found.pairs
         << "', one value for each pair\n";
  for (const NearMiss &miss : explanation.nearMisses)
    os << "left as it is: " << miss.node << ": " << miss.reason << "\n";
  for (const auto &[name, count] : explanation.others)
    os << count << " " << name << "\n";
}

static llvm::json::Value toJSON(const ExplainedAttention &found) {
  return llvm::json::Object{{"function", found.function},
                            {"nodes", found.nodes},
                            {"batch", found.batch},
                            {"heads", found.heads},
                            {"kv_heads", found.kvHeads},
                            {"queries", found.queries},
                            {"keys", found.keys},
                            {"head_size", found.headSize},
                            {"value_size", found.valueSize},
                            {"dtype", found.dtype},
                            {"scale", found.scale},
                            {"mask", found.mask},
                            {"score", found.score},
                            {"sink", found.sink},
                            {"tensor_of_pairs", found.pairs}};
}

std::string attn::formatJSON(const Explanation &explanation) {
  llvm::json::Array attentions, misses;
  for (const ExplainedAttention &found : explanation.attentions)
    attentions.push_back(toJSON(found));
  for (const NearMiss &miss : explanation.nearMisses)
    misses.push_back(
        llvm::json::Object{{"node", miss.node}, {"reason", miss.reason}});
  llvm::json::Object others;
  for (const auto &[name, count] : explanation.others)
    others[name] = count;
  llvm::json::Value all =
      llvm::json::Object{{"attentions", std::move(attentions)},
                         {"near_misses", std::move(misses)},
                         {"others", std::move(others)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}", all) << "\n";
  return text;
}
