//===- WriteDescription.cpp - The header and the JSON of an artifact ------===//

#include "attn/Runtime/ArtifactTable.h"
#include "attn/Target/Artifact/Artifact.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::attn;

static const char *const headerDeclarations = R"(
#include <stddef.h>
#include <stdint.h>

#if defined(__has_include)
#if __has_include(<dlpack/dlpack.h>)
#include <dlpack/dlpack.h>
#endif
#endif
#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_
/* DLPack's tensor, as in its version 0.6 and later. */
typedef struct {
  int32_t device_type; /* 1: CPU, 2: CUDA */
  int32_t device_id;
} DLDevice;
typedef struct {
  uint8_t code; /* 0 int, 1 uint, 2 float, 4 bfloat, 6 bool */
  uint8_t bits;
  uint16_t lanes; /* 1 */
} DLDataType;
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides; /* NULL, or row-major without gaps */
  uint64_t byte_offset;
} DLTensor;
#endif

#ifndef ATTN_STATUS
#define ATTN_STATUS
/* What the functions return. */
)";

static const char *const headerUse = R"(#endif

/* NAME(in, n_in, out, n_out, message, size) computes; the caller owns all tensors, and outputs share no memory with others,
 * but for an output that says "may share" below: it may have the memory of that input, which is then changed in place.
 * NAME_shapes, with the same arguments, writes the shapes of the outputs into out[i]->shape, which has room for
 * out[i]->ndim sizes; no data is looked at but that of inputs that say "value decides shapes" below. A message of at most
 * size bytes says what was wrong; NULL asks for none. Both may be called from several threads at once. */
)";

static const char *const headerGPU = R"(
/* Tensors are in the memory of one GPU (device type 2). NAME waits for the GPU; NAME_stream enqueues on the caller's stream
 * (a cudaStream_t or CUstream) and does not wait: what a check of its kernels finds, the next call that does not wait says.
 * NAME_in_workspace does so without taking memory of the GPU: temporaries lie in the workspace, memory of the GPU aligned to
 * 256 bytes, which has at least the bytes that NAME_workspace_size says for inputs of these shapes. */
)";

static void writeStatuses(llvm::raw_ostream &os) {
  os << "#define ATTN_OK " << ATTN_OK << "\n"
     << "#define ATTN_INVALID_ARGUMENT " << ATTN_INVALID_ARGUMENT << "\n"
     << "#define ATTN_OUT_OF_MEMORY " << ATTN_OUT_OF_MEMORY << "\n"
     << "#define ATTN_CHECK_FAILED " << ATTN_CHECK_FAILED << "\n"
     << "#define ATTN_UNSUPPORTED_CPU " << ATTN_UNSUPPORTED_CPU << "\n"
     << "#define ATTN_OPENMP_CONFLICT " << ATTN_OPENMP_CONFLICT << "\n"
     << "#define ATTN_INVALID_PARAMETERS " << ATTN_INVALID_PARAMETERS << "\n"
     << "#define ATTN_NO_DEVICE " << ATTN_NO_DEVICE << "\n"
     << "#define ATTN_DEVICE_FAILED " << ATTN_DEVICE_FAILED << "\n";
}

/// Names come from models: what would end a comment is left out.
static std::string getCommentText(StringRef text) {
  std::string safe;
  for (char c : text)
    safe += llvm::isPrint(c) && c != '*' ? c : '?';
  return safe;
}

static void writeTensors(llvm::raw_ostream &os, StringRef kind,
                         ArrayRef<TensorSignature> tensors) {
  for (auto [i, tensor] : llvm::enumerate(tensors)) {
    os << " *   " << kind << "[" << i << "] " << getCommentText(tensor.name)
       << ": " << tensor.dtype << " [";
    llvm::interleaveComma(tensor.shape, os, [&](const Dimension &dimension) {
      if (dimension.isDynamic())
        os << getCommentText(dimension.name);
      else
        os << dimension.size;
    });
    os << "]";
    if (tensor.decidesShapes)
      os << ", value decides shapes";
    if (tensor.shares)
      os << ", may share in[" << *tensor.shares << "]";
    os << "\n";
  }
}

static void writeDeclaration(llvm::raw_ostream &os, const Twine &name,
                             StringRef more = "") {
  os << "int32_t " << name
     << "(DLTensor *const *in, int32_t n_in, DLTensor *const *out,\n"
     << "    int32_t n_out, char *message, size_t size" << more << ");\n";
}

/// Those that only code for GPUs has.
static void writeForGPU(llvm::raw_ostream &os,
                        const FunctionSignature &signature) {
  writeDeclaration(os, signature.getStreamSymbol(), ", void *stream");
  writeDeclaration(
      os, signature.getInWorkspaceSymbol(),
      ", void *stream,\n    void *workspace, size_t workspace_size");
  os << "int32_t " << signature.getWorkspaceSizeSymbol()
     << "(DLTensor *const *in, int32_t n_in, char *message,\n"
     << "    size_t size, size_t *bytes);\n";
}

static void writeFunction(llvm::raw_ostream &os,
                          const FunctionSignature &signature, bool isForGPU) {
  os << "/* " << getCommentText(signature.name) << "\n";
  writeTensors(os, "in", signature.inputs);
  writeTensors(os, "out", signature.outputs);
  os << " */\n";
  writeDeclaration(os, signature.symbol);
  writeDeclaration(os, signature.getShapesSymbol());
  if (isForGPU)
    writeForGPU(os, signature);
  os << "\n";
}

void attn::writeHeader(llvm::raw_ostream &os,
                       ArrayRef<FunctionSignature> signatures, StringRef guard,
                       bool isForGPU) {
  os << "/* Written by attn-compile. */\n#ifndef " << guard << "\n#define "
     << guard << "\n"
     << headerDeclarations;
  writeStatuses(os);
  os << headerUse << (isForGPU ? headerGPU : "") << R"(
#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t (*attn_function)(DLTensor *const *in, int32_t n_in,
    DLTensor *const *out, int32_t n_out, char *message, size_t size);

)";
  for (const FunctionSignature &signature : signatures)
    writeFunction(os, signature, isForGPU);
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
}

static llvm::json::Array getTensors(ArrayRef<TensorSignature> tensors) {
  llvm::json::Array array;
  for (const TensorSignature &tensor : tensors) {
    llvm::json::Array shape;
    for (const Dimension &dimension : tensor.shape) {
      if (dimension.isDynamic())
        shape.push_back(llvm::json::fixUTF8(dimension.name));
      else
        shape.push_back(dimension.size);
    }
    llvm::json::Object object{{"name", llvm::json::fixUTF8(tensor.name)},
                              {"dtype", tensor.dtype},
                              {"shape", std::move(shape)}};
    if (tensor.decidesShapes)
      object["decides_shapes"] = true;
    if (tensor.shares)
      object["shares"] = int64_t(*tensor.shares);
    array.push_back(std::move(object));
  }
  return array;
}

static llvm::json::Object describe(const GPUDescription &gpu) {
  llvm::json::Array code, kernels;
  if (gpu.hasCubin)
    code.push_back("cubin");
  code.push_back("ptx");
  for (const KernelResources &kernel : gpu.kernels) {
    llvm::json::Object object{{"name", kernel.name}};
    if (kernel.registers) {
      object["registers"] = kernel.registers;
      object["shared_bytes"] = kernel.sharedBytes;
      object["spilled_bytes"] = kernel.spilledBytes;
    }
    kernels.push_back(std::move(object));
  }
  return llvm::json::Object{{"arch", gpu.arch},
                            {"code", std::move(code)},
                            {"ptx_version", gpu.ptxVersion},
                            {"least_driver", gpu.leastDriver},
                            {"kernels", std::move(kernels)}};
}

void attn::writeDescription(llvm::raw_ostream &os,
                            ArrayRef<FunctionSignature> signatures,
                            const llvm::TargetMachine &machine,
                            StringRef library, const Parameters &parameters,
                            const ParameterFile &file,
                            const std::optional<GPUDescription> &gpu) {
  llvm::json::Array functions;
  for (const FunctionSignature &signature : signatures) {
    llvm::json::Object function{{"name", signature.name},
                                {"symbol", signature.symbol},
                                {"shapes_symbol", signature.getShapesSymbol()},
                                {"inputs", getTensors(signature.inputs)},
                                {"outputs", getTensors(signature.outputs)}};
    if (gpu) {
      function["stream_symbol"] = signature.getStreamSymbol();
      function["in_workspace_symbol"] = signature.getInWorkspaceSymbol();
      function["workspace_size_symbol"] = signature.getWorkspaceSizeSymbol();
    }
    functions.push_back(std::move(function));
  }
  llvm::json::Object target{
      {"triple", machine.getTargetTriple().str()},
      {"cpu", machine.getTargetCPU()},
      {"features", llvm::json::Array(getRequiredFeatures(machine))}};
  if (gpu)
    target["gpu"] = describe(*gpu);
  llvm::json::Object checksum{
      {"size", int64_t(library.size() + parameters.size)},
      {"code_size", int64_t(library.size())},
      {"crc32", int64_t(llvm::crc32(llvm::arrayRefFromStringRef(library)))}};
  llvm::json::Object description{{"version", ATTN_TABLE_VERSION},
                                 {"target", std::move(target)},
                                 {"library", std::move(checksum)},
                                 {"functions", std::move(functions)}};
  if (!file.name.empty())
    description["parameters"] = llvm::json::Object{
        {"file", llvm::json::fixUTF8(file.name)},
        {"size", int64_t(ATTN_PARAMETERS_OFFSET + file.header.size)},
        {"checksum", llvm::utohexstr(file.header.checksum, true, 16)}};
  os << llvm::formatv("{0:2}", llvm::json::Value(std::move(description)))
     << "\n";
}
