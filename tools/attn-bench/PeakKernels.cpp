//===- PeakKernels.cpp - Code that reaches the machine's limits -----------===//

#include "PeakKernels.h"

#include "llvm/Support/FormatVariadic.h"

using llvm::formatv;

namespace mlir::attn::bench {

/// `prefix0, prefix1, …`
static std::string list(const std::string &prefix, unsigned count) {
  std::string text;
  for (unsigned n = 0; n < count; ++n)
    text += (n ? ", " : "") + prefix + std::to_string(n);
  return text;
}

static std::string repeat(const std::string &part, unsigned count) {
  std::string text;
  for (unsigned n = 0; n < count; ++n)
    text += (n ? ", " : "") + part;
  return text;
}

std::string makeFMAKernel(const std::string &name, const std::string &type,
                          unsigned lanes) {
  const std::string vec = formatv("vector<{0}x{1}>", lanes, type);
  std::string starts, body, sums;
  for (unsigned n = 0; n < kFMAChains; ++n) {
    starts += formatv("{0}%x{1} = %a", n ? ", " : "", n);
    body += formatv("    %y{0} = vector.fma %a, %b, %x{0} : {1}\n", n, vec);
    sums +=
        formatv("  %s{0} = arith.addf {1}, %r#{2} : {3}\n", n,
                n ? formatv("%s{0}", n - 1).str() : std::string("%a"), n, vec);
  }
  std::string text;
  text += formatv("func.func @{0}(%n: i64, %data: !llvm.ptr) {{\n", name);
  text += "  %zero = arith.constant 0 : i64\n"
          "  %one = arith.constant 1 : i64\n";
  text += formatv("  %a = llvm.load %data : !llvm.ptr -> {0}\n", vec);
  text += formatv("  %pb = llvm.getelementptr %data[1] : (!llvm.ptr) -> "
                  "!llvm.ptr, {0}\n  %b = llvm.load %pb : !llvm.ptr -> {0}\n",
                  vec);
  text += formatv("  %r:{0} = scf.for %i = %zero to %n step %one iter_args({1})"
                  " -> ({2}) : i64 {{\n{3}    scf.yield {4} : {2}\n  }\n{5}",
                  kFMAChains, starts, repeat(vec, kFMAChains), body,
                  list("%y", kFMAChains), sums);
  text += formatv("  %ps = llvm.getelementptr %data[2] : (!llvm.ptr) -> "
                  "!llvm.ptr, {0}\n  llvm.store %s{1}, %ps : {0}, !llvm.ptr\n"
                  "  return\n}\n",
                  vec, kFMAChains - 1);
  return text;
}

std::string makeStreamKernel(unsigned vectorBits) {
  constexpr unsigned chains = 4;
  const unsigned bytes = vectorBits / 8, loads = kCacheLine / bytes;
  const std::string vec = formatv("vector<{0}xi64>", bytes / 8);
  std::string starts, places, body, yields;
  for (unsigned n = 0; n < chains; ++n)
    starts += formatv("{0}%x{1} = %none", n ? ", " : "", n);
  for (unsigned line = 0; line < kStreamLines; ++line) {
    places += formatv("  %number{0} = arith.constant {0} : i64\n"
                      "  %place{0} = arith.muli %apart, %number{0} : i64\n",
                      line);
    body += formatv(
        "    %line{0} = llvm.getelementptr %here[%place{0}] : (!llvm.ptr, i64)"
        " -> !llvm.ptr, i8\n"
        "    %q{0} = llvm.getelementptr %line{0}[%ahead] : (!llvm.ptr, i64)"
        " -> !llvm.ptr, i8\n    \"llvm.intr.prefetch\""
        "(%q{0}) <{{cache = 1 : i32, hint = 3 : i32, rw = 0 : i32}>"
        " : (!llvm.ptr) -> ()\n",
        line);
  }
  for (unsigned n = 0; n < kStreamLines * loads; ++n)
    body += formatv(
        "    %p{0} = llvm.getelementptr %line{4}[{1}] : (!llvm.ptr) -> "
        "!llvm.ptr, i8\n    %v{0} = llvm.load %p{0} {{alignment = 64 : i64} : "
        "!llvm.ptr -> {2}\n    %y{0} = arith.addi %{3}, %v{0} : {2}\n",
        n, n % loads * bytes, vec,
        n < chains ? formatv("x{0}", n).str()
                   : formatv("y{0}", n - chains).str(),
        n / loads);
  for (unsigned n = 0; n < chains; ++n)
    yields +=
        formatv("{0}%y{1}", n ? ", " : "", kStreamLines * loads - chains + n);
  std::string text = "func.func @stream(%end: i64, %step: i64, %apart: i64, "
                     "%from: !llvm.ptr, %ahead: i64, %out: !llvm.ptr) {\n"
                     "  %zero = arith.constant 0 : i64\n" +
                     places;
  text += formatv("  %none = arith.constant dense<0> : {0}\n", vec);
  text +=
      formatv("  %r:4 = scf.for %i = %zero to %end step %step iter_args({0})"
              " -> ({1}) : i64 {{\n"
              "    %here = llvm.getelementptr %from[%i] : (!llvm.ptr, i64) -> "
              "!llvm.ptr, i8\n{2}    scf.yield {3} : {1}\n  }\n",
              starts, repeat(vec, chains), body, yields);
  text += formatv("  %s0 = arith.addi %r#0, %r#1 : {0}\n"
                  "  %s1 = arith.addi %r#2, %r#3 : {0}\n"
                  "  %s = arith.addi %s0, %s1 : {0}\n"
                  "  llvm.store %s, %out : {0}, !llvm.ptr\n  return\n}\n",
                  vec);
  return text;
}

std::string makeAMXKernel() {
  std::string constants, clears, products;
  for (unsigned n = 0; n < 6; ++n) {
    constants += formatv("  %t{0} = llvm.mlir.constant({0} : i8) : i8\n", n);
    clears += formatv("  llvm.call_intrinsic \"llvm.x86.tilezero\"(%t{0}) : "
                      "(i8) -> ()\n",
                      n);
  }
  for (unsigned n = 0; n < kTileChains; ++n)
    products += formatv("    llvm.call_intrinsic \"llvm.x86.tdpbf16ps\"(%t{0}, "
                        "%t4, %t5) : (i8, i8, i8) -> ()\n",
                        n);
  return "func.func @amx(%n: i64, %config: !llvm.ptr) {\n"
         "  %zero = arith.constant 0 : i64\n"
         "  %one = arith.constant 1 : i64\n" +
         constants +
         "  llvm.call_intrinsic \"llvm.x86.ldtilecfg\"(%config) : (!llvm.ptr) "
         "-> ()\n" +
         clears + "  scf.for %i = %zero to %n step %one : i64 {\n" + products +
         "  }\n"
         "  llvm.call_intrinsic \"llvm.x86.tilerelease\"() : () -> ()\n"
         "  return\n}\n";
}

} // namespace mlir::attn::bench
