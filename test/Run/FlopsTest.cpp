//===- FlopsTest.cpp - The arithmetic in attention and matrix products ----===//

#include "attn/Run/Flops.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

class Flops : public testing::Test {
protected:
  Flops() {
    context.loadDialect<AttnDialect, func::FuncDialect, linalg::LinalgDialect,
                        scf::SCFDialect, tensor::TensorDialect,
                        arith::ArithDialect>();
  }
  /// The first function of `text`.
  func::FuncOp parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    return module ? *module->getOps<func::FuncOp>().begin() : func::FuncOp();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(Flops, OfAttentionAreEveryPairsTwoProducts) {
  auto function = parse(R"(
func.func @f(%q: tensor<2x6x10x8xf32>, %k: tensor<2x3x20x8xf32>,
             %v: tensor<2x3x20x4xf32>) -> tensor<2x6x10x4xf32> {
  %0 = attn.attention %q, %k, %v : tensor<2x6x10x8xf32>,
    tensor<2x3x20x8xf32>, tensor<2x3x20x4xf32> -> tensor<2x6x10x4xf32>
  return %0 : tensor<2x6x10x4xf32>
})");
  ASSERT_TRUE(function);
  EXPECT_EQ(countFlops(function), 2.0 * 2 * 6 * 10 * 20 * (8 + 4));
  EXPECT_EQ(countProducts(function).operators, 1);
  EXPECT_EQ(countProducts(function).products, 2);
}

/// A product of [m, k] and [k, n], and another of what it gives, in `body`.
constexpr StringLiteral product = R"(
  %0 = linalg.matmul ins(%a, %b : tensor<3x5xf32>, tensor<5x7xf32>)
    outs(%c : tensor<3x7xf32>) -> tensor<3x7xf32>
)";
constexpr StringLiteral arguments =
    "(%a: tensor<3x5xf32>, %b: tensor<5x7xf32>, %c: tensor<3x7xf32>)";

TEST_F(Flops, OfProductsAreTwoForEachIteration) {
  auto function = parse(("func.func @f" + arguments + "{" + product +
                         "%1 = linalg.add ins(%0, %c : tensor<3x7xf32>, "
                         "tensor<3x7xf32>) outs(%c : tensor<3x7xf32>) -> "
                         "tensor<3x7xf32> return }")
                            .str());
  ASSERT_TRUE(function);
  EXPECT_EQ(countFlops(function), 2.0 * 3 * 5 * 7);
  EXPECT_EQ(countProducts(function).operators, 1);
  EXPECT_EQ(countProducts(function).products, 1);
}

TEST_F(Flops, InALoopAreNotKnown) {
  auto function =
      parse(("func.func @f" + arguments +
             "{ %i = arith.constant 1 : index scf.for %n = %i to %i step %i {" +
             product + "} return }")
                .str());
  ASSERT_TRUE(function);
  EXPECT_EQ(countFlops(function), std::nullopt);
  EXPECT_EQ(countProducts(function).products, 1);
}

TEST_F(Flops, OfDynamicSizesAreNotKnown) {
  auto function = parse(R"(
func.func @f(%a: tensor<?x5xf32>, %b: tensor<5x7xf32>, %c: tensor<?x7xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<?x5xf32>, tensor<5x7xf32>)
    outs(%c : tensor<?x7xf32>) -> tensor<?x7xf32>
  return
})");
  ASSERT_TRUE(function);
  EXPECT_EQ(countFlops(function), std::nullopt);
}

TEST_F(Flops, AreNotKnownWhereThereAreNone) {
  auto function = parse("func.func @f() { return }");
  ASSERT_TRUE(function);
  EXPECT_EQ(countFlops(function), std::nullopt);
  EXPECT_EQ(countProducts(function).operators, 0);
}

} // namespace
