//===- attn-mask-analysis-fuzz.cpp - Tile classes against brute force -----===//
//===----------------------------------------------------------------------===//
// attn-mask-analysis-fuzz [number of masks] [first seed]
// Draws masks, lengths and tile sizes; classifies every tile of one batch and
// head by all pairs, and compares with the symbolic analysis (classes, visits,
// proofs) and with intervals. A failure prints its seed and the program.
//===----------------------------------------------------------------------===//
#include "RandomMask.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "mlir/Parser/Parser.h"

#include <ctime>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

struct Totals {
  int64_t masks = 0, exact = 0, tiles = 0, decided = 0, undecided = 0;
  int64_t visited = 0, visitedEmpty = 0, full = 0, visitedFull = 0;
  double seconds = 0, slowest = 0;
  uint64_t slowestSeed = 0;
};

class Trial {
public:
  Trial(MLIRContext &context, uint64_t seed, Totals &totals)
      : random(seed), context(context), totals(totals), seed(seed) {}

  bool run() {
    const int64_t queries = random.integer(1, 26), keys = random.integer(0, 26);
    const bool data = random.chance(0.3);
    text = drawMask(random, data, queries, keys);
    module = parseSourceString<ModuleOp>(text.module, &context);
    if (!module)
      return fail("expected a program that parses");
    module->walk([&](AttentionOp found) { op = found; });
    tile = {random.integer(1, 9), random.integer(1, 9)};
    const std::clock_t start = std::clock();
    MaskAnalysis analysis(op, tile);
    const double spent = double(std::clock() - start) / CLOCKS_PER_SEC;
    totals.seconds += spent;
    if (spent > totals.slowest) {
      totals.slowest = spent;
      totals.slowestSeed = seed;
    }
    ++totals.masks;
    totals.exact += analysis.isExact();
    MaskProgram program(op);
    // Other lengths too, where the program does not fix them.
    for (int draw = 0; draw < 3; ++draw) {
      const bool same = text.staticLengths || draw == 0;
      inputs = drawInputs(random, same ? queries : random.integer(1, 26),
                          same ? keys : random.integer(0, 26));
      batch = random.integer(0, numBatches - 1);
      head = random.integer(0, numHeads - 1);
      if (!check(analysis, program))
        return false;
    }
    return true;
  }

private:
  bool fail(const Twine &what) {
    llvm::errs() << "seed " << seed << ": " << what << "\n"
                 << "lengths " << inputs.queryLength << " x "
                 << inputs.keyLength << ", tiles " << tile.query << " x "
                 << tile.key << ", b " << batch << ", h " << head << ", s0 "
                 << inputs.scalars[0] << ", s1 " << inputs.scalars[1] << ", f "
                 << inputs.flag << "\n"
                 << text.module;
    return false;
  }

  TileClass bruteForce(MaskProgram &program, int64_t row, int64_t column) {
    bool any = false, all = true;
    for (int64_t i = row * tile.query;
         i < std::min((row + 1) * tile.query, inputs.queryLength); ++i)
      for (int64_t j = column * tile.key;
           j < std::min((column + 1) * tile.key, inputs.keyLength); ++j) {
        const bool attends = program(inputs, batch, head, i, j);
        any |= attends;
        all &= attends;
      }
    return !any ? TileClass::Empty : all ? TileClass::Full : TileClass::Partial;
  }

  bool check(const MaskAnalysis &analysis, MaskProgram &program) {
    const int64_t rows = llvm::divideCeilSigned(inputs.queryLength, tile.query);
    const int64_t columns = llvm::divideCeilSigned(inputs.keyLength, tile.key);
    MaskPoint at{batch, head, {}};
    for (auto [n, symbol] : llvm::enumerate(analysis.getReading().symbols))
      at.symbols.push_back(
          symbol.value ? program.valueOf(symbol.value, inputs, batch, head)
                       : (n == 0 ? inputs.queryLength : inputs.keyLength));
    bool anyPair = false, allPairs = true;
    for (int64_t row = 0; row < rows; ++row) {
      SmallVector<TileClass> expected;
      for (int64_t column = 0; column < columns; ++column)
        expected.push_back(bruteForce(program, row, column));
      for (TileClass tileClass : expected) {
        anyPair |= tileClass != TileClass::Empty;
        allPairs &= tileClass == TileClass::Full;
      }
      if (!checkClasses(analysis, at, row, expected) ||
          !checkSegments(analysis, at, row, expected) ||
          !checkIntervals(row, expected) || !checkRows(analysis, program, row))
        return false;
    }
    if (analysis.allAttend() && !allPairs)
      return fail("proved that all pairs attend");
    if (analysis.noneAttends() && anyPair)
      return fail("proved that no pair attends");
    return true;
  }

  bool checkClasses(const MaskAnalysis &analysis, const MaskPoint &at,
                    int64_t row, ArrayRef<TileClass> expected) {
    for (auto [column, want] : llvm::enumerate(expected)) {
      const TileClass got = analysis.classify(at, row, column);
      ++totals.tiles;
      if (got == want || (!analysis.isExact() && got == TileClass::Partial))
        continue;
      return fail("tile " + Twine(row) + ", " + Twine(column) + ": expected " +
                  stringify(want) + ", got " + stringify(got));
    }
    return true;
  }

  /// Visits are disjoint and ascending, leave out EMPTY tiles only, and call
  /// FULL only what is; ranges that are said to be exact visit no EMPTY tile.
  bool checkSegments(const MaskAnalysis &analysis, const MaskPoint &at,
                     int64_t row, ArrayRef<TileClass> expected) {
    SmallVector<TileClass> got(expected.size(), TileClass::Empty);
    int64_t last = 0;
    for (const KeyTileSegment &segment : analysis.getSegments(at, row)) {
      if (segment.begin < last || segment.begin >= segment.end ||
          segment.end > int64_t(expected.size()))
        return fail("expected ascending segments in bounds");
      last = segment.end;
      for (int64_t n = segment.begin; n < segment.end; ++n)
        got[n] = segment.tileClass;
    }
    const bool tight =
        analysis.isExact() &&
        llvm::all_of(analysis.getAttendedTiles(),
                     [](const KeyTileRange &range) { return range.exact; });
    for (auto [column, want] : llvm::enumerate(expected)) {
      const bool skipped = got[column] == TileClass::Empty;
      totals.visited += !skipped;
      totals.visitedEmpty += !skipped && want == TileClass::Empty;
      totals.full += want == TileClass::Full;
      totals.visitedFull += got[column] == TileClass::Full;
      if ((skipped && want != TileClass::Empty) ||
          (got[column] == TileClass::Full && want != TileClass::Full) ||
          (tight && !skipped && want == TileClass::Empty))
        return fail("visit of tile " + Twine(row) + ", " + Twine(column) +
                    ": expected " + stringify(want) + ", got " +
                    stringify(got[column]));
    }
    return true;
  }

  bool checkIntervals(int64_t row, ArrayRef<TileClass> expected) {
    for (auto [column, want] : llvm::enumerate(expected)) {
      const auto positions = [](int64_t index, int64_t size, int64_t length) {
        return Interval{index * size, std::min((index + 1) * size, length) - 1};
      };
      const Interval box[] = {Interval::point(batch), Interval::point(head),
                              positions(row, tile.query, inputs.queryLength),
                              positions(column, tile.key, inputs.keyLength)};
      const TileClass got = classifyByIntervals(
          op, box, [&](Value captured, ArrayRef<Interval> indices) {
            return readInputs(op, inputs, captured, indices);
          });
      ++(got == want ? totals.decided : totals.undecided);
      if (got != want && got != TileClass::Partial)
        return fail("tile " + Twine(row) + ", " + Twine(column) +
                    " by intervals: expected " + stringify(want) + ", got " +
                    stringify(got));
    }
    return true;
  }

  bool checkRows(const MaskAnalysis &analysis, MaskProgram &program,
                 int64_t row) {
    if (!analysis.noRowIsEmpty() &&
        !(analysis.noRowIsEmptyIfKeys() && inputs.keyLength >= 1))
      return true;
    for (int64_t i = row * tile.query;
         i < std::min((row + 1) * tile.query, inputs.queryLength); ++i) {
      bool any = false;
      for (int64_t j = 0; j < inputs.keyLength && !any; ++j)
        any = program(inputs, batch, head, i, j);
      if (!any)
        return fail("proved that no row is empty, but " + Twine(i) + " is");
    }
    return true;
  }

  Random random;
  MLIRContext &context;
  Totals &totals;
  uint64_t seed;
  MaskText text;
  OwningOpRef<ModuleOp> module;
  AttentionOp op;
  TileSizes tile;
  Inputs inputs;
  int64_t batch = 0, head = 0;
};

} // namespace

int main(int argc, char **argv) {
  const int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const uint64_t first = argc > 2 ? std::atoll(argv[2]) : 1;
  DialectRegistry registry;
  registry.insert<AttnDialect, arith::ArithDialect, func::FuncDialect,
                  tensor::TensorDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  Totals totals;
  for (int64_t n = 0; n < count; ++n)
    if (!Trial(context, first + n, totals).run())
      return 1;
  llvm::outs() << totals.masks << " masks, " << totals.exact << " exact, "
               << totals.tiles << " tiles; intervals decide " << totals.decided
               << " of " << totals.decided + totals.undecided << "; visited "
               << totals.visited << ", of which empty " << totals.visitedEmpty
               << "; known full " << totals.visitedFull << " of " << totals.full
               << "\n";
  llvm::errs() << "analysis: " << totals.seconds / totals.masks * 1e3
               << " ms of CPU time on average, at most " << totals.slowest * 1e3
               << " ms (seed " << totals.slowestSeed << ")\n";
  return 0;
}
