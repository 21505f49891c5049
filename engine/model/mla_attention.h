// One layer's multi-head latent attention: project, cache the latent, attend, project back.
// V2 report (arXiv 2405.04434) §2.1. Called by transformer for every layer.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/activations.h"
#include "engine/model/kv_cache.h"
#include "engine/model/probe.h"
#include "engine/model/weights.h"

namespace engine {

/// Which tokens of which layer a block works on.
struct BlockSpan {
  LayerIndex layer;
  std::int64_t first_position = 0;
  std::int64_t n_tokens = 0;
};

struct AttentionSettings {
  AttentionForm form = AttentionForm::Absorbed;
  float softmax_scale = 1.0F;
  RopeTable rope;
};

/// Reads activations.normed, writes activations.block_out and the span's cache rows.
void mla_attention(const BlockSpan& span, const ModelConfig& config,
                   const AttentionSettings& settings, const AttentionWeights& weights,
                   KvCache& cache, Activations& activations, Probe* probe, Backend& backend);

}  // namespace engine
