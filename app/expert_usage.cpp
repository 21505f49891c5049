#include "app/expert_usage.h"

#include <algorithm>

#include "engine/base/check.h"

namespace app {

void ExpertUsage::resize(int nMoeLayers, int nExperts, int nActivated) {
  nMoeLayers_ = nMoeLayers;
  nExperts_ = nExperts;
  nActivated_ = nActivated;
  counts_.assign(static_cast<std::size_t>(nMoeLayers) * static_cast<std::size_t>(nExperts), {});
  prefillTokens_ = 0;
  decodeTokens_ = 0;
}

void ExpertUsage::clear() { resize(nMoeLayers_, nExperts_, nActivated_); }

void ExpertUsage::add(const engine::TokenRouting& routing, bool inPrefill) {
  ++(inPrefill ? prefillTokens_ : decodeTokens_);
  const auto perLayer = static_cast<std::size_t>(nActivated_);
  const auto nExperts = static_cast<std::size_t>(nExperts_);
  const std::size_t n = std::min({routing.expert_ids.size(), routing.weights.size(),
                                  perLayer * static_cast<std::size_t>(nMoeLayers_)});
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t expert = routing.expert_ids[i];
    CHECK_LT(expert, nExperts);
    ExpertCount& count = counts_[(i / perLayer) * nExperts + expert];
    if (inPrefill) {
      ++count.prefillTokens;
      count.prefillWeight += static_cast<double>(routing.weights[i]);
    } else {
      ++count.decodeTokens;
      count.decodeWeight += static_cast<double>(routing.weights[i]);
    }
  }
}

const ExpertCount& ExpertUsage::at(int moeIndex, int expert) const {
  CHECK(moeIndex >= 0 && moeIndex < nMoeLayers_ && expert >= 0 && expert < nExperts_);
  return counts_[static_cast<std::size_t>(moeIndex) * static_cast<std::size_t>(nExperts_) +
                 static_cast<std::size_t>(expert)];
}

}  // namespace app
