//===- PassAttrs.cpp - Attributes that passes hand on ---------------------===//
#include "PassAttrs.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct Kind {
  StringRef name;
  StringRef expected;
  bool (*matches)(Attribute);
};
} // namespace

template <typename Attr> static bool is(Attribute attribute) {
  return isa<Attr>(attribute);
}

template <typename Attr> static bool isArrayOf(Attribute attribute) {
  auto array = dyn_cast<ArrayAttr>(attribute);
  return array && llvm::all_of(array, is<Attr>);
}

// Who writes and who reads each says the header that names it.
static const Kind kinds[] = {
    // Target/Artifact/Signature.h, Parameters.h
    {"attn.symbol", "a string", is<StringAttr>},
    {"attn.entry", "a dictionary", is<DictionaryAttr>},
    {"attn.interface", "an array of dictionaries", isArrayOf<DictionaryAttr>},
    {"attn.parameters", "an array", is<ArrayAttr>},
    {"attn.export", "a unit", is<UnitAttr>},
    // Dialect/Attn/Utils/GuardedReads.h
    {"attn.in_bounds", "a unit", is<UnitAttr>},
    {"attn.defined", "a unit", is<UnitAttr>},
    // Target/Transforms/ExpandMath/MathBuilder.h
    {"attn.exact", "a unit", is<UnitAttr>},
    // Target/GPU/HostCode.h
    {"attn.kernel", "an integer", is<IntegerAttr>},
    {"attn.messages", "an array of strings", isArrayOf<StringAttr>},
};

LogicalResult attn::verifyPassAttr(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  const Kind *kind =
      llvm::find_if(kinds, [&](const Kind &kind) { return kind.name == name; });
  if (kind == std::end(kinds)) {
    InFlightDiagnostic error = op->emitOpError("expected attn.target");
    for (const Kind &kind : kinds)
      error << ", " << kind.name;
    return error << " as an attribute of an op, got " << name;
  }
  if (kind->matches(attribute.getValue()))
    return success();
  return op->emitOpError("expected ") << kind->expected << " in " << name
                                      << ", got " << attribute.getValue();
}
