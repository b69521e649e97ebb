//===- Artifact.cpp - A loaded artifact, called on host tensors -----------===//

#include "attn/Run/Artifact.h"
#include "CheckLibrary.h"

#include "attn/Runtime/DLPack.h"

#include "llvm/Support/FileSystem.h"

#include <dlfcn.h>

namespace mlir::attn {

using ::attn::DType;
using ::attn::fail;

using CFunction = int32_t (*)(DLTensor *const *, int32_t, DLTensor *const *,
                              int32_t, char *, size_t);

std::string toString(const TensorSignature &tensor) {
  std::string text = tensor.dtype + " [";
  for (const Dimension &dimension : tensor.shape) {
    if (&dimension != &tensor.shape.front())
      text += ", ";
    text +=
        dimension.isDynamic() ? dimension.name : std::to_string(dimension.size);
  }
  return text + "]";
}

namespace {

/// DLTensors on the memory of host tensors, or on nothing but a shape.
class Views {
public:
  explicit Views(size_t count) { reserve(count); }

  void add(const Tensor &tensor) {
    // The interface takes inputs as it takes outputs; it does not write them.
    add(const_cast<void *>(tensor.data()), tensor.dtype(), tensor.shape(),
        kDLCPU);
  }
  void add(const Tensor &tensor, const Device::Buffer &buffer) {
    add(buffer.get(), tensor.dtype(), tensor.shape(), kDLCUDA);
  }
  void addRequest(size_t rank) {
    add(nullptr, DType::i8, Shape(rank, -1), kDLCPU);
  }

  DLTensor *const *pointers() const { return addresses.data(); }
  int32_t size() const { return static_cast<int32_t>(views.size()); }
  const Shape &shape(size_t n) const { return shapes[n]; }

private:
  void reserve(size_t count) {
    views.reserve(count);
    shapes.reserve(count);
    addresses.reserve(count + 1);
  }

  void add(void *data, DType type, Shape shape, int32_t device) {
    const ElementCode code =
        getElementCode(type == DType::i1 ? "bool" : ::attn::dtypeName(type));
    shapes.push_back(std::move(shape));
    Shape &dims = shapes.back();
    views.push_back(DLTensor{data,
                             {device, 0},
                             static_cast<int32_t>(dims.size()),
                             {code.code, code.bits, 1},
                             dims.data(),
                             nullptr,
                             0});
    addresses.push_back(&views.back());
  }

  std::vector<DLTensor> views;
  std::vector<Shape> shapes;
  std::vector<DLTensor *> addresses;
};

} // namespace

namespace {

/// Tensors where a function wants them.
class Arguments {
public:
  static HostResult<Arguments> create(const std::vector<Tensor> &tensors,
                                      const Device *device) {
    Arguments arguments(tensors.size());
    for (const Tensor &tensor : tensors) {
      if (!device) {
        arguments.all.add(tensor);
        continue;
      }
      HostResult<Device::Buffer> buffer = device->upload(tensor);
      if (!buffer)
        return buffer.error();
      arguments.all.add(tensor, *buffer);
      arguments.buffers.push_back(std::move(*buffer));
    }
    return arguments;
  }

  const Views &views() const { return all; }

  HostStatus download(std::vector<Tensor> &tensors) const {
    for (size_t n = 0; n < buffers.size(); ++n)
      if (HostStatus status = buffers[n].download(tensors[n]); !status)
        return status;
    return ::attn::success();
  }

private:
  explicit Arguments(size_t count) : all(count) {}

  Views all;
  std::vector<Device::Buffer> buffers;
};

} // namespace

static HostStatus check(int32_t code, const std::string &name,
                        const char *message) {
  if (code == 0)
    return ::attn::success();
  return fail("'", name, "' failed: ", message, " (code ", code, ")");
}

static HostStatus call(void *function, const std::string &name,
                       const Views &inputs, const Views &outputs) {
  char message[1024] = "";
  const int32_t code = reinterpret_cast<CFunction>(function)(
      inputs.pointers(), inputs.size(), outputs.pointers(), outputs.size(),
      message, sizeof(message));
  return check(code, name, message);
}

HostResult<std::vector<Shape>>
LoadedFunction::outputShapes(const std::vector<Tensor> &inputs) const {
  Views requests(description->outputs.size());
  for (const TensorSignature &output : description->outputs)
    requests.addRequest(output.shape.size());
  HostResult<Arguments> from = Arguments::create(inputs, device.get());
  if (!from)
    return from.error();
  HostStatus status = call(shapes, description->name, from->views(), requests);
  if (!status)
    return status.error();
  std::vector<Shape> result;
  for (size_t n = 0; n < description->outputs.size(); ++n)
    result.push_back(requests.shape(n));
  return result;
}

HostStatus LoadedFunction::runInto(const std::vector<Tensor> &inputs,
                                   std::vector<Tensor> &outputs) const {
  HostResult<Arguments> from = Arguments::create(inputs, device.get());
  if (!from)
    return from.error();
  HostResult<Arguments> to = Arguments::create(outputs, device.get());
  if (!to)
    return to.error();
  HostStatus status =
      call(function, description->name, from->views(), to->views());
  return status ? to->download(outputs) : status;
}

HostResult<std::vector<Tensor>>
LoadedFunction::run(const std::vector<Tensor> &inputs) const {
  HostResult<std::vector<Shape>> shapesOfOutputs = outputShapes(inputs);
  if (!shapesOfOutputs)
    return shapesOfOutputs.error();
  std::vector<Tensor> outputs;
  for (auto [shape, output] :
       llvm::zip_equal(*shapesOfOutputs, description->outputs)) {
    HostResult<Tensor> tensor =
        Tensor::create(*::attn::parseDType(output.dtype), shape);
    if (!tensor)
      return fail("output '", output.name, "': ", tensor.message());
    outputs.push_back(std::move(*tensor));
  }
  HostStatus status = runInto(inputs, outputs);
  if (!status)
    return status.error();
  return outputs;
}

//===----------------------------------------------------------------------===//
// DeviceCall
//===----------------------------------------------------------------------===//

using SizeFunction = int32_t (*)(DLTensor *const *, int32_t, char *, size_t,
                                 size_t *);
using WorkspaceFunction = int32_t (*)(DLTensor *const *, int32_t,
                                      DLTensor *const *, int32_t, char *,
                                      size_t, void *, void *, size_t);

struct DeviceCall::State {
  std::string name;
  WorkspaceFunction function;
  Arguments inputs, outputs;
  size_t workspaceBytes;
  Device::Buffer workspace;
};

DeviceCall::DeviceCall(std::unique_ptr<State> state)
    : state(std::move(state)) {}
DeviceCall::DeviceCall(DeviceCall &&) = default;
DeviceCall::~DeviceCall() = default;

static HostResult<size_t> measure(const LoadedFunction &function,
                                  const Arguments &inputs) {
  const FunctionSignature &signature = function.signature();
  void *symbol = function.findSymbol(signature.getWorkspaceSizeSymbol());
  if (!symbol)
    return fail("expected a function for a GPU, got '", signature.name, "'");
  char message[1024] = "";
  size_t bytes = 0;
  const int32_t code = reinterpret_cast<SizeFunction>(symbol)(
      inputs.views().pointers(), inputs.views().size(), message, sizeof message,
      &bytes);
  if (HostStatus status = check(code, signature.name, message); !status)
    return status.error();
  return bytes;
}

HostResult<DeviceCall> DeviceCall::create(const LoadedFunction &function,
                                          const Device &device,
                                          const std::vector<Tensor> &inputs,
                                          const std::vector<Tensor> &outputs) {
  const FunctionSignature &signature = function.signature();
  HostResult<Arguments> from = Arguments::create(inputs, &device);
  if (!from)
    return from.error();
  HostResult<Arguments> to = Arguments::create(outputs, &device);
  if (!to)
    return to.error();
  HostResult<size_t> bytes = measure(function, *from);
  if (!bytes)
    return bytes.error();
  HostResult<Device::Buffer> workspace = device.allocate(*bytes);
  if (!workspace)
    return workspace.error();
  void *symbol = function.findSymbol(signature.getInWorkspaceSymbol());
  return DeviceCall(std::unique_ptr<State>(new State{
      signature.name, reinterpret_cast<WorkspaceFunction>(symbol),
      std::move(*from), std::move(*to), *bytes, std::move(*workspace)}));
}

HostStatus DeviceCall::enqueue(void *stream) const {
  char message[1024] = "";
  const Views &in = state->inputs.views(), &out = state->outputs.views();
  const int32_t code = state->function(
      in.pointers(), in.size(), out.pointers(), out.size(), message,
      sizeof message, stream, state->workspace.get(), state->workspaceBytes);
  return check(code, state->name, message);
}

size_t DeviceCall::getWorkspaceBytes() const { return state->workspaceBytes; }

void *LoadedFunction::findSymbol(const std::string &symbol) const {
  return dlsym(library, symbol.c_str());
}

void LoadedArtifact::Close::operator()(void *library) const {
  dlclose(library);
}

HostResult<LoadedArtifact> LoadedArtifact::load(const std::string &path) {
  // What is wrong with the library says more than that nothing describes it.
  if (HostStatus status = checkLibrary(path, std::nullopt); !status)
    return status.error();
  HostResult<Description> described = readDescription(path);
  if (!described)
    return described.error();
  if (HostStatus status = checkLibrary(path, described->library); !status)
    return status.error();
  // Without a slash dlopen would search the system's folders.
  SmallString<128> absolute(path);
  llvm::sys::fs::make_absolute(absolute);
  LoadedArtifact artifact;
  artifact.library.reset(dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!artifact.library)
    return fail("expected a shared library that loads, got: ", dlerror());
  artifact.signatures = std::make_unique<std::vector<FunctionSignature>>(
      std::move(described->functions));
  artifact.isOnGPU = described->isForGPU;
  return artifact;
}

HostResult<const FunctionSignature *>
chooseFunction(const std::vector<FunctionSignature> &signatures,
               const std::string &name) {
  if (name.empty() && signatures.size() == 1)
    return &signatures.front();
  const std::string wanted = name.empty() ? "main" : name;
  std::string known;
  for (const FunctionSignature &signature : signatures) {
    if (signature.name == wanted)
      return &signature;
    known += (known.empty() ? "" : ", ") + signature.name;
  }
  return fail("expected ", name.empty() ? "--function with one" : "a function",
              " of ", known, ", got ",
              name.empty() ? "none" : "'" + name + "'");
}

HostResult<LoadedFunction>
LoadedArtifact::function(const std::string &name) const {
  HostResult<const FunctionSignature *> chosen =
      chooseFunction(*signatures, name);
  if (!chosen)
    return chosen.error();
  LoadedFunction result;
  result.description = *chosen;
  const std::string &symbol = (*chosen)->symbol;
  const std::string shapes = (*chosen)->getShapesSymbol();
  result.library = library.get();
  result.function = dlsym(library.get(), symbol.c_str());
  result.shapes = dlsym(library.get(), shapes.c_str());
  if (!result.function || !result.shapes)
    return fail("expected the library to export '", symbol, "' and '", shapes,
                "', got: ", dlerror());
  return result;
}

} // namespace mlir::attn
