//===- ExprPrinter.cpp - Expressions as text ------------------------------===//
#include "Expr.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

using namespace mlir;
using namespace mlir::attn::recognize;

static void printName(llvm::raw_ostream &os, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    os << "arg" << argument.getArgNumber();
  else
    os << value.getDefiningOp()->getName().stripDialect();
}

static void printPosition(llvm::raw_ostream &os, int64_t number) {
  static constexpr StringLiteral names[] = {"b", "h", "i", "j", "d", "e"};
  if (number < 6)
    os << names[number];
  else
    os << "p" << number;
}

static void printSum(llvm::raw_ostream &os, Expr expr) {
  if (expr->terms.empty())
    os << 0;
  for (auto [n, term] : llvm::enumerate(expr->terms)) {
    if (term.coefficient < 0)
      os << (n ? " - " : "-");
    else if (n)
      os << " + ";
    uint64_t size = std::abs(term.coefficient);
    if (size != 1 || term.atoms.empty())
      os << size << (term.atoms.empty() ? "" : "*");
    llvm::interleave(term.atoms, os, [&](Expr atom) { os << atom; }, "*");
  }
}

llvm::raw_ostream &mlir::attn::recognize::operator<<(llvm::raw_ostream &os,
                                                     Expr expr) {
  auto list = [&](ArrayRef<Expr> operands, StringRef open, StringRef close) {
    os << open;
    llvm::interleaveComma(operands, os, [&](Expr operand) { os << operand; });
    os << close;
  };
  switch (expr->kind) {
  case Kind::Constant:
    if (std::optional<double> value = ExprContext::getFloat(expr))
      return os << *value;
    return os << (ExprContext::getBoolean(expr) == true ? "true" : "false");
  case Kind::Scalar:
    printName(os, expr->value);
    return os;
  case Kind::Size:
    printName(os, expr->value);
    return os << ".size" << expr->number;
  case Kind::Position:
    printPosition(os, expr->number);
    return os;
  case Kind::Sum:
    printSum(os, expr);
    return os;
  case Kind::Read:
    printName(os, expr->value);
    list(expr->operands, "[", "]");
    return os;
  case Kind::AtLeastZero:
    return os << "(" << expr->operands[0] << " >= 0)";
  case Kind::IsZero:
    return os << "(" << expr->operands[0] << " == 0)";
  case Kind::Op:
    os << expr->name.getValue().rsplit('.').second;
    list(expr->operands, "(", ")");
    return os;
  }
  llvm_unreachable("all kinds are handled");
}
