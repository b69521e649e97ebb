//===- CheckLibrary.cpp - A library's file, before it is mapped -----------===//
//
// The loader maps a file by what its headers say and looks at no length: what
// lies beyond the end kills the process when it is touched.
//
//===----------------------------------------------------------------------===//

#include "CheckLibrary.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstring>

namespace mlir::attn {

using ::attn::fail;
using ::attn::success;
namespace elf = llvm::ELF;

#if defined(__aarch64__)
static constexpr uint16_t hostMachine = elf::EM_AARCH64;
#else
static constexpr uint16_t hostMachine = elf::EM_X86_64;
#endif

namespace {

/// The headers of a file, which may be anything.
class Headers {
public:
  explicit Headers(StringRef bytes) : bytes(bytes) {}

  HostStatus check();

private:
  HostStatus checkHeader();
  HostStatus checkSegments();
  HostStatus checkSections();
  /// Whether the file has `size` bytes from `offset` on.
  HostStatus checkExtent(StringRef what, uint64_t offset, uint64_t size) const {
    if (offset <= bytes.size() && size <= bytes.size() - offset)
      return success();
    return fail("expected a whole shared library, got ", bytes.size(),
                " bytes, of which ", what.str(), " needs ", size, " from ",
                offset, " on");
  }
  /// Element `n` of a table in the file, which need not be aligned.
  template <typename T> T read(uint64_t offset, uint64_t n) const {
    T element;
    std::memcpy(&element, bytes.data() + offset + n * sizeof(T), sizeof(T));
    return element;
  }

  StringRef bytes;
  elf::Elf64_Ehdr header = {};
};

} // namespace

HostStatus Headers::checkHeader() {
  if (!bytes.starts_with(elf::ElfMagic))
    return fail("expected a shared library, got ",
                bytes.empty() ? "an empty file" : "a file of another kind");
  if (HostStatus status = checkExtent("its header", 0, sizeof header); !status)
    return status;
  header = read<elf::Elf64_Ehdr>(0, 0);
  if (header.getFileClass() != elf::ELFCLASS64 ||
      header.getDataEncoding() != elf::ELFDATA2LSB ||
      header.e_machine != hostMachine)
    return fail("expected a shared library for ",
                elf::convertEMachineToArchName(hostMachine).str(),
                ", got one for ",
                header.getDataEncoding() == elf::ELFDATA2LSB
                    ? elf::convertEMachineToArchName(header.e_machine).str()
                    : "a big-endian machine",
                header.getFileClass() == elf::ELFCLASS64 ? "" : " (32 bits)");
  if (header.e_type != elf::ET_DYN)
    return fail("expected a shared library, got an ELF file of type ",
                header.e_type, " (",
                header.e_type == elf::ET_REL ? "object" : "other", ")");
  if (header.e_phentsize != sizeof(elf::Elf64_Phdr) || header.e_phnum == 0)
    return fail("expected program headers of ", sizeof(elf::Elf64_Phdr),
                " bytes, got ", header.e_phnum, " of ", header.e_phentsize);
  return checkExtent("its program headers", header.e_phoff,
                     uint64_t(header.e_phnum) * sizeof(elf::Elf64_Phdr));
}

HostStatus Headers::checkSegments() {
  bool isDynamic = false;
  for (unsigned n = 0; n < header.e_phnum; ++n) {
    const auto segment = read<elf::Elf64_Phdr>(header.e_phoff, n);
    const std::string name = "segment " + std::to_string(n);
    if (HostStatus status =
            checkExtent(name, segment.p_offset, segment.p_filesz);
        !status)
      return status;
    if (segment.p_type == elf::PT_LOAD && segment.p_filesz > segment.p_memsz)
      return fail("expected ", name, " to take ", segment.p_filesz,
                  " bytes of memory at least, got ", segment.p_memsz);
    isDynamic |= segment.p_type == elf::PT_DYNAMIC;
  }
  return isDynamic ? success()
                   : fail("expected a shared library, got an ELF file without "
                          "a dynamic segment");
}

HostStatus Headers::checkSections() {
  if (header.e_shoff == 0)
    return success(); // all were stripped
  if (header.e_shentsize != sizeof(elf::Elf64_Shdr))
    return fail("expected section headers of ", sizeof(elf::Elf64_Shdr),
                " bytes, got ", header.e_shentsize);
  if (HostStatus status =
          checkExtent("its section headers", header.e_shoff,
                      uint64_t(header.e_shnum) * sizeof(elf::Elf64_Shdr));
      !status)
    return status;
  for (unsigned n = 0; n < header.e_shnum; ++n) {
    const auto section = read<elf::Elf64_Shdr>(header.e_shoff, n);
    if (section.sh_type == elf::SHT_NOBITS || section.sh_type == elf::SHT_NULL)
      continue;
    if (HostStatus status = checkExtent("section " + std::to_string(n),
                                        section.sh_offset, section.sh_size);
        !status)
      return status;
  }
  return success();
}

HostStatus Headers::check() {
  for (auto step : {&Headers::checkHeader, &Headers::checkSegments,
                    &Headers::checkSections})
    if (HostStatus status = (this->*step)(); !status)
      return status;
  return success();
}

/// Anything else could be read for ever, or wait for a writer.
static HostStatus checkKind(const std::string &path) {
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return fail("'", path,
                "': expected a shared library, got: ", error.message());
  if (llvm::sys::fs::is_regular_file(status))
    return success();
  return fail("'", path, "': expected a shared library, got ",
              llvm::sys::fs::is_directory(status) ? "a folder"
                                                  : "no regular file");
}

HostStatus checkLibrary(const std::string &path,
                        const std::optional<LibraryChecksum> &expected) {
  if (HostStatus status = checkKind(path); !status)
    return status;
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return fail("'", path, "': ", file.getError().message());
  const StringRef bytes = (*file)->getBuffer();
  if (HostStatus status = Headers(bytes).check(); !status)
    return fail("'", path, "': ", status.message());
  if (!expected)
    return success();
  const StringRef code = bytes.take_front(expected->codeSize);
  const LibraryChecksum got = {int64_t(bytes.size()), int64_t(code.size()),
                               llvm::crc32(llvm::arrayRefFromStringRef(code))};
  if (got.size == expected->size && got.crc32 == expected->crc32)
    return success();
  return fail("'", path,
              "': expected the library that its description was "
              "written with (",
              expected->size, " bytes, CRC-32 ", expected->crc32, "), got ",
              got.size, " bytes, CRC-32 ", got.crc32);
}

} // namespace mlir::attn
