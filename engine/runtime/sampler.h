// Sampler: logits → the next token, and the distribution it came from. The steps and their order
// are transformers': repetition penalty, temperature, top-k, top-p, min-p. Called by generate.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/logit_summary.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/runtime/events.h"
#include "engine/runtime/random.h"

namespace engine {

/// InvalidArgument names the option, its value and what is allowed.
Result<void> check_sampling_options(const SamplingOptions& options);

/// generation_config.json's wishes; greedy where it says do_sample false.
SamplingOptions default_sampling(const GenerationDefaults& defaults);

class Sampler {
 public:
  /// Ids from `n_sampleable` on (rows that pad the vocabulary) are never drawn. `options` were
  /// checked.
  Sampler(const SamplingOptions& options, std::int64_t n_sampleable, std::uint64_t seed)
      : options_(options), n_sampleable_(n_sampleable), random_(seed) {}

  /// Draws a token. `context` is what the repetition penalty looks at. The candidates' texts are
  /// left empty. InvalidArgument when the logits hold NaN or +∞, or nothing can be drawn.
  Result<NextToken> draw(std::span<const float> logits, std::span<const TokenId> context,
                         int n_candidates);

  /// Whether these settings may do with a summary, and what it has to sum.
  bool may_draw_from_summary() const;
  LogitSummaryArgs summary_args(std::int64_t n_logits) const;
  /// Takes over a summary by summary_args() of n_logits logits. False where it does not tell what
  /// draw() would (flat distributions, logits that are no numbers): all logits have to be looked
  /// at.
  bool take(const LogitSummary& summary, std::int64_t n_logits, int n_candidates);
  /// The same token and numbers as draw() gives of all logits, from the summary taken last.
  NextToken draw_taken(int n_candidates);

 private:
  struct Candidate {
    std::int32_t id = 0;
    float score = 0;    // after penalty, before temperature
    double weight = 0;  // exp((score − best) / temperature)
  };
  void collect(std::span<const float> logits, std::span<const TokenId> context);
  void collect(std::span<const LogitCandidate> candidates, std::int64_t n_drawn);
  std::int64_t n_drawn(std::int64_t n_logits) const;
  bool cuts_top_k(std::int64_t n_drawn) const;
  bool cut(const LogitSums& sums, std::int64_t n_drawn, float threshold);
  void keep_best_only();
  void cut_top_k();
  void weigh();
  double total_weight() const;
  void number_kept();
  void order_all();
  bool cut_top_p(double total, bool all_there);
  void cut_min_p();
  Candidate pick();
  void describe(NextToken* next) const;

  SamplingOptions options_;
  std::int64_t n_sampleable_;
  Random random_;
  std::vector<Candidate> kept_;       // in order of id
  std::vector<std::uint64_t> order_;  // of kept_, by score: keys with an index in the low half
  std::vector<std::uint64_t> order_next_;
  LogitSums sums_;                    // of the summary taken
  std::vector<LogitCandidate> best_;  // its candidates, in order
};

/// The model's own distribution: candidates by probability, entropy. `chosen` may be -1.
NextToken model_distribution(std::span<const float> logits, int n_candidates, std::int32_t chosen);

/// Whether every logit is a number a softmax can take (no NaN, no +∞, not all −∞).
bool logits_usable(std::span<const float> logits);

}  // namespace engine
