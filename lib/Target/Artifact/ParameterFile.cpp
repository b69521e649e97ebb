//===- ParameterFile.cpp - Weights in a file beside the library -----------===//

#include "attn/Target/Artifact/Parameters.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

std::string ParameterFile::getBeginning() const {
  std::string bytes(ATTN_PARAMETERS_OFFSET, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

ParameterFile attn::describeFile(StringRef name, const Parameters &parameters) {
  ParameterFile file{name.str()};
  std::memcpy(file.header.magic, ATTN_PARAMETERS_MAGIC,
              sizeof file.header.magic);
  file.header.size = parameters.size;
  return file;
}

/// Any name, as numbers.
static std::string toNumbers(StringRef name) {
  std::string text;
  for (unsigned char c : name)
    text += std::to_string(c) + ", ";
  return text + "0";
}

void attn::useParameterFile(ModuleOp module, const ParameterFile &file) {
  if (file.header.size == 0)
    return;
  Builder b(module.getContext());
  std::string text = llvm::formatv(
      ".section .rodata.attn_rt_parameter_file,\"a\",@progbits\n"
      ".hidden attn_rt_parameter_file\n"
      ".globl attn_rt_parameter_file\n"
      ".p2align 3\n"
      "attn_rt_parameter_file:\n"
      ".quad {0}, 0, attn_rt_parameters - attn_rt_parameter_file\n"
      ".byte {1}\n"
      // Whole pages, which hold nothing else.
      ".section {2},\"awl\",@nobits\n"
      ".balign 4096\n"
      ".text",
      file.header.size, toNumbers(file.name), kParametersSection);
  StringRef name = LLVM::LLVMDialect::getModuleLevelAsmAttrName();
  SmallVector<Attribute> lines(
      module->getAttrOfType<ArrayAttr>(name).getValue());
  lines.push_back(b.getStringAttr(text));
  module->setAttr(name, b.getArrayAttr(lines));
}

/// Where `library` has its AttnParameterFile.
static llvm::Expected<uint64_t> findDescription(StringRef library) {
  auto file = llvm::object::ELFObjectFile<llvm::object::ELF64LE>::create(
      llvm::MemoryBufferRef(library, "library"));
  if (!file)
    return file.takeError();
  for (const llvm::object::ELFSymbolRef symbol : file->symbols()) {
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (*name != "attn_rt_parameter_file")
      continue;
    llvm::Expected<llvm::object::section_iterator> section =
        symbol.getSection();
    if (!section)
      return section.takeError();
    const llvm::object::ELFSectionRef in(**section);
    return in.getOffset() + (symbol.getValue().get() - in.getAddress());
  }
  return llvm::createStringError(
      "expected a library that names its parameter file, got none");
}

llvm::Error attn::setChecksum(std::string &library, const ParameterFile &file) {
  if (file.header.size == 0)
    return llvm::Error::success();
  llvm::Expected<uint64_t> start = findDescription(library);
  if (!start)
    return start.takeError();
  std::memcpy(library.data() + *start + offsetof(AttnParameterFile, checksum),
              &file.header.checksum, sizeof file.header.checksum);
  return llvm::Error::success();
}
