//===- Registry.cpp - The operators that can be imported ------------------===//

#include "Core/Registry.h"

#include "attn/Import/ONNX/Import.h"

#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// The operators of a domain, by name.
struct Domain {
  Domain(StringRef name, std::initializer_list<ArrayRef<OpEntry>> families);

  StringRef name;
  llvm::StringMap<OpEntry> operators;
};
} // namespace

Domain::Domain(StringRef name,
               std::initializer_list<ArrayRef<OpEntry>> families)
    : name(name) {
  for (ArrayRef<OpEntry> family : families)
    for (const OpEntry &entry : family)
      operators[entry.name] = entry;
}

static ArrayRef<Domain> domains() {
  static const Domain all[] = {
      {"",
       {activationOps(),
        arithmeticOps(),
        attentionOps(),
        comparisonOps(),
        constantOps(),
        controlFlowOps(),
        dataSizedOps(),
        einsumOps(),
        encodingOps(),
        gatherOps(),
        generatorOps(),
        joinOps(),
        linearAttentionOps(),
        matMulOps(),
        normalizationOps(),
        padOps(),
        poolOps(),
        quantizationOps(),
        reductionOps(),
        reshapeOps(),
        resizeOps(),
        scatterOps(),
        selectionOps(),
        softmaxOps(),
        convOps(),
        lossOps()}},
      {"ai.onnx.preview", {flexAttentionOps()}},
      {"com.microsoft",
       {fusedOps(), fusedNormalizationOps(), groupQueryAttentionOps(),
        microsoftEncodingOps(), multiHeadAttentionOps(), packedMatMulOps()}}};
  return all;
}

const OpEntry *mlir::attn::onnx::findOperator(StringRef domain,
                                              StringRef name) {
  for (const Domain &each : domains()) {
    if (each.name != domain)
      continue;
    auto it = each.operators.find(name);
    return it == each.operators.end() ? nullptr : &it->second;
  }
  return nullptr;
}

/// `2`, `1 to 3`, `1 or more`.
static std::string describeInputs(const OpEntry &entry) {
  std::string least = std::to_string(entry.minInputs);
  if (entry.maxInputs == variadic)
    return least + " or more";
  return entry.minInputs == entry.maxInputs
             ? least
             : least + " to " + std::to_string(entry.maxInputs);
}

void mlir::attn::printImportedOperators(llvm::raw_ostream &os) {
  auto print = [&](StringRef domain, StringRef name, StringRef opset,
                   StringRef inputs) {
    os << llvm::left_justify(domain, 17) << llvm::left_justify(name, 34)
       << llvm::left_justify(opset, 12) << inputs << '\n';
  };
  print("domain", "operator", "from opset", "inputs");
  for (const Domain &domain : domains()) {
    const bool isStandard = domain.name.empty();
    SmallVector<StringRef> names(domain.operators.keys());
    llvm::sort(names);
    for (StringRef name : names) {
      const OpEntry &entry = domain.operators.find(name)->second;
      const int64_t oldest = isStandard ? oldestOpset : 1;
      print(isStandard ? "ai.onnx" : domain.name, name,
            std::to_string(std::max(oldest, entry.since)),
            describeInputs(entry));
    }
  }
}
