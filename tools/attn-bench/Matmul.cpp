//===- Matmul.cpp - Dense products of the sizes that models have ----------===//

#include "Attention.h"
#include "Suites.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

using llvm::formatv;

namespace mlir::attn::bench {

using ::attn::DType;
using ::attn::Tensor;

namespace {

/// [rows, inner] times [inner, columns], in an order in memory each: `n`, or
/// `t` for transposed.
struct Product {
  int64_t rows, columns, inner;
  std::string layout;
  DType type;

  double flops() const {
    return 2. * double(rows) * double(columns) * double(inner);
  }
  double weightBytes() const {
    return double(columns * inner) * double(::attn::byteSize(type));
  }
};

} // namespace

static std::string tensorOf(int64_t rows, int64_t columns, bool isTransposed,
                            DType type) {
  if (isTransposed)
    std::swap(rows, columns);
  return formatv("tensor<{0}x{1}x{2}>", rows, columns, ::attn::dtypeName(type));
}

static Program makeProgram(const Product &product) {
  const bool left = product.layout[0] == 't', right = product.layout[1] == 't';
  const DType sum = product.type == DType::f64 ? DType::f64 : DType::f32;
  const std::string x = tensorOf(product.rows, product.inner, left,
                                 product.type),
                    w = tensorOf(product.inner, product.columns, right,
                                 product.type),
                    y = tensorOf(product.rows, product.columns, false, sum);
  Program program;
  program.text = formatv(
      "func.func @main(%x: {0} {{attn.name = \"x\"}, %w: {1} {{attn.name = "
      "\"w\"}) -> {2} {{\n"
      "  %zero = arith.constant 0.0 : {3}\n"
      "  %empty = tensor.empty() : {2}\n"
      "  %start = linalg.fill ins(%zero : {3}) outs(%empty : {2}) -> {2}\n"
      "  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> {4}>, "
      "affine_map<(m, n, k) -> {5}>, affine_map<(m, n, k) -> (m, n)>]\n"
      "    ins(%x, %w : {0}, {1}) outs(%start : {2}) -> {2}\n"
      "  return %y : {2}\n}\n",
      x, w, y, ::attn::dtypeName(sum), left ? "(k, m)" : "(m, k)",
      right ? "(n, k)" : "(k, n)");
  const double deviation = 1 / std::sqrt(double(product.inner));
  program.fill = [deviation](const std::string &name, Tensor &tensor,
                             uint64_t seed) {
    fillFromPool(tensor, seed, name == "w" ? deviation : 1);
  };
  return program;
}

/// Few rows wait for the weights; many do not.
static constexpr int64_t kSmallM = 8;

static Case makeCase(const Product &product) {
  Product small = product;
  small.rows = std::min<int64_t>(small.rows, 37);
  small.columns = std::min<int64_t>(small.columns, 101);
  small.inner = std::min<int64_t>(small.inner, 77);
  Case result;
  result.suite = "matmul";
  result.name = formatv("M{0} N{1} K{2} {3}", product.rows, product.columns,
                        product.inner, product.layout);
  result.type = product.type;
  result.program = makeProgram(product);
  result.small = makeProgram(small);
  if (product.rows <= kSmallM) {
    result.bound = Bound::Memory;
    result.work = result.coldBytes = product.weightBytes();
  } else {
    result.work = product.flops();
  }
  return result;
}

/// Columns and inner sizes of layers of BERT-base, GPT-2 and ViT-base (768),
/// and of a Llama of a billion parameters (2048), with its vocabulary.
static std::vector<std::pair<int64_t, int64_t>> getShapes(const Sizes &sizes) {
  if (!sizes.products.empty())
    return sizes.products;
  if (sizes.quick)
    return {{384, 256}};
  return {{768, 768},   {3072, 768},  {768, 3072},   {2304, 768}, {2048, 2048},
          {8192, 2048}, {2048, 8192}, {32000, 2048}, {64, 768},   {512, 64}};
}

std::vector<Case> makeMatmulSuite(const Sizes &sizes, DType type) {
  std::vector<int64_t> rows = sizes.rows;
  if (rows.empty())
    rows = sizes.quick ? std::vector<int64_t>{1, 64}
                       : std::vector<int64_t>{1, 8, 64, 128, 512};
  std::vector<std::string> layouts = sizes.layouts;
  if (layouts.empty())
    layouts = {"nn", "nt", "tn", "tt"};
  std::vector<Case> cases;
  for (auto [columns, inner] : getShapes(sizes))
    for (int64_t count : rows)
      for (const std::string &layout : layouts)
        // Only training, which has many rows, transposes on the left.
        if (layout[0] == 'n' || count > kSmallM || !sizes.layouts.empty())
          cases.push_back(makeCase({count, columns, inner, layout, type}));
  return cases;
}

} // namespace mlir::attn::bench
