//===- LayerText.cpp - Layers of transformers as MLIR ---------------------===//

#include "LayerText.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <vector>

using llvm::formatv;

namespace mlir::attn::bench {

double LayerShape::weights() const {
  const double attention = 2. * double(hidden) * double(hidden + keySize());
  return double(layers) *
         (attention + (isGated ? 3. : 2.) * double(hidden) * double(inner));
}

double LayerShape::cacheElements() const {
  return 2. * double(layers) * double(past) * double(keySize());
}

double LayerShape::flops() const {
  const double keys = past ? double(past) : double(rows);
  const double pairs =
      isCausal && !past ? keys * (keys + 1) / 2 : double(rows) * keys;
  return 2. * double(rows) * weights() +
         4. * pairs * double(hidden) * double(layers);
}

namespace {

/// Values are called by the names of what makes them; matrices have
/// `shape.rows` rows.
class Writer {
public:
  explicit Writer(const LayerShape &shape) : shape(shape) {}
  std::string write();

private:
  std::string writeLayer(std::string x, int64_t layer);
  std::string addAttention(const std::string &x, int64_t layer);
  std::string toHeads(const std::string &x, int64_t heads);
  std::string addProduct(const std::string &x, int64_t inner, int64_t columns);
  std::string addNorm(const std::string &x);
  std::string addSums(llvm::ArrayRef<std::string> operands,
                      llvm::StringRef body);
  std::string addElementwise(llvm::ArrayRef<std::string> operands,
                             int64_t columns, llvm::StringRef body);

  std::string tensor(llvm::ArrayRef<int64_t> sizes) const {
    return "tensor<" + llvm::join(llvm::map_range(sizes, llvm::itostr), "x") +
           "xf32>";
  }
  std::string matrix(int64_t columns) const {
    return tensor({shape.rows, columns});
  }
  template <typename... Args> std::string add(const char *op, Args &&...args) {
    const std::string name = "%" + std::to_string(values++);
    text += "  " + name + " = " +
            std::string(formatv(op, std::forward<Args>(args)...)) + "\n";
    return name;
  }
  std::string addZeros(const std::string &type) {
    const std::string empty = add("tensor.empty() : {0}", type);
    return add("linalg.fill ins(%zero : f32) outs({0} : {1}) -> {1}", empty,
               type);
  }

  const LayerShape &shape;
  std::string text, arguments;
  std::vector<std::string> results;
  int64_t values = 0, weights = 0;
};

} // namespace

std::string Writer::addProduct(const std::string &x, int64_t inner,
                               int64_t columns) {
  const std::string weight = add("arith.constant dense_resource<w{0}> : {1}",
                                 weights++, tensor({inner, columns}));
  return add("linalg.matmul ins({0}, {1} : {2}, {3}) outs({4} : {5}) -> {5}", x,
             weight, matrix(inner), tensor({inner, columns}),
             addZeros(matrix(columns)), matrix(columns));
}

/// `body` is on %a0, %a1 and so on, and the sum %s so far.
std::string Writer::addSums(llvm::ArrayRef<std::string> operands,
                            llvm::StringRef body) {
  const std::string row = tensor({shape.rows}), type = matrix(shape.hidden);
  std::string maps = "affine_map<(i, j) -> (i, j)>, ", blocks = "%a0: f32",
              types = type;
  for (size_t n = 1; n < operands.size(); ++n) {
    maps += "affine_map<(i, j) -> (i)>, ";
    blocks += formatv(", %a{0}: f32", n);
    types += ", " + row;
  }
  return add("linalg.generic {{indexing_maps = [{0}affine_map<(i, j) -> (i)>], "
             "iterator_types = [\"parallel\", \"reduction\"]} ins({1} : {2}) "
             "outs({3} : {4}) {{\n  ^bb0({5}, %s: f32):\n{6}  } -> {4}",
             maps, llvm::join(operands, ", "), types, addZeros(row), row,
             blocks, body);
}

/// Operands are matrices of `columns`; `row %r` has an element for each row.
/// `body` is on %a0, %a1 and so on.
std::string Writer::addElementwise(llvm::ArrayRef<std::string> operands,
                                   int64_t columns, llvm::StringRef body) {
  std::string maps, blocks, types, names;
  for (auto [n, operand] : llvm::enumerate(operands)) {
    const bool isRow = llvm::StringRef(operand).starts_with("row ");
    maps += isRow ? "affine_map<(i, j) -> (i)>, "
                  : "affine_map<(i, j) -> (i, j)>, ";
    const char *separator = n ? ", " : "";
    blocks += formatv("%a{0}: f32, ", n);
    types += separator + (isRow ? tensor({shape.rows}) : matrix(columns));
    names += separator + operand.substr(isRow ? 4 : 0);
  }
  const std::string empty = add("tensor.empty() : {0}", matrix(columns));
  return add("linalg.generic {{indexing_maps = [{0}affine_map<(i, j) -> (i, "
             "j)>], iterator_types = [\"parallel\", \"parallel\"]} ins({1} : "
             "{2}) outs({3} : {4}) {{\n  ^bb0({5}%o: f32):\n{6}  } -> {4}",
             maps, names, types, empty, matrix(columns), blocks, body);
}

std::string Writer::addNorm(const std::string &x) {
  const std::string squares = "    %q = arith.mulf %d, %d : f32\n"
                              "    %t = arith.addf %s, %q : f32\n"
                              "    linalg.yield %t : f32\n";
  const std::string scaled = "    %v = arith.divf %a1, %size : f32\n"
                             "    %e = arith.addf %v, %epsilon : f32\n"
                             "    %r = math.rsqrt %e : f32\n"
                             "    %y = arith.mulf %d, %r : f32\n"
                             "    linalg.yield %y : f32\n";
  if (shape.isGated) {
    const std::string same = "    %d = arith.addf %a0, %zero : f32\n";
    const std::string sums = addSums({x}, same + squares);
    return addElementwise({x, "row " + sums}, shape.hidden, same + scaled);
  }
  const std::string sums = addSums({x}, "    %t = arith.addf %s, %a0 : f32\n"
                                        "    linalg.yield %t : f32\n");
  auto centered = [](llvm::StringRef sum) {
    return std::string(formatv("    %m = arith.divf {0}, %size : f32\n"
                               "    %d = arith.subf %a0, %m : f32\n",
                               sum));
  };
  const std::string variances = addSums({x, sums}, centered("%a1") + squares);
  return addElementwise({x, "row " + variances, "row " + sums}, shape.hidden,
                        centered("%a2") + scaled);
}

std::string Writer::toHeads(const std::string &x, int64_t heads) {
  const std::string split = tensor({1, shape.rows, heads, shape.headSize()}),
                    type = tensor({1, heads, shape.rows, shape.headSize()});
  const std::string expanded =
      add("tensor.expand_shape {0} [[0, 1], [2, 3]] output_shape [1, {1}, {2}, "
          "{3}] : {4} into {5}",
          x, shape.rows, heads, shape.headSize(),
          matrix(heads * shape.headSize()), split);
  const std::string empty = add("tensor.empty() : {0}", type);
  return add("linalg.transpose ins({0} : {1}) outs({2} : {3}) permutation = "
             "[0, 2, 1, 3]",
             expanded, split, empty, type);
}

static constexpr const char *sum = "    %y = arith.addf %a0, %a1 : f32\n"
                                   "    linalg.yield %y : f32\n";

/// One row reads caches, in which its own key and value are.
std::string Writer::addAttention(const std::string &x, int64_t layer) {
  const int64_t size = shape.headSize();
  const std::string q = toHeads(addProduct(x, shape.hidden, shape.hidden),
                                shape.heads),
                    k = addProduct(x, shape.hidden, shape.keySize()),
                    v = addProduct(x, shape.hidden, shape.keySize());
  const int64_t keyCount = shape.past ? shape.past : shape.rows;
  const std::string type = tensor({1, shape.heads, shape.rows, size}),
                    keys = tensor({1, shape.kvHeads, keyCount, size}),
                    split = tensor({1, shape.rows, shape.heads, size});
  std::string mask;
  if (shape.isCausal && !shape.past)
    mask = " mask (%b: index, %h: index, %i: index, %j: index) {\n"
           "    %m = attn.causal %i, %j\n    attn.yield %m : i1\n  }";
  std::string k4 = formatv("%k{0}", layer), v4 = formatv("%v{0}", layer);
  if (shape.past) {
    arguments += formatv(", {0}: {2} {{attn.name = \"k{3}\"}, {1}: {2} "
                         "{{attn.name = \"v{3}\"}",
                         k4, v4, keys, layer);
  } else {
    k4 = toHeads(k, shape.kvHeads);
    v4 = toHeads(v, shape.kvHeads);
  }
  const std::string o =
      add("attn.attention {0}, {1}, {2}{3} : {4}, {5}, {5} -> ({4})", q, k4, v4,
          mask, type, keys);
  const std::string empty = add("tensor.empty() : {0}", split);
  const std::string back =
      add("linalg.transpose ins({0} : {1}) outs({2} : {3}) permutation = [0, "
          "2, 1, 3]",
          o, type, empty, split);
  const std::string joined =
      add("tensor.collapse_shape {0} [[0, 1], [2, 3]] : {1} into {2}", back,
          split, matrix(shape.hidden));
  std::string result = addProduct(joined, shape.hidden, shape.hidden);
  // What a cache would take is still to be computed.
  if (shape.past)
    results.push_back(addElementwise({k, v}, shape.keySize(), sum));
  return result;
}

static constexpr const char *gelu = "    %h = arith.mulf %a0, %half : f32\n"
                                    "    %s = arith.mulf %a0, %root : f32\n"
                                    "    %e = math.erf %s : f32\n"
                                    "    %t = arith.addf %e, %one : f32\n"
                                    "    %y = arith.mulf %h, %t : f32\n"
                                    "    linalg.yield %y : f32\n";

static constexpr const char *swiglu = "    %n = arith.negf %a0 : f32\n"
                                      "    %e = math.exp %n : f32\n"
                                      "    %t = arith.addf %e, %one : f32\n"
                                      "    %s = arith.divf %a0, %t : f32\n"
                                      "    %y = arith.mulf %s, %a1 : f32\n"
                                      "    linalg.yield %y : f32\n";

std::string Writer::writeLayer(std::string x, int64_t layer) {
  x = addElementwise({addAttention(addNorm(x), layer), x}, shape.hidden, sum);
  const std::string norm = addNorm(x);
  std::vector<std::string> products = {
      addProduct(norm, shape.hidden, shape.inner)};
  if (shape.isGated)
    products.push_back(addProduct(norm, shape.hidden, shape.inner));
  const std::string inner =
      addElementwise(products, shape.inner, shape.isGated ? swiglu : gelu);
  return addElementwise({addProduct(inner, shape.inner, shape.hidden), x},
                        shape.hidden, sum);
}

std::string Writer::write() {
  text = formatv("  %zero = arith.constant 0.0 : f32\n"
                 "  %half = arith.constant 0.5 : f32\n"
                 "  %one = arith.constant 1.0 : f32\n"
                 "  %root = arith.constant 0.70710678 : f32\n"
                 "  %epsilon = arith.constant 1.0e-5 : f32\n"
                 "  %size = arith.constant {0}.0 : f32\n",
                 shape.hidden);
  results.push_back("%x");
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const std::string next = writeLayer(results.front(), layer);
    results.front() = next;
  }
  std::string types = matrix(shape.hidden);
  for (size_t n = 1; n < results.size(); ++n)
    types += ", " + matrix(shape.keySize());
  return formatv("func.func @main(%x: {0} {{attn.name = \"x\"}{1}) -> ({2}) "
                 "{{\n{3}  return {4} : {2}\n}\n",
                 matrix(shape.hidden), arguments, types, text,
                 llvm::join(results, ", "));
}

std::string makeLayers(const LayerShape &shape) {
  return Writer(shape).write();
}

} // namespace mlir::attn::bench
