//===- RowRegions.cpp - Regions of kernels with queries in lanes ----------===//
#include "Regions/RowRegions.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

RowRegions::RowRegions(KernelBuilder &builder, AttendOp op, Softmax &softmax,
                       int64_t maxKeys, int64_t maxRows)
    : b(builder), op(op), softmax(softmax), maxKeys(maxKeys), maxRows(maxRows),
      score(makePart(op.getScore())), mask(makePart(op.getMask())) {
  if (score.reads && mask.reads)
    mask.reads->shareWith(*score.reads);
}

RowRegions::Part RowRegions::makePart(Region &region) {
  Part part{&region, {}, {}, {}, {}};
  if (region.empty())
    return part;
  auto positions = region.getArguments().take_back(4);
  SmallVector<Value> inLanes{positions[2]}, ofKeys{positions[3]};
  if (cast<MemRefType>(op.getAcc().getType()).getDimSize(Head) != 1)
    inLanes.push_back(positions[1]);
  part.reads.emplace(b, region, inLanes, positions[3]);
  if (region.getNumArguments() > 4)
    ofKeys.push_back(region.getArgument(0));
  part.keys.emplace(region, ofKeys);
  return part;
}

RegionVectorizer RowRegions::bindRows(Region &region,
                                      const Softmax::Positions &rows) {
  RegionVectorizer vectorizer(b);
  Values known(region.getNumArguments() - 4);
  known.append({b.index(0), rows.head, rows.query, Value()});
  vectorizer.bind(region, known);
  return vectorizer;
}

void RowRegions::begin(const Tile &tile) {
  firstKey = tile.keys.first;
  begin(score, tile);
  begin(mask, tile);
}

void RowRegions::begin(Part &part, const Tile &tile) {
  if (part.region->empty())
    return;
  Region &region = *part.region;
  if (!part.reads->empty())
    b.loop(b.index(0), b.index(tile.vectors * b.lanes()), b.lanes(),
           [&](Value column) {
             RegionVectorizer rows = bindRows(
                 region, softmax.getPositions(b.add(tile.firstRow, column),
                                              tile.rowsOfHead));
             part.reads->fill(rows, tile.keys, column, maxKeys, maxRows);
           });
  part.rows.clear();
  // A function has nothing but the positions, and a large region more than
  // registers can hold.
  bool isCalled = isLarge(region);
  auto isOfRows = [&](Operation &op) {
    return !isCalled && !part.keys->contains(op);
  };
  for (int64_t v = 0; v < tile.vectors; ++v) {
    RegionVectorizer rows = bindRows(
        region, softmax.getPositions(b.add(tile.firstRow, v * b.lanes()),
                                     tile.rowsOfHead));
    rows.inlineSlice(region, region.front().getTerminator()->getOperands(),
                     isOfRows, v == 0 ? nullptr : &part.rows[0]);
    part.rows.push_back(rows);
  }
}

Value RowRegions::isAttended(Value key) {
  Value any;
  for (size_t v = 0; v < mask.rows.size(); ++v) {
    Value attends = b.broadcast(applyPart(mask, key, v, {}));
    any = any ? arith::OrIOp::create(b, any, attends) : attends;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::OR, any);
}

std::pair<Value, Value> RowRegions::apply(Value key, int64_t vector,
                                          Value value) {
  if (!score.region->empty())
    value = b.broadcast(applyPart(score, key, vector, value));
  if (mask.region->empty())
    return {value, Value()};
  return {value, applyPart(mask, key, vector, {})};
}

Values RowRegions::apply(Value key, Values scores) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  for (auto [v, value] : llvm::enumerate(scores)) {
    Value attends;
    std::tie(value, attends) = apply(key, v, value);
    if (attends)
      value = arith::SelectOp::create(b, attends, value, none);
  }
  return scores;
}

Value RowRegions::applyPart(Part &part, Value key, int64_t vector,
                            Value score) {
  Region &region = *part.region;
  // Another key's values are not this one's.
  if (vector == 0)
    part.ofKey.clear();
  part.ofKey.push_back(part.rows[vector]);
  RegionVectorizer &rows = part.ofKey.back();
  rows.define(region.getArguments().back(), b.add(firstKey, key));
  if (score)
    rows.define(region.getArgument(0), score);
  part.reads->define(rows, key, b.index(vector * b.lanes()));
  return rows.yield(region, vector == 0 ? nullptr : &part.ofKey[0]);
}
