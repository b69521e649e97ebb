//===- Caller.cpp - A C program that calls two artifacts ------------------===//

#include "Caller.h"

#include "attn/Target/Artifact/Signature.h"

#include <cstring>

namespace attn::two_artifacts {

static const char *const includes = R"(
#include <stdio.h>
#include <stdlib.h>
)";

/// C and C++. Status 2: a file; 3: what must be refused was not.
static const char *const program = R"(
static size_t sizeOf(const DLTensor *tensor) {
  size_t size = tensor->dtype.bits / 8;
  for (int32_t n = 0; n < tensor->ndim; ++n)
    size *= (size_t)tensor->shape[n];
  return size;
}

static int refuses(const struct Call *call) {
  char message[300] = "";
  return call->function(call->in, call->n_in + 1, call->out, call->n_out, message, sizeof message) == ATTN_INVALID_ARGUMENT &&
         message[0] != 0;
}

static int perform(const struct Call *call, FILE *file) {
  char message[300] = "";
  int32_t code = call->shapes(call->in, call->n_in, call->out, call->n_out, message, sizeof message);
  for (int32_t n = 0; code == ATTN_OK && n < call->n_out; ++n)
    call->out[n]->data = calloc(sizeOf(call->out[n]) + 1, 1);
  if (code == ATTN_OK)
    code = call->function(call->in, call->n_in, call->out, call->n_out, message, sizeof message);
  if (fwrite(&code, sizeof code, 1, file) != 1)
    return 2;
  for (int32_t n = 0; code == ATTN_OK && n < call->n_out; ++n) {
    const DLTensor *tensor = call->out[n];
    const size_t rank = (size_t)tensor->ndim;
    if (fwrite(tensor->shape, sizeof(int64_t), rank, file) != rank ||
        fwrite(tensor->data, 1, sizeOf(tensor), file) != sizeOf(tensor))
      return 2;
    free(tensor->data);
  }
  return 0;
}

int main(int argc, char **argv) {
  FILE *inputs = argc == 3 ? fopen(argv[1], "rb") : NULL;
  FILE *outputs = inputs ? fopen(argv[2], "wb") : NULL;
  if (!outputs)
    return 2;
  for (size_t n = 0; n < sizeof calls / sizeof *calls; ++n) {
    const struct Call *call = &calls[n];
    for (int32_t i = 0; i < call->n_in; ++i) {
      DLTensor *tensor = call->in[i];
      tensor->data = malloc(sizeOf(tensor) + 1);
      if (fread(tensor->data, 1, sizeOf(tensor), inputs) != sizeOf(tensor))
        return 2;
    }
    if (!refuses(call))
      return 3;
    if (perform(call, outputs))
      return 2;
  }
  return fclose(outputs) ? 2 : 0;
}
)";

static std::string tensorText(const std::string &sizes, DType type,
                              size_t rank) {
  const auto code =
      mlir::attn::getElementCode(type == DType::i1 ? "bool" : dtypeName(type));
  return "{NULL, {1, 0}, " + std::to_string(rank) + ", {" +
         std::to_string(code.code) + ", " + std::to_string(code.bits) +
         ", 1}, " + sizes + ", NULL, 0}";
}

/// A tensor `name`, and the array of its sizes.
static std::string defineTensor(const std::string &name, DType type,
                                const Shape &shape) {
  std::string sizes;
  for (int64_t size : shape)
    sizes += std::to_string(size) + ", ";
  return "static int64_t " + name + "_sizes[] = {" + sizes +
         "0};\nstatic DLTensor " + name + " = " +
         tensorText(name + "_sizes", type, shape.size()) + ";\n";
}

/// The tensors of call `n`; one more than it takes.
static std::string defineTensors(size_t n, const Call &call) {
  const std::string prefix = "call" + std::to_string(n);
  std::string text, in, out;
  for (size_t i = 0; i < call.inputs->size(); ++i) {
    const std::string name = prefix + "_in" + std::to_string(i);
    const Tensor &tensor = (*call.inputs)[i];
    text += defineTensor(name, tensor.dtype(), tensor.shape());
    in += "&" + name + ", ";
  }
  for (size_t i = 0; i < call.types.size(); ++i) {
    const std::string name = prefix + "_out" + std::to_string(i);
    text += defineTensor(name, call.types[i], Shape(size_t(call.ranks[i])));
    out += "&" + name + ", ";
  }
  return text + "static DLTensor *" + prefix + "_in[] = {" + in +
         "NULL};\nstatic DLTensor *" + prefix + "_out[] = {" + out + "NULL};\n";
}

std::string writeCaller(const std::vector<std::string> &headers,
                        const std::vector<Call> &calls) {
  std::string text, table;
  for (const std::string &header : headers)
    text += "#include \"" + header + "\"\n";
  text += includes;
  for (size_t n = 0; n < calls.size(); ++n) {
    const std::string prefix = "call" + std::to_string(n);
    text += defineTensors(n, calls[n]);
    table += "  {" + calls[n].symbol + ", " + calls[n].shapesSymbol + ", " +
             prefix + "_in, " + prefix + "_out, " +
             std::to_string(calls[n].inputs->size()) + ", " +
             std::to_string(calls[n].types.size()) + "},\n";
  }
  return text +
         "static const struct Call {\n  attn_function function, shapes;\n"
         "  DLTensor **in, **out;\n  int32_t n_in, n_out;\n} calls[] = {\n" +
         table + "};\n" + program;
}

std::string writeInputs(const std::vector<Call> &calls) {
  std::string bytes;
  for (const Call &call : calls)
    for (const Tensor &tensor : *call.inputs)
      bytes.append(static_cast<const char *>(tensor.data()),
                   tensor.sizeInBytes());
  return bytes;
}

namespace {

class Reader {
public:
  explicit Reader(const std::string &bytes) : bytes(bytes) {}
  bool read(void *to, size_t size) {
    if (bytes.size() - at < size)
      return false;
    std::memcpy(to, bytes.data() + at, size);
    at += size;
    return true;
  }
  bool isAtEnd() const { return at == bytes.size(); }

private:
  const std::string &bytes;
  size_t at = 0;
};

} // namespace

static Result<Outcome> readOutcome(Reader &reader, const Call &call) {
  int32_t code = 0;
  if (!reader.read(&code, sizeof code))
    return fail("expected a code of '", call.symbol, "', got the end");
  if (code != 0)
    return Outcome();
  std::vector<Tensor> tensors;
  for (size_t n = 0; n < call.types.size(); ++n) {
    Shape shape(size_t(call.ranks[n]));
    if (!reader.read(shape.data(), shape.size() * sizeof(int64_t)))
      return fail("expected sizes of '", call.symbol, "', got the end");
    Result<Tensor> tensor = Tensor::create(call.types[n], shape);
    if (!tensor)
      return tensor.error();
    if (!reader.read(tensor->data(), tensor->sizeInBytes()))
      return fail("expected elements of '", call.symbol, "', got the end");
    tensors.push_back(std::move(*tensor));
  }
  return Outcome(std::move(tensors));
}

Result<std::vector<Outcome>> readOutcomes(const std::string &bytes,
                                          const std::vector<Call> &calls) {
  Reader reader(bytes);
  std::vector<Outcome> outcomes;
  for (const Call &call : calls) {
    Result<Outcome> outcome = readOutcome(reader, call);
    if (!outcome)
      return outcome.error();
    outcomes.push_back(std::move(*outcome));
  }
  if (!reader.isAtEnd())
    return fail("expected the end behind the last call, got more");
  return outcomes;
}

} // namespace attn::two_artifacts
