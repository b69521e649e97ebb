//===- WeightsFile.h - Where the weights of an artifact go ------*- C++ -*-===//

#ifndef ATTN_LIB_DRIVER_WEIGHTSFILE_H
#define ATTN_LIB_DRIVER_WEIGHTSFILE_H

#include "attn/Files/WriteFile.h"
#include "attn/Target/Artifact/Parameters.h"

namespace mlir::attn {

/// The weights of an artifact, behind its code or in a file beside it. Packing
/// and writing large ones takes as long as making the code, and is done at the
/// same time.
class WeightsFile {
public:
  /// `artifact` is the file of the code. The weights go behind it if
  /// `parameters`, a path, is empty.
  WeightsFile(OutputFile artifact, StringRef parameters);
  WeightsFile(const WeightsFile &) = delete;

  /// Begins to write what attn-extract-parameters took out of `module`, and
  /// lets its code know of a file beside it.
  void start(ModuleOp module);

  /// What belongs behind the code.
  const Parameters &getBehindCode() const {
    return file.name.empty() ? all : none;
  }
  const ParameterFile &getFile() const { return file; }

  /// Lets `library` know what its file of weights holds.
  llvm::Error describe(std::string &library);

  /// Adds the weights to `files`, of which the code is the first.
  void add(SmallVectorImpl<OutputFile> &files);

private:
  bool write(ByteSink sink);

  OutputFile artifact;
  std::string parameters, beginning;
  Parameters all, none;
  ParameterFile file;
  AttnChecksum sum;
  StartedFile started;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DRIVER_WEIGHTSFILE_H
