//===- WriteFile.cpp - How every tool writes a file -----------------------===//

#include "attn/Files/WriteFile.h"

#include "Writer.h"

#include <vector>

using namespace mlir::attn;
using llvm::StringRef;

StartedFile::StartedFile() = default;
StartedFile::StartedFile(StartedFile &&) = default;
StartedFile &StartedFile::operator=(StartedFile &&) = default;
StartedFile::~StartedFile() = default;

StartedFile StartedFile::start(OutputFile file, uint64_t offset) {
  StartedFile started;
  auto writer = std::make_unique<Writer>(std::move(file));
  if (writer->open() || writer->isOpened())
    return started;
  writer->startEnding(offset);
  started.writer = std::move(writer);
  return started;
}

void StartedFile::finish() { (void)writer->finishEnding(); }

/// What was started of `file`, if it can be gone on with.
static Writer takeWriter(const OutputFile &file) {
  if (!file.started || !*file.started)
    return Writer(file);
  StartedFile started = std::move(*file.started);
  if (started.getWriter().getOffset() != file.contents.size())
    return Writer(file);
  Writer writer = std::move(started.getWriter());
  writer.setContents(file.contents);
  return writer;
}

llvm::Error mlir::attn::writeFiles(llvm::ArrayRef<OutputFile> files) {
  std::vector<Writer> writers;
  for (const OutputFile &file : files)
    writers.push_back(takeWriter(file));
  for (Writer &writer : writers)
    if (std::error_code error = writer.prepare())
      return writer.explain(error);
  for (const bool isOpened : {true, false})
    for (Writer &writer : writers)
      if (writer.isOpened() == isOpened)
        if (std::error_code error = writer.commit())
          return writer.explain(error);
  return llvm::Error::success();
}

llvm::Error mlir::attn::writeFile(StringRef path, StringRef contents) {
  return writeFiles(OutputFile{path.str(), contents});
}

bool mlir::attn::isSpecialFile(StringRef path) {
  Destination to;
  return path == "-" || (!resolve(path, to) && !to.isReplaceable());
}
