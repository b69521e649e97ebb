//===- Recurrence.cpp - Linear attention, token by token ------------------===//

#include "Recurrence.h"
#include "Kernels.h"
#include "RecurrenceKernel.h"

#include <algorithm>
#include <cmath>

namespace mlir::attn::bench {

using ::attn::Tensor;

using Kernel = void(int64_t length, int64_t first, int64_t end, float *state,
                    const float *q, const float *k, const float *v,
                    const float *factors, const float *beta, float *out);

struct Recurrence::Implementation {
  Case::Recurrence shape;
  /// By order.
  RecurrenceKernel codes[2];
  KernelLibrary library;
  Kernel *kernels[2] = {nullptr, nullptr};

  void runHead(const std::vector<Tensor> &inputs, Tensor &output, int64_t head,
               Order order);
};

Recurrence::Recurrence() : implementation(std::make_unique<Implementation>()) {}
Recurrence::~Recurrence() = default;

/// Takes fewer vectors together where V's heads are narrow.
static void fitBlock(RecurrenceKernel &code) {
  while (code.vectors > 1 && code.valueSize % code.getBlock())
    code.vectors /= 2;
}

::attn::Result<std::unique_ptr<Recurrence>>
Recurrence::create(const TargetOptions &target, const Case::Recurrence &shape) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return ::attn::fail(llvm::toString(machine.takeError()));
  const unsigned lanes = attn::getVectorBits(**machine) / 32;
  const llvm::StringRef rule(shape.rule);
  // Blocks of two vectors of 128 rows are a quarter to a half of a first-level
  // cache.
  RecurrenceKernel sequential{shape.keySize,
                              shape.valueSize,
                              lanes,
                              4,
                              rule.starts_with("gated"),
                              rule.ends_with("delta")};
  fitBlock(sequential);
  RecurrenceKernel blocked = sequential;
  blocked.vectors = std::min(blocked.vectors, 2u);
  if (shape.valueSize % blocked.getBlock())
    return ::attn::fail("expected heads of V that are a multiple of ", lanes,
                        ", got ", shape.valueSize);
  auto library =
      KernelLibrary::compile(makeRecurrenceKernel("sequential", sequential) +
                                 makeRecurrenceKernel("blocked", blocked),
                             **machine);
  if (!library)
    return library.error();
  std::unique_ptr<Recurrence> result(new Recurrence());
  Implementation &made = *result->implementation;
  made.shape = shape;
  made.codes[int(Order::Sequential)] = sequential;
  made.codes[int(Order::Blocked)] = blocked;
  made.library = std::move(*library);
  made.kernels[int(Order::Sequential)] = made.library.get<Kernel>("sequential");
  made.kernels[int(Order::Blocked)] = made.library.get<Kernel>("blocked");
  return result;
}

/// Row `head` of a tensor [1, H, …].
static const float *headOf(const Tensor &tensor, int64_t head, int64_t heads) {
  return tensor.dataAs<float>() + tensor.size() / heads * head;
}

void Recurrence::Implementation::runHead(const std::vector<Tensor> &inputs,
                                         Tensor &output, int64_t head,
                                         Order order) {
  const RecurrenceKernel &code = codes[int(order)];
  const int64_t columns =
      order == Order::Sequential ? shape.valueSize : code.getBlock();
  auto input = [&](size_t n) { return headOf(inputs[n], head, shape.heads); };
  // A tensor, for its alignment.
  Tensor state(::attn::DType::f32, {shape.keySize, shape.valueSize});
  std::vector<float> query(size_t(shape.length * shape.keySize)), factors;
  const float scale = 1 / std::sqrt(float(shape.keySize));
  std::transform(input(0), input(0) + query.size(), query.begin(),
                 [=](float x) { return scale * x; });
  size_t next = 3;
  if (code.isGated) {
    factors.resize(size_t(shape.length));
    std::transform(input(next), input(next) + factors.size(), factors.begin(),
                   [](float x) { return std::exp(x); });
    ++next;
  }
  const float *beta = code.isDelta ? input(next) : nullptr;
  float *out = output.dataAs<float>() + output.size() / shape.heads * head;
  for (int64_t at = 0; at < shape.valueSize; at += columns)
    kernels[int(order)](shape.length, at,
                        std::min(at + columns, shape.valueSize),
                        state.dataAs<float>(), query.data(), input(1), input(2),
                        factors.data(), beta, out);
}

void Recurrence::run(const std::vector<Tensor> &inputs, Tensor &output,
                     Order order, unsigned threads, const ThreadTeam &team) {
  const int64_t heads = implementation->shape.heads;
  team.run(threads, [&](unsigned thread) {
    for (int64_t head = thread; head < heads; head += threads)
      implementation->runHead(inputs, output, head, order);
  });
}

} // namespace mlir::attn::bench
