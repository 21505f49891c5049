#include "engine/backend/logit_summary.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

namespace engine {

namespace {

using Lanes = std::array<double, kLogitLanes>;

/// The values added as a tree: what a block of threads does in shared memory.
template <std::size_t n>
double tree_sum(std::array<double, n>& values) {
  for (std::size_t d = n / 2; d > 0; d /= 2) {
    for (std::size_t i = 0; i < d; ++i) values[i] += values[i + d];
  }
  return values[0];
}

constexpr std::size_t kWidth = 2;  // what every x86-64 has
constexpr std::size_t kVectors = kLogitLanes / kWidth;
using Doubles = double __attribute__((vector_size(kWidth * sizeof(double))));
using Floats = float __attribute__((vector_size(kWidth * sizeof(float))));

Floats floats_at(const float* p) {
  Floats v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

float largest_of(std::span<const float> logits) {
  float largest = kMinusInfinity;
  std::size_t i = 0;
  Floats many = largest - Floats{};
  for (; i + kWidth <= logits.size(); i += kWidth) {
    const Floats v = floats_at(&logits[i]);
    many = v > many ? v : many;  // false for NaN
  }
  for (std::size_t lane = 0; lane < kWidth; ++lane) largest = std::max(largest, many[lane]);
  for (; i < logits.size(); ++i) largest = std::max(largest, usable_logit(logits[i]));
  if (largest <= kLargestLogit) return largest;
  largest = kMinusInfinity;
  for (const float logit : logits) largest = std::max(largest, usable_logit(logit));
  return largest;
}

/// Whether all are numbers a difference can be taken of. Then the loops below need no branch.
bool all_finite(std::span<const float> logits) {
  std::size_t i = 0;
  Floats differences{};
  for (; i + kWidth <= logits.size(); i += kWidth) {
    const Floats v = floats_at(&logits[i]);
    differences += v - v;  // 0, or NaN for good
  }
  bool finite = true;
  for (std::size_t lane = 0; lane < kWidth; ++lane) finite &= differences[lane] == 0.0F;
  for (; i < logits.size(); ++i) finite &= logits[i] - logits[i] == 0.0F;
  return finite;
}

/// Sums over the lanes: weight(x), and weight(x) · difference(x) where it is wanted.
struct Exponentials {
  double largest = 0;
  double temperature = 1;
  bool weighted = false;
};
struct TwoSums {
  double sum = 0;
  double weighted = 0;
};

TwoSums sum_finite(std::span<const float> logits, const Exponentials& e) {
  std::array<Doubles, kVectors> sums{};
  std::array<Doubles, kVectors> weighted{};
  const auto add = [&](const float* x, std::size_t v) {
    const Doubles apart = __builtin_convertvector(floats_at(x), Doubles) - e.largest;
    const Doubles weight = logit_exp(apart / e.temperature);
    sums[v] += weight;
    if (e.weighted) weighted[v] += weight * apart;
  };
  std::size_t i = 0;
  for (; i + kWidth <= logits.size(); i += kWidth) add(&logits[i], i / kWidth % kVectors);
  auto lane_sums = std::bit_cast<Lanes>(sums);
  auto lane_weighted = std::bit_cast<Lanes>(weighted);
  for (; i < logits.size(); ++i) {
    const double apart = static_cast<double>(logits[i]) - e.largest;
    const double weight = logit_exp(apart / e.temperature);
    lane_sums[i % kLogitLanes] += weight;
    lane_weighted[i % kLogitLanes] += weight * apart;
  }
  return {tree_sum(lane_sums), tree_sum(lane_weighted)};
}

// As sum_finite, with what weighs nothing among them.
TwoSums sum_any(std::span<const float> logits, float largest, float temperature) {
  Lanes sums{};
  Lanes weighted{};
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double weight = logit_weight(logits[i], largest, temperature);
    if (!(weight > 0)) continue;
    sums[i % kLogitLanes] += weight;
    weighted[i % kLogitLanes] +=
        weight * (static_cast<double>(logits[i]) - static_cast<double>(largest));
  }
  return {tree_sum(sums), tree_sum(weighted)};
}

LogitBlock sum_block(std::span<const float> logits, std::size_t n_sampleable, float temperature) {
  LogitBlock block;
  const auto drawn = logits.first(std::min(n_sampleable, logits.size()));
  const bool finite = all_finite(logits);
  block.maximum = largest_of(logits);
  block.best = drawn.size() == logits.size() ? block.maximum : largest_of(drawn);
  const TwoSums model = finite ? sum_finite(logits, {static_cast<double>(block.maximum), 1.0, true})
                               : sum_any(logits, block.maximum, 1.0F);
  block.sum = model.sum;
  block.weighted = model.weighted;
  if (!finite) {
    block.n_bad = static_cast<std::int32_t>(
        std::count_if(logits.begin(), logits.end(), [](float x) { return is_bad_logit(x); }));
  }
  if (temperature > 0 && !drawn.empty()) {
    const auto t = static_cast<double>(temperature);
    block.sampler_sum = finite ? sum_finite(drawn, {static_cast<double>(block.best), t, false}).sum
                               : sum_any(drawn, block.best, temperature).sum;
  }
  return block;
}

}  // namespace

LogitSums sum_logits(std::span<const float> logits, const LogitSummaryArgs& args,
                     float* block_maxima) {
  const auto n = static_cast<std::int64_t>(logits.size());
  const std::int64_t size = logit_block_size(n);
  const std::int64_t n_blocks = n_logit_blocks(n);
  std::array<LogitBlock, kLogitBlocks> blocks;
  LogitSums sums;
  sums.maximum = sums.best = kMinusInfinity;
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    const auto first = static_cast<std::size_t>(b * size);
    const auto part =
        logits.subspan(first, std::min(static_cast<std::size_t>(size), logits.size() - first));
    const auto drawn =
        static_cast<std::size_t>(std::max<std::int64_t>(0, args.n_sampleable - b * size));
    LogitBlock& block = blocks[static_cast<std::size_t>(b)];
    block = sum_block(part, drawn, args.temperature);
    sums.maximum = std::max(sums.maximum, block.maximum);
    sums.best = std::max(sums.best, block.best);
    sums.n_bad += block.n_bad;
    if (block_maxima != nullptr) block_maxima[b] = block.maximum;
  }
  std::array<double, kLogitBlocks> sum{};
  std::array<double, kLogitBlocks> weighted{};
  std::array<double, kLogitBlocks> sampler{};
  for (std::size_t b = 0; b < static_cast<std::size_t>(n_blocks); ++b) {
    const LogitBlock scaled = scaled_block(blocks[b], sums.maximum, sums.best, args.temperature);
    sum[b] = scaled.sum;
    weighted[b] = scaled.weighted;
    sampler[b] = scaled.sampler_sum;
  }
  sums.sum = tree_sum(sum);
  sums.weighted = tree_sum(weighted);
  sums.sampler_sum = tree_sum(sampler);
  return sums;
}

void summarise_on_host(std::span<const float> logits, const LogitSummaryArgs& args,
                       LogitSummary* out) {
  std::array<float, kLogitBlocks> maxima{};
  const auto n = static_cast<std::int64_t>(logits.size());
  const std::int64_t n_blocks = n_logit_blocks(n);
  out->sums = sum_logits(logits, args, maxima.data());
  out->threshold = kMinusInfinity;
  if (n > kMostLogitCandidates) {
    auto ordered = maxima;
    const auto rank = ordered.begin() + std::min(kLogitRank, n_blocks) - 1;
    std::nth_element(ordered.begin(), rank, ordered.begin() + n_blocks, std::greater<>());
    out->threshold = *rank;
  }
  out->n_candidates = 0;
  const std::int64_t size = logit_block_size(n);
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    if (maxima[static_cast<std::size_t>(b)] < out->threshold) continue;
    for (std::int64_t i = b * size; i < std::min(n, (b + 1) * size); ++i) {
      const float logit = logits[static_cast<std::size_t>(i)];
      if (is_bad_logit(logit) || logit < out->threshold) continue;
      if (out->n_candidates < kMostLogitCandidates) {
        out->candidates[out->n_candidates] = {static_cast<std::int32_t>(i), logit};
      }
      ++out->n_candidates;
    }
  }
}

}  // namespace engine
