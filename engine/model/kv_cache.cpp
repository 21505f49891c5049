#include "engine/model/kv_cache.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/check.h"

namespace engine {

namespace {

/// Float32 elements of one position that each layer's attention wants kept besides.
std::vector<std::int64_t> kept_widths(const ModelConfig& config, const Backend& backend,
                                      std::span<const LayerWeights> layers) {
  std::vector<std::int64_t> widths;
  for (const LayerWeights& layer : layers) {
    if (!config.is_mla()) continue;
    widths.push_back(backend.kept_latent_elements(layer.attention.w_up, config.kv_lora_rank,
                                                  config.qk_rope_head_dim));
  }
  return widths;
}

}  // namespace

Result<KvCache> KvCache::create(const ModelConfig& config, std::int64_t context_length,
                                Backend& backend, std::span<const LayerWeights> layers) {
  KvCache cache;
  cache.context_length_ = context_length;
  const std::int64_t kv_width = config.is_mla() ? 0 : config.num_key_value_heads * config.head_dim;
  const std::pair<Rows*, std::int64_t> kinds[] = {
      {&cache.c_kv_, config.kv_lora_rank},
      {&cache.k_rope_, config.is_mla() ? config.qk_rope_head_dim : 0},
      {&cache.keys_, kv_width},
      {&cache.values_, kv_width},
      {&cache.index_keys_, config.has_indexer() ? config.index_head_dim : 0}};
  const std::vector<std::int64_t> kept = kept_widths(config, backend, layers);
  cache.kept_bytes_ = std::accumulate(kept.begin(), kept.end(), std::int64_t{0}) *
                      static_cast<std::int64_t>(sizeof(float));
  const auto take_all = [&]() -> Result<void> {
    for (const auto& [rows, width] : kinds) {
      RETURN_IF_ERROR(cache.allocate(rows, width, config.num_hidden_layers, backend));
    }
    for (const std::int64_t width : kept) {
      cache.kept_.emplace_back();
      if (width == 0) continue;
      ASSIGN_OR_RETURN(cache.kept_.back(), backend.allocate(context_length * width));
    }
    return {};
  };
  const auto done = take_all();
  if (done) return cache;
  const std::int64_t per_token = bytes_per_token(config) + cache.kept_bytes_;
  return fail(done.error().code, "cache for a context of " + std::to_string(context_length) +
                                     " tokens: needs " +
                                     std::to_string(context_length * per_token) + " bytes (" +
                                     done.error().message + "); choose a shorter context");
}

Result<void> KvCache::allocate(Rows* rows, std::int64_t width, std::int64_t n_layers,
                               Backend& backend) {
  rows->width = width;
  for (std::int64_t layer = 0; layer < n_layers && width > 0; ++layer) {
    ASSIGN_OR_RETURN(Buffer buffer, backend.allocate(context_length_ * width));
    backend.rows_by_position(buffer.view(context_length_, width));
    rows->layers.push_back(std::move(buffer));
  }
  return {};
}

std::int64_t KvCache::bytes_per_token(const ModelConfig& config) {
  return config.num_hidden_layers * config.cached_values() *
         static_cast<std::int64_t>(sizeof(float));
}

void KvCache::truncate(std::int64_t n) { length_ = std::min(length_, n); }

void KvCache::mark_valid_to(std::int64_t n) {
  CHECK_LE(n, context_length_);
  length_ = std::max(length_, n);
}

MatView KvCache::view(const Rows& rows, std::int64_t layer, std::int64_t first,
                      std::int64_t n) const {
  CHECK_LE(first + n, context_length_);
  CHECK_LT(0, rows.width);
  const Buffer& buffer = rows.layers[static_cast<std::size_t>(layer)];
  return {buffer.data() + first * rows.width, n, rows.width, rows.width};
}

MatView KvCache::c_kv(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  return view(c_kv_, layer, first, n);
}

MatView KvCache::k_rope(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  return view(k_rope_, layer, first, n);
}

MatView KvCache::keys(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  return view(keys_, layer, first, n);
}

MatView KvCache::values(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  return view(values_, layer, first, n);
}

MatView KvCache::index_keys(std::int64_t layer, std::int64_t first, std::int64_t n) const {
  return view(index_keys_, layer, first, n);
}

KeptLatents KvCache::kept(std::int64_t layer) const {
  if (kept_.empty()) return {};
  const Buffer& buffer = kept_[static_cast<std::size_t>(layer)];
  if (buffer.n_elements() == 0) return {};
  return {buffer.data(), context_length_};
}

}  // namespace engine
