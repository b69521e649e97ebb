//===- TilingPolicy.h - How a kind of target wants attention cut *- C++ -*-===//
//
// The numbers that tiles are chosen by, and why, in one place for each kind of
// target. Passes that tile ask for them and know no machine. The policy of a
// module is that of its attribute `attn.target`; the base class is for modules
// that do not say what they are compiled for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_TILINGPOLICY_H
#define ATTN_ANALYSIS_TILINGPOLICY_H

#include "attn/Analysis/KeyTileRange.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

#include <memory>

namespace mlir::attn {

/// How the right factor of a dense product is cut: columns of a panel, and
/// whether two steps of the sum lie side by side there, as #attn.packed has it.
struct ProductPanels {
  int64_t columns;
  bool inPairs = false;
  /// Steps that a panel's are a multiple of.
  int64_t getDepthUnit() const { return inPairs ? 32 : 1; }
};

class TilingPolicy {
public:
  /// Of the module around `op`. Sizes in `given` that are not 0 are what the
  /// user wants instead of the target's.
  static std::unique_ptr<TilingPolicy> get(Operation *op,
                                           TileSizes given = {0, 0});
  explicit TilingPolicy(TileSizes given) : given(given) {}
  virtual ~TilingPolicy() = default;

  /// Queries and keys of a tile of `op`, 1 to 2^20. Lengths that are static and
  /// shorter make smaller tiles.
  virtual TileSizes getTile(AttentionOp op) const;
  /// The target with all that was left to the policy as it is for `op`: set on
  /// a module, it makes the same code. Null where it is not known.
  virtual Attribute resolve(AttentionOp op) const { return {}; }
  /// Queries of the first of two tiles, of at most `most`, for `length` queries
  /// that one does not hold.
  virtual int64_t divideQueries(int64_t length, int64_t most) const;
  /// Keys that one attend of `op` takes where none needs the mask; at least a
  /// tile's.
  virtual int64_t getUnmaskedKeys(AttentionOp op) const { return 1; }
  /// The same where each needs it, and closed forms have found which do.
  virtual int64_t getMaskedKeys(AttentionOp op) const { return 1; }
  /// How many queries are few, where only a run tells their number: these, and
  /// a single one, get tiles of their own. `group` heads of a kv head share
  /// tiles of `tileQueries`. None where all get the same tiles.
  virtual std::optional<int64_t> getMaxDecodeQueries(int64_t tileQueries,
                                                     int64_t group) const;

  /// Parallel tasks that keys are split for, where there are fewer than half.
  virtual int64_t getWantedTasks() const { return 64; }
  /// Keys of a part, at least: reading these takes far longer than merging the
  /// part's state.
  virtual int64_t getKeysOfPart() const { return 1024; }

  /// What the parallel loops over tiles are mapped to, where there are `loops`
  /// of them, from outermost to innermost, which do `multiplyAdds` in all if
  /// that is known. None where they stay loops.
  virtual std::optional<ArrayAttr>
  getMapping(MLIRContext *context, unsigned loops,
             std::optional<int64_t> multiplyAdds) const;

  /// Multiply-adds from which on a loop is worth a second thread, or 0 where
  /// every loop is.
  virtual int64_t getLeastSharedWork() const { return 0; }

  /// Features of a head that the target has code for, in attention, and in
  /// linear attention of elements of `bits`.
  virtual int64_t getMostFeatures() const;
  virtual int64_t getMostLinearFeatures(int64_t bits) const;

  /// For factors of these elements.
  virtual ProductPanels getProductPanels(Type lhs, Type rhs) const {
    return {12};
  }

  /// Value features that tasks of one head of `op` take, or multiples of it, of
  /// `multiplyAdds` in all if that is known; 0 where a head stays one task.
  virtual int64_t getLinearColumns(LinearAttentionOp op,
                                   std::optional<int64_t> multiplyAdds) const {
    return 0;
  }

protected:
  TileSizes given;
};

/// How few rows go over keys, features in lanes.
struct DecodeShape {
  int64_t places;       // far apart, from which keys are read in turn
  int64_t keys;         // of as many places, that are multiplied at once
  int64_t rows;         // with which they are
  int64_t accumulators; // that registers hold beside what is multiplied
};

/// Registers and caches of a CPU.
class CPUTilingPolicy : public TilingPolicy {
public:
  explicit CPUTilingPolicy(CPUTargetAttr target)
      : TilingPolicy({target.getTileQuery(), target.getTileKey()}),
        target(target) {}

  /// Whatever the op is.
  TileSizes getTile() const;
  TileSizes getTile(AttentionOp op) const override;
  int64_t getUnmaskedKeys(AttentionOp op) const override;
  int64_t getMaskedKeys(AttentionOp op) const override;
  /// The same of usual ones.
  int64_t getUnmaskedKeys() const;
  std::optional<int64_t> getMaxDecodeQueries(int64_t tileQueries,
                                             int64_t group) const override;
  DecodeShape getDecodeShape(int64_t rows) const;
  int64_t getMostFeatures() const override { return 1024; }
  Attribute resolve(AttentionOp op) const override;

  /// Keys that prefill on tiles of AMX packs at once, where a key and its value
  /// have so many features together.
  int64_t getPanelKeys(int64_t features) const;
  /// The same of usual ones.
  int64_t getPanelKeys() const { return getPanelKeys(kUsualFeatures); }
  /// Whether values are packed once for all tiles of queries, where several
  /// read them.
  bool sharesPackedValues() const;
  /// Blocks of keys in its pipeline.
  int64_t getStages() const;

  int64_t getMostLinearFeatures(int64_t bits) const override;
  int64_t getLinearColumns(LinearAttentionOp op,
                           std::optional<int64_t> multiplyAdds) const override;
  ProductPanels getProductPanels(Type lhs, Type rhs) const override;
  int64_t getLeastSharedWork() const override;
  std::optional<ArrayAttr>
  getMapping(MLIRContext *context, unsigned loops,
             std::optional<int64_t> multiplyAdds) const override;

private:
  static constexpr int64_t kUsualFeatures = 2 * 128;

  /// What suits the registers.
  int64_t getTileQuery() const;
  int64_t getFeatures(AttentionOp op) const;
  /// Whether there are tiles of AMX for it.
  bool isForTiles(AttentionOp op) const;
  /// Whether the rows of a kv head are as few as decode takes.
  bool isDecode(AttentionOp op) const;

  CPUTargetAttr target;
};

/// Blocks of threads and tensor cores of a GPU.
class GPUTilingPolicy : public TilingPolicy {
public:
  explicit GPUTilingPolicy(GPUTargetAttr target)
      : TilingPolicy({target.getTileQuery(), target.getTileKey()}),
        target(target) {}

  TileSizes getTile(AttentionOp op) const override;
  Attribute resolve(AttentionOp op) const override;
  int64_t divideQueries(int64_t length, int64_t most) const override;
  int64_t getWantedTasks() const override { return 264; }
  int64_t getMostFeatures() const override { return 256; }
  std::optional<ArrayAttr>
  getMapping(MLIRContext *context, unsigned loops,
             std::optional<int64_t> multiplyAdds) const override;

private:
  GPUTargetAttr target;
};

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_TILINGPOLICY_H
