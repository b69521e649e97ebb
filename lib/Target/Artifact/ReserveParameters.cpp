//===- ReserveParameters.cpp - Contents for a section of an ELF file ------===//
//
// The section has a size and an address, and nothing in the file. Its contents
// are put at the end of the file; in a library, so is all of the segment that
// the section ends, since a segment is one piece of the file.
//
//===----------------------------------------------------------------------===//

#include "attn/Target/Artifact/Parameters.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;
using namespace llvm::ELF;

static llvm::Error unexpected(const llvm::Twine &what) {
  return llvm::createStringError("expected " + what +
                                 " to hold the parameters, got none");
}

namespace {

/// The headers of an ELF file in memory, to be changed.
class File {
public:
  static llvm::Expected<File> open(std::string &bytes) {
    File file(bytes);
    auto elf = llvm::object::ELF64LEFile::create(bytes);
    if (!elf)
      return elf.takeError();
    auto sections = elf->sections();
    if (!sections)
      return sections.takeError();
    auto segments = elf->program_headers();
    if (!segments)
      return segments.takeError();
    // The same bytes, whose owner may change them.
    file.sections = {
        reinterpret_cast<Elf64_Shdr *>(bytes.data() + elf->getHeader().e_shoff),
        sections->size()};
    file.segments = {
        reinterpret_cast<Elf64_Phdr *>(bytes.data() + elf->getHeader().e_phoff),
        segments->size()};
    for (auto [i, section] : llvm::enumerate(*sections)) {
      auto name = elf->getSectionName(section);
      if (!name)
        return name.takeError();
      // Linkers join what has names with a common start.
      if (section.sh_type == SHT_NOBITS &&
          (*name == ".lbss" || *name == kParametersSection))
        file.section = &file.sections[i];
    }
    if (!file.section)
      return unexpected("a section");
    return file;
  }

  /// Gives the section room for `parameters` behind the file and what this
  /// returns, to be put behind the file.
  llvm::Expected<std::string> reserve(const Parameters &parameters) {
    if (section->sh_size != parameters.size)
      return llvm::createStringError(
          "expected a section of " + llvm::Twine(parameters.size) +
          " bytes, got " + llvm::Twine(section->sh_size));
    section->sh_type = SHT_PROGBITS;
    if (!segments.empty())
      return moveSegment(parameters.begin);
    section->sh_offset = llvm::alignTo(std::max(bytes.size(), parameters.begin),
                                       section->sh_addralign);
    return std::string(section->sh_offset - bytes.size(), '\0');
  }

private:
  explicit File(std::string &bytes) : bytes(bytes) {}

  /// Moves the segment that the section ends behind the file, with zeros for
  /// what had nothing there, and the section to `begin` if it can be there.
  llvm::Expected<std::string> moveSegment(uint64_t begin) {
    Elf64_Phdr *segment = llvm::find_if(segments, [&](const Elf64_Phdr &it) {
      return it.p_type == PT_LOAD && it.p_vaddr <= section->sh_addr &&
             it.p_vaddr + it.p_memsz == section->sh_addr + section->sh_size;
    });
    if (segment == segments.end())
      return unexpected("a segment with a section at its end");
    const Elf64_Phdr old = *segment;
    uint64_t alignment = std::max<uint64_t>(old.p_align, 1);
    uint64_t start =
        llvm::alignTo(bytes.size(), alignment) + old.p_vaddr % alignment;
    const uint64_t before = section->sh_addr - old.p_vaddr;
    if (begin >= start + before && (begin - section->sh_addr) % alignment == 0)
      start = begin - before;
    for (Elf64_Phdr &it : segments)
      if (contains(old, it.p_vaddr))
        it.p_offset = start + (it.p_vaddr - old.p_vaddr);
    for (Elf64_Shdr &it : sections)
      if ((it.sh_flags & SHF_ALLOC) && contains(old, it.sh_addr))
        it.sh_offset = start + (it.sh_addr - old.p_vaddr);
    segment->p_filesz = old.p_memsz;
    std::string tail(start - bytes.size(), '\0');
    tail.append(bytes, old.p_offset, old.p_filesz);
    tail.resize(tail.size() - old.p_filesz + before);
    return tail;
  }

  static bool contains(const Elf64_Phdr &segment, uint64_t address) {
    return address >= segment.p_vaddr &&
           address < segment.p_vaddr + segment.p_memsz;
  }

  std::string &bytes;
  MutableArrayRef<Elf64_Shdr> sections;
  MutableArrayRef<Elf64_Phdr> segments;
  Elf64_Shdr *section = nullptr;
};

} // namespace

llvm::Expected<std::string>
attn::reserveParameters(StringRef elf, const Parameters &parameters) {
  std::string bytes = elf.str();
  if (parameters.size == 0)
    return bytes;
  llvm::Expected<File> file = File::open(bytes);
  if (!file)
    return file.takeError();
  llvm::Expected<std::string> tail = file->reserve(parameters);
  if (!tail)
    return tail.takeError();
  return bytes + *tail;
}
