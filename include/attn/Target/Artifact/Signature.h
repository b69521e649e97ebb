//===- Signature.h - What an artifact's function takes and gives -*- C++
//-*-===//
//
// The outside of a compiled function: names, element types and shapes of its
// inputs and outputs. The run-time checks, the C header and the JSON
// description are all made from this.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_ARTIFACT_SIGNATURE_H
#define ATTN_TARGET_ARTIFACT_SIGNATURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// One dimension: a size, or a name. Dimensions of one name must be equal when
/// the function runs.
struct Dimension {
  /// Elements along it, or ShapedType::kDynamic.
  int64_t size = ShapedType::kDynamic;
  /// From `attn.dim_names`. Without one, dynamic dimension D of input N is
  /// `argN.D`, of output N `resultN.D`.
  std::string name;

  bool isDynamic() const { return ShapedType::isDynamic(size); }
};

/// One input or output.
struct TensorSignature {
  /// From `attn.name`; otherwise `argN` or `resultN`.
  std::string name;
  /// `f16 bf16 f32 f64 bool i8 i16 i32 i64 u8 u16 u32 u64`.
  std::string dtype;
  std::vector<Dimension> shape;
  /// An input whose elements, and not only its sizes, decide the shapes of
  /// outputs; attn-create-shape-functions finds them.
  bool decidesShapes = false;
  /// The input whose memory an output may have, from `attn.shares`: it begins
  /// as that input.
  std::optional<unsigned> shares;
};

/// One public function.
struct FunctionSignature {
  std::string name;
  std::vector<TensorSignature> inputs;
  std::vector<TensorSignature> outputs;
  /// The function in C; from `attn.symbol`, otherwise getCName of its name.
  std::string symbol;

  /// The function in C that fills in the shapes of the outputs.
  std::string getShapesSymbol() const;
  /// For a GPU, the one that takes a stream and does not wait for it.
  std::string getStreamSymbol() const;
  /// The same with memory of the caller's, and the one that says how much.
  std::string getInWorkspaceSymbol() const;
  std::string getWorkspaceSizeSymbol() const;
};

/// DLPack's type of an element type: its code (DLDataTypeCode) and its width in
/// bits (bool: 8).
struct ElementCode {
  uint8_t code;
  uint8_t bits;
};

/// The name of an element type as the JSON writes it, or "" where artifacts
/// cannot hold such elements.
StringRef getDTypeName(Type elementType, bool isUnsigned);

/// DLPack's code for a name that getDTypeName gave.
ElementCode getElementCode(StringRef dtype);

/// Reads the signature of `function`. An argument or result that an artifact
/// cannot take (not a ranked tensor, an element type without a DLPack code) is
/// an error at the function.
FailureOr<FunctionSignature> getSignature(func::FuncOp function);

/// The signatures of all public functions with a body, in order. A module
/// without one is an error.
FailureOr<std::vector<FunctionSignature>> getSignatures(ModuleOp module);

/// The attribute of an entry point that carries its signature:
/// `{function = "f", inputs = [{name = "x", dtype = "f32", shape = [4, "n"]}],
/// outputs = […]}`.
inline constexpr StringLiteral kEntryAttrName = "attn.entry";
DictionaryAttr getSignatureAttr(MLIRContext *context,
                                const FunctionSignature &signature);
/// Reads what getSignatureAttr made.
FunctionSignature getSignature(DictionaryAttr attr);

/// After attn-create-c-interface: the attribute of the module with all
/// signatures. Dimensions of outputs are then numbers or terms over the inputs'
/// names, as far as the shape functions tell.
inline constexpr StringLiteral kInterfaceAttrName = "attn.interface";
std::vector<FunctionSignature> getInterface(ModuleOp module);

/// The attribute of a public function that says what it is called in C.
inline constexpr StringLiteral kSymbolAttrName = "attn.symbol";

/// The attribute of a result that says which argument's memory it may have
/// (attn-share-caches).
inline constexpr StringLiteral kSharesAttrName = "attn.shares";

/// What a public function is called in C: by its name, or by its name with `_`
/// behind it where C or C++ reads the name otherwise (`main`, `while`, `class`,
/// `int64_t`) or the C library has a function of this name; with `model_`
/// before it where the runtime of OpenMP may have one (`omp_get_level`).
std::string getCName(StringRef name);

/// Whether a function may be called `name` in C and C++: an identifier that
/// neither the languages, nor the C library, nor artifacts keep for themselves.
bool isFreeCName(StringRef name);

/// A free C name that looks like `text`, of which anything may be asked: other
/// characters than letters and digits become `_`; `model` where none are left.
std::string makeCName(StringRef text);

/// The names of the functions that the passes of this folder make for a public
/// function `name`.
std::string getBodyName(StringRef name);
std::string getEntryName(StringRef name);
std::string getShapesName(StringRef name);

} // namespace mlir::attn

#endif // ATTN_TARGET_ARTIFACT_SIGNATURE_H
