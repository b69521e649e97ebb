//===- Link.cpp - Object code to a shared library -------------------------===//

#include "attn/Files/RunProgram.h"
#include "attn/Files/TemporaryFolder.h"
#include "attn/Files/WriteFile.h"
#include "attn/Target/Artifact/Artifact.h"

#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/Binary.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;

// lib/Runtime/Embedded: libAttnRuntime.a, byte for byte.
extern "C" const char attn_runtime_archive[];
extern "C" const char attn_runtime_archive_end[];

namespace {

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
      "expected ld.lld-22 or cc on the PATH to link a shared library or an "
      "object, got neither");
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
    if (name->starts_with("attn_rt_kmpc_"))
      return true;
  }
  return false;
}

/// Sees that `path` may take `size` bytes, and keeps them for it. Linkers end
/// as if they had crashed where the disk is full, and cannot even say so.
static llvm::Error reserve(const std::string &path, off_t size) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  const bool isFull =
      file < 0 || (fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size) != 0 &&
                   (errno == ENOSPC || errno == EFBIG));
  const std::error_code error(errno, std::generic_category());
  close(file);
  if (!isFull)
    return llvm::Error::success();
  return llvm::createStringError(
      error, "expected room for " + std::to_string(size) + " bytes at '" +
                 path + "', got: " + error.message());
}

/// Writes what is linked: the code and the runtime's archive.
static llvm::Error writeParts(const TemporaryFolder &folder, StringRef object) {
  StringRef archive(attn_runtime_archive,
                    attn_runtime_archive_end - attn_runtime_archive);
  return writeFiles(
      {{folder.file("code.o"), object}, {folder.file("runtime.a"), archive}});
}

/// The runtime is hidden: it becomes nobody else's.
static llvm::Expected<std::string>
localizeHidden(const llvm::MemoryBuffer &object) {
  auto binary = llvm::object::createBinary(object.getMemBufferRef());
  if (!binary)
    return binary.takeError();
  llvm::objcopy::ConfigManager config;
  config.ELF.LocalizeHidden = true;
  std::string result;
  llvm::raw_string_ostream os(result);
  if (llvm::Error error =
          llvm::objcopy::executeObjcopyOnBinary(config, **binary, os))
    return error;
  return result;
}

/// Runs the linker, with `arguments` behind `-o` and the file that comes of it,
/// and opens that file.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
link(const TemporaryFolder &folder, StringRef name, StringRef object,
     function_ref<void(const Linker &, std::vector<std::string> &)> add) {
  if (llvm::Error error = writeParts(folder, object))
    return error;
  auto linker = findLinker();
  if (!linker)
    return linker.takeError();
  const std::string file = folder.file(name), errors = folder.file("errors");
  std::vector<std::string> arguments = {linker->program, "-o", file,
                                        folder.file("code.o"),
                                        folder.file("runtime.a")};
  add(*linker, arguments);
  constexpr off_t slack = 1 << 16; // tables, and the ends of pages
  const off_t archive = attn_runtime_archive_end - attn_runtime_archive;
  if (llvm::Error error = reserve(errors, slack))
    return error;
  if (llvm::Error error = reserve(file, object.size() + archive + slack))
    return error;
  (void)llvm::sys::fs::remove(file);
  if (llvm::Error error = runProgram(arguments, errors, "link"))
    return error;
  auto linked = llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (linked)
    return std::move(*linked);
  return llvm::createStringError(linked.getError(),
                                 "expected a linked file, got: " +
                                     linked.getError().message());
}

llvm::Expected<std::string> attn::linkObject(StringRef object,
                                             const Parameters &parameters) {
  auto folder = TemporaryFolder::create("attn-link");
  if (!folder)
    return folder.takeError();
  auto linked =
      link(*folder, "whole.o", object, [](const Linker &, auto &arguments) {
        arguments.insert(arguments.begin() + 1, {"-nostdlib", "-r"});
      });
  if (!linked)
    return linked.takeError();
  llvm::Expected<std::string> localized = localizeHidden(**linked);
  if (!localized)
    return localized.takeError();
  return reserveParameters(*localized, parameters);
}

llvm::Expected<std::string>
attn::linkSharedLibrary(StringRef object, const Parameters &parameters) {
  auto folder = TemporaryFolder::create("attn-link");
  if (!folder)
    return folder.takeError();
  llvm::Expected<bool> threads = usesThreads(object);
  if (!threads)
    return threads.takeError();
  auto linked = link(*folder, "library.so", object,
                     [&](const Linker &linker, auto &arguments) {
                       arguments.insert(arguments.begin() + 1, "-shared");
                       llvm::append_range(arguments, linker.arguments);
                       if (*threads)
                         arguments.push_back("-l:libomp.so.5");
                     });
  if (!linked)
    return linked.takeError();
  return reserveParameters((*linked)->getBuffer(), parameters);
}
