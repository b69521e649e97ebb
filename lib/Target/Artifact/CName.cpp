//===- CName.cpp - Names that C and C++ keep for themselves ---------------===//

#include "attn/Target/Artifact/Signature.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Keywords up to C23 and C++26; `main`; and what compilers of this system
/// define in their usual modes.
static constexpr StringLiteral keywords =
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch "
    "char char16_t char32_t char8_t class co_await co_return co_yield compl "
    "concept const const_cast consteval constexpr constinit continue "
    "contract_assert decltype default delete do double dynamic_cast else "
    "enum explicit export extern false float for friend goto i386 if inline "
    "int linux long main mutable namespace new noexcept not not_eq nullptr "
    "operator or or_eq private protected public register reinterpret_cast "
    "requires restrict return short signed sizeof static static_assert "
    "static_cast struct switch template this thread_local throw true try "
    "typedef typeid typename typeof typeof_unqual union unix unsigned using "
    "virtual void volatile wchar_t while xor xor_eq";

static bool isKeyword(StringRef name) {
  SmallVector<StringRef> words;
  keywords.split(words, ' ');
  return llvm::is_contained(words, name);
}

/// What the artifact's header, <stddef.h>, <stdint.h> and <dlpack/dlpack.h>
/// declare: types, constants and macros.
static bool isOfHeader(StringRef name) {
  for (StringRef prefix : {"DL", "kDL", "ATTN_"})
    if (name.starts_with(prefix))
      return true;
  for (StringRef suffix : {"_t", "_MAX", "_MIN", "_WIDTH", "_C"})
    if (name.ends_with(suffix))
      return true;
  return name == "attn_function" || name == "NULL" || name == "offsetof" ||
         name == "unreachable";
}

std::string attn::getCName(StringRef name) {
  std::string result = name.str();
  if (isKeyword(name) || isOfHeader(name))
    result += "_";
  return result;
}
