//===- Emit.h - What the operators' importers build with --------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_EMIT_H
#define ATTN_LIB_IMPORT_ONNX_CORE_EMIT_H

#include "Core/Node.h"
#include "Core/ScalarBuilder.h"

namespace mlir::attn::onnx {

/// False for ranks and sizes that no machine holds (their product would not
/// even fit a number), and for negative sizes.
bool isReasonableShape(ArrayRef<int64_t> shape);
/// An error where sizes are negative or absurd; where they may be only when the
/// code runs, a cf.assert.
LogicalResult checkSizes(Node &n, const Sizes &sizes);
/// An error where a constant could be no position in any tensor, so that sums
/// with sizes might overflow; `what` is for the message.
LogicalResult checkPosition(Node &n, OpFoldResult value, const Twine &what);
/// `[2, ?, 3]`, where what is not constant is `?`.
std::string describeSizes(ArrayRef<OpFoldResult> sizes);
/// The most elements that any tensor has.
constexpr int64_t maxElements = int64_t(1) << 40;

/// The attributes of an argument or result: name, names of dimensions, and
/// whether it is unsigned.
DictionaryAttr describeTensor(OpBuilder &b, const pb::ValueInfoProto &info,
                              RankedTensorType type, bool isUnsigned);

/// Erases what has no effect and no use.
void eraseDeadOps(Operation *root);

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// An operand of this value and these sizes; its type is cast to agree.
Operand makeOperand(Node &n, Value value, const Sizes &sizes,
                    bool isUnsigned = false);
/// A tensor of known elements.
Operand fromElements(Node &n, const Elements &elements, const Sizes &sizes,
                     Type elementType, bool isUnsigned = false);
/// A rank-1 i64 tensor.
Operand fromIndices(Node &n, const Sizes &values);
/// One element of Elements as a scalar of `type`.
Value scalarOf(ScalarBuilder &s, OpFoldResult element, Type type);
/// True where every element is a known constant.
bool isConstant(const Operand &operand);
/// The number of elements, when it is static.
std::optional<int64_t> staticCount(const Sizes &sizes);

/// What a loop or a branch gives, behind a slice that says its sizes: nobody
/// can tell them from the op itself.
Operand operandWithSizes(Node &n, Value value, const Sizes &sizes,
                         bool isUnsigned = false);

Value emptyTensor(Node &n, const Sizes &sizes, Type elementType);
/// A tensor with one value everywhere.
Value filledTensor(Node &n, const Sizes &sizes, Value scalar);

/// Reads the elements of a short list of integers from its data, if they are
/// not known.
void readElements(Node &n, Operand &operand);

/// Whether a size is zero whatever the input. Such a tensor has no slices: an
/// offset must lie inside, also where nothing is taken.
bool isKnownEmpty(const Sizes &sizes);
/// `whole` with `piece`, of sizes `sizes`, at `offsets`.
Value insertSlice(Node &n, Value piece, const Sizes &sizes, Value whole,
                  const Sizes &offsets);
/// The only element of a tensor, as a scalar.
Value extractScalar(Node &n, const Operand &operand);

//===----------------------------------------------------------------------===//
// Checks that wait until the code runs
//===----------------------------------------------------------------------===//

/// Nothing for sizes that are equal; an error for different constants; else a
/// cf.assert `expected dimension D of X to equal dimension E of Y`.
LogicalResult requireEqualDims(Node &n, const Operand &x, int64_t d,
                               const Operand &y, int64_t e);
/// The same for any two sizes, with this message.
LogicalResult requireEqual(Node &n, OpFoldResult lhs, OpFoldResult rhs,
                           const Twine &message);
void emitAssert(Node &n, Value condition, const Twine &message);
/// Whether a number of elements is in [0, maxElements], computed so that it
/// does not wrap.
Value fitsMachine(Node &n, OpFoldResult count);

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

using ScalarFn = llvm::function_ref<Value(ScalarBuilder &, ValueRange)>;
/// Arithmetic on sizes that are not constant; null where it has no answer.
using IndexFn =
    llvm::function_ref<OpFoldResult(IndexMath &, ArrayRef<OpFoldResult>)>;

/// The shape to which operands broadcast, right aligned.
FailureOr<Sizes> broadcastShapes(Node &n, ArrayRef<Operand> operands);
/// `scalar` on every element, with broadcasting. Known elements are computed.
FailureOr<Operand> elementwise(Node &n, ArrayRef<Operand> operands,
                               Type resultElement, ScalarFn scalar,
                               IndexFn onIndices = nullptr);
/// The same over `sizes` that all operands have been checked to broadcast to.
Operand elementwiseOver(Node &n, ArrayRef<Operand> operands, const Sizes &sizes,
                        Type resultElement, ScalarFn scalar,
                        IndexFn onIndices = nullptr);
/// The elements of an elementwise result, where they can be computed now.
std::optional<Elements> foldElementwise(Node &n, ArrayRef<Operand> operands,
                                        const Sizes &sizes, Type resultElement,
                                        ScalarFn scalar, IndexFn onIndices);
/// An element for each position of `sizes`.
Operand generate(Node &n, const Sizes &sizes, Type elementType,
                 llvm::function_ref<Value(ScalarBuilder &, ValueRange)> body);
/// Index values of the loops around, one a dimension.
SmallVector<Value> loopIndices(OpBuilder &b, Location loc, int64_t rank);

/// Sizes stay known through f32 and f64, where early exporters send them.
FailureOr<Operand> castTo(Node &n, const Operand &operand, Type elementType,
                          bool isUnsigned = false);
/// MLIR's type for a TensorProto.DataType of an attribute.
FailureOr<std::pair<Type, bool>> namedType(Node &n, int64_t dataType);

//===----------------------------------------------------------------------===//
// Moving data
//===----------------------------------------------------------------------===//

/// The same elements under another shape; their number is checked.
FailureOr<Operand> reshape(Node &n, const Operand &operand, Sizes sizes);
/// Dimension i of the result is dimension perm[i].
Operand transpose(Node &n, const Operand &operand, ArrayRef<int64_t> perm);
/// `sizes` elements from `offsets`, every `strides`-th.
Operand slice(Node &n, const Operand &operand, const Sizes &offsets,
              const Sizes &sizes, ArrayRef<int64_t> strides);
/// Broadcasting to exactly `sizes`, those of `name` for messages.
FailureOr<Operand> expandTo(Node &n, const Operand &operand, const Sizes &sizes,
                            StringRef name);
FailureOr<Operand> concat(Node &n, ArrayRef<Operand> operands, int64_t axis);
/// A dimension of size 1 at each of these places of the result.
FailureOr<Operand> unsqueeze(Node &n, const Operand &operand,
                             ArrayRef<int64_t> axes);

//===----------------------------------------------------------------------===//
// Reducing
//===----------------------------------------------------------------------===//

/// The type in which sums of `type` are kept: f32 for 16-bit floats.
Type accumulatorType(OpBuilder &b, Type type);
/// Folds the dimensions `axes` with `combine`, starting from `neutral`, whose
/// type is the result's element type; the other dimensions stay.
Operand reduce(
    Node &n, const Operand &operand, ArrayRef<int64_t> axes, Value neutral,
    llvm::function_ref<Value(ScalarBuilder &, Value element, Value accumulator)>
        combine);

/// Where the best element along `axis` lies, without that dimension: the first,
/// or the last, of equals. A NaN is better than any number, as in numpy.
Operand argument(Node &n, const Operand &data, int64_t axis, bool isMax,
                 bool last);

/// The product of matrices, or of vectors, with the batch dimensions broadcast.
FailureOr<Operand> matMul(Node &n, Operand lhs, Operand rhs);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_EMIT_H
