//===- Parameters.h - The constant weights of an artifact -------*- C++ -*-===//
//
// Large constants do not travel through LLVM. attn-extract-parameters takes
// them out of the module, whose code then refers to one symbol that LLVM knows
// no contents of; reserveParameters prepares the object or the library that was
// made of the code for them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_ARTIFACT_PARAMETERS_H
#define ATTN_TARGET_ARTIFACT_PARAMETERS_H

#include "attn/Runtime/ParameterFile.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::attn {

/// The attribute of a module that lists its parameters, each an ElementsAttr
/// that is in memory as compiled code reads it.
inline constexpr StringLiteral kParametersAttrName = "attn.parameters";

/// The name of the section in an object: one that LLVM and linkers take for
/// large data, so that code may lie far from it.
inline constexpr StringLiteral kParametersSection = ".lbss.attn_parameters";

/// Takes bytes, or says that it cannot.
using ByteSink = llvm::function_ref<bool(StringRef bytes)>;

/// Parameters end to end, each at its offset; zeros between them.
struct Parameters {
  struct Piece {
    /// From the start, a multiple of 64.
    uint64_t offset, size;
    ElementsAttr value;
  };
  std::vector<Piece> pieces;
  /// In bytes.
  uint64_t size = 0;
  /// Where they begin in a library or object whose code leaves room for that;
  /// else right behind the code.
  uint64_t begin = 0;

  /// Adds the bytes of `value`, which isParameter, behind the others; where
  /// they begin.
  uint64_t add(ElementsAttr value);
  /// Hands on everything, with the zeros between the pieces, until the sink
  /// takes no more. Adds what it hands on to `sum`.
  bool write(ByteSink sink, AttnChecksum *sum = nullptr) const;
};

/// A file of parameters beside a library.
struct ParameterFile {
  /// From the library's folder, or absolute; empty: there is none.
  std::string name;
  AttnParameterHeader header = {};

  /// What stands in the file before the contents.
  std::string getBeginning() const;
};

/// The file called `name` for `parameters`, whose checksum is not known yet.
ParameterFile describeFile(StringRef name, const Parameters &parameters);

/// Lets the code of `module`, after attn-extract-parameters, have its
/// parameters mapped from `file`. What is linked of it lacks the checksum.
void useParameterFile(ModuleOp module, const ParameterFile &file);

/// Puts the checksum of `file` into a library that useParameterFile was for.
llvm::Error setChecksum(std::string &library, const ParameterFile &file);

/// The elements of `value` as compiled code reads them, or none: splats, and
/// elements that are not of whole bytes, are in memory otherwise.
ArrayRef<char> getBytes(ElementsAttr value);

/// Whether writeElements knows the elements of `value`.
bool isParameter(ElementsAttr value);

/// Hands on the elements of `value` as compiled code reads them, in parts whose
/// sizes, but for the last, are multiples of 64. Packed ones come into being
/// here, a few at a time.
bool writeElements(ElementsAttr value, ByteSink sink);

/// What attn-extract-parameters took out of `module`, which keeps it.
Parameters getParameters(ModuleOp module);

/// `elf`, an object or a shared library made of a module after
/// attn-extract-parameters, as the beginning of a file that goes on with the
/// contents of `parameters`: what describes the file says so. It is as long as
/// `parameters.begin`, if that is enough.
llvm::Expected<std::string> reserveParameters(StringRef elf,
                                              const Parameters &parameters);

} // namespace mlir::attn

#endif // ATTN_TARGET_ARTIFACT_PARAMETERS_H
