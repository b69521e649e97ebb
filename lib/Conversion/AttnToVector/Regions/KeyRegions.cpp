//===- KeyRegions.cpp - Regions of kernels with keys in lanes -------------===//
#include "Regions/KeyRegions.h"

using namespace mlir;
using namespace mlir::attn;

Value KeyRegions::apply(Value row, const RegionReads::Keys &keys, Value key,
                        Value score) {
  Value lane = vector::StepOp::create(b, b.vector.clone(b.getIndexType()));
  Value position = arith::AddIOp::create(b, lane, b.broadcast(key));
  Value attends = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position,
                                        b.broadcast(keys.size));
  // Lanes without a key must not read beyond what the region captures.
  Value last = b.createOrFold<arith::MaxSIOp>(
      b.createOrFold<arith::SubIOp>(keys.size, b.index(1)), b.index(0));
  position = arith::AddIOp::create(
      b, arith::MinUIOp::create(b, position, b.broadcast(last)),
      b.broadcast(keys.first));
  Value head = b.createOrFold<arith::DivUIOp>(row, b.index(rowsOfHead));
  Value query = b.createOrFold<arith::RemUIOp>(row, b.index(rowsOfHead));
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                        b.add(key, b.lanes()), keys.size);
  Value zero = b.index(0);
  auto apply = [&](Region &region, ValueRange arguments) {
    RegionVectorizer vectorizer(b);
    vectorizer.bind(region, arguments);
    defineKeyReads(b, region, vectorizer, b.add(keys.first, key), isWhole);
    return b.broadcast(vectorizer.yield(region));
  };
  if (!op.getScore().empty())
    score = apply(op.getScore(), {score, zero, head, query, position});
  if (!op.getMask().empty())
    attends = arith::AndIOp::create(
        b, attends, apply(op.getMask(), {zero, head, query, position}));
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  return arith::SelectOp::create(b, attends, score, none);
}
