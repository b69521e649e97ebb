//===- Recognize.cpp - attn-recognize -------------------------------------===//
#include "Recognize/BuildAttention.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Dialect/Attn/Transforms/Recognize.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RECOGNIZE
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

static constexpr StringLiteral kinds[] = {"attention", "mask", "grouping"};

bool attn::isRecognizedKind(StringRef kind) {
  return llvm::is_contained(kinds, kind);
}

std::string attn::getRecognizedKinds() { return llvm::join(ArrayRef<StringLiteral>(kinds), ", "); }

static remark::RemarkOpts describe(StringRef name) {
  return remark::RemarkOpts::name(name).category("attn-recognize");
}

static void recognizeIn(FunctionOpInterface function,
                        const RecognizedKinds &kinds) {
  ExprContext context(function.getContext());
  TensorReader reader(context, function);
  SmallVector<Contraction> products;
  function.walk([&](linalg::LinalgOp op) {
    if (std::optional<Contraction> product = matchContraction(reader, op))
      products.push_back(*product);
  });
  Tables tables;
  for (const Contraction &product : products) {
    AttentionMatcher matcher(reader);
    std::optional<AttentionParts> parts = matcher.match(product);
    std::string obstacle = matcher.obstacle;
    if (parts) {
      AttentionBuilder builder(reader, *parts, kinds, tables);
      if (AttentionOp op = builder.build()) {
        remark::passed(op.getLoc(), describe("Recognized"))
            << "attention" << (op.getMask().empty() ? "" : ", with a mask")
            << (op.getScore().empty() ? "" : ", with a score region");
        continue;
      }
      obstacle = builder.obstacle;
    }
    if (!obstacle.empty())
      remark::missed(product.op->getLoc(), describe("Declined")) << obstacle;
  }
}

namespace {
struct Recognize : attn::impl::RecognizeBase<Recognize> {
  using RecognizeBase::RecognizeBase;
  void runOnOperation() override {
    RecognizedKinds on;
    for (StringRef kind : leave) {
      if (!isRecognizedKind(kind)) {
        getOperation()->emitError("expected one of ")
            << getRecognizedKinds() << " in leave, got '" << kind << "'";
        return signalPassFailure();
      }
      if (kind == "attention")
        return;
      (kind == "mask" ? on.mask : on.grouping) = false;
    }
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      recognizeIn(function, on);
      return WalkResult::skip();
    });
  }
};
} // namespace
