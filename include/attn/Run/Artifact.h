//===- Artifact.h - A loaded artifact, called on host tensors ---*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// The caller's side of the DLPack C interface:
//
//   auto artifact = LoadedArtifact::load("model.so");
//   auto function = artifact->function("");      // the only one, or `main`
//   auto outputs = function->run(inputs);
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUN_ARTIFACT_H
#define ATTN_RUN_ARTIFACT_H

#include "attn/Run/Device.h"
#include "attn/Support/Tensor.h"
#include "attn/Target/Artifact/Signature.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir::attn {

using ::attn::Shape;
using ::attn::Tensor;
template <typename T> using HostResult = ::attn::Result<T>;
using HostStatus = ::attn::Status;

/// "f32 [2, seq]": a dtype and a shape as people write them.
std::string toString(const TensorSignature &tensor);

/// One function of a loaded artifact, which must outlive it.
class LoadedFunction {
public:
  const FunctionSignature &signature() const { return *description; }

  /// The shapes of the outputs for these inputs, from NAME_shapes.
  HostResult<std::vector<Shape>>
  outputShapes(const std::vector<Tensor> &inputs) const;

  /// Calls NAME on inputs and outputs as they are. What the artifact refuses
  /// comes back as its message.
  HostStatus runInto(const std::vector<Tensor> &inputs,
                     std::vector<Tensor> &outputs) const;

  /// The library's function of this name, or null.
  void *findSymbol(const std::string &symbol) const;

  /// Has calls copy the tensors to `device` and back, for an artifact that
  /// computes there.
  void useDevice(std::shared_ptr<Device> device) {
    this->device = std::move(device);
  }

  /// Makes the outputs, zero filled, and calls NAME.
  HostResult<std::vector<Tensor>> run(const std::vector<Tensor> &inputs) const;

private:
  friend class LoadedArtifact;
  const FunctionSignature *description = nullptr;
  void *library = nullptr;
  void *function = nullptr;
  void *shapes = nullptr;
  std::shared_ptr<Device> device;
};

/// A call of a function for GPUs whose tensors stay there, with memory for its
/// temporaries: it can be enqueued again and again.
class DeviceCall {
public:
  /// Copies the inputs to `device`, which outlives the call. Outputs are like
  /// `outputs`.
  static HostResult<DeviceCall> create(const LoadedFunction &function,
                                       const Device &device,
                                       const std::vector<Tensor> &inputs,
                                       const std::vector<Tensor> &outputs);
  DeviceCall(DeviceCall &&);
  ~DeviceCall();

  HostStatus enqueue(void *stream) const;
  size_t getWorkspaceBytes() const;

private:
  struct State;
  explicit DeviceCall(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// A shared library that attn-compile wrote. Closed with the object.
class LoadedArtifact {
public:
  /// Opens the library at `path` and reads its description, `path` with the
  /// suffix `.json`.
  static HostResult<LoadedArtifact> load(const std::string &path);

  const std::vector<FunctionSignature> &functions() const {
    return *signatures;
  }

  /// Whether it computes on a GPU: its functions need a device.
  bool isForGPU() const { return isOnGPU; }

  /// The function called `name`; for an empty name the only one, or `main`.
  HostResult<LoadedFunction> function(const std::string &name) const;

private:
  struct Close {
    void operator()(void *library) const;
  };
  std::unique_ptr<void, Close> library;
  std::unique_ptr<std::vector<FunctionSignature>> signatures;
  bool isOnGPU = false;
};

/// The signature called `name`; for an empty name the only one, or `main`.
HostResult<const FunctionSignature *>
chooseFunction(const std::vector<FunctionSignature> &signatures,
               const std::string &name);

} // namespace mlir::attn

#endif // ATTN_RUN_ARTIFACT_H
