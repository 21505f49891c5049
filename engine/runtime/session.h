// Session: the tokens of one conversation and their cache. Keeps a common prefix, runs prompts in
// chunks, decodes, and replays any past token. Owned by LoadedModel, driven by generate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/model/activations.h"
#include "engine/model/kv_cache.h"
#include "engine/model/probe.h"
#include "engine/model/transformer.h"
#include "engine/runtime/events.h"

namespace engine {

struct SessionOptions {
  std::int64_t context_length = 4096;
  std::int64_t prefill_chunk = 512;
  AttentionForm form = AttentionForm::Absorbed;
  /// Asked after every forward pass: an error means that the pass read something else than the
  /// model, and ends what asked for it. Null: the weights cannot change.
  std::function<Result<void>()> check_weights = {};
};

/// What a replay recomputed of one token.
struct Replay {
  std::vector<RouterDecision> decisions;   // [M]
  std::optional<AttentionRows> attention;  // when a layer was asked for
  std::vector<float> logits;               // [vocab_size], when asked for
};

class Session {
 public:
  /// Takes the cache and all activations. `transformer` and `backend` outlive the session.
  static Result<Session> create(const Transformer& transformer, Backend& backend,
                                const SessionOptions& options);

  const ModelConfig& config() const { return transformer_->config(); }
  std::int64_t context_length() const { return cache_.context_length(); }
  std::int64_t length() const { return static_cast<std::int64_t>(tokens_.size()); }
  std::span<const TokenId> tokens() const { return tokens_; }
  const KvCache& cache() const { return cache_; }

  /// InvalidArgument names the first id outside the vocabulary.
  Result<void> check_tokens(std::span<const TokenId> tokens) const;
  /// ContextFull, with both counts, when `n_tokens` are more than the context holds.
  Result<void> check_room(std::int64_t n_tokens) const;
  /// Forgets positions from `n` on.
  void truncate(std::int64_t n);
  /// Keeps what `prompt` has in common with the cached tokens, at most all but its last token (that
  /// one must be computed to have its logits). Returns how many were kept.
  std::int64_t keep_common_prefix(std::span<const TokenId> prompt);

  /// Tokens that one `extend` takes at most: the prefill chunk.
  std::int64_t longest_chunk() const { return activations_.max_tokens; }
  /// How many of `n_left` prompt tokens the next `extend` should take: the prefill chunk, less
  /// where this model on this machine would otherwise not notice a stop in time.
  std::int64_t next_chunk(std::int64_t n_left) const;
  /// Runs at most longest_chunk() tokens after the cached ones. Cancelled leaves the session as it
  /// was. `last_logits` [vocab_size] gets the last token's logits unless it is empty, `summary`
  /// what a sampler needs of them: one pass that brings both is cheaper than logits() after it.
  Result<void> extend(std::span<const TokenId> tokens, Probe* probe, std::stop_token stop,
                      std::span<float> last_logits = {}, const LogitSummaryRequest& summary = {});
  /// Whether what was computed so far is to be believed: a device reports its failures late. Once
  /// it failed, it stays so, and the model has to be loaded again.
  Result<void> health() const;
  /// Logits of rows of the last `extend`: out [n_rows, vocab_size].
  void logits(std::int64_t first_row, std::int64_t n_rows, std::span<float> out);
  /// The logits behind the summary of the last `extend`: out [vocab_size].
  void summarised_logits(std::span<float> out) const {
    transformer_->summarised_logits(activations_, out);
  }

  /// The buffers of the last `extend`, for a drafter to read x from and to work in.
  Activations& activations() { return activations_; }

  /// The cached rows of positions 0 to n−1 in one layer: c_kv [n, kv_lora_rank], k_rope
  /// [n, qk_rope_head_dim].
  void read_latents(LayerIndex layer, std::span<float> c_kv, std::span<float> k_rope) const;

  /// The same for a model without MLA: keys and values, each [n, num_key_value_heads · head_dim].
  void read_keys_values(LayerIndex layer, std::span<float> keys, std::span<float> values) const;

  /// Recomputes one cached token from the cache: the same bits as when it was first computed.
  /// NotFound when there is no such position, InvalidArgument when there is no such layer.
  Result<Replay> replay(Position position, std::optional<LayerIndex> attention_layer,
                        bool with_logits, std::stop_token stop);
  /// Names the first layer after which the last token's values are not finite; for error messages.
  std::string describe_non_finite();

 private:
  Session() = default;
  /// One pass over `span`; what it wrote is forgotten again when the weights were not intact.
  Result<void> forward(const TokenSpan& span, const ForwardOptions& options);

  const Transformer* transformer_ = nullptr;
  Backend* backend_ = nullptr;
  AttentionForm form_ = AttentionForm::Absorbed;
  std::function<Result<void>()> check_weights_;
  KvCache cache_;
  Activations activations_;
  std::vector<TokenId> tokens_;
  double seconds_per_token_ = 0;  // of the last prefill chunk; 0 until there was one
};

}  // namespace engine
