//===- Link.cpp - Object code to a shared library -------------------------===//

#include "attn/Target/Artifact/Artifact.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::attn;

// lib/Runtime/Embedded: libAttnRuntime.a, byte for byte.
extern "C" const char attn_runtime_archive[];
extern "C" const char attn_runtime_archive_end[];

llvm::Error attn::writeFile(StringRef path, StringRef contents) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << contents;
    return llvm::Error::success();
  });
}

namespace {

/// A folder of temporary files, removed with everything in it.
class TemporaryFolder {
public:
  static llvm::Expected<TemporaryFolder> create() {
    TemporaryFolder folder;
    if (std::error_code error =
            llvm::sys::fs::createUniqueDirectory("attn", folder.path))
      return llvm::createStringError(error,
                                     "expected a folder for temporary files");
    return folder;
  }
  TemporaryFolder(TemporaryFolder &&other) : path(std::move(other.path)) {
    other.path.clear();
  }
  ~TemporaryFolder() {
    if (!path.empty())
      (void)llvm::sys::fs::remove_directories(path);
  }

  std::string getFile(StringRef name) const {
    SmallString<128> file(path);
    llvm::sys::path::append(file, name);
    return std::string(file);
  }

private:
  TemporaryFolder() = default;
  SmallString<128> path;
};

/// A linker and how it is called.
struct Linker {
  std::string program;
  std::vector<std::string> arguments;
};

} // namespace

/// ld.lld finds the C library by the names that the loader uses, so that it
/// needs no development package. cc knows itself.
static llvm::Expected<Linker> findLinker() {
  if (auto lld = llvm::sys::findProgramByName("ld.lld-22"))
    return Linker{*lld,
                  {"-L/lib/x86_64-linux-gnu", "-L/usr/lib/x86_64-linux-gnu",
                   "-L/lib64", "-L/usr/lib64", "-L/lib", "-L/usr/lib",
                   "--gc-sections", "--no-undefined", "--as-needed", "-znow",
                   "-zrelro", "-l:libm.so.6", "-l:libc.so.6",
                   "-l:ld-linux-x86-64.so.2"}};
  if (auto cc = llvm::sys::findProgramByName("cc"))
    return Linker{
        *cc, {"-Wl,--gc-sections,--no-undefined,--as-needed,-znow", "-lm"}};
  return llvm::createStringError(
      "expected ld.lld-22 or cc on the PATH to link a shared library, got "
      "neither");
}

/// Whether code calls the OpenMP runtime, which code without threads must not
/// need, not even to be linked.
static llvm::Expected<bool> usesThreads(StringRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(object, "code"));
  if (!file)
    return file.takeError();
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (name->starts_with("__kmpc_"))
      return true;
  }
  return false;
}

static llvm::Error runLinker(const Linker &linker,
                             ArrayRef<std::string> arguments,
                             StringRef errors) {
  SmallVector<StringRef> all(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(""), errors};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(linker.program, all, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status == 0)
    return llvm::Error::success();
  if (auto text = llvm::MemoryBuffer::getFile(errors))
    message += (*text)->getBuffer().trim().str();
  return llvm::createStringError("expected " + linker.program +
                                 " to link, got: " + message);
}

llvm::Error attn::linkSharedLibrary(StringRef object, StringRef path) {
  auto folder = TemporaryFolder::create();
  if (!folder)
    return folder.takeError();
  std::string code = folder->getFile("code.o"),
              runtime = folder->getFile("runtime.a"),
              errors = folder->getFile("errors");
  StringRef archive(attn_runtime_archive,
                    attn_runtime_archive_end - attn_runtime_archive);
  if (llvm::Error error = writeFile(code, object))
    return error;
  if (llvm::Error error = writeFile(runtime, archive))
    return error;

  auto linker = findLinker();
  if (!linker)
    return linker.takeError();
  std::string partial = (path + ".partial").str();
  std::vector<std::string> arguments = {linker->program, "-shared", "-o",
                                        partial,         code,      runtime};
  llvm::append_range(arguments, linker->arguments);
  llvm::Expected<bool> threads = usesThreads(object);
  if (!threads)
    return threads.takeError();
  if (*threads)
    arguments.push_back("-l:libomp.so.5");
  llvm::scope_exit cleanup([&] { (void)llvm::sys::fs::remove(partial); });
  if (llvm::Error error = runLinker(*linker, arguments, errors))
    return error;
  if (std::error_code error = llvm::sys::fs::rename(partial, path))
    return llvm::createStringError(error, "expected to write " + path);
  cleanup.release();
  return llvm::Error::success();
}
