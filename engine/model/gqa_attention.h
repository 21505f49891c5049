// One layer's grouped-query attention (MHA and MQA are its two ends): project, rotate, cache keys
// and values, attend, project back. Called by transformer for every layer of a family without MLA.
#pragma once

#include "engine/model/block.h"
#include "engine/model/kv_cache.h"
#include "engine/model/mla_attention.h"
#include "engine/model/weights.h"

namespace engine {

/// Reads activations.normed, writes activations.block_out and the span's cache rows.
void gqa_attention(const BlockSpan& span, const AttentionSettings& settings,
                   const AttentionWeights& weights, KvCache& cache, const BlockContext& context);

}  // namespace engine
