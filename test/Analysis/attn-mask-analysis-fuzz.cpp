//===- attn-mask-analysis-fuzz.cpp - Tile classes against brute force -----===//
//===----------------------------------------------------------------------===//
// attn-mask-analysis-fuzz [number of masks] [first seed]
// Draws masks, lengths and tile sizes; classifies every tile of one batch and
// head by all pairs, and compares with the symbolic analysis (classes, visits,
// proofs), with intervals, and with the code that is emitted for both. On every
// pair, ops on positions say what their expansions say. A failure prints its
// seed and the program.
//===----------------------------------------------------------------------===//
#include "EmittedClasses.h"
#include "attn/Analysis/ExpandedMask.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"

#include <ctime>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

struct Totals {
  int64_t masks = 0, exact = 0, tiles = 0, decided = 0, undecided = 0;
  int64_t emitted = 0, weaker = 0, weakerVisits = 0;
  int64_t visited = 0, visitedEmpty = 0, full = 0, visitedFull = 0;
  double seconds = 0, slowest = 0;
  uint64_t slowestSeed = 0;
  int64_t effort = 0, slowestEffort = 0;
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
    // With little effort less is known, and nothing wrong.
    MaskLimits limits;
    if (random.chance(0.2))
      limits.effort >>= random.integer(1, 26);
    MaskAnalysis analysis(op, tile, limits);
    const double spent = double(std::clock() - start) / CLOCKS_PER_SEC;
    totals.seconds += spent;
    totals.effort += limits.effort - analysis.getEffort().getLeft();
    if (spent > totals.slowest) {
      totals.slowest = spent;
      totals.slowestSeed = seed;
      totals.slowestEffort = limits.effort - analysis.getEffort().getLeft();
    }
    // Bounded by operations: a hundredth of a second is usual.
    if (spent > 1)
      return fail("expected an analysis of less than a second");
    ++totals.masks;
    totals.exact += analysis.isExact();
    auto function = op->getParentOfType<func::FuncOp>();
    ExpandedMask mask(op);
    expanded = mask.getOp();
    MaskProgram program(op, function), arithmetic(expanded, function);
    EmittedClasses emitted(*module, tile);
    // Other lengths too, where the program does not fix them.
    for (int draw = 0; draw < 3; ++draw) {
      const bool same = text.staticLengths || draw == 0;
      inputs = drawInputs(random, same ? queries : random.integer(1, 26),
                          same ? keys : random.integer(0, 26));
      batch = random.integer(0, numBatches - 1);
      head = random.integer(0, numHeads - 1);
      if (!checkExpansion(program, arithmetic) ||
          !check(analysis, program, emitted))
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

  bool checkExpansion(MaskProgram &program, MaskProgram &arithmetic) {
    for (int64_t i = 0; i < inputs.queryLength; ++i)
      for (int64_t j = 0; j < inputs.keyLength; ++j)
        if (program(inputs, batch, head, i, j) !=
            arithmetic(inputs, batch, head, i, j))
          return fail("pair " + Twine(i) + ", " + Twine(j) +
                      ": expected an expansion that says the same");
    return true;
  }

  bool check(MaskAnalysis &analysis, MaskProgram &program,
             EmittedClasses &emitted) {
    if (!emitted.run(inputs))
      return fail("expected emitted code that runs");
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
          !checkIntervals(row, expected) ||
          !checkEmitted(emitted, row, expected) ||
          !checkRows(analysis, program, row))
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
    MaskEffort effort(std::numeric_limits<int64_t>::max());
    for (auto [column, want] : llvm::enumerate(expected)) {
      const TileClass got = analysis.classify(at, row, column, effort);
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
    bySegments = got;
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
    byIntervals.clear();
    for (auto [column, want] : llvm::enumerate(expected)) {
      const auto positions = [](int64_t index, int64_t size, int64_t length) {
        return Interval{index * size, std::min((index + 1) * size, length) - 1};
      };
      const Interval box[] = {Interval::point(batch), Interval::point(head),
                              positions(row, tile.query, inputs.queryLength),
                              positions(column, tile.key, inputs.keyLength)};
      const TileClass got = classifyByIntervals(
          expanded, box, [&](Value captured, ArrayRef<Interval> indices) {
            return readInputs(inputs, captured, indices);
          });
      ++(got == want ? totals.decided : totals.undecided);
      byIntervals.push_back(got);
      if (got != want && got != TileClass::Partial)
        return fail("tile " + Twine(row) + ", " + Twine(column) +
                    " by intervals: expected " + stringify(want) + ", got " +
                    stringify(got));
    }
    return true;
  }

  /// Emitted code is as right, and decides as much.
  bool checkEmitted(const EmittedClasses &emitted, int64_t row,
                    ArrayRef<TileClass> expected) {
    static constexpr TileClass classes[] = {
        TileClass::Empty, TileClass::Partial, TileClass::Full};
    for (auto [column, want] : llvm::enumerate(expected)) {
      const TileClass got = classes[emitted.getClass(batch, head, row, column)];
      const TileClass visit =
          classes[emitted.getVisit(batch, head, row, column)];
      ++totals.emitted;
      totals.weaker += got != byIntervals[column] && got == TileClass::Partial;
      if (got != want && got != TileClass::Partial)
        return fail("tile " + Twine(row) + ", " + Twine(column) +
                    " by emitted intervals: expected " + stringify(want) +
                    ", got " + stringify(got));
      if (visit != want && visit != TileClass::Partial)
        return fail("emitted visit of tile " + Twine(row) + ", " +
                    Twine(column) + ": expected " + stringify(want) + ", got " +
                    stringify(visit));
      if (visit == TileClass::Partial && bySegments[column] != visit)
        ++totals.weakerVisits;
    }
    return true;
  }

  bool checkRows(MaskAnalysis &analysis, MaskProgram &program, int64_t row) {
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
  AttentionOp op, expanded;
  TileSizes tile;
  Inputs inputs;
  SmallVector<TileClass> byIntervals, bySegments; // of the current row
  int64_t batch = 0, head = 0;
};

} // namespace

int main(int argc, char **argv) {
  const int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const uint64_t first = argc > 2 ? std::atoll(argv[2]) : 1;
  DialectRegistry registry;
  registry.insert<AttnDialect, affine::AffineDialect, arith::ArithDialect,
                  func::FuncDialect, linalg::LinalgDialect, scf::SCFDialect,
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
               << "; emitted code decides less for " << totals.weaker
               << " classes and " << totals.weakerVisits << " visits of "
               << totals.emitted << "\n";
  llvm::errs() << "analysis: " << totals.seconds / totals.masks * 1e3
               << " ms of CPU time on average, at most " << totals.slowest * 1e3
               << " ms (seed " << totals.slowestSeed << "); effort "
               << totals.effort / totals.masks
               << " operations, for the slowest " << totals.slowestEffort
               << "\n";
  return 0;
}
