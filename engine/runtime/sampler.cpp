#include "engine/runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>

namespace engine {

namespace {

Result<void> refuse(const char* option, double value, const char* allowed) {
  return fail(ErrorCode::InvalidArgument, std::string("sampling › ") + option + ": found " +
                                              std::to_string(value) + ", allowed " + allowed);
}

// Softmax over all logits, in double: weight of id i is exp(logit − maximum) / sum.
struct Softmax {
  double maximum = 0;
  double sum = 0;
  double entropy = 0;

  explicit Softmax(std::span<const float> logits) {
    maximum = *std::max_element(logits.begin(), logits.end());
    double weighted = 0;
    for (const float logit : logits) {
      const double shifted = static_cast<double>(logit) - maximum;
      const double weight = std::exp(shifted);
      sum += weight;
      if (weight > 0) weighted += weight * shifted;
    }
    entropy = std::max(0.0, std::log(sum) - weighted / sum);
  }
  double probability(float logit) const {
    return std::exp(static_cast<double>(logit) - maximum) / sum;
  }
};

TokenCandidate candidate(std::span<const float> logits, const Softmax& softmax, std::int32_t id) {
  TokenCandidate c;
  c.token = TokenId(id);
  c.logit = logits[static_cast<std::size_t>(id)];
  c.probability = static_cast<float>(softmax.probability(c.logit));
  return c;
}

}  // namespace

Result<void> check_sampling_options(const SamplingOptions& options) {
  if (!(options.temperature >= 0) || !std::isfinite(options.temperature)) {
    return refuse("temperature", options.temperature, "0 or more");
  }
  if (options.top_k < 0) return refuse("top_k", options.top_k, "0 (off) or more");
  if (!(options.top_p >= 0 && options.top_p <= 1)) {
    return refuse("top_p", options.top_p, "0 to 1");
  }
  if (!(options.min_p >= 0 && options.min_p <= 1)) {
    return refuse("min_p", options.min_p, "0 to 1");
  }
  if (!(options.repetition_penalty > 0) || !std::isfinite(options.repetition_penalty)) {
    return refuse("repetition_penalty", options.repetition_penalty, "more than 0");
  }
  if (options.max_tokens < 0) {
    return refuse("max_tokens", options.max_tokens, "0 (until the context is full) or more");
  }
  return {};
}

SamplingOptions default_sampling(const GenerationDefaults& defaults) {
  SamplingOptions options;
  options.temperature = defaults.temperature.value_or(options.temperature);
  options.top_k = defaults.top_k.value_or(options.top_k);
  options.top_p = defaults.top_p.value_or(options.top_p);
  options.min_p = defaults.min_p.value_or(options.min_p);
  options.repetition_penalty = defaults.repetition_penalty.value_or(options.repetition_penalty);
  options.max_tokens = defaults.max_new_tokens.value_or(options.max_tokens);
  if (!defaults.do_sample.value_or(true)) options.temperature = 0.0F;
  return options;
}

bool logits_usable(std::span<const float> logits) {
  bool any_finite = false;
  for (const float logit : logits) {
    if (std::isnan(logit) || logit == std::numeric_limits<float>::infinity()) return false;
    any_finite = any_finite || std::isfinite(logit);
  }
  return any_finite;
}

NextToken model_distribution(std::span<const float> logits, int n_candidates, std::int32_t chosen) {
  const Softmax softmax(logits);
  std::vector<std::int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const std::size_t n = std::min(ids.size(), static_cast<std::size_t>(std::max(0, n_candidates)));
  const auto logit = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  const auto before = [&](std::int32_t a, std::int32_t b) {
    return logit(a) != logit(b) ? logit(a) > logit(b) : a < b;
  };
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(), before);

  NextToken next;
  next.entropy = static_cast<float>(softmax.entropy);
  for (std::size_t i = 0; i < n; ++i) next.top.push_back(candidate(logits, softmax, ids[i]));
  if (chosen >= 0) {
    next.chosen = candidate(logits, softmax, chosen);
    next.chosen_rank = static_cast<int>(
        std::count_if(ids.begin(), ids.end(), [&](std::int32_t id) { return before(id, chosen); }));
  }
  next.sampler_known = false;
  return next;
}

// Every id that may be drawn, with the repetition penalty (Keskar et al. 2019) applied.
void Sampler::collect(std::span<const float> logits, std::span<const TokenId> context) {
  const std::size_t n =
      std::min(logits.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, n_sampleable_)));
  kept_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    kept_[i] = {static_cast<std::int32_t>(i), logits[i], 0.0};
  }
  if (options_.repetition_penalty == 1.0F) return;
  for (const TokenId token : context) {
    const auto i = static_cast<std::size_t>(token.value);
    if (i >= n) continue;
    const float raw = logits[i];  // from the logit itself: a token counts once, however often seen
    kept_[i].score =
        raw < 0 ? raw * options_.repetition_penalty : raw / options_.repetition_penalty;
  }
}

void Sampler::keep_best_only() {
  const auto best =
      std::max_element(kept_.begin(), kept_.end(),
                       [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
  kept_ = {Candidate{best->id, best->score, 1.0}};
}

// Ties with the k-th best stay, as in transformers.
void Sampler::cut_top_k() {
  const auto k = static_cast<std::size_t>(options_.top_k);
  if (k == 0 || k >= kept_.size()) return;
  std::vector<float> scores(kept_.size());
  std::transform(kept_.begin(), kept_.end(), scores.begin(),
                 [](const Candidate& c) { return c.score; });
  const auto kth = scores.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(scores.begin(), kth, scores.end(), std::greater<>());
  std::erase_if(kept_, [limit = *kth](const Candidate& c) { return c.score < limit; });
}

void Sampler::weigh() {
  double best = -std::numeric_limits<double>::infinity();
  for (const Candidate& c : kept_) best = std::max(best, static_cast<double>(c.score));
  for (Candidate& c : kept_) {
    c.weight =
        std::exp((static_cast<double>(c.score) - best) / static_cast<double>(options_.temperature));
  }
}

// Keeps the best until their probabilities reach top_p; at least one. Only as many as needed are
// sorted.
void Sampler::cut_top_p() {
  if (options_.top_p >= 1.0F || kept_.size() < 2) return;
  double total = 0;
  for (const Candidate& c : kept_) total += c.weight;
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  };
  const double enough = static_cast<double>(options_.top_p) * total;
  std::size_t n_sorted = 0;
  std::size_t n_kept = 0;
  double sum = 0;
  while (n_kept < kept_.size() && (n_kept == 0 || sum < enough)) {
    if (n_kept == n_sorted) {
      const auto begin = kept_.begin() + static_cast<std::ptrdiff_t>(n_sorted);
      n_sorted = std::min(kept_.size(), std::max<std::size_t>(256, 4 * n_sorted));
      std::partial_sort(begin, kept_.begin() + static_cast<std::ptrdiff_t>(n_sorted), kept_.end(),
                        better);
    }
    sum += kept_[n_kept++].weight;
  }
  kept_.resize(n_kept);
  std::sort(kept_.begin(), kept_.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

void Sampler::cut_min_p() {
  if (options_.min_p <= 0.0F) return;
  std::erase_if(kept_, [limit = static_cast<double>(options_.min_p)](const Candidate& c) {
    return c.weight < limit;  // the best weighs 1
  });
}

// In order of id, so that the same number always means the same token.
std::int32_t Sampler::pick() {
  double total = 0;
  for (const Candidate& c : kept_) total += c.weight;
  const double target = random_.uniform() * total;
  double sum = 0;
  std::int32_t last_possible = kept_.front().id;
  for (const Candidate& c : kept_) {
    if (c.weight <= 0) continue;
    sum += c.weight;
    last_possible = c.id;
    if (target < sum) break;
  }
  return last_possible;
}

Result<NextToken> Sampler::draw(std::span<const float> logits, std::span<const TokenId> context,
                                int n_candidates) {
  if (!logits_usable(logits)) {
    return fail(ErrorCode::InvalidArgument,
                "the logits hold NaN or infinity: there is no distribution to draw from");
  }
  collect(logits, context);
  if (kept_.empty()) {
    return fail(ErrorCode::InvalidArgument, "the vocabulary has no token that may be drawn");
  }
  if (options_.temperature == 0.0F) {
    keep_best_only();
  } else {
    cut_top_k();
    weigh();
    cut_top_p();
    cut_min_p();
  }
  const std::int32_t chosen = pick();

  NextToken next = model_distribution(logits, n_candidates, chosen);
  next.sampler_known = true;
  next.n_kept = static_cast<int>(kept_.size());
  double total = 0;
  for (const Candidate& c : kept_) total += c.weight;
  std::unordered_map<std::int32_t, double> shown;
  for (const TokenCandidate& c : next.top) shown.emplace(c.token.value, 0.0);
  shown.emplace(chosen, 0.0);
  double entropy = 0;
  for (const Candidate& c : kept_) {
    const double p = c.weight / total;
    if (p > 0) entropy -= p * std::log(p);
    const auto it = shown.find(c.id);
    if (it != shown.end()) it->second = p;
  }
  next.sampled_entropy = static_cast<float>(std::max(0.0, entropy));
  for (TokenCandidate& c : next.top) {
    c.sampled_probability = static_cast<float>(shown[c.token.value]);
  }
  next.chosen->sampled_probability = static_cast<float>(shown[chosen]);
  return next;
}

}  // namespace engine
