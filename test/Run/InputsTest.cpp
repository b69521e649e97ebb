//===- InputsTest.cpp - What a function is run on -------------------------===//

#include "attn/Run/Inputs.h"

#include "../ResultTesting.h"

using namespace mlir::attn;
using ::attn::DType;
using ::attn::failsWith;
using ::attn::holds;
using ::attn::Tensor;

namespace {

Dimension fixed(int64_t size) { return {size, ""}; }
Dimension dynamic(const std::string &name) {
  return {mlir::ShapedType::kDynamic, name};
}
TensorSignature tensor(const std::string &name, const std::string &dtype,
                       const std::vector<Dimension> &shape) {
  TensorSignature signature;
  signature.name = name;
  signature.dtype = dtype;
  signature.shape = shape;
  return signature;
}

/// x: f32 [seq, 4], y: i64 [seq, batch].
FunctionSignature twoInputs() {
  FunctionSignature signature;
  signature.name = "f";
  signature.inputs = {tensor("x", "f32", {dynamic("seq"), fixed(4)}),
                      tensor("y", "i64", {dynamic("seq"), dynamic("batch")})};
  return signature;
}

using Read = std::vector<std::optional<Tensor>>;
using Files = std::vector<std::string>;

TEST(Files, AreTakenByNameThenInOrder) {
  const auto inputs = twoInputs().inputs;
  auto files = assignFiles({"a=b.npy", "x=c.npy"}, inputs, "--input");
  ASSERT_TRUE(holds(files));
  EXPECT_EQ(*files, (Files{"c.npy", "a=b.npy"}));
}

TEST(Files, MayHaveNamesWithAnEqualsSign) {
  const std::vector<TensorSignature> inputs = {tensor("a=b", "f32", {})};
  EXPECT_EQ(parseFileArgument("a=b=c", inputs).name, "a=b");
  EXPECT_EQ(parseFileArgument("a=b=c", inputs).path, "c");
}

TEST(Files, AreRefusedTwiceTooManyAndWithoutAPath) {
  const auto inputs = twoInputs().inputs;
  EXPECT_TRUE(failsWith(assignFiles({"x=1", "x=2"}, inputs, "--input"),
                        "expected one --input for 'x', got '1' and '2'"));
  EXPECT_TRUE(failsWith(assignFiles({"1", "2", "3"}, inputs, "--input"),
                        "expected at most 2 --input (x, y), got '3' too"));
  EXPECT_TRUE(failsWith(assignFiles({"x="}, inputs, "--input"),
                        "expected a file in --input=x=, got none"));
}

TEST(Shapes, ComeFromDimensionsAndFromWhatWasRead) {
  auto shapes = resolveShapes(twoInputs(), Read{Tensor(DType::f32, {3, 4}), {}},
                              {{"batch", 2}});
  ASSERT_TRUE(holds(shapes));
  EXPECT_EQ(*shapes, (std::vector<Shape>{{3, 4}, {3, 2}}));
}

TEST(Shapes, ThatContradictAreRefused) {
  EXPECT_TRUE(failsWith(
      resolveShapes(twoInputs(), Read{Tensor(DType::f32, {3, 4}), {}},
                    {{"batch", 2}, {"seq", 5}}),
      "expected dimension 'seq' to be 5 as in --dim, got 3 in input 'x'"));
  EXPECT_TRUE(failsWith(
      resolveShapes(twoInputs(), Read{Tensor(DType::f32, {3, 5}), {}}, {}),
      "expected dimension 1 of input 'x' to be 4"));
  EXPECT_TRUE(failsWith(
      resolveShapes(twoInputs(), Read{Tensor(DType::f32, {3}), {}}, {}),
      "expected rank 2 for input 'x'"));
  EXPECT_TRUE(failsWith(
      resolveShapes(twoInputs(), Read{Tensor(DType::f16, {3, 4}), {}}, {}),
      "expected dtype f32 for input 'x', got f16"));
}

TEST(Shapes, NameWhatIsMissingAndWhatNoInputHas) {
  EXPECT_TRUE(failsWith(resolveShapes(twoInputs(), Read(2), {}),
                        "got none for 'seq', 'batch'"));
  EXPECT_TRUE(failsWith(resolveShapes(twoInputs(), Read(2), {{"sq", 1}}),
                        "expected the name of a dynamic dimension of 'f' in "
                        "--dim (seq, batch), got 'sq'"));
}

/// The least and the largest of 1,000 random numbers for input `index`.
NumberRange rangeOf(const std::string &dtype, const RandomOptions &options,
                    std::optional<NumberRange> usual, size_t index = 0) {
  auto drawn = makeRandom(tensor("x", dtype, {fixed(1000)}), index, {1000},
                          options, usual);
  EXPECT_TRUE(holds(drawn));
  NumberRange range = {drawn->getInt(0), drawn->getInt(0)};
  for (int64_t n = 0; n < drawn->size(); ++n) {
    range.low = std::min(range.low, drawn->getInt(n));
    range.high = std::max(range.high, drawn->getInt(n));
  }
  return range;
}

TEST(Random, IntegersFillTheRangeThatIsGivenElseTheUsualOne) {
  RandomOptions options;
  EXPECT_EQ(rangeOf("i64", options, {}).high, 9);
  EXPECT_EQ(rangeOf("i64", options, NumberRange{-2, 3}).low, -2);
  EXPECT_EQ(rangeOf("i64", options, NumberRange{-2, 3}).high, 3);
  options.ranges["x"] = {5, 6};
  EXPECT_EQ(rangeOf("i64", options, NumberRange{-2, 3}).low, 5);
  EXPECT_EQ(rangeOf("i64", options, NumberRange{-2, 3}).high, 6);
}

TEST(Random, RangesAreCutToTheType) {
  const NumberRange range = rangeOf("i8", {}, NumberRange{120, 100000});
  EXPECT_EQ(range.low, 120);
  EXPECT_EQ(range.high, 127);
}

TEST(Random, NumbersDependOnSeedAndPlaceAlone) {
  auto draw = [](uint64_t seed, size_t index) {
    RandomOptions options;
    options.seed = seed;
    auto drawn = makeRandom(tensor("x", "f32", {fixed(4)}), index, {4}, options,
                            std::nullopt);
    return drawn->toDoubles();
  };
  EXPECT_EQ(draw(1, 0), draw(1, 0));
  EXPECT_NE(draw(1, 0), draw(1, 1));
  EXPECT_NE(draw(1, 0), draw(2, 0));
}

TEST(Random, TensorsTooLargeAreAnError) {
  EXPECT_TRUE(failsWith(makeRandom(tensor("x", "f32", {}), 0,
                                   {int64_t(1) << 40, int64_t(1) << 40}, {},
                                   std::nullopt),
                        "input 'x': "));
}

} // namespace
