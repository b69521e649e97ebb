//===- Description.cpp - Reading an artifact's JSON -----------------------===//

#include "Description.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace mlir::attn {

using ::attn::fail;
namespace json = llvm::json;

/// Sizes are numbers, names of dimensions are strings.
static bool fromJSON(const json::Value &value, Dimension &dimension,
                     json::Path path) {
  if (auto name = value.getAsString()) {
    dimension.name = name->str();
    return true;
  }
  auto size = value.getAsInteger();
  if (!size || *size < 0) {
    path.report("expected a size or a name");
    return false;
  }
  dimension.size = *size;
  return true;
}

static bool fromJSON(const json::Value &value, TensorSignature &tensor,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  if (!map || !map.map("name", tensor.name) ||
      !map.map("dtype", tensor.dtype) || !map.map("shape", tensor.shape))
    return false;
  if (::attn::parseDType(tensor.dtype))
    return true;
  path.field("dtype").report("expected a dtype such as f32");
  return false;
}

static bool fromJSON(const json::Value &value, FunctionSignature &function,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("name", function.name) &&
         map.map("symbol", function.symbol) &&
         map.map("inputs", function.inputs) &&
         map.map("outputs", function.outputs);
}

static bool fromJSON(const json::Value &value, LibraryChecksum &library,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("size", library.size) &&
         map.map("code_size", library.codeSize) &&
         map.map("crc32", library.crc32);
}

HostResult<Description> readDescription(const std::string &path) {
  SmallString<128> name(path);
  llvm::sys::path::replace_extension(name, "json");
  const std::string file(name);
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return fail("expected the artifact's description at '", file,
                "', got: ", buffer.getError().message());
  auto parsed = json::parse((*buffer)->getBuffer());
  if (!parsed)
    return fail(file,
                ": expected JSON, got: ", llvm::toString(parsed.takeError()));
  Description description;
  json::Path::Root root("description");
  json::ObjectMapper map(*parsed, root);
  if (!map || !map.map("functions", description.functions) ||
      !map.map("library", description.library))
    return fail(file, ": ", llvm::toString(root.getError()));
  const json::Object *target = parsed->getAsObject()->getObject("target");
  description.isForGPU = target && target->getObject("gpu");
  return description;
}

} // namespace mlir::attn
