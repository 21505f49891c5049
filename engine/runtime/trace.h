// trace: everything the router and the attention decided for given tokens, as a safetensors file
// that Python opens with one line. The values are those the panels show.
#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/runtime/session.h"

namespace engine {

enum class TraceAttention { Without, With };

/// Runs `tokens` from an empty cache and writes `path`. Tensors (L layers, M MoE layers, T tokens,
/// E experts, K chosen, G groups, H heads): tokens I64 [T], moe_layers I32 [M], routing.topk_ids
/// I32 [T,M,K], routing.topk_weights F32 [T,M,K], routing.scores F32 [T,M,E], routing.bias F32
/// [M,E], routing.group_scores F32 [T,M,G], routing.group_mask U8 [T,M,G], latent.c_kv F32
/// [L,T,rkv], latent.k_rope F32 [L,T,dr] (as rotated in the checkpoint's own dim order), without
/// MLA cache.keys and cache.values F32 [L,T,KV·hd] in their place; of V3.2, once slots are left
/// out, indexer.picked I32 [L,T,index_topk] (ascending, -1 behind a shorter list); with attention
/// attention.weights, .content_scores and, under MLA, .rope_scores F32 [L,H,T,T]; a slot not read
/// has weight 0 and score -inf.
Result<void> write_trace(std::span<const TokenId> tokens, TraceAttention attention,
                         std::span<const float> router_bias, Session& session,
                         const std::string& path, std::stop_token stop);

}  // namespace engine
