//===- PrintMaskAnalysis.cpp - Prints what masks mean for tiles -----------===//
#include "attn/Analysis/MaskAnalysis.h"
#include "attn/Analysis/Passes.h"
#include "attn/Analysis/TilePicture.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPRINTMASKANALYSIS
#include "attn/Analysis/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static llvm::cl::opt<std::string> &getPictureOption() {
  static llvm::cl::opt<std::string> option(
      "mask-picture", llvm::cl::value_desc("FILE.png"),
      llvm::cl::desc(
          "Where --attn-print-mask-analysis draws the tiles that it "
          "counts: empty dark, partial green, full yellow. With "
          "several attentions, FILE-2.png is the second, and so on"));
  return option;
}

void mlir::attn::registerMaskPictureOption() { (void)getPictureOption(); }

namespace {

/// Prints closed forms with the names of this domain.
class Names {
public:
  Names(const MaskReading &reading, AsmState &state) {
    for (auto [n, symbol] : llvm::enumerate(reading.symbols)) {
      std::string name = n == MaskQueryLength ? "Sq" : "Sk";
      if (symbol.value) {
        name.clear();
        llvm::raw_string_ostream stream(name);
        symbol.value.printAsOperand(stream, state);
      }
      symbols.push_back(name);
    }
  }

  std::string operator()(AffineExpr expr) const {
    std::string text, result;
    llvm::raw_string_ostream(text) << expr;
    for (size_t n = 0; n < text.size();) {
      size_t end = n + 1;
      while (end < text.size() && llvm::isDigit(text[end]))
        ++end;
      const bool isName = end > n + 1 && (text[n] == 'd' || text[n] == 's');
      if (!isName) {
        result += text[n++];
        continue;
      }
      const unsigned index = std::stoul(text.substr(n + 1, end - n - 1));
      result += text[n] == 'd' ? dims[index] : symbols[index];
      n = end;
    }
    return result;
  }

  std::string list(ArrayRef<AffineExpr> exprs, StringRef function) const {
    if (exprs.size() == 1)
      return (*this)(exprs.front());
    std::string result = function.str() + "(";
    for (auto [n, expr] : llvm::enumerate(exprs))
      result += (n ? ", " : "") + (*this)(expr);
    return result + ")";
  }

  std::string all() const {
    return llvm::join(ArrayRef(symbols).drop_front(numMaskLengthSymbols), ", ");
  }

private:
  std::string dims[numKeyTileDims] = {"b", "h", "I"};
  SmallVector<std::string> symbols;
};

class AttnPrintMaskAnalysis
    : public mlir::attn::impl::AttnPrintMaskAnalysisBase<
          AttnPrintMaskAnalysis> {
public:
  using AttnPrintMaskAnalysisBase::AttnPrintMaskAnalysisBase;

  void runOnOperation() override {
    if (tileQuery < 1 || tileKey < 1 || tileQuery > (1 << 20) ||
        tileKey > (1 << 20)) {
      getOperation()->emitError("expected tile sizes from 1 to 1048576, got ")
          << int64_t(tileQuery) << " and " << int64_t(tileKey);
      return signalPassFailure();
    }
    if (getOperation()
            ->walk([&](AttentionOp op) { return print(op); })
            .wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  WalkResult print(AttentionOp op) {
    MaskLimits limits;
    limits.effort = effort;
    MaskAnalysis analysis(op, {tileQuery, tileKey}, limits);
    auto function = op->getParentOfType<FunctionOpInterface>();
    AsmState state(function ? function.getOperation() : op.getOperation());
    Names names(analysis.getReading(), state);
    raw_ostream &os = llvm::outs();
    os << "mask analysis of attention in @"
       << (function ? function.getName() : "?") << ", tiles of " << tileQuery
       << " x " << tileKey << "\n";
    if (std::string symbols = names.all(); !symbols.empty())
      os << "  symbols: " << symbols << "\n";
    for (Value value : analysis.getReading().notUnderstood) {
      os << "  not understood: ";
      value.printAsOperand(os, state);
      os << "\n";
    }
    printRanges("visited: ", analysis.getAttendedTiles(), names);
    printRanges("masked:  ", analysis.getMaskedTiles(), names);
    printProofs(analysis);
    if (analysis.getEffort().isSpent())
      os << "  effort:  spent: what is not known is partial\n";
    return printCounts(op, analysis);
  }

  void printRanges(StringRef title, ArrayRef<KeyTileRange> ranges,
                   const Names &names) {
    raw_ostream &os = llvm::outs();
    if (ranges.empty())
      os << "  " << title << "none\n";
    for (const KeyTileRange &range : ranges) {
      AffineMap lower = range.lower, upper = range.upper;
      os << "  " << title << names.list(lower.getResults(), "max") << " <= J < "
         << names.list(upper.getResults(), "min");
      if (IntegerSet guard = range.guard)
        for (auto [n, expr] : llvm::enumerate(guard.getConstraints()))
          os << (n ? " and " : " if ") << names(expr) << " >= 0";
      os << (range.exact ? " (exact)\n" : "\n");
    }
  }

  void printProofs(MaskAnalysis &analysis) {
    SmallVector<StringRef> proofs;
    if (analysis.allAttend())
      proofs.push_back("all pairs attend");
    if (analysis.noneAttends())
      proofs.push_back("no pair attends");
    if (analysis.noRowIsEmpty())
      proofs.push_back("no row is empty");
    else if (analysis.noRowIsEmptyIfKeys())
      proofs.push_back("no row is empty if Sk >= 1");
    llvm::outs() << "  proved:  "
                 << (proofs.empty() ? "nothing" : llvm::join(proofs, ", "))
                 << "\n";
  }

  /// Nullopt where a length or a symbol has no value.
  std::optional<MaskPoint> getPoint(const MaskReading &reading) {
    MaskPoint at{batch, head, {}};
    const int64_t lengths[] = {query, key};
    for (unsigned n = 0; n < reading.symbols.size(); ++n) {
      const bool isLength = n < numMaskLengthSymbols;
      const AffineExpr length =
          n == MaskQueryLength ? reading.queryLength : reading.keyLength;
      if (isLength && isa<AffineConstantExpr>(length)) {
        at.symbols.push_back(0);
        continue;
      }
      const size_t given = n - numMaskLengthSymbols;
      if (isLength ? lengths[n] < 0 : given >= symbols.size())
        return std::nullopt;
      at.symbols.push_back(isLength ? lengths[n] : symbols[given]);
    }
    return at;
  }

  WalkResult printCounts(AttentionOp op, const MaskAnalysis &analysis) {
    const std::optional<MaskPoint> at = getPoint(analysis.getReading());
    if (!at)
      return WalkResult::advance();
    TileCounts counts;
    if (!countTiles(analysis, *at, counts)) {
      op.emitWarning("expected at most ")
          << maxCountedTiles << " tiles to count, got " << counts.rows << " x "
          << counts.columns;
      return WalkResult::advance();
    }
    if (counts.isUncertain)
      op.emitWarning("expected classes of tiles that are found with less "
                     "effort: some are called partial that may be not");
    const int64_t total = counts.rows * counts.columns;
    const auto share = [&](int64_t part) {
      return llvm::format("%.1f %%", total ? 100.0 * part / total : 0.0);
    };
    llvm::outs() << "  tiles:   " << counts.classes[int(TileClass::Full)]
                 << " full, " << counts.classes[int(TileClass::Partial)]
                 << " partial, " << counts.classes[int(TileClass::Empty)]
                 << " empty of " << total << "; "
                 << share(total - counts.visited) << " skipped\n";
    return draw(op, std::move(counts.picture));
  }

  /// The option's file name, with -2 before the suffix for the second picture.
  std::string getNextPicture() {
    const StringRef name = getPictureOption();
    ++pictures;
    if (pictures == 1)
      return name.str();
    const auto [stem, suffix] = name.rsplit('.');
    return (stem + "-" + Twine(pictures) +
            (suffix.empty() ? "" : "." + suffix.str()))
        .str();
  }

  WalkResult draw(AttentionOp op, ::attn::HeatMap map) {
    if (getPictureOption().empty())
      return WalkResult::advance();
    llvm::Error error = drawTiles({std::move(map)}, getNextPicture());
    if (!error)
      return WalkResult::advance();
    op.emitError(llvm::toString(std::move(error)));
    return WalkResult::interrupt();
  }

  unsigned pictures = 0;
};

} // namespace
