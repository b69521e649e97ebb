//===- WeightsFile.cpp - Where the weights of an artifact go --------------===//

#include "WeightsFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;

/// Behind code, weights are begun early if they are so large, and leave so much
/// room for the code.
static constexpr uint64_t largeWeights = 16 << 20, roomForCode = 1 << 20;

/// What the library at `path` calls its file of parameters.
static std::string getParametersName(StringRef path, StringRef parameters) {
  if (llvm::sys::path::parent_path(path) ==
      llvm::sys::path::parent_path(parameters))
    return llvm::sys::path::filename(parameters).str();
  SmallString<128> absolute(parameters);
  (void)llvm::sys::fs::make_absolute(absolute);
  return std::string(absolute);
}

WeightsFile::WeightsFile(OutputFile artifact, StringRef parameters)
    : artifact(std::move(artifact)), parameters(parameters) {
  if (!parameters.empty())
    file.name = getParametersName(this->artifact.path, parameters);
}

bool WeightsFile::write(ByteSink sink) {
  attn_checksum_begin(&sum);
  return all.write(sink, file.name.empty() ? nullptr : &sum);
}

void WeightsFile::start(ModuleOp module) {
  all = getParameters(module);
  if (all.size == 0)
    return;
  artifact.more = [this](ByteSink sink) { return write(sink); };
  if (!file.name.empty()) {
    file = describeFile(file.name, all);
    useParameterFile(module, file);
    started = StartedFile::start({parameters, "", false, artifact.more},
                                 ATTN_PARAMETERS_OFFSET);
  } else if (all.size >= largeWeights) {
    all.begin = roomForCode;
    started = StartedFile::start(artifact, all.begin);
  }
}

llvm::Error WeightsFile::describe(std::string &library) {
  if (file.header.size == 0)
    return llvm::Error::success();
  if (started)
    started.finish();
  else
    write([](StringRef) { return true; });
  file.header.checksum = attn_checksum_end(&sum);
  return setChecksum(library, file);
}

void WeightsFile::add(SmallVectorImpl<OutputFile> &files) {
  if (!file.name.empty()) {
    beginning = file.getBeginning();
    files.push_back({parameters, beginning});
  }
  OutputFile &to = file.name.empty() ? files.front() : files.back();
  to.more = artifact.more;
  to.started = &started;
}
