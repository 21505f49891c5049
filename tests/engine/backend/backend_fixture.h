// What every backend test needs: the backends of this machine, reproducible random data, weights in
// every stored format, at unaligned addresses, and comparison.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "tests/engine/backend/tolerances.h"

namespace engine::test {

std::unique_ptr<Backend> make(const BackendOptions& options);

/// The CPU backend with every instruction set of this machine and 1, 2, 3 and 8 threads.
std::vector<BackendOptions> cpu_variants();
/// One variant per instruction set, on one thread.
std::vector<BackendOptions> instruction_sets();
std::string variant_name(const testing::TestParamInfo<BackendOptions>& info);

struct Matrix {
  std::vector<float> values;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  Matrix(std::int64_t r, std::int64_t c)
      : values(static_cast<std::size_t>(r * c), 0.0F), rows(r), cols(c) {}
  MatView view() { return {values.data(), rows, cols, cols}; }
  ConstMatView view() const { return {values.data(), rows, cols, cols}; }
  /// Rows [first, first + n).
  ConstMatView slice(std::int64_t first, std::int64_t n) const {
    return {values.data() + first * cols, n, cols, cols};
  }
  MatView slice(std::int64_t first, std::int64_t n) {
    return {values.data() + first * cols, n, cols, cols};
  }
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  float normal() { return distribution_(engine_); }
  std::int64_t below(std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n - 1)(engine_);
  }
  Matrix matrix(std::int64_t rows, std::int64_t cols, float scale = 1.0F);

 private:
  std::mt19937 engine_;
  std::normal_distribution<float> distribution_;
};

inline constexpr DType kWeightTypes[] = {DType::F32, DType::F16, DType::BF16, DType::F8_E4M3};
inline constexpr DType kBlockTypes[] = {DType::Q4_0, DType::Q4_1, DType::Q5_0,   DType::Q5_1,
                                        DType::Q8_0, DType::Q2_K, DType::Q3_K,   DType::Q4_K,
                                        DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS};

/// Where the halves of a block lie.
std::vector<std::size_t> half_offsets(DType dtype);

/// A random weight matrix that owns its bytes. `misalign` moves them off every natural alignment,
/// as safetensors allows. Block types: random bytes under scales of about `scale`; cols is whole
/// blocks.
struct StoredWeight {
  std::vector<std::byte> bytes;
  std::vector<float> scales;
  WeightView view;
};
StoredWeight random_weight(Random& random, DType dtype, std::int64_t rows, std::int64_t cols,
                           float scale, bool misalign = true);
/// Every byte of a block type's weights the same; the halves stay what they are.
void fill_quants(StoredWeight& w, int fill);

struct StoredMlp {
  StoredWeight gate, up, down;
  MlpWeights view() const { return {gate.view, up.view, down.view}; }
};
StoredMlp random_mlp(Random& random, DType dtype, std::int64_t hidden, std::int64_t width);

/// The largest difference as a share of the largest magnitude in `expected`.
double relative_error(const std::vector<float>& actual, const std::vector<float>& expected);
bool same_bits(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace engine::test

namespace engine {
/// For GoogleTest's messages.
void PrintTo(const BackendOptions& options, std::ostream* stream);
}  // namespace engine
