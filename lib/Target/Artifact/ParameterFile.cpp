//===- ParameterFile.cpp - Weights in a file beside the library -----------===//

#include "attn/Target/Artifact/Parameters.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

#include "llvm/ADT/StringExtras.h"
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
  AttnChecksum sum;
  attn_checksum_begin(&sum);
  // Each begins a block, and zeros end it.
  for (const Parameters::Piece &piece : parameters.pieces)
    writeElements(piece.value, [&](StringRef bytes) {
      attn_checksum_add(&sum, bytes.data(), bytes.size());
      return true;
    });
  file.header.checksum = attn_checksum_end(&sum);
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
      ".quad {0}, {1}, attn_rt_parameters - attn_rt_parameter_file\n"
      ".byte {2}\n"
      // Whole pages, which hold nothing else.
      ".section {3},\"awl\",@nobits\n"
      ".balign 4096\n"
      ".text",
      file.header.size, file.header.checksum, toNumbers(file.name),
      kParametersSection);
  StringRef name = LLVM::LLVMDialect::getModuleLevelAsmAttrName();
  SmallVector<Attribute> lines(
      module->getAttrOfType<ArrayAttr>(name).getValue());
  lines.push_back(b.getStringAttr(text));
  module->setAttr(name, b.getArrayAttr(lines));
}
