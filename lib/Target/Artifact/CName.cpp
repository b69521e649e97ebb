//===- CName.cpp - Names that C and C++ keep for themselves ---------------===//

#include "attn/Target/Artifact/Signature.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/TargetParser/Host.h"

#include <dlfcn.h>

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

/// Code with threads calls the runtime of OpenMP.
static bool isOfOpenMP(StringRef name) {
  return llvm::any_of(
      ArrayRef<StringRef>{"omp_", "ompt_", "ompc_", "ompx_", "kmp_", "GOMP_"},
      [&](StringRef prefix) { return name.starts_with(prefix); });
}

static bool isOfLLVMsLibrary(StringRef name) {
  static const llvm::TargetLibraryInfoImpl library{
      llvm::Triple(llvm::sys::getProcessTriple())};
  llvm::LibFunc known;
  return library.getLibFunc(name, known);
}

/// An artifact that defines such a name would take it from the whole program.
static bool isOfCLibrary(StringRef name) {
  if (isOfLLVMsLibrary(name))
    return true;
  for (const char *library : {"libc.so.6", "libm.so.6"})
    if (void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD)) {
      const bool found = dlsym(handle, name.str().c_str());
      dlclose(handle);
      if (found)
        return true;
    }
  return false;
}

static bool isTaken(StringRef name) {
  return isKeyword(name) || isOfHeader(name) || isOfOpenMP(name) ||
         isOfCLibrary(name);
}

std::string attn::getCName(StringRef name) {
  if (isOfOpenMP(name)) // `omp_get_level_` is Fortran's
    return ("model_" + name).str();
  return (name + (isTaken(name) ? "_" : "")).str();
}

static bool isCIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

bool attn::isFreeCName(StringRef name) {
  return isCIdentifier(name) && !name.starts_with("_") &&
         !name.starts_with("attn_rt_") && !isTaken(name);
}

std::string attn::makeCName(StringRef text) {
  std::string name;
  for (char c : text) {
    if (llvm::isAlnum(c))
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_')
    name.pop_back();
  if (name.empty())
    return "model";
  if (llvm::isDigit(name.front()) || StringRef(name).starts_with("attn_rt_"))
    name = "model_" + name;
  return getCName(name);
}
