#include "engine/model/kv_cache.h"

#include <algorithm>

#include "engine/base/check.h"

namespace engine {

Result<KvCache> KvCache::create(const ModelConfig& config, std::int64_t context_length,
                                Backend& backend) {
  KvCache cache;
  cache.context_length_ = context_length;
  cache.kv_lora_rank_ = config.kv_lora_rank;
  cache.qk_rope_head_dim_ = config.qk_rope_head_dim;
  cache.layers_.resize(static_cast<std::size_t>(config.num_hidden_layers));
  for (LayerRows& layer : cache.layers_) {
    auto c_kv = backend.allocate(context_length * config.kv_lora_rank);
    auto k_rope = backend.allocate(context_length * config.qk_rope_head_dim);
    if (!c_kv || !k_rope) {
      const Error& error = !c_kv ? c_kv.error() : k_rope.error();
      return fail(error.code, "cache for a context of " + std::to_string(context_length) +
                                  " tokens: needs " +
                                  std::to_string(context_length * bytes_per_token(config)) +
                                  " bytes (" + error.message + "); choose a shorter context");
    }
    layer.c_kv = std::move(*c_kv);
    layer.k_rope = std::move(*k_rope);
  }
  return cache;
}

std::int64_t KvCache::bytes_per_token(const ModelConfig& config) {
  return config.num_hidden_layers * config.latent_dim() * static_cast<std::int64_t>(sizeof(float));
}

void KvCache::truncate(std::int64_t n) { length_ = std::min(length_, n); }

void KvCache::mark_valid_to(std::int64_t n) {
  CHECK_LE(n, context_length_);
  length_ = std::max(length_, n);
}

MatView KvCache::c_kv(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  CHECK_LE(first + n, context_length_);
  const Buffer& rows = layers_[static_cast<std::size_t>(layer)].c_kv;
  return {rows.data() + first * kv_lora_rank_, n, kv_lora_rank_, kv_lora_rank_};
}

MatView KvCache::k_rope(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  CHECK_LE(first + n, context_length_);
  const Buffer& rows = layers_[static_cast<std::size_t>(layer)].k_rope;
  return {rows.data() + first * qk_rope_head_dim_, n, qk_rope_head_dim_, qk_rope_head_dim_};
}

}  // namespace engine
