//===- Recognize.cpp - attn-recognize -------------------------------------===//
#include "attn/Dialect/Attn/Transforms/Recognize.h"
#include "Recognize/BuildAttention.h"
#include "Recognize/CacheUpdates.h"
#include "Recognize/Linear.h"
#include "Recognize/ReadAttention.h"
#include "Recognize/Remarks.h"
#include "Recognize/Reorder.h"
#include "Recognize/Rotary.h"
#include "Recognize/SplitWeights.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RECOGNIZE
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

static const KindName *findKind(StringRef name) {
  const KindName *kind = llvm::find_if(
      kindNames, [&](const KindName &k) { return k.name == name; });
  return kind == std::end(kindNames) ? nullptr : kind;
}

bool attn::isRecognizedKind(StringRef kind) { return findKind(kind); }

std::string attn::getRecognizedKinds() {
  return llvm::join(
      llvm::map_range(kindNames, [](const KindName &k) { return k.name; }),
      ", ");
}

/// An op by its name and its ONNX node.
static std::string describe(Operation *op) {
  std::string text = "'" + op->getName().getStringRef().str() + "'";
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>())
    text += " of '" + name.getName().str() + "'";
  return text;
}

namespace {
/// Looks at the products and attentions of one function.
class FunctionRecognizer {
public:
  FunctionRecognizer(FunctionOpInterface function, const RecognizedKinds &kinds)
      : kinds(kinds), context(function.getContext()),
        reader(context, function) {
    function.walk([&](Operation *op) {
      if (auto attention = dyn_cast<AttentionOp>(op))
        attentions.push_back(attention);
      else if (std::optional<Contraction> product =
                   matchContraction(reader, op))
        products.push_back(*product);
    });
  }

  void run() {
    for (const Contraction &product : products)
      recognize(product);
    for (AttentionOp op : attentions)
      readAgain(op);
  }

private:
  void recognize(const Contraction &product);
  void readAgain(AttentionOp op);

  const RecognizedKinds &kinds;
  ExprContext context;
  TensorReader reader;
  Tables tables;
  SmallVector<Contraction> products;
  SmallVector<AttentionOp> attentions;
};
} // namespace

/// A tensor of all pairs that is read stops what reads it.
static void describePairs(AttentionOp op, Value pairs) {
  if (!pairs)
    return;
  Operation *maker = pairs.getDefiningOp();
  remark::missed(op.getLoc(), getRemark("Captured"))
      << ("expected a mask or bias that is code on positions, got a tensor of "
          "all pairs that " +
          (maker ? describe(maker) + " makes" : "is an argument"));
}

static void describeAttention(AttentionOp op, StringRef what) {
  remark::passed(op.getLoc(), getRemark("Recognized"))
      << (what + (op.getMask().empty() ? "" : ", with a mask") +
          (op.getScore().empty() ? "" : ", with a score region"))
             .str();
}

void FunctionRecognizer::recognize(const Contraction &product) {
  AttentionMatcher matcher(reader);
  std::optional<AttentionParts> parts = matcher.match(product);
  std::string obstacle = matcher.obstacle;
  if (matcher.obstacleOp)
    obstacle += ", got " + describe(matcher.obstacleOp);
  if (parts) {
    AttentionBuilder builder(reader, *parts, kinds, tables);
    if (AttentionOp op = builder.build()) {
      reader.forgetElements();
      describeAttention(op, "attention");
      return describePairs(op, builder.readOfPairs);
    }
    obstacle = builder.obstacle;
  }
  if (!parts && !obstacle.empty()) {
    SmallVector<Contraction> pieces = splitWeights(reader, product);
    if (!pieces.empty()) {
      reader.forgetElements();
      for (const Contraction &piece : pieces)
        recognize(piece);
      return;
    }
  }
  if (!obstacle.empty()) {
    remark::missed(product.op->getLoc(), getRemark("Declined")) << obstacle;
  } else if (kinds.products && reorderProducts(reader, product)) {
    remark::passed(product.op->getLoc(), getRemark("Recognized"))
        << "weights without a softmax: keys and values are multiplied first";
    reader.forgetElements();
  }
}

/// An attention that was there, with what its regions read taken into them.
void FunctionRecognizer::readAgain(AttentionOp op) {
  std::optional<AttentionParts> parts = readAttention(reader, op);
  if (!parts)
    return;
  AttentionBuilder builder(reader, *parts, kinds, tables);
  if (AttentionOp again = builder.build()) {
    describeAttention(again, "attention read again");
    describePairs(again, builder.readOfPairs);
    reader.forgetElements();
    op.erase();
  }
}

namespace {
struct Recognize : attn::impl::RecognizeBase<Recognize> {
  using RecognizeBase::RecognizeBase;
  void runOnOperation() override {
    RecognizedKinds on;
    for (StringRef name : leave) {
      const KindName *kind = findKind(name);
      if (!kind) {
        getOperation()->emitError("expected one of ")
            << getRecognizedKinds() << " in leave, got '" << name << "'";
        return signalPassFailure();
      }
      on.*kind->flag = false;
    }
    getOperation()->walk<WalkOrder::PreOrder>(
        [&](FunctionOpInterface function) {
          // What attention reads is then one op, and its own op reads it.
          if (on.rotary)
            recognizeRotary(function);
          if (on.cache)
            recognizeCacheUpdates(function);
          if (on.linear)
            recognizeLinear(function);
          if (on.attention)
            FunctionRecognizer(function, on).run();
          return WalkResult::skip();
        });
  }
};
} // namespace
