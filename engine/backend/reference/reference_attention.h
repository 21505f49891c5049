// MLA attention of the reference backend, both forms literally as the equations of V2 §2.1 read.
#pragma once

#include "engine/backend/backend.h"

namespace engine {

void reference_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                             const AttentionProbe* probe, MatView out);

void reference_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                             MatView out);
void reference_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                           std::span<float> scores);
void reference_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                          MatView out);

}  // namespace engine
