// KvCache: what attention keeps of the past, per layer and position. MLA: the normalised latent
// c_kv and the rotated k_rope, and what the backend wants besides; GQA: rotated keys and values of
// every KV head; V3.2 also the indexer's key. Written by the attention blocks, owned by a session.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/weights.h"

namespace engine {

class KvCache {
 public:
  /// Takes all memory at once; OutOfMemory says how much for which context. `layers`: whose
  /// attention is going to read it; without them nothing is kept besides.
  static Result<KvCache> create(const ModelConfig& config, std::int64_t context_length,
                                Backend& backend, std::span<const LayerWeights> layers = {});
  /// Without what is kept besides.
  static std::int64_t bytes_per_token(const ModelConfig& config);
  std::int64_t kept_bytes_per_token() const { return kept_bytes_; }

  std::int64_t context_length() const { return context_length_; }
  /// Positions below this hold a token's rows in every layer.
  std::int64_t length() const { return length_; }
  /// Forgets positions from `n` on. The memory stays.
  void truncate(std::int64_t n);
  /// After all layers of a forward wrote up to `n`. A replay of an old position changes nothing.
  void mark_valid_to(std::int64_t n);

  // Rows of positions [first, first + n). Each only where the model's attention keeps it.
  MatView c_kv(std::int64_t layer, std::int64_t first, std::int64_t n) const;    // [n, rkv]
  MatView k_rope(std::int64_t layer, std::int64_t first, std::int64_t n) const;  // [n, dr]
  MatView keys(std::int64_t layer, std::int64_t first, std::int64_t n) const;    // [n, KV · hd]
  MatView values(std::int64_t layer, std::int64_t first, std::int64_t n) const;  // [n, KV · hd]
  MatView index_keys(std::int64_t layer, std::int64_t first,
                     std::int64_t n) const;  // [n, index dim]
  /// All positions' latents once more, as the backend reads them, or nothing.
  KeptLatents kept(std::int64_t layer) const;

 private:
  /// One kind of row in every layer.
  struct Rows {
    std::vector<Buffer> layers;  // [num_hidden_layers], each [context_length, width]
    std::int64_t width = 0;      // 0: this model keeps none
  };
  MatView view(const Rows& rows, std::int64_t layer, std::int64_t first, std::int64_t n) const;
  Result<void> allocate(Rows* rows, std::int64_t width, std::int64_t n_layers, Backend& backend);

  Rows c_kv_, k_rope_, keys_, values_, index_keys_;
  std::vector<Buffer> kept_;     // [num_hidden_layers], each empty or for context_length positions
  std::int64_t kept_bytes_ = 0;  // of one position
  std::int64_t context_length_ = 0;
  std::int64_t length_ = 0;
};

}  // namespace engine
