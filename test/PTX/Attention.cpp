//===- Attention.cpp - Runs a flash attention kernel of TMA and wgmma -----===//
//
// attn-ptx-attention FILE.ptx [name=value…]: executes `fa_fwd`, whose
// parameters are tensor maps of Q, K and V, the output, log-sum-exps, lengths,
// the scale and the size of a group, and compares it with softmax attention
// in double precision.
//
//===----------------------------------------------------------------------===//

#include "attn/PTX/Launch.h"
#include "attn/PTX/TensorMap.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

using namespace attn::ptx;

namespace {

using Options = std::map<std::string, int>;

uint16_t toBFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
float fromBFloat(uint16_t value) {
  uint32_t bits = uint32_t(value) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/// [heads, length, features] of bf16 on the device.
struct Tensor {
  Tensor(Memory &memory, int heads, int length, int features, unsigned seed)
      : heads(heads), length(length), features(features) {
    size_t count = size_t(heads) * length * features;
    address = memory.allocate(2 * count);
    data = reinterpret_cast<uint16_t *>(memory.translate(address, 2 * count));
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    if (seed)
      for (size_t n = 0; n < count; ++n)
        data[n] = toBFloat(normal(random));
  }
  double at(int head, int row, int feature) const {
    return fromBFloat(data[(size_t(head) * length + row) * features + feature]);
  }
  /// Boxes of `rows` rows: 64 features side by side, chunk after chunk.
  TensorMap map(int rows) const {
    TensorMap map;
    map.rank = 4;
    map.elementBytes = 2;
    map.swizzle = 128;
    map.address = address;
    const uint64_t sizes[] = {64, uint64_t(length), uint64_t(features / 64),
                              uint64_t(heads)};
    const int box[] = {64, rows, features / 64, 1};
    map.strides[0] = 2 * features;
    map.strides[1] = 128;
    map.strides[2] = uint64_t(2) * length * features;
    for (int n = 0; n < 4; ++n) {
      map.sizes[n] = sizes[n] - 1;
      map.box[n] = box[n];
      map.elementStrides[n] = 1;
    }
    return map;
  }

  int heads, length, features;
  uint64_t address;
  uint16_t *data;
};

/// The largest difference, relative to the norm of a row of the result.
double compare(const Tensor &q, const Tensor &k, const Tensor &v,
               const Tensor &o, bool causal) {
  double error = 0, norm = 0;
  int group = q.heads / k.heads, past = k.length - q.length;
  std::vector<double> scores(k.length);
  for (int head = 0; head < q.heads; ++head)
    for (int row = 0; row < q.length; ++row) {
      int end = causal ? std::min(row + past + 1, k.length) : k.length;
      double greatest = -INFINITY, sum = 0;
      for (int key = 0; key < end; ++key) {
        double score = 0;
        for (int n = 0; n < q.features; ++n)
          score += q.at(head, row, n) * k.at(head / group, key, n);
        scores[key] = score / std::sqrt(q.features);
        greatest = std::max(greatest, scores[key]);
      }
      std::vector<double> expected(q.features);
      for (int key = 0; key < end; ++key) {
        double weight = std::exp(scores[key] - greatest);
        sum += weight;
        for (int n = 0; n < q.features; ++n)
          expected[n] += weight * v.at(head / group, key, n);
      }
      for (int n = 0; n < q.features; ++n) {
        double value = end > 0 ? expected[n] / sum : 0;
        double difference = o.at(head, row, n) - value;
        if (difference != difference)
          return INFINITY;
        error += difference * difference;
        norm += value * value;
      }
    }
  return std::sqrt(error / norm);
}

template <class T>
void setParameter(std::vector<uint8_t> &bytes, const Kernel &kernel, int number,
                  const T &value) {
  std::memcpy(bytes.data() + kernel.parameters()[number].offset, &value,
              sizeof value);
}

int run(const std::string &text, Options options, LaunchOptions how) {
  auto option = [&](const char *name) { return options.at(name); };
  Memory memory;
  Module module(text, memory);
  Kernel kernel = module.findKernel("fa_fwd").value();
  int features = option("d"), keys = option("bn"), stages = option("stages"),
      consumers = option("consumers"), rows = 64 * consumers;
  Tensor q(memory, option("hq"), option("sq"), features, 1);
  Tensor k(memory, option("hk"), option("sk"), features, 2);
  Tensor v(memory, option("hk"), option("sk"), features, 3);
  Tensor o(memory, option("hq"), option("sq"), features, 0);
  std::vector<uint8_t> bytes(kernel.parameterBytes());
  setParameter(bytes, kernel, 0, q.map(rows));
  setParameter(bytes, kernel, 1, k.map(keys));
  setParameter(bytes, kernel, 2, v.map(keys));
  setParameter(bytes, kernel, 3, o.address);
  setParameter(bytes, kernel, 5, option("sq"));
  setParameter(bytes, kernel, 6, option("sk"));
  setParameter(bytes, kernel, 7,
               float(1.4426950408889634 / std::sqrt(features)));
  setParameter(bytes, kernel, 8, option("hq") / option("hk"));
  uint32_t shared = 2 * features * (rows + 2 * stages * keys) +
                    8 * (1 + 4 * stages) + 4 * stages;
  Size3 grid{uint32_t((option("sq") + rows - 1) / rows), uint32_t(option("hq")),
             1};
  auto start = std::chrono::steady_clock::now();
  LaunchCounts counts =
      launch(kernel, memory, grid, {uint32_t(128 * (consumers + 1)), 1, 1},
             shared, bytes, how);
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  double error = compare(q, k, v, o, option("causal"));
  std::cout << "error " << error << "\n";
  if (option("time"))
    std::cout << seconds.count() << " s, "
              << counts.threadInstructions / seconds.count() / 1e6
              << " million thread instructions per second\n";
  return error < 4e-3 ? 0 : 1;
}

Order parseOrder(const std::string &name) {
  const std::map<std::string, Order> orders = {{"eager", Order::Eager},
                                               {"lazy", Order::Lazy},
                                               {"random", Order::Random},
                                               {"hold", Order::Hold}};
  return orders.at(name);
}

} // namespace

int main(int argc, char **argv) {
  Options options = {{"d", 64},     {"bn", 128},      {"causal", 0},
                     {"stages", 2}, {"consumers", 2}, {"sq", 128},
                     {"sk", 256},   {"hq", 1},        {"hk", 1},
                     {"seed", 1},   {"time", 0}};
  LaunchOptions how;
  for (int n = 2; n < argc; ++n) {
    std::string text = argv[n];
    size_t equals = text.find('=');
    if (text.compare(0, equals, "order") == 0) {
      how.order = parseOrder(text.substr(equals + 1));
      continue;
    }
    if (!options.count(text.substr(0, equals))) {
      std::cerr << "expected a known option, got '" << text << "'\n";
      return 2;
    }
    options[text.substr(0, equals)] = std::stoi(text.substr(equals + 1));
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  how.seed = options["seed"];
  try {
    return run(text.str(), options, how);
  } catch (const Error &error) {
    std::cout << argv[1] << ": " << error.what() << "\n";
    return 1;
  }
}
