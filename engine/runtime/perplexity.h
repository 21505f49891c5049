// Perplexity: how well a model predicts a given text, in nats per token. For comparing backends,
// formats and quantisations of one checkpoint on one text (the command line's perplexity).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/runtime/session.h"

namespace engine {

struct PerplexityOptions {
  std::int64_t window = 0;          // tokens per window, BOS included; 0: the session's context
  std::optional<TokenId> bos = {};  // begins every window where there is one
  std::function<void(std::int64_t done, std::int64_t total)> on_progress = {};  // scored tokens
  std::stop_token stop = {};
};

struct Perplexity {
  std::int64_t window = 0;  // as used
  std::int64_t n_windows = 0;
  std::int64_t n_scored = 0;  // tokens whose probability was taken
  double nats = 0;            // sum of −ln p over them
  double nats_per_token() const { return nats / static_cast<double>(n_scored); }
  double value() const;  // e to nats_per_token()
};

/// The text is cut into windows one after the other, without overlap: each holds BOS and the next
/// window − 1 tokens, or the next `window` tokens where there is no BOS; the last is what is left.
/// Nothing is remembered from one window to the next. Scored is every token that has another before
/// it in its window: all of the text with a BOS, all but each window's first without. Sums are in
/// double, window by window. InvalidArgument when nothing can be scored.
Result<Perplexity> measure_perplexity(std::span<const TokenId> tokens,
                                      const PerplexityOptions& options, Session& session);

}  // namespace engine
