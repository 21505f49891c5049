// LogitSummary: what a sampler needs of a row of logits, a few KiB instead of one number per token
// of the vocabulary. Defined here down to the bit, for host and device: so a token drawn from what
// a GPU summed up is the token drawn from all logits.
//
// The row is cut into at most kLogitBlocks blocks that depend on its length alone. In a block,
// element i belongs to lane i % kLogitLanes; a lane adds in order, the lanes are added as a tree.
// Exponentials are relative to the block's largest logit; the blocks' sums are scaled to the row's
// and added as a tree.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "engine/tensor/weight.h"

#if defined(__CUDACC__)
#define LOGITS_HOST_DEVICE __host__ __device__
#else
#define LOGITS_HOST_DEVICE
#endif

namespace engine {

struct LogitCandidate {
  std::int32_t id = 0;
  float logit = 0;
};
constexpr std::int32_t kMostLogitCandidates = 2048;

struct LogitSummaryArgs {
  std::int64_t n_sampleable = 0;  // ids from here on are never drawn
  float temperature = 1.0F;       // of sampler_sum; 0: there is none
};

/// Sums over a row of logits: exponentials are of differences to `maximum`, or to `best`.
struct LogitSums {
  float maximum = 0;       // of all logits
  float best = 0;          // of those that may be drawn
  double sum = 0;          // Σ exp(logit − maximum)
  double weighted = 0;     // Σ exp(logit − maximum) · (logit − maximum)
  double sampler_sum = 0;  // Σ exp((logit − best) / temperature) of those that may be drawn
  std::int32_t n_bad = 0;  // NaN or +∞
};

struct LogitSummary {
  LogitSums sums;
  float threshold = 0;            // every id with at least this logit is a candidate
  std::int32_t n_candidates = 0;  // more than kMostLogitCandidates: some are missing
  LogitCandidate candidates[kMostLogitCandidates];  // in any order
};

/// What was asked of a pass; `out` null: nothing.
struct LogitSummaryRequest {
  LogitSummaryArgs args;
  LogitSummary* out = nullptr;  // host memory, filled when settle() returns
};

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr float kLargestLogit = std::numeric_limits<float>::max();
constexpr std::int64_t kLogitBlocks = 256;
constexpr std::int64_t kLogitLanes = 128;
/// The candidates' threshold is the largest logit of the block with this rank.
constexpr std::int64_t kLogitRank = 128;

/// Logits of one block.
LOGITS_HOST_DEVICE constexpr std::int64_t logit_block_size(std::int64_t n) {
  const std::int64_t each = (n + kLogitBlocks - 1) / kLogitBlocks;
  return (each + 31) / 32 * 32;
}
LOGITS_HOST_DEVICE constexpr std::int64_t n_logit_blocks(std::int64_t n) {
  return (n + logit_block_size(n) - 1) / logit_block_size(n);
}

#if defined(__CUDA_ARCH__)
__device__ inline double power_of_two(double shifted) {
  return __longlong_as_double((__double_as_longlong(shifted) + 1023) << 52);
}
#else
/// 2^n from n + 1.5·2^52, whose low bits are n. A double, or a vector of them (GCC's extension).
template <class Real>
Real power_of_two(Real shifted) {
  using Whole = decltype(shifted < shifted);
  if constexpr (std::is_same_v<Real, double>) {
    return std::bit_cast<double>((std::bit_cast<std::int64_t>(shifted) + 1023) << 52);
  } else {
    return std::bit_cast<Real>((std::bit_cast<Whole>(shifted) + 1023) << 52);
  }
}
#endif

/// e^x for x ≤ 0: 2^n · e^r with |r| ≤ ln2/2 and the series of e^r to r^11 (7e-15). Below -708 it
/// stays 3e-308, which no sum notices.
template <class Real>
LOGITS_HOST_DEVICE inline Real logit_exp(Real x) {
  const Real clamped = x > -708.0 ? x : x * 0.0 - 708.0;
  const Real shifted = clamped * 1.4426950408889634 + 6755399441055744.0;  // 1.5·2^52
  const Real n = shifted - 6755399441055744.0;
  const Real r = (clamped - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  const Real r2 = r * r;
  const Real r4 = r2 * r2;
  // Pairs of terms, then pairs of pairs: shorter chains than one term after the other.
  const Real p01 = 1.0 + r;
  const Real p23 = 1.0 / 2 + r * (1.0 / 6);
  const Real p45 = 1.0 / 24 + r * (1.0 / 120);
  const Real p67 = 1.0 / 720 + r * (1.0 / 5040);
  const Real p89 = 1.0 / 40320 + r * (1.0 / 362880);
  const Real p1011 = 1.0 / 3628800 + r * (1.0 / 39916800);
  const Real low = p01 + r2 * p23;
  const Real middle = p45 + r2 * p67;
  const Real high = p89 + r2 * p1011;
  return (low + r4 * (middle + r4 * high)) * power_of_two(shifted);
}

LOGITS_HOST_DEVICE constexpr bool is_bad_logit(float x) { return x != x || x > kLargestLogit; }
/// What a bad logit counts as in maxima.
LOGITS_HOST_DEVICE constexpr float usable_logit(float x) {
  return is_bad_logit(x) ? kMinusInfinity : x;
}
/// Nothing weighs anything beside −∞.
LOGITS_HOST_DEVICE inline double logit_weight(float logit, float largest, float temperature) {
  if (is_bad_logit(logit) || logit < -kLargestLogit) return 0.0;
  return logit_exp((static_cast<double>(logit) - static_cast<double>(largest)) /
                   static_cast<double>(temperature));
}

/// One block's sums, relative to its own largest logits.
struct LogitBlock {
  float maximum = kMinusInfinity;
  float best = kMinusInfinity;
  double sum = 0;
  double weighted = 0;
  double sampler_sum = 0;
  std::int32_t n_bad = 0;
};
/// The block's part of the row's sums: the same, relative to the row's largest.
LOGITS_HOST_DEVICE inline LogitBlock scaled_block(const LogitBlock& block, float maximum,
                                                  float best, float temperature) {
  LogitBlock scaled = block;
  const double scale = logit_weight(block.maximum, maximum, 1.0F);
  scaled.sum = block.sum * scale;
  const double apart =
      scale > 0 ? static_cast<double>(block.maximum) - static_cast<double>(maximum) : 0.0;
  scaled.weighted = (block.weighted + block.sum * apart) * scale;
  if (temperature > 0) {
    scaled.sampler_sum = block.sampler_sum * logit_weight(block.best, best, temperature);
  }
  return scaled;
}

/// On the host. `blocks` [kLogitBlocks] may be null; it gets every block's largest logit.
LogitSums sum_logits(std::span<const float> logits, const LogitSummaryArgs& args,
                     float* block_maxima = nullptr);
void summarise_on_host(std::span<const float> logits, const LogitSummaryArgs& args,
                       LogitSummary* out);

/// Whether a softmax of these logits is a distribution.
inline bool are_usable(const LogitSums& sums) {
  return sums.n_bad == 0 && sums.maximum > kMinusInfinity;
}

}  // namespace engine
