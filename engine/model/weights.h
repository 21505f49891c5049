// ModelWeights: every weight of the model, by its name in the paper, placed on a backend. Filled
// once by load_model; transformer and its blocks only read it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/weight_source.h"

namespace engine {

/// V3.2's lightning indexer.
struct IndexerWeights {
  WeightView w_q;                      // [index_n_heads · index_head_dim, q_lora_rank]
  WeightView w_k;                      // [index_head_dim, hidden]
  const float* k_norm = nullptr;       // [index_head_dim]
  const float* k_norm_bias = nullptr;  // [index_head_dim]
  WeightView w_weights;                // [index_n_heads, hidden]
};

class QuantisedWeights;

struct AttentionWeights {
  WeightView w_q;  // [n_heads · query_head_dim, hidden]; Gqa, and MLA without query compression
  WeightView w_k;  // [n_kv_heads · head_dim, hidden]; Gqa only, like w_v
  WeightView w_v;
  WeightView w_dq;                 // [q_lora_rank, hidden]
  const float* q_norm = nullptr;   // [q_lora_rank]
  WeightView w_uq;                 // [n_heads · qk_head_dim, q_lora_rank]
  WeightView w_dkv;                // [kv_lora_rank + qk_rope_head_dim, hidden]
  const float* kv_norm = nullptr;  // [kv_lora_rank]
  LatentUpWeights w_up;
  WeightView w_o;                 // [hidden, n_heads · value_head_dim]
  IndexerWeights indexer;         // V3.2 only
  const float* bias_q = nullptr;  // Gqa with attention_bias or qkv_bias, like bias_k and bias_v
  const float* bias_k = nullptr;
  const float* bias_v = nullptr;
  const float* bias_dq = nullptr;  // with attention_bias only
  const float* bias_dkv = nullptr;
  const float* bias_o = nullptr;
};

struct MoeWeights {
  WeightView router;                   // [n_routed_experts, hidden]
  const float* router_bias = nullptr;  // [n_routed_experts], or null
  std::vector<MlpWeights> experts;     // [n_routed_experts]
  MlpWeights shared;            // width n_shared_experts · moe_intermediate_size; may be empty
  bool read_as_needed = false;  // experts lie in mapped files that memory does not hold
};

struct LayerWeights {
  const float* input_norm = nullptr;           // [hidden]
  const float* post_attention_norm = nullptr;  // [hidden]
  AttentionWeights attention;
  MlpWeights dense;               // layers without experts
  std::optional<MoeWeights> moe;  // the others
};

struct ModelWeights {
  WeightView embedding;                 // [vocab_size, hidden]
  std::vector<LayerWeights> layers;     // [num_hidden_layers]
  const float* final_norm = nullptr;    // [hidden]
  WeightView output_head;               // [vocab_size, hidden]
  std::vector<Buffer> vectors;          // owns the norms and biases above
  std::vector<float> router_bias_rows;  // [M, n_routed_experts] on the host; zeros where absent
  std::int64_t stored_bytes = 0;
  std::int64_t bytes_read_per_token = 0;  // what decoding one token reads: chosen experts only

  /// The chosen experts are announced to the system before they are read.
  void set_read_as_needed() {
    for (LayerWeights& layer : layers) {
      if (layer.moe) layer.moe->read_as_needed = true;
    }
  }
};

/// V3's multi-token prediction module (V3 report §2.2): one decoder layer over the embedding of the
/// next token joined to the main model's last hidden state. Embedding and head are the main
/// model's.
struct MtpWeights {
  const float* token_norm = nullptr;   // [hidden]
  const float* hidden_norm = nullptr;  // [hidden]
  WeightView joint;                    // [hidden, 2 · hidden]; the embedding's half first
  LayerWeights layer;
  const float* head_norm = nullptr;  // [hidden]
  std::vector<Buffer> vectors;       // owns the norms and biases above
  std::int64_t stored_bytes = 0;
};

/// How weights are taken over.
struct WeightChoices {
  /// Matrices to take in place of stored ones; null: none. It must outlive the weights.
  const QuantisedWeights* quantised = nullptr;
  /// The routed experts of the last so many MoE layers stay in main memory.
  std::int64_t main_memory_layers = 0;
};

/// `on_tensor(bytes_so_far)` after each tensor; Cancelled between two tensors when asked to stop.
Result<ModelWeights> load_weights(const ModelConfig& config, WeightSource& source, Backend& backend,
                                  const std::function<void(std::int64_t)>& on_tensor,
                                  std::stop_token stop, const WeightChoices& choices = {});

/// The module's weights; only where source.has_mtp().
Result<MtpWeights> load_mtp_weights(const ModelConfig& config, WeightSource& source,
                                    Backend& backend, std::stop_token stop);

}  // namespace engine
