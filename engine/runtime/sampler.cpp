#include "engine/runtime/sampler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>
#include <unordered_map>

namespace engine {

namespace {

// Of a distribution in order of probability, what top_p looks at before it orders all of it.
constexpr std::size_t kSortedFirst = 256;

// Ascending keys: from the best score to the worst (no NaN; zeros are equal), then by index.
std::uint64_t order_key(float score, std::size_t index) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
  const std::uint32_t descending = (bits & 0x80000000U) != 0 ? bits : ~(bits | 0x80000000U);
  return std::uint64_t{descending} << 32 | index;
}

Result<void> refuse(const char* option, double value, const char* allowed) {
  return fail(ErrorCode::InvalidArgument, std::string("sampling › ") + option + ": found " +
                                              std::to_string(value) + ", allowed " + allowed);
}

// By logit; equal ones by id. Of scores, too: what a weight is rounded to decides nothing.
bool stands_before(const LogitCandidate& a, const LogitCandidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

TokenCandidate token_candidate(const LogitSums& sums, const LogitCandidate& of) {
  TokenCandidate c;
  c.token = TokenId(of.id);
  c.logit = of.logit;
  c.probability = static_cast<float>(logit_weight(of.logit, sums.maximum, 1.0F) / sums.sum);
  return c;
}

// The n most probable ids, in order.
std::vector<LogitCandidate> best_of(std::span<const float> logits, int n_wanted) {
  std::vector<LogitCandidate> all(logits.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {static_cast<std::int32_t>(i), logits[i]};
  const std::size_t n = std::min(all.size(), static_cast<std::size_t>(std::max(0, n_wanted)));
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                    stands_before);
  all.resize(n);
  return all;
}

// The model's own distribution; `best` in order.
NextToken distribution(const LogitSums& sums, std::span<const LogitCandidate> best) {
  NextToken next;
  next.entropy = static_cast<float>(std::max(0.0, std::log(sums.sum) - sums.weighted / sums.sum));
  for (const LogitCandidate& c : best) next.top.push_back(token_candidate(sums, c));
  next.sampler_known = false;
  return next;
}

int rank_of(std::span<const float> logits, const LogitCandidate& chosen) {
  int rank = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    rank += stands_before({static_cast<std::int32_t>(i), logits[i]}, chosen) ? 1 : 0;
  }
  return rank;
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
  return std::none_of(logits.begin(), logits.end(), is_bad_logit) &&
         std::any_of(logits.begin(), logits.end(), [](float x) { return x > kMinusInfinity; });
}

NextToken model_distribution(std::span<const float> logits, int n_candidates, std::int32_t chosen) {
  const LogitSums sums = sum_logits(logits, {0, 0.0F});
  NextToken next = distribution(sums, best_of(logits, n_candidates));
  if (chosen >= 0) {
    const LogitCandidate drawn{chosen, logits[static_cast<std::size_t>(chosen)]};
    next.chosen = token_candidate(sums, drawn);
    next.chosen_rank = rank_of(logits, drawn);
  }
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

// In order of id, like collect.
void Sampler::collect(std::span<const LogitCandidate> candidates, std::int64_t n_drawn) {
  kept_.clear();
  for (const LogitCandidate& c : candidates) {
    if (c.id < n_drawn) kept_.push_back({c.id, c.logit, 0.0});
  }
  std::sort(kept_.begin(), kept_.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

std::int64_t Sampler::n_drawn(std::int64_t n_logits) const {
  return std::min(n_logits, std::max<std::int64_t>(0, n_sampleable_));
}

bool Sampler::cuts_top_k(std::int64_t n_drawn) const {
  return options_.top_k > 0 && options_.top_k < n_drawn;
}

bool Sampler::may_draw_from_summary() const {
  if (options_.repetition_penalty != 1.0F) return false;
  return options_.temperature == 0.0F || options_.top_k > 0 || options_.top_p < 1.0F ||
         options_.min_p > 0.0F;
}

LogitSummaryArgs Sampler::summary_args(std::int64_t n_logits) const {
  const bool sums = options_.repetition_penalty == 1.0F && options_.top_p < 1.0F &&
                    !cuts_top_k(n_drawn(n_logits));
  return {n_sampleable_, sums ? options_.temperature : 0.0F};
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
  std::vector<float> scores(kept_.size());
  std::transform(kept_.begin(), kept_.end(), scores.begin(),
                 [](const Candidate& c) { return c.score; });
  const auto kth = scores.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(scores.begin(), kth, scores.end(), std::greater<>());
  std::erase_if(kept_, [limit = *kth](const Candidate& c) { return c.score < limit; });
}

void Sampler::weigh() {
  float best = kMinusInfinity;
  for (const Candidate& c : kept_) best = std::max(best, c.score);
  for (Candidate& c : kept_) c.weight = logit_weight(c.score, best, options_.temperature);
}

double Sampler::total_weight() const {
  double total = 0;
  for (const Candidate& c : kept_) total += c.weight;
  return total;
}

void Sampler::number_kept() {
  order_.resize(kept_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) order_[i] = order_key(kept_[i].score, i);
}

// The whole of order_. Every pass of a radix sort keeps what is equal so far in its order; a sort
// by comparisons takes ten times as long where a distribution is flat and all of it is wanted.
void Sampler::order_all() {
  number_kept();
  order_next_.resize(order_.size());
  for (int shift = 32; shift < 64; shift += 8) {
    std::array<std::size_t, 257> begin{};
    for (const std::uint64_t key : order_) ++begin[(key >> shift & 0xFF) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (const std::uint64_t key : order_) order_next_[begin[key >> shift & 0xFF]++] = key;
    order_.swap(order_next_);
  }
}

// Keeps the best until their probabilities reach top_p; at least one. Most distributions need few.
// False: they do not reach it, and others would follow.
bool Sampler::cut_top_p(double total, bool all_there) {
  number_kept();
  std::size_t n_sorted = std::min(kept_.size(), kSortedFirst);
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(n_sorted),
                    order_.end());
  const double enough = static_cast<double>(options_.top_p) * total;
  std::size_t n_kept = 0;
  double sum = 0;
  while (n_kept < kept_.size() && (n_kept == 0 || sum < enough)) {
    if (n_kept == n_sorted) {
      order_all();
      n_sorted = kept_.size();
    }
    sum += kept_[order_[n_kept++] & 0xFFFFFFFF].weight;
  }
  if (!all_there && sum < enough) return false;
  const std::uint64_t last = order_[n_kept - 1];
  std::size_t n_left = 0;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (order_key(kept_[i].score, i) <= last) kept_[n_left++] = kept_[i];
  }
  kept_.resize(n_left);
  return true;
}

void Sampler::cut_min_p() {
  if (options_.min_p <= 0.0F) return;
  std::erase_if(kept_, [limit = static_cast<double>(options_.min_p)](const Candidate& c) {
    return c.weight < limit;  // the best weighs 1
  });
}

// What the settings leave of kept_. `threshold`: ids that are not there have a smaller score; −∞:
// all are there. False: some of those would be left too.
bool Sampler::cut(const LogitSums& sums, std::int64_t n_drawn, float threshold) {
  if (kept_.empty()) return false;
  if (options_.temperature == 0.0F) {
    keep_best_only();
    return true;
  }
  const bool all_there = threshold == kMinusInfinity;
  const bool cuts = cuts_top_k(n_drawn);
  if (cuts) {
    if (kept_.size() < static_cast<std::size_t>(options_.top_k)) return false;
    cut_top_k();
  }
  weigh();
  const bool of_all = !cuts && options_.repetition_penalty == 1.0F;
  if (options_.top_p < 1.0F) {
    if (!cut_top_p(of_all ? sums.sampler_sum : total_weight(), cuts || all_there)) return false;
  } else if (!cuts && !all_there) {
    // A hair below: the last bits of two weights may stand in the other order than their logits.
    const double unseen = logit_weight(threshold, sums.best, options_.temperature);
    if (!(unseen < static_cast<double>(options_.min_p) * (1 - 1e-9))) return false;
  }
  cut_min_p();
  return true;
}

// In order of id, so that the same number always means the same token.
Sampler::Candidate Sampler::pick() {
  const double target = random_.uniform() * total_weight();
  double sum = 0;
  Candidate last_possible = kept_.front();
  for (const Candidate& c : kept_) {
    if (c.weight <= 0) continue;
    sum += c.weight;
    last_possible = c;
    if (target < sum) break;
  }
  return last_possible;
}

// What the sampler left, into a distribution whose chosen token is there.
void Sampler::describe(NextToken* next) const {
  next->sampler_known = true;
  next->n_kept = static_cast<int>(kept_.size());
  const double total = total_weight();
  std::unordered_map<std::int32_t, double> shown;
  for (const TokenCandidate& c : next->top) shown.emplace(c.token.value, 0.0);
  shown.emplace(next->chosen->token.value, 0.0);
  double entropy = 0;
  for (const Candidate& c : kept_) {
    const double p = c.weight / total;
    if (p > 0) entropy -= p * std::log(p);
    const auto it = shown.find(c.id);
    if (it != shown.end()) it->second = p;
  }
  next->sampled_entropy = static_cast<float>(std::max(0.0, entropy));
  for (TokenCandidate& c : next->top) {
    c.sampled_probability = static_cast<float>(shown[c.token.value]);
  }
  next->chosen->sampled_probability = static_cast<float>(shown[next->chosen->token.value]);
}

Result<NextToken> Sampler::draw(std::span<const float> logits, std::span<const TokenId> context,
                                int n_candidates) {
  const auto n_logits = static_cast<std::int64_t>(logits.size());
  const LogitSums sums = sum_logits(logits, summary_args(n_logits));
  if (!are_usable(sums)) {
    return fail(ErrorCode::InvalidArgument,
                "the logits hold NaN or infinity: there is no distribution to draw from");
  }
  collect(logits, context);
  if (!cut(sums, n_drawn(n_logits), kMinusInfinity)) {
    return fail(ErrorCode::InvalidArgument, "the vocabulary has no token that may be drawn");
  }
  const std::int32_t id = pick().id;
  const LogitCandidate chosen{id, logits[static_cast<std::size_t>(id)]};
  NextToken next = distribution(sums, best_of(logits, n_candidates));
  next.chosen = token_candidate(sums, chosen);
  next.chosen_rank = rank_of(logits, chosen);
  describe(&next);
  return next;
}

bool Sampler::take(const LogitSummary& summary, std::int64_t n_logits, int n_candidates) {
  if (!may_draw_from_summary() || !are_usable(summary.sums)) return false;
  if (summary.n_candidates < std::min<std::int64_t>(n_candidates, n_logits)) return false;
  if (summary.n_candidates > kMostLogitCandidates) return false;
  sums_ = summary.sums;
  best_.assign(summary.candidates, summary.candidates + summary.n_candidates);
  std::sort(best_.begin(), best_.end(), stands_before);
  collect(best_, n_drawn(n_logits));
  const bool all_there = summary.n_candidates == n_logits;
  return cut(sums_, n_drawn(n_logits), all_there ? kMinusInfinity : summary.threshold);
}

NextToken Sampler::draw_taken(int n_candidates) {
  const Candidate drawn = pick();
  const LogitCandidate chosen{drawn.id, drawn.score};
  const auto shown = std::min(best_.size(), static_cast<std::size_t>(std::max(0, n_candidates)));
  NextToken next = distribution(sums_, std::span(best_).first(shown));
  next.chosen = token_candidate(sums_, chosen);
  next.chosen_rank = static_cast<int>(
      std::lower_bound(best_.begin(), best_.end(), chosen, stands_before) - best_.begin());
  describe(&next);
  return next;
}

}  // namespace engine
