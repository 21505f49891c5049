// The backends of this machine, reproducible random data, stored weights, comparison.
#include "tests/engine/backend/backend_fixture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace engine {

void PrintTo(const BackendOptions& options, std::ostream* stream) {
  *stream << options.instruction_set << " on " << options.n_threads << " threads";
}

namespace test {

std::vector<std::size_t> half_offsets(DType dtype) {
  switch (dtype) {
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
      return {0, 2};
    case DType::Q2_K:
      return {80, 82};
    case DType::Q3_K:
      return {108};
    case DType::Q6_K:
      return {208};
    default:
      return {0};
  }
}

namespace {

void put(std::byte* to, DType dtype, float value, Random& random) {
  if (dtype == DType::F32) {
    std::memcpy(to, &value, 4);
  } else if (dtype == DType::BF16) {
    const std::uint16_t bits = float_to_bf16(value);
    std::memcpy(to, &bits, 2);
  } else if (dtype == DType::F16) {
    // Random bit patterns of magnitude below 2: subnormals are among them.
    const auto bits = static_cast<std::uint16_t>(random.below(0x4000) | random.below(2) << 15);
    std::memcpy(to, &bits, 2);
  } else {
    auto bits = static_cast<std::uint8_t>(random.below(256));
    if ((bits & 0x7F) == 0x7F) bits = 0;  // NaN would end every comparison
    std::memcpy(to, &bits, 1);
  }
}

/// Halves around `scale`, of either sign, everything else random.
void fill_blocks(std::byte* to, DType dtype, std::size_t n_bytes, float scale, Random& random) {
  const auto block_bytes = static_cast<std::size_t>(dtype_block(dtype).bytes);
  for (std::size_t i = 0; i < n_bytes; ++i) to[i] = static_cast<std::byte>(random.below(256));
  const int exponent = std::ilogb(scale) + 15;
  for (std::size_t i = 0; i < n_bytes; i += block_bytes) {
    for (const std::size_t offset : half_offsets(dtype)) {
      const auto bits =
          static_cast<std::uint16_t>(random.below(2) << 15 | exponent << 10 | random.below(1024));
      std::memcpy(to + i + offset, &bits, 2);
    }
  }
}

}  // namespace

std::string variant_name(const testing::TestParamInfo<BackendOptions>& info) {
  std::string name = info.param.instruction_set + "_" + std::to_string(info.param.n_threads);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Matrix Random::matrix(std::int64_t rows, std::int64_t cols, float scale) {
  Matrix m(rows, cols);
  for (float& v : m.values) v = normal() * scale;
  return m;
}

StoredWeight random_weight(Random& random, DType dtype, std::int64_t rows, std::int64_t cols,
                           float scale, bool misalign) {
  StoredWeight w;
  const std::size_t size = static_cast<std::size_t>(dtype_block(dtype).bytes);
  const std::size_t start = misalign ? 1 : 0;
  const std::size_t n = static_cast<std::size_t>(rows * cols);
  if (is_block_quantised(dtype)) {
    const auto n_bytes = static_cast<std::size_t>(rows * dtype_bytes(dtype, cols));
    w.bytes.resize(n_bytes + start);
    fill_blocks(w.bytes.data() + start, dtype, n_bytes, scale / 16.0F, random);
    w.view = {w.bytes.data() + start, dtype, rows, cols, nullptr, 0};
    return w;
  }
  w.bytes.resize(n * size + start);
  for (std::size_t i = 0; i < n; ++i) {
    put(w.bytes.data() + start + i * size, dtype, random.normal() * scale, random);
  }
  w.view = {w.bytes.data() + start, dtype, rows, cols, nullptr, 0};
  if (dtype == DType::F8_E4M3) {
    w.view.scale_cols = (cols + 127) / 128;
    const std::int64_t n_scales = (rows + 127) / 128 * w.view.scale_cols;
    for (std::int64_t i = 0; i < n_scales; ++i) {
      w.scales.push_back(scale / 256.0F * (0.5F + std::abs(random.normal())));
    }
    w.view.scale_inv = w.scales.data();
  }
  return w;
}

void fill_quants(StoredWeight& w, int fill) {
  const std::vector<std::byte> before = w.bytes;
  const auto block = static_cast<std::size_t>(dtype_block(w.view.dtype).bytes);
  const auto first = static_cast<std::size_t>(w.view.data - w.bytes.data());
  std::fill(w.bytes.begin(), w.bytes.end(), static_cast<std::byte>(fill));
  for (std::size_t at = first; at < w.bytes.size(); at += block) {
    for (const std::size_t half : half_offsets(w.view.dtype)) {
      std::memcpy(&w.bytes[at + half], &before[at + half], 2);
    }
  }
}

StoredMlp random_mlp(Random& random, DType dtype, std::int64_t hidden, std::int64_t width) {
  StoredMlp mlp;
  const float scale = 1.0F / std::sqrt(static_cast<float>(hidden));
  mlp.gate = random_weight(random, dtype, width, hidden, scale);
  mlp.up = random_weight(random, dtype, width, hidden, scale);
  mlp.down = random_weight(random, dtype, hidden, width, scale);
  return mlp;
}

double relative_error(const std::vector<float>& actual, const std::vector<float>& expected) {
  EXPECT_EQ(actual.size(), expected.size());
  double largest = 1e-30;
  double difference = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double d = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    difference = std::isfinite(d) ? std::max(difference, d) : INFINITY;
  }
  return difference / largest;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace test
}  // namespace engine
