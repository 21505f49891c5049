// MtpModule: V3's multi-token prediction module (V3 report §2.2), which guesses the token after
// next from the main model's last hidden state. Its guesses are drafts: runtime/speculate.h has the
// main model verify every one of them.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/model/activations.h"
#include "engine/model/kv_cache.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"

namespace engine {

class MtpModule {
 public:
  /// Takes its cache and buffers for calls of at most max_tokens rows. `main` and `backend` outlive
  /// the module.
  static Result<MtpModule> create(const Transformer& main, MtpWeights weights,
                                  std::int64_t context_length, std::int64_t max_tokens,
                                  Backend& backend);

  std::int64_t weight_bytes() const { return weights_.stored_bytes; }
  std::int64_t context_length() const { return cache_.context_length(); }
  std::int64_t length() const { return cache_.length(); }
  std::int64_t cache_bytes_per_token() const {
    return KvCache::bytes_per_token(config_) + cache_.kept_bytes_per_token();
  }
  void truncate(std::int64_t n) { cache_.truncate(n); }

  /// out[r] = final norm of row first_row + r of activations.x: what `forward` takes of a position.
  void hidden_states(const Activations& activations, std::int64_t first_row, MatView out) const;
  /// Row r joins the hidden state of one position to the token at the next one; it goes into slot
  /// length() + r. Uses the activations' buffers except x.
  Result<void> forward(ConstMatView hidden, std::span<const TokenId> next_tokens,
                       const std::stop_token& stop, Activations& activations);
  /// Logits of the token after next, of the last row of the last forward: out [vocab_size], host.
  void logits(Activations& activations, std::span<float> out) const;

 private:
  MtpModule() = default;

  const Transformer* main_ = nullptr;
  Backend* backend_ = nullptr;
  ModelConfig config_;  // the main model's, with one layer: what the cache and the blocks see
  MtpWeights weights_;
  KvCache cache_;
  Buffer joined_;  // [max_tokens, 2 · hidden_size]
  Buffer z_;       // [max_tokens, hidden_size], the module's residual stream
  std::int64_t max_tokens_ = 0;
  std::int64_t last_row_ = 0;
};

}  // namespace engine
