// Rotary position embedding: frequencies (YaRN, Llama 3.1, linear), the cos/sin table, and the
// softmax scale that goes with them. Read by load_model; the table is used by attention.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"

namespace engine {

/// The angle each pair of rotary dims turns per position: [rope_head_dim / 2]. float32 in the
/// order of operations transformers uses, because at position 160,000 one last bit is 0.01 rad.
std::vector<float> rope_frequencies(const ModelConfig& config);

/// YaRN's multiplier of cos and sin (1 without scaling, and for every released DeepSeek model).
double rope_attention_factor(const ModelConfig& config);

/// query_head_dim^-1/2; under MLA times mscale² where YaRN's mscale_all_dim is set.
double attention_softmax_scale(const ModelConfig& config);

/// Owns the table; `table` points into the buffers.
struct RopeTableOwner {
  Buffer cos;
  Buffer sin;
  RopeTable table;
};

/// cos and sin of every position below `n_positions`, in backend memory.
Result<RopeTableOwner> make_rope_table(const ModelConfig& config, std::int64_t n_positions,
                                       Backend& backend);

}  // namespace engine
