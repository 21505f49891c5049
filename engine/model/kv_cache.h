// KvCache: what MLA keeps of the past, per layer: the normalised latent c_kv and the rotated k_rope
// of every position. Written by mla_attention, owned by a session.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"

namespace engine {

class KvCache {
 public:
  /// Takes all memory at once; OutOfMemory says how much for which context.
  static Result<KvCache> create(const ModelConfig& config, std::int64_t context_length,
                                Backend& backend);
  static std::int64_t bytes_per_token(const ModelConfig& config);

  std::int64_t context_length() const { return context_length_; }
  /// Positions below this hold a token's rows in every layer.
  std::int64_t length() const { return length_; }
  /// Forgets positions from `n` on. The memory stays.
  void truncate(std::int64_t n);
  /// After all layers of a forward wrote up to `n`. A replay of an old position changes nothing.
  void mark_valid_to(std::int64_t n);

  MatView c_kv(std::int64_t layer, std::int64_t first, std::int64_t n) const;    // [n, rkv]
  MatView k_rope(std::int64_t layer, std::int64_t first, std::int64_t n) const;  // [n, dr]

 private:
  struct LayerRows {
    Buffer c_kv;    // [context_length, kv_lora_rank]
    Buffer k_rope;  // [context_length, qk_rope_head_dim]
  };
  std::vector<LayerRows> layers_;
  std::int64_t context_length_ = 0;
  std::int64_t kv_lora_rank_ = 0;
  std::int64_t qk_rope_head_dim_ = 0;
  std::int64_t length_ = 0;
};

}  // namespace engine
