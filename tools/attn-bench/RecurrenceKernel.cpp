//===- RecurrenceKernel.cpp - Code of the recurrence ----------------------===//

#include "RecurrenceKernel.h"

#include "llvm/Support/FormatVariadic.h"

using llvm::formatv;

namespace mlir::attn::bench {

namespace {

/// Writes the kernel piece by piece; `n` numbers the vectors of a block.
class Writer {
public:
  explicit Writer(const RecurrenceKernel &kernel)
      : kernel(kernel), vec(formatv("vector<{0}xf32>", kernel.lanes)) {}

  std::string write(const std::string &name);

private:
  void line(const std::string &text) { out += "  " + text + "\n"; }
  /// %result = the vectors' `format`, in which {0} is n and {1} their type.
  template <typename... Parts>
  void each(const char *format, const Parts &...parts) {
    for (unsigned n = 0; n < kernel.vectors; ++n)
      line(formatv(format, n, vec, parts...));
  }
  std::string list(const char *format) {
    std::string text;
    for (unsigned n = 0; n < kernel.vectors; ++n)
      text += (n ? ", " : "") + formatv(format, n, vec).str();
    return text;
  }
  /// %NAME = element %index of %pointer, in every lane.
  void broadcast(const std::string &name, const std::string &pointer,
                 const std::string &index);
  /// %PREFIXn = the block's part of a row of `valueSize` elements that starts
  /// at %row of %pointer; addresses are %PREFIXpn.
  void loadRow(const std::string &prefix, const std::string &pointer,
               const std::string &row);
  void readState();
  void updateState();

  const RecurrenceKernel &kernel;
  std::string vec, out;
};

} // namespace

void Writer::broadcast(const std::string &name, const std::string &pointer,
                       const std::string &index) {
  line(formatv("%{0}p = llvm.getelementptr %{1}[%{2}] : (!llvm.ptr, i64) -> "
               "!llvm.ptr, f32",
               name, pointer, index));
  line(formatv("%{0}s = llvm.load %{0}p : !llvm.ptr -> f32", name));
  line(formatv("%{0} = vector.broadcast %{0}s : f32 to {1}", name, vec));
}

void Writer::loadRow(const std::string &prefix, const std::string &pointer,
                     const std::string &row) {
  line(formatv("%{0}at = arith.addi %{1}, %c : i64", prefix, row));
  line(formatv("%{0}p = llvm.getelementptr %{1}[%{0}at] : (!llvm.ptr, i64) -> "
               "!llvm.ptr, f32",
               prefix, pointer));
  for (unsigned n = 0; n < kernel.vectors; ++n) {
    line(formatv("%{0}p{1} = llvm.getelementptr %{0}p[{2}] : (!llvm.ptr) -> "
                 "!llvm.ptr, f32",
                 prefix, n, n * kernel.lanes));
    line(formatv("%{0}{1} = llvm.load %{0}p{1} {{alignment = 4 : i64} : "
                 "!llvm.ptr -> {2}",
                 prefix, n, vec));
  }
}

/// v = beta (v - g S^T k): the decay may as well come after the sum.
void Writer::readState() {
  line(formatv("%u:{0} = scf.for %d = %zero to %keys step %one iter_args({1}) "
               "-> ({2}) : i64 {{",
               kernel.vectors, list("%w{0} = %none"), list("{1}")));
  line("%ki = arith.addi %kt, %d : i64");
  broadcast("kd", "k", "ki");
  line("%row = arith.muli %d, %values : i64");
  loadRow("r", "state", "row");
  each("%wn{0} = vector.fma %kd, %r{0}, %w{0} : {1}");
  line(formatv("scf.yield {0} : {1}", list("%wn{0}"), list("{1}")));
  line("}");
  broadcast("b", "beta", "t");
  for (unsigned n = 0; n < kernel.vectors; ++n) {
    const std::string read = formatv("u#{0}", n);
    if (kernel.isGated)
      line(formatv("%g{0} = arith.mulf %f, %{1} : {2}", n, read, vec));
    line(formatv("%e{0} = arith.subf %v{0}, %{1} : {2}", n,
                 kernel.isGated ? formatv("g{0}", n).str() : read, vec));
  }
  each("%x{0} = arith.mulf %b, %e{0} : {1}");
}

/// S = g S + k v; o = S^T q.
void Writer::updateState() {
  const char *value = kernel.isDelta ? "x" : "v";
  line(formatv("%o:{0} = scf.for %d = %zero to %keys step %one iter_args({1}) "
               "-> ({2}) : i64 {{",
               kernel.vectors, list("%a{0} = %none"), list("{1}")));
  line("%ki = arith.addi %kt, %d : i64");
  broadcast("kd", "k", "ki");
  broadcast("qd", "q", "ki");
  line("%row = arith.muli %d, %values : i64");
  loadRow("r", "state", "row");
  const char *kept = "r";
  if (kernel.isGated) {
    each("%h{0} = arith.mulf %f, %r{0} : {1}");
    kept = "h";
  }
  each("%n{0} = vector.fma %kd, %{2}{0}, %{3}{0} : {1}", value, kept);
  each("llvm.store %n{0}, %rp{0} {{alignment = 4 : i64} : {1}, !llvm.ptr");
  each("%an{0} = vector.fma %qd, %n{0}, %a{0} : {1}");
  line(formatv("scf.yield {0} : {1}", list("%an{0}"), list("{1}")));
  line("}");
}

std::string Writer::write(const std::string &name) {
  out = "func.func @" + name +
        "(%length: i64, %first: i64, %end: i64, %state: "
        "!llvm.ptr, %q: !llvm.ptr, %k: !llvm.ptr, %v: !llvm.ptr, %factors: "
        "!llvm.ptr, %beta: !llvm.ptr, %out: !llvm.ptr) {\n";
  line("%zero = arith.constant 0 : i64");
  line("%one = arith.constant 1 : i64");
  line(formatv("%keys = arith.constant {0} : i64", kernel.keySize));
  line(formatv("%values = arith.constant {0} : i64", kernel.valueSize));
  line(formatv("%block = arith.constant {0} : i64", kernel.getBlock()));
  line(formatv("%none = arith.constant dense<0.0> : {0}", vec));
  line("scf.for %t = %zero to %length step %one : i64 {");
  line("%kt = arith.muli %t, %keys : i64");
  line("%vt = arith.muli %t, %values : i64");
  if (kernel.isGated)
    broadcast("f", "factors", "t");
  line("scf.for %c = %first to %end step %block : i64 {");
  loadRow("v", "v", "vt");
  if (kernel.isDelta)
    readState();
  updateState();
  line("%oat = arith.addi %vt, %c : i64");
  line("%op = llvm.getelementptr %out[%oat] : (!llvm.ptr, i64) -> !llvm.ptr, "
       "f32");
  for (unsigned n = 0; n < kernel.vectors; ++n) {
    line(formatv("%op{0} = llvm.getelementptr %op[{1}] : (!llvm.ptr) -> "
                 "!llvm.ptr, f32",
                 n, n * kernel.lanes));
    line(formatv("llvm.store %o#{0}, %op{0} {{alignment = 4 : i64} : {1}, "
                 "!llvm.ptr",
                 n, vec));
  }
  line("}");
  line("}");
  line("return");
  return out + "}\n";
}

std::string makeRecurrenceKernel(const std::string &name,
                                 const RecurrenceKernel &kernel) {
  return Writer(kernel).write(name);
}

} // namespace mlir::attn::bench
