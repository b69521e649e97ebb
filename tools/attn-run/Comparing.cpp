//===- Comparing.cpp - Outputs against what they should be ----------------===//

#include "Comparing.h"
#include "Diagnostics.h"

#include "attn/Reference/Compare.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::attn::run {

bool printComparison(StringRef name, const Tensor &actual,
                     const Tensor &expected, ::attn::Tolerance tolerance) {
  const ::attn::Comparison result =
      ::attn::compare(actual, expected, tolerance);
  llvm::outs() << name << " " << actual.typeString() << ": "
               << result.summary();
  if (::attn::isFloat(expected.dtype()))
    llvm::outs() << llvm::format(" (rtol %g, atol %g)", tolerance.relative,
                                 tolerance.absolute);
  llvm::outs() << "\n";
  return result.agree;
}

::attn::Tolerance adjust(::attn::Tolerance tolerance, const Options &options) {
  return {options.rtol.value_or(tolerance.relative),
          options.atol.value_or(tolerance.absolute)};
}

} // namespace mlir::attn::run
