//===- Npy.h - NumPy's .npy files -------------------------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Format versions 1, 2 and 3 as NumPy's documentation of `numpy.lib.format`
// describes them. Booleans, integers, f2, f4 and f8 of either byte order, C or
// Fortran order. bf16 is written as '<V2', which is what NumPy itself writes
// for ml_dtypes.bfloat16; '<V2', '|V2' and 'bfloat16' are read as bf16.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SUPPORT_NPY_H
#define ATTN_SUPPORT_NPY_H

#include "attn/Support/Tensor.h"

#include <string>
#include <string_view>

namespace attn {

/// Reads a whole .npy file; messages name the file.
Result<Tensor> readNpy(const std::string &path);
/// The same from memory. Bytes after the last element are an error.
Result<Tensor> parseNpy(std::string_view bytes);

/// The bytes of a little-endian, C-order file (version 1, or 2 for a huge
/// header).
std::string formatNpy(const Tensor &tensor);

} // namespace attn

#endif // ATTN_SUPPORT_NPY_H
