// Windows through the session like any prompt; only the probability of the token that really
// follows is kept.
#include "engine/runtime/perplexity.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace engine {

namespace {

constexpr std::int64_t kBlockElements = std::int64_t{1} << 20;  // logits read at a time

// −ln of the softmax's entry, by the largest logit so that nothing overflows.
double surprise(std::span<const float> logits, TokenId next) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) {
    sum += std::exp(static_cast<double>(logit) - static_cast<double>(largest));
  }
  const float chosen = logits[static_cast<std::size_t>(next.value)];
  return std::log(sum) + static_cast<double>(largest) - static_cast<double>(chosen);
}

class Measurement {
 public:
  Measurement(const PerplexityOptions& options, Session& session)
      : options_(options), session_(session) {}

  Result<void> run(std::span<const TokenId> tokens, std::int64_t window, Perplexity* result) {
    const std::int64_t n_lead = options_.bos ? 1 : 0;
    const auto step = static_cast<std::size_t>(window - n_lead);
    const auto n_tokens = static_cast<std::int64_t>(tokens.size());
    result->window = window;
    for (std::size_t begin = 0; begin < tokens.size(); begin += step) {
      const auto part = tokens.subspan(begin, std::min(step, tokens.size() - begin));
      window_.clear();
      if (options_.bos) window_.push_back(*options_.bos);
      window_.insert(window_.end(), part.begin(), part.end());
      if (window_.size() < 2) break;  // a last token with nothing before it
      RETURN_IF_ERROR(score_window(result));
      ++result->n_windows;
      const auto done = static_cast<std::int64_t>(begin + part.size());
      if (options_.on_progress) options_.on_progress(done, n_tokens);
    }
    return {};
  }

 private:
  Result<void> score_window(Perplexity* result) {
    session_.truncate(0);
    // The last token is only predicted, never read.
    const auto n_read = static_cast<std::int64_t>(window_.size()) - 1;
    while (session_.length() < n_read) {
      const std::int64_t first = session_.length();
      const std::int64_t n = std::min(n_read - first, session_.longest_chunk());
      RETURN_IF_ERROR(session_.extend(
          std::span(window_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)),
          nullptr, options_.stop));
      RETURN_IF_ERROR(session_.health());
      RETURN_IF_ERROR(score_rows(first, n, result));
    }
    return {};
  }

  // Rows of the last chunk, the first of which stands at position `first`.
  Result<void> score_rows(std::int64_t first, std::int64_t n_rows, Perplexity* result) {
    const std::int64_t vocab_size = session_.config().vocab_size;
    const std::int64_t block = std::clamp<std::int64_t>(kBlockElements / vocab_size, 1, n_rows);
    logits_.resize(static_cast<std::size_t>(block * vocab_size));
    for (std::int64_t row = 0; row < n_rows; row += block) {
      const std::int64_t n = std::min(block, n_rows - row);
      session_.logits(row, n, logits_);
      for (std::int64_t i = 0; i < n; ++i) {
        const auto logits = std::span<const float>(logits_).subspan(
            static_cast<std::size_t>(i * vocab_size), static_cast<std::size_t>(vocab_size));
        const double nats =
            surprise(logits, window_[static_cast<std::size_t>(first + row + i + 1)]);
        if (!std::isfinite(nats)) {
          return fail(ErrorCode::InvalidFile,
                      session_.describe_non_finite() +
                          ": no probability can be taken; the checkpoint is damaged or overflows");
        }
        result->nats += nats;
        ++result->n_scored;
      }
    }
    return {};
  }

  const PerplexityOptions& options_;
  Session& session_;
  std::vector<TokenId> window_;
  std::vector<float> logits_;  // [block, vocab_size]
};

}  // namespace

double Perplexity::value() const { return std::exp(nats_per_token()); }

Result<Perplexity> measure_perplexity(std::span<const TokenId> tokens,
                                      const PerplexityOptions& options, Session& session) {
  const std::int64_t window = options.window > 0 ? options.window : session.context_length();
  if (window < 2 || window > session.context_length()) {
    return fail(ErrorCode::InvalidArgument,
                "window: found " + std::to_string(window) + " tokens, allowed 2 to " +
                    std::to_string(session.context_length()) + ", the context's length");
  }
  if (tokens.size() < (options.bos ? 1U : 2U)) {
    return fail(ErrorCode::InvalidArgument, "the text: found " + std::to_string(tokens.size()) +
                                                " tokens, too few for one to be predicted");
  }
  RETURN_IF_ERROR(session.check_tokens(tokens));
  Perplexity result;
  RETURN_IF_ERROR(Measurement(options, session).run(tokens, window, &result));
  return result;
}

}  // namespace engine
