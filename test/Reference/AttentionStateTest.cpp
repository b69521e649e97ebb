//===- AttentionStateTest.cpp - The algebra of attention states -----------===//

#include "attn/Reference/AttentionState.h"

#include "Testing.h"
#include "attn/Reference/Predicates.h"

using namespace attn;
using namespace attn::reference;

namespace {

/// Attention over 9 keys, whole and in parts, with a mask under which row 0
/// sees no key of the second part and row 3 none at all.
class AttentionStates : public testing::Test {
protected:
  const Tensor q = randomTensor(DType::f64, {2, 4, 4, 3}, 1);
  const Tensor k = randomTensor(DType::f64, {2, 2, 9, 3}, 2);
  const Tensor v = randomTensor(DType::f64, {2, 2, 9, 5}, 3);

  static bool mask(const Position &at) {
    return at.i != 3 && causal(at.i, at.j, 2);
  }
  static Tensor keys(const Tensor &t, int64_t first, int64_t last) {
    Tensor part(t.dtype(), {t.dim(0), t.dim(1), last - first, t.dim(3)});
    for (int64_t n = 0; n < part.size(); ++n) {
      const Shape at = part.indexOf(n);
      part.set(n, t.at({at[0], at[1], at[2] + first, at[3]}));
    }
    return part;
  }
  AttentionState empty(DType type = DType::f64) const {
    return *initState(2, 4, 4, 5, type);
  }
  AttentionState attendTo(int64_t first, int64_t last,
                          const AttentionState &state) const {
    AttentionOptions options;
    options.scale = 0.7;
    // Positions are those of the tile.
    options.mask = [=](const Position &at) {
      return mask({at.b, at.h, at.i, at.j + first});
    };
    Result<AttentionState> result =
        attend(q, keys(k, first, last), keys(v, first, last), state, options);
    EXPECT_TRUE(holds(result));
    return std::move(*result);
  }
  AttentionResults whole(const Tensor *sink = nullptr) const {
    AttentionOptions options;
    options.scale = 0.7;
    options.mask = mask;
    options.sink = sink;
    options.wantLse = true;
    return *attention(q, k, v, options);
  }
  static void expectFinal(const AttentionState &state,
                          const AttentionResults &expected,
                          const Tensor *sink = nullptr) {
    FinalizeOptions options;
    options.sink = sink;
    options.wantLse = true;
    const AttentionResults actual = *finalizeState(state, options);
    EXPECT_TRUE(close(actual.output, expected.output));
    EXPECT_TRUE(close(*actual.lse, *expected.lse));
  }
};

TEST_F(AttentionStates, D12_TilesOneAfterAnother) {
  AttentionState state = empty();
  for (int64_t first : {0, 4, 8})
    state = attendTo(first, std::min<int64_t>(first + 4, 9), state);
  expectFinal(state, whole());
}

TEST_F(AttentionStates, D12_OrderOfTilesDoesNotMatter) {
  expectFinal(attendTo(0, 5, attendTo(5, 9, empty())), whole());
}

TEST_F(AttentionStates, D12_MergeOfSplitKeysEqualsWhole) {
  const AttentionState a = attendTo(0, 2, empty()), b = attendTo(2, 5, empty()),
                       c = attendTo(5, 9, empty());
  expectFinal(*mergeStates(*mergeStates(a, b), c), whole());
  expectFinal(*mergeStates(a, *mergeStates(c, b)), whole());
}

TEST_F(AttentionStates, D12_EmptyStateIsTheIdentity) {
  const AttentionState state = attendTo(0, 9, empty());
  for (const AttentionState &merged :
       {*mergeStates(state, empty()), *mergeStates(empty(), state)}) {
    EXPECT_TRUE(compare(merged.acc, state.acc, {0, 0}).agree);
    EXPECT_TRUE(compare(merged.max, state.max, {0, 0}).agree);
    EXPECT_TRUE(compare(merged.sum, state.sum, {0, 0}).agree);
  }
}

TEST_F(AttentionStates, D2_EmptyRowsGiveZero) {
  FinalizeOptions options;
  options.wantLse = true;
  const AttentionResults never = *finalizeState(empty(), options);
  EXPECT_EQ(never.output.get(7), 0);
  EXPECT_EQ(never.lse->get(7), -infinity);
  const AttentionResults r = *finalizeState(attendTo(0, 9, empty()), options);
  EXPECT_EQ(r.output.at({1, 2, 3, 4}), 0);
  EXPECT_EQ(r.lse->at({1, 2, 3}), -infinity);
}

TEST_F(AttentionStates, D11_SinkCountsOnceThoughKeysAreSplit) {
  const Tensor sink = Tensor::of(DType::f64, {4}, {0.5, 30, -2, -infinity});
  const AttentionState split =
      *mergeStates(attendTo(0, 4, empty()), attendTo(4, 9, empty()));
  expectFinal(split, whole(&sink), &sink);
}

TEST_F(AttentionStates, LargeLogitsDoNotOverflow) {
  AttentionOptions options;
  options.score = [](double s, const Position &) { return 1e4 * s; };
  AttentionState state = empty();
  for (int64_t j = 0; j < 9; ++j)
    state = *attend(q, keys(k, j, j + 1), keys(v, j, j + 1), state, options);
  expectFinal(state, [&] {
    options.wantLse = true;
    return *attention(q, k, v, options);
  }());
}

TEST_F(AttentionStates, TypesAndLayouts) {
  const AttentionState state = attendTo(0, 9, empty(DType::f32));
  EXPECT_EQ(state.max.dtype(), DType::f32);
  FinalizeOptions options;
  options.outputType = DType::bf16;
  options.outputLayout = {0, 2, 1, 3};
  options.lseLayout = {1, 2, 0};
  options.wantLse = true;
  const AttentionResults r = *finalizeState(state, options);
  EXPECT_EQ(r.output.typeString(), "2x4x4x5xbf16");
  EXPECT_NEAR(r.output.at({1, 2, 3, 4}), whole().output.at({1, 3, 2, 4}), 0.02);
  EXPECT_NEAR(r.lse->at({3, 2, 1}), whole().lse->at({1, 3, 2}), 1e-5);
}

TEST_F(AttentionStates, WrongOperandsAreErrors) {
  EXPECT_TRUE(failsWith(initState(1, 1, 1, 1, DType::f16), "got f16"));
  const AttentionState other = *initState(2, 4, 3, 5);
  EXPECT_TRUE(failsWith(attend(q, k, v, other), "expected shape 2x4x4x5"));
  EXPECT_TRUE(failsWith(mergeStates(empty(), other), "right: expected shape"));
  EXPECT_TRUE(failsWith(mergeStates(empty(), empty(DType::f32)), "got f32"));
  AttentionState broken = empty();
  broken.sum = Tensor(DType::f64, {1});
  EXPECT_TRUE(failsWith(finalizeState(broken), "state: expected shape"));
  AttentionOptions options;
  options.wantLse = true;
  EXPECT_TRUE(failsWith(attend(q, k, v, empty(), options), "further result"));
}

} // namespace
