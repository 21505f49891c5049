// V3.2's lightning indexer (DeepSeek-V3.2-Exp report §2.1): which slots each token's attention
// reads. Called by mla_attention of models that have one, after the queries and latents are made.
#pragma once

#include <cstdint>
#include <span>

#include "engine/backend/backend.h"
#include "engine/model/block.h"
#include "engine/model/kv_cache.h"
#include "engine/model/weights.h"

namespace engine {

/// The slots of a call's tokens; empty while every token may read all of its slots.
struct PickedSlots {
  std::span<const std::int32_t> slots;  // [n_tokens, top_k], ascending, -1 behind a shorter list
  std::int64_t top_k = 0;
};

/// Reads activations.normed and activations.c_q, writes the span's index keys. The slots lie in
/// activations until the next call. Exact arithmetic: the published code's Hadamard rotation of
/// both sides leaves every product as it is, and its FP8 rounding is left out.
PickedSlots pick_slots(const BlockSpan& span, const RopeTable& rope, const IndexerWeights& weights,
                       KvCache& cache, const BlockContext& context);

}  // namespace engine
