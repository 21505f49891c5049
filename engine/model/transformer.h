// Transformer: the whole model, one forward pass over consecutive tokens. Read transformer.cpp
// first: everything else is a detail of it.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/activations.h"
#include "engine/model/kv_cache.h"
#include "engine/model/probe.h"
#include "engine/model/rope.h"
#include "engine/model/weights.h"

namespace engine {

/// Consecutive tokens; tokens[t] stands at first_position + t.
struct TokenSpan {
  std::span<const TokenId> tokens;
  std::int64_t first_position = 0;
};

/// One form for prefill and decode alike, so that bits do not depend on the chunking.
struct ForwardOptions {
  AttentionForm form = AttentionForm::Absorbed;
  Probe* probe = nullptr;
  std::stop_token stop;
  /// The last token's logits [vocab_size], host memory, where they are wanted: with the pass, so
  /// that a device is waited for once. Empty: not computed.
  std::span<float> last_logits = {};
  /// Or, besides, what a sampler needs of them.
  LogitSummaryRequest summary = {};
};

class Transformer {
 public:
  /// Places the rotary table for `context_length` positions. Borrows the backend, which outlives
  /// it.
  static Result<Transformer> create(ModelConfig config, ModelWeights weights,
                                    std::int64_t context_length, Backend& backend);

  const ModelConfig& config() const { return config_; }
  const ModelWeights& weights() const { return weights_; }
  const RopeTable& rope() const { return rope_.table; }

  /// Runs all layers over the tokens: their rows are in the cache afterwards, their last hidden
  /// states in activations.x. Cancelled within half a layer of a stop, leaving cache.length() as it
  /// was. A position below cache.length() is recomputed with the same bits ("replay").
  Result<void> forward(const TokenSpan& span, const ForwardOptions& options, KvCache& cache,
                       Activations& activations) const;

  /// Logits of rows [first_row, first_row + n_rows) of the last forward: out [n_rows, vocab_size],
  /// host memory.
  void logits(std::int64_t first_row, std::int64_t n_rows, Activations& activations,
              std::span<float> out) const;
  /// The logits that a forward() with a summary made: out [vocab_size], host memory.
  void summarised_logits(const Activations& activations, std::span<float> out) const;

 private:
  Transformer() = default;
  struct Pass;
  Result<void> run_layers(const Pass& pass) const;
  Result<void> run_step(const Pass& pass) const;
  MatView queue_logits(ConstMatView x, Activations& activations) const;

  ModelConfig config_;
  ModelWeights weights_;
  RopeTableOwner rope_;
  Backend* backend_ = nullptr;  // owned beside this by LoadedModel, destroyed after it
};

}  // namespace engine
