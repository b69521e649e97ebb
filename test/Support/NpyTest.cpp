//===- NpyTest.cpp - NumPy's .npy files -----------------------------------===//

#include "attn/Support/Npy.h"

#include "Testing.h"

#include <cstdio>
#include <fstream>

using namespace attn;

namespace {

std::string npy(const std::string &header, const std::string &elements,
                int version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (size_t n = 0; n < (version == 1 ? 2u : 4u); ++n)
    bytes += static_cast<char>(header.size() >> (8 * n));
  return bytes + header + elements;
}

TEST(Npy, EveryTypeRoundTrips) {
  for (int n = 0; n <= static_cast<int>(DType::f64); ++n)
    for (const Shape &shape :
         {Shape{}, Shape{5}, Shape{2, 0}, Shape{2, 3, 4}}) {
      const Tensor tensor = randomTensor(static_cast<DType>(n), shape, n + 1);
      const std::string bytes = formatNpy(tensor);
      EXPECT_EQ((bytes.size() - tensor.sizeInBytes()) % 64, 0u);
      Result<Tensor> read = parseNpy(bytes);
      ASSERT_TRUE(holds(read));
      EXPECT_TRUE(identical(*read, tensor));
    }
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::string bytes = formatNpy(Tensor::of(DType::f32, {1}, {1}));
  EXPECT_EQ(bytes.substr(10, 54),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)");
  EXPECT_EQ(bytes.substr(64 + 64 - 1), std::string("\n\0\0\x80\x3f", 5));
}

TEST(Npy, VersionsOrdersAndByteOrders) {
  for (int version : {1, 2, 3}) {
    Result<Tensor> read = parseNpy(
        npy("{\"shape\": (2L, 2), 'descr':'>i2','fortran_order' : True }\n",
            std::string("\0\1\0\2\0\3\0\4", 8), version));
    ASSERT_TRUE(holds(read));
    EXPECT_EQ(read->toDoubles(), (std::vector<double>{1, 3, 2, 4}));
  }
  for (const char *descr : {"<V2", "|V2", "bfloat16"}) {
    Result<Tensor> read =
        parseNpy(npy(std::string("{'descr': '") + descr +
                         "', 'fortran_order': False, 'shape': (1,)}",
                     "\xc0\x3f"));
    ASSERT_TRUE(holds(read));
    EXPECT_EQ(read->dtype(), DType::bf16);
    EXPECT_EQ(read->get(0), 1.5);
  }
}

TEST(Npy, WrongHeadersAreErrors) {
  const auto dict = [](const std::string &descr, const std::string &shape) {
    return npy("{'descr': '" + descr +
                   "', 'fortran_order': False, 'shape': " + shape + "}",
               "12345678");
  };
  EXPECT_TRUE(holds(parseNpy(dict("<f4", "(2,)"))));
  EXPECT_TRUE(failsWith(parseNpy("PK"), "expected a .npy file"));
  EXPECT_TRUE(failsWith(parseNpy(dict("<c8", "(1,)")), "'<c8'"));
  EXPECT_TRUE(failsWith(parseNpy(dict("<f4", "(3,)")), "got 8 bytes"));
  EXPECT_TRUE(failsWith(parseNpy(dict("<f4", "(1,)")), "got 8 bytes"));
  EXPECT_TRUE(failsWith(parseNpy(dict("<f4", "(-2,)")), "value of 'shape'"));
  EXPECT_TRUE(failsWith(
      parseNpy(dict("<f8", "(4611686018427387904, 4611686018427387904)")),
      "got 8 bytes"));
  EXPECT_TRUE(failsWith(parseNpy(dict("<f4", "(99999999999999999999,)")),
                        "value of 'shape'"));
  EXPECT_TRUE(failsWith(parseNpy(npy("{'descr': '<f4'}", "")), "fewer keys"));
  EXPECT_TRUE(failsWith(parseNpy(npy("{'a': 1}", "")), "the key 'a'"));
  EXPECT_TRUE(failsWith(parseNpy(npy("{}", "", 9)), "got 9"));
}

TEST(Npy, DamagedFilesNeverCrash) {
  const std::string whole = formatNpy(randomTensor(DType::i16, {3, 4}, 1));
  RandomSequence random(11);
  int rejected = 0;
  for (int n = 0; n < 4000; ++n) {
    std::string bytes = whole.substr(0, random.integer(0, whole.size()));
    for (int64_t flips = random.integer(0, 4); flips > 0 && !bytes.empty();
         --flips)
      bytes[random.integer(0, bytes.size() - 1)] ^= 1 << random.integer(0, 7);
    rejected += !parseNpy(bytes);
  }
  EXPECT_GT(rejected, 3800);
}

TEST(Npy, FilesAndTheirErrors) {
  const std::string path = testing::TempDir() + "attn-reference-npy.npy";
  const Tensor tensor = randomTensor(DType::f64, {7}, 3);
  std::ofstream(path, std::ios::binary) << formatNpy(tensor);
  Result<Tensor> read = readNpy(path);
  ASSERT_TRUE(holds(read));
  EXPECT_TRUE(identical(*read, tensor));
  std::remove(path.c_str());
  EXPECT_TRUE(failsWith(readNpy(path), path + ": No such file"));
  EXPECT_TRUE(failsWith(readNpy(testing::TempDir()), "Is a directory"));
}

} // namespace
