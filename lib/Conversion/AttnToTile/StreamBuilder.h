//===- StreamBuilder.h - A loop over query tiles as streams -----*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMBUILDER_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMBUILDER_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// Replaces what attn-tile has written into the body of a loop over query tiles
/// by one attn_tile.stream. If a state leaves the loop, of a part of the keys,
/// it is the output and the LSE of the part in place of the accumulators and
/// the maximum; the sum is then no more written.
class StreamBuilder {
public:
  StreamBuilder(scf::ForallOp loop, tile::ScheduleAttr schedule)
      : loop(loop), schedule(schedule), builder(loop.getContext()) {}

  /// What the body has that a stream cannot do; empty if it can.
  std::string getObstacle();
  void build();

private:
  /// Where an attend finds its keys.
  struct KeySlice {
    Value tensor, batch, head, first, count;
  };

  /// Where the state of a tile goes.
  struct End {
    Value output, lse, sink;
    DenseI64ArrayAttr outputLayout, lseLayout;
  };

  std::string findState();
  std::string findPart();
  std::string checkAttend(AttendOp attend);
  std::string checkRegions(AttendOp attend);
  std::string checkLoops(AttendOp attend);
  bool isOutsideLoops(Value value);
  KeySlice getSlice(Value slice, DenseI64ArrayAttr layout);
  void cloneVisits(Block &from, IRMapping &mapping);
  void cloneVisit(AttendOp attend, IRMapping &mapping);
  void moveRegion(Region &from, Value first, Region &to);
  Value toValue(OpFoldResult value);
  AttendOp getMasked();
  tile::StreamOp createStream();
  void replaceEnd(tile::StreamOp stream);

  scf::ForallOp loop;
  tile::ScheduleAttr schedule;
  OpBuilder builder;
  End end;
  SmallVector<AttendOp> attends;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_STREAMBUILDER_H
