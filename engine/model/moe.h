// One layer's mixture of experts: route, run the chosen experts, add the shared expert.
// DeepSeekMoE (V2 report §2.2) with V3's router (arXiv 2412.19437 §2.1). Called by transformer.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/block.h"
#include "engine/model/weights.h"

namespace engine {

/// Reads activations.normed, writes activations.block_out. `moe_index` counts MoE layers only. What
/// was chosen lies in router_output(…) after the backend settled.
void moe(const BlockSpan& span, std::int64_t moe_index, const MoeWeights& weights,
         const BlockContext& context);

/// Where layer `moe_index` of a pass over n_tokens has its router's output.
RouterOutput router_output(const ModelConfig& config, std::int64_t moe_index, std::int64_t n_tokens,
                           bool with_scores, Activations& activations);
/// Before a pass whose probe wants scores. Only when nothing is queued that writes to them.
void make_room_for_scores(const ModelConfig& config, std::int64_t n_tokens,
                          Activations& activations);

/// How this config's router chooses: score function, groups, normalisation, scaling.
RouterArgs router_args(const ModelConfig& config, const float* bias);

}  // namespace engine
