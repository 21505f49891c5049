// ExpertUsage: how often and how strongly every expert was chosen, kept apart for prefill and
// decode. Counts are exact; the unit is (MoE layer, expert).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/runtime/events.h"

namespace app {

struct ExpertCount {
  std::int64_t prefillTokens = 0;  // prompt tokens that chose this expert
  std::int64_t decodeTokens = 0;   // generated tokens that chose it
  double prefillWeight = 0;        // sums of the final gate weights
  double decodeWeight = 0;
  std::int64_t tokens() const { return prefillTokens + decodeTokens; }
  double weight() const { return prefillWeight + decodeWeight; }
  bool operator==(const ExpertCount&) const = default;
};

class ExpertUsage {
 public:
  /// M MoE layers × E experts, K chosen per token.
  void resize(int nMoeLayers, int nExperts, int nActivated);
  void clear();
  void add(const engine::TokenRouting& routing, bool inPrefill);

  int nMoeLayers() const { return nMoeLayers_; }
  int nExperts() const { return nExperts_; }
  int nActivated() const { return nActivated_; }
  /// Tokens counted: with K/E as the uniform share, the baseline of every usage number.
  std::int64_t prefillTokens() const { return prefillTokens_; }
  std::int64_t decodeTokens() const { return decodeTokens_; }
  /// `moeIndex`: 0 … M-1, an index into ModelInfo::moe_layers (not the decoder layer).
  const ExpertCount& at(int moeIndex, int expert) const;
  /// [M, E], row by row.
  const std::vector<ExpertCount>& counts() const { return counts_; }

 private:
  int nMoeLayers_ = 0;
  int nExperts_ = 0;
  int nActivated_ = 0;
  std::int64_t prefillTokens_ = 0;
  std::int64_t decodeTokens_ = 0;
  std::vector<ExpertCount> counts_;
};

}  // namespace app
