//===- CreateCInterface.cpp - The exported functions of an artifact -------===//

#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Runtime/ArtifactTable.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CREATECINTERFACE
#include "attn/Target/Artifact/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The table of one function and its strings, as attn/Runtime/ArtifactTable.h
/// lays them out.
class Table {
public:
  Table(const FunctionSignature &signature, StringRef features) {
    table.resize(ATTN_HEADER_FIELDS);
    table[ATTN_HEADER_VERSION] = ATTN_TABLE_VERSION;
    table[ATTN_HEADER_FUNCTION] = addString(signature.name);
    table[ATTN_HEADER_FEATURES] = addString(features);
    table[ATTN_HEADER_NUM_INPUTS] = signature.inputs.size();
    table[ATTN_HEADER_NUM_OUTPUTS] = signature.outputs.size();
    std::vector<int64_t> tensors;
    for (const TensorSignature &tensor : signature.inputs)
      addTensor(tensors, tensor);
    for (const TensorSignature &tensor : signature.outputs)
      addTensor(tensors, tensor);
    table[ATTN_HEADER_NUM_SYMBOLS] = symbolNames.size();
    llvm::append_range(table, symbolNames);
    llvm::append_range(table, tensors);
  }

  ArrayRef<int64_t> getNumbers() const { return table; }
  StringRef getStrings() const { return strings; }

private:
  int64_t addString(StringRef text) {
    int64_t offset = strings.size();
    strings += text;
    strings += '\0';
    return offset;
  }

  int64_t getSymbol(StringRef name) {
    auto [it, isNew] = symbols.try_emplace(name, symbolNames.size());
    if (isNew)
      symbolNames.push_back(addString(name));
    return it->second;
  }

  void addTensor(std::vector<int64_t> &to, const TensorSignature &tensor) {
    ElementCode code = getElementCode(tensor.dtype);
    int64_t fields[ATTN_TENSOR_FIELDS];
    fields[ATTN_TENSOR_NAME] = addString(tensor.name);
    fields[ATTN_TENSOR_DTYPE] = addString(tensor.dtype);
    fields[ATTN_TENSOR_CODE] = code.code;
    fields[ATTN_TENSOR_BITS] = code.bits;
    fields[ATTN_TENSOR_RANK] = tensor.shape.size();
    fields[ATTN_TENSOR_DECIDES] = tensor.decidesShapes;
    fields[ATTN_TENSOR_SHARES] = tensor.shares ? int64_t(*tensor.shares) : -1;
    to.insert(to.end(), std::begin(fields), std::end(fields));
    for (const Dimension &dimension : tensor.shape) {
      int64_t dim[ATTN_DIM_FIELDS];
      dim[ATTN_DIM_SIZE] = dimension.isDynamic() ? -1 : dimension.size;
      dim[ATTN_DIM_SYMBOL] =
          dimension.isDynamic() ? getSymbol(dimension.name) : -1;
      to.insert(to.end(), std::begin(dim), std::end(dim));
    }
  }

  std::vector<int64_t> table, symbolNames;
  std::string strings;
  llvm::StringMap<int64_t> symbols;
};

/// Adds the C interface of entry points to a module.
class CInterface {
public:
  /// Tensors are on a GPU where `isOnGPU`.
  CInterface(ModuleOp module, StringRef features, bool isOnGPU)
      : module(module), builder(module.getContext()), features(features),
        isOnGPU(isOnGPU),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {
    builder.setInsertionPointToEnd(module.getBody());
  }

  void add(const FunctionSignature &signature, Location location) {
    loc = location;
    Table table(signature, features);
    auto numbers = createTable(signature.name, table.getNumbers());
    auto strings = createStrings(signature.name, table.getStrings());
    auto entry =
        createUnpacking(getEntryName(signature.name),
                        signature.inputs.size() + signature.outputs.size());
    // The dimensions of all inputs, those of all outputs, and what decides.
    auto shapes = createUnpacking(
        getShapesName(signature.name),
        2 + llvm::count_if(signature.inputs, [](const TensorSignature &input) {
          return input.decidesShapes;
        }));
    auto define = [&](const std::string &name, StringRef callee,
                      ArrayRef<Type> types) {
      createExport(name, callee, {numbers, strings, entry, shapes}, types);
    };
    Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
    SmallVector<Type> types = {pointer, i32, pointer, i32, pointer, i64};
    define(signature.symbol, isOnGPU ? "attn_rt_gpu_call" : "attn_rt_call",
           types);
    define(signature.getShapesSymbol(),
           isOnGPU ? "attn_rt_gpu_shapes" : "attn_rt_shapes", types);
    if (!isOnGPU)
      return;
    types.push_back(pointer); // the stream
    define(signature.getStreamSymbol(), "attn_rt_gpu_call_stream", types);
    types.append({pointer, i64}); // the workspace
    define(signature.getInWorkspaceSymbol(), "attn_rt_gpu_call_in_workspace",
           types);
    define(signature.getWorkspaceSizeSymbol(), "attn_rt_gpu_workspace_size",
           {pointer, i32, pointer, i64, pointer});
  }

private:
  StringRef createTable(StringRef name, ArrayRef<int64_t> numbers) {
    auto type = LLVM::LLVMArrayType::get(builder.getI64Type(), numbers.size());
    auto value = DenseElementsAttr::get(
        RankedTensorType::get(numbers.size(), builder.getI64Type()), numbers);
    return createGlobal(name + "__table", type, value);
  }

  StringRef createStrings(StringRef name, StringRef strings) {
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), strings.size());
    return createGlobal(name + "__strings", type,
                        builder.getStringAttr(strings));
  }

  StringRef createGlobal(const Twine &name, Type type, Attribute value) {
    return LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                                  LLVM::Linkage::Internal, name.str(), value)
        .getSymName();
  }

  /// void NAME__packed(void **descriptors): calls the C wrapper of `function`,
  /// which takes a pointer to each memref descriptor, with the first `count` of
  /// them.
  StringRef createUnpacking(StringRef function, unsigned count) {
    OpBuilder::InsertionGuard guard(builder);
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(builder.getContext()), {pointer});
    auto packed = LLVM::LLVMFuncOp::create(builder, loc,
                                           (function + "__packed").str(), type);
    Block *block = packed.addEntryBlock(builder);
    builder.setInsertionPointToStart(block);
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < count; ++i) {
      Value slot = LLVM::GEPOp::create(builder, loc, pointer, pointer,
                                       block->getArgument(0),
                                       ArrayRef<LLVM::GEPArg>{int32_t(i)});
      arguments.push_back(LLVM::LoadOp::create(builder, loc, pointer, slot));
    }
    LLVM::CallOp::create(builder, loc, TypeRange(),
                         ("_mlir_ciface_" + function).str(), arguments);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return packed.getSymName();
  }

  /// What is exported has the name that its caller knows; what else is called
  /// so gets another.
  void freeName(StringRef name) {
    if (Operation *other = module.lookupSymbol(name))
      (void)SymbolTable(module).renameToUnique(other, {});
  }

  /// int32_t NAME of arguments of these types: hands the tables and its
  /// arguments to the runtime.
  void createExport(const std::string &name, StringRef callee,
                    ArrayRef<StringRef> symbols, ArrayRef<Type> types) {
    freeName(name);
    OpBuilder::InsertionGuard guard(builder);
    Type i32 = builder.getI32Type();
    auto exported = LLVM::LLVMFuncOp::create(
        builder, loc, name, LLVM::LLVMFunctionType::get(i32, types));
    exported->setAttr("attn.export", builder.getUnitAttr());
    Block *block = exported.addEntryBlock(builder);
    builder.setInsertionPointToStart(block);
    SmallVector<Value> arguments;
    for (StringRef symbol : symbols)
      arguments.push_back(
          LLVM::AddressOfOp::create(builder, loc, pointer, symbol));
    llvm::append_range(arguments, block->getArguments());
    auto runtime = getRuntimeFunction(callee, arguments, i32);
    auto call = LLVM::CallOp::create(builder, loc, runtime, arguments);
    LLVM::ReturnOp::create(builder, loc, call.getResults());
  }

  LLVM::LLVMFuncOp getRuntimeFunction(StringRef name, ValueRange arguments,
                                      Type result) {
    if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return function;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module.getBody());
    return LLVM::LLVMFuncOp::create(
        builder, module.getLoc(), name,
        LLVM::LLVMFunctionType::get(result,
                                    llvm::to_vector(arguments.getTypes())));
  }

  ModuleOp module;
  OpBuilder builder;
  StringRef features;
  bool isOnGPU;
  Type pointer;
  Location loc = UnknownLoc::get(pointer.getContext());
};

struct CreateCInterface : attn::impl::CreateCInterfaceBase<CreateCInterface> {
  void runOnOperation() override {
    const bool isOnGPU =
        isa_and_nonnull<GPUTargetAttr>(getTarget(getOperation()));
    // The host code of a GPU's kernels is for every CPU.
    const std::string features =
        isOnGPU ? "" : getCPUTarget(getOperation()).getFeatures().str();
    std::vector<std::pair<FunctionSignature, Location>> entries;
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      auto attr = function->getAttrOfType<DictionaryAttr>(kEntryAttrName);
      if (attr && function.getName() == getEntryName(getSignature(attr).name))
        entries.emplace_back(getSignature(attr), function.getLoc());
    }
    SmallVector<Attribute> signatures;
    for (auto &[signature, loc] : entries)
      signatures.push_back(getSignatureAttr(&getContext(), signature));
    getOperation()->setAttr(kInterfaceAttrName,
                            ArrayAttr::get(&getContext(), signatures));
    CInterface interface(getOperation(), features, isOnGPU);
    for (auto &[signature, loc] : entries)
      interface.add(signature, loc);
    hideOthers();
    // Nothing goes by the machine any more; tools of LLVM read what is left.
    getOperation()->removeAttr(AttnDialect::kTarget);
  }

  /// Two artifacts in one process must not see each other, and LLVM drops what
  /// is internal and unused. The runtime sees what is hidden.
  void hideOthers() {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (!function.isExternal() && !function->hasAttr("attn.export"))
        function.setLinkage(LLVM::Linkage::Internal);
      function->removeAttr("attn.export");
      function->removeAttr(kEntryAttrName);
    }
    for (auto global : getOperation().getOps<LLVM::GlobalOp>())
      if (global.getLinkage() == LLVM::Linkage::External &&
          global.getVisibility_() == LLVM::Visibility::Default &&
          global.getValueOrNull())
        global.setLinkage(LLVM::Linkage::Internal);
  }
};

} // namespace
