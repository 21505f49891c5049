// Reads a router decision out: ranks, states, threshold and margin from the engine's own numbers.
// Ties rank the lower expert index first, as the engine does.
#include "ui/inspector/router_analysis.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace ui {
namespace {

// NaN sorts last, so that a broken checkpoint cannot break the sort.
float sortKey(float value) {
  return value == value ? value : -std::numeric_limits<float>::infinity();
}

std::vector<int> orderByBiasedScore(const std::vector<ExpertVerdict>& experts) {
  std::vector<int> order(experts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return sortKey(experts[static_cast<std::size_t>(a)].biased) >
           sortKey(experts[static_cast<std::size_t>(b)].biased);
  });
  return order;
}

void readScores(const engine::RouterDecision& decision, std::span<const float> bias,
                RouterAnalysis& out) {
  const std::size_t nExperts = decision.scores.size();
  out.experts.resize(nExperts);
  for (std::size_t e = 0; e < nExperts; ++e) {
    ExpertVerdict& verdict = out.experts[e];
    verdict.affinity = decision.scores[e];
    verdict.bias = e < bias.size() ? bias[e] : 0.0F;
    verdict.biased = verdict.affinity + verdict.bias;
    out.hasBias = out.hasBias || verdict.bias != 0.0F;
    verdict.group = out.expertsPerGroup > 0 ? static_cast<int>(e) / out.expertsPerGroup : 0;
    const auto group = static_cast<std::size_t>(verdict.group);
    verdict.groupOpen = group >= out.groupOpen.size() || out.groupOpen[group] != 0;
    out.lowestDrawn = std::min({out.lowestDrawn, verdict.affinity, verdict.biased});
    out.highestDrawn = std::max({out.highestDrawn, verdict.affinity, verdict.biased});
  }
}

void readChoice(const engine::RouterDecision& decision, RouterAnalysis& out) {
  for (std::size_t place = 0; place < decision.expert_ids.size(); ++place) {
    const std::size_t e = decision.expert_ids[place];
    if (e >= out.experts.size()) continue;
    out.experts[e].place = static_cast<int>(place);
    out.experts[e].weight = place < decision.weights.size() ? decision.weights[place] : 0.0F;
    out.experts[e].state = ExpertState::Chosen;
    out.threshold =
        out.chosen.empty() ? out.experts[e].biased : std::min(out.threshold, out.experts[e].biased);
    out.chosen.push_back(static_cast<int>(e));
  }
}

}  // namespace

RouterAnalysis analyseRouter(const engine::RouterDecision& decision, std::span<const float> bias,
                             const engine::ModelConfig& config) {
  RouterAnalysis out;
  const auto nExperts = static_cast<int>(decision.scores.size());
  const auto nGroups = static_cast<int>(std::max<std::int64_t>(1, config.n_group));
  const bool limited = config.topk_method != engine::TopkMethod::Greedy;
  if (limited && nGroups > 1 && nExperts % nGroups == 0) {
    out.nGroups = nGroups;
    out.groupScores = decision.group_scores;
    out.groupOpen = decision.group_open;
  }
  out.expertsPerGroup = nExperts / out.nGroups;
  readScores(decision, bias, out);
  readChoice(decision, out);

  int rank = 0;
  int openRank = 0;
  for (const int e : orderByBiasedScore(out.experts)) {
    ExpertVerdict& verdict = out.experts[static_cast<std::size_t>(e)];
    verdict.rank = rank++;
    if (verdict.groupOpen) verdict.openRank = openRank++;
    if (verdict.state == ExpertState::Chosen) continue;
    if (verdict.groupOpen) {
      if (!out.runnerUp) out.runnerUp = e;
    } else {
      const bool wouldWin = verdict.rank < static_cast<int>(out.chosen.size());
      verdict.state = wouldWin ? ExpertState::ClosedWouldWin : ExpertState::ClosedLost;
    }
  }
  if (out.runnerUp && !out.chosen.empty()) {
    out.margin = out.threshold - out.experts[static_cast<std::size_t>(*out.runnerUp)].biased;
  }
  return out;
}

int moeIndexOf(const engine::ModelInfo& info, std::int32_t layer) {
  const auto found = std::find(info.moe_layers.begin(), info.moe_layers.end(), layer);
  return found == info.moe_layers.end() ? -1 : static_cast<int>(found - info.moe_layers.begin());
}

std::span<const float> biasOfLayer(const engine::ModelInfo& info, std::int32_t layer) {
  const int row = moeIndexOf(info, layer);
  const auto nExperts =
      static_cast<std::size_t>(std::max<std::int64_t>(0, info.config.n_routed_experts));
  if (row < 0 || (static_cast<std::size_t>(row) + 1) * nExperts > info.router_bias.size())
    return {};
  return std::span<const float>(info.router_bias)
      .subspan(static_cast<std::size_t>(row) * nExperts, nExperts);
}

}  // namespace ui
