// One layer's multi-head latent attention: project, cache the latent, attend, project back.
// V2 report (arXiv 2405.04434) §2.1. Called by transformer for every layer.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/model/block.h"
#include "engine/model/kv_cache.h"
#include "engine/model/weights.h"

namespace engine {

struct AttentionSettings {
  AttentionForm form = AttentionForm::Absorbed;
  float softmax_scale = 1.0F;
  RopeTable rope;
};

/// Reads activations.normed, writes activations.block_out and the span's cache rows.
void mla_attention(const BlockSpan& span, const AttentionSettings& settings,
                   const AttentionWeights& weights, KvCache& cache, const BlockContext& context);

}  // namespace engine
