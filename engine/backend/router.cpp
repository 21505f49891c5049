// The router's decision for one token: scores, groups, top-k, weights. Everything in float32, in
// index order, as transformers' DeepseekV3TopkRouter computes it.
#include "engine/backend/router.h"

#include <algorithm>
#include <cmath>

namespace engine {

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

void sigmoid(const float* logits, std::int64_t n, float* scores) {
  for (std::int64_t e = 0; e < n; ++e) scores[e] = 1.0F / (1.0F + std::exp(-logits[e]));
}

void softmax(const float* logits, std::int64_t n, float* scores) {
  const float largest = *std::max_element(logits, logits + n);
  float sum = 0.0F;
  for (std::int64_t e = 0; e < n; ++e) {
    scores[e] = std::exp(logits[e] - largest);
    sum += scores[e];
  }
  for (std::int64_t e = 0; e < n; ++e) scores[e] /= sum;
}

/// The best entry that is not taken; ties, and values that do not compare (NaN), to the lower
/// index. -1 when all are taken.
std::int64_t best_of(const float* values, const std::uint8_t* taken, std::int64_t n) {
  std::int64_t best = -1;
  for (std::int64_t i = 0; i < n; ++i) {
    if (taken[i] == 0 && (best < 0 || values[i] > values[best])) best = i;
  }
  return best;
}

float group_score(const float* choice, std::int64_t n, bool top2_sum) {
  const float first = *std::max_element(choice, choice + n);
  if (!top2_sum || n < 2) return first;
  const std::int64_t at_first = std::max_element(choice, choice + n) - choice;
  float second = -INFINITY;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i != at_first) second = std::max(second, choice[i]);
  }
  return first + second;
}

/// Opens the topk_group best groups and marks every expert of the others as taken.
void choose_groups(const RouterArgs& args, std::int64_t n_experts, RouterScratch& s) {
  const std::int64_t group_size = n_experts / args.n_group;
  for (std::int64_t g = 0; g < args.n_group; ++g) {
    s.group_scores[at(g)] =
        group_score(s.choice.data() + g * group_size, group_size, args.group_by_top2_sum);
    s.open[at(g)] = 0;
  }
  for (std::int64_t i = 0; i < args.topk_group; ++i) {
    s.open[at(best_of(s.group_scores.data(), s.open.data(), args.n_group))] = 1;
  }
  for (std::int64_t e = 0; e < n_experts; ++e) {
    s.taken[at(e)] = s.open[at(e / group_size)] == 0 ? 1 : 0;
  }
}

void record(std::int64_t n_experts, std::int64_t token, std::int64_t n_group,
            const RouterScratch& s, const RouterOutput& out) {
  if (!out.scores.empty()) {
    std::copy_n(s.scores.begin(), n_experts, out.scores.begin() + token * n_experts);
  }
  if (!out.group_scores.empty()) {
    std::copy_n(s.group_scores.begin(), n_group, out.group_scores.begin() + token * n_group);
  }
  if (!out.group_mask.empty()) {
    std::copy_n(s.open.begin(), n_group, out.group_mask.begin() + token * n_group);
  }
}

}  // namespace

void RouterScratch::resize(std::int64_t n_experts) {
  // n_group never exceeds n_experts.
  scores.resize(at(n_experts));
  choice.resize(at(n_experts));
  group_scores.resize(at(n_experts));
  open.resize(at(n_experts));
  taken.resize(at(n_experts));
}

void route_token(const float* logits, std::int64_t n_experts, std::int64_t token,
                 const RouterArgs& args, RouterScratch& scratch, const RouterOutput& out) {
  if (args.sigmoid) {
    sigmoid(logits, n_experts, scratch.scores.data());
  } else {
    softmax(logits, n_experts, scratch.scores.data());
  }
  for (std::int64_t e = 0; e < n_experts; ++e) {
    const float bias = args.bias == nullptr ? 0.0F : args.bias[e];
    scratch.choice[at(e)] = scratch.scores[at(e)] + bias;
  }
  choose_groups(args, n_experts, scratch);
  record(n_experts, token, args.n_group, scratch, out);

  std::int32_t* ids = out.ids.data() + token * args.top_k;
  float* weights = out.weights.data() + token * args.top_k;
  float sum = 0.0F;
  for (std::int64_t j = 0; j < args.top_k; ++j) {
    const std::int64_t id = best_of(scratch.choice.data(), scratch.taken.data(), n_experts);
    scratch.taken[at(id)] = 1;
    ids[j] = static_cast<std::int32_t>(id);
    weights[j] = scratch.scores[at(id)];  // the bias chooses, it does not weigh
    sum += weights[j];
  }
  for (std::int64_t j = 0; j < args.top_k; ++j) {
    if (args.normalise) weights[j] /= sum + args.epsilon;
    weights[j] *= args.scaling_factor;
  }
}

}  // namespace engine
