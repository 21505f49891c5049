// The router's decision for one token: scores, groups, top-k, weights (V3 §2.1.2; V2 §2.2). One
// text for reference and cpu, so that both choose the same experts from the same logits.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"

namespace engine {

/// Working memory of one decision; sized once, reused for every token.
struct RouterScratch {
  std::vector<float> scores;        // [n_experts], unbiased
  std::vector<float> choice;        // [n_experts], scores + bias
  std::vector<float> group_scores;  // [n_group]
  std::vector<std::uint8_t> open;   // [n_group]
  std::vector<std::uint8_t> taken;  // [n_experts]
  void resize(std::int64_t n_experts);
};

/// Decides for row `token` of the logits and writes that row of every span of `out`.
/// Experts of closed groups can never be chosen, which is transformers' native DeepseekV3 (closed
/// groups masked with -inf; the older remote code masked with 0.0, which differs only when fewer
/// than top_k open experts have a positive biased score). Ties go to the lower index.
void route_token(const float* logits, std::int64_t n_experts, std::int64_t token,
                 const RouterArgs& args, RouterScratch& scratch, const RouterOutput& out);

}  // namespace engine
