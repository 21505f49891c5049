#include "engine/model/weights.h"

#include <algorithm>
#include <utility>

#include "engine/model/quantised_weights.h"

namespace engine {

namespace {

// Fills ModelWeights role by role; remembers the bytes and whether the user asked to stop.
class WeightLoader {
 public:
  WeightLoader(const ModelConfig& config, WeightSource& source, Backend& backend,
               const std::function<void(std::int64_t)>& on_tensor, std::stop_token stop,
               const WeightChoices& choices)
      : config_(config),
        source_(source),
        backend_(backend),
        on_tensor_(on_tensor),
        stop_(std::move(stop)),
        choices_(choices) {}

  Result<ModelWeights> load();
  Result<MtpWeights> load_mtp();

 private:
  Result<WeightView> matrix(WeightRole role, std::int32_t layer = -1, std::int32_t expert = -1);
  Result<const float*> vector(WeightRole role, std::int32_t layer = -1);
  Result<const float*> optional_vector(WeightRole role, std::int32_t layer);
  Result<MlpWeights> mlp(WeightRole gate, WeightRole up, WeightRole down, std::int32_t layer,
                         std::int32_t expert = -1);
  Result<LayerWeights> layer(std::int32_t layer);
  Result<AttentionWeights> attention(std::int32_t layer);
  Result<void> latent_attention(std::int32_t layer, AttentionWeights* weights);
  Result<IndexerWeights> indexer(std::int32_t layer);
  Result<MoeWeights> experts(std::int32_t layer);
  Result<WeightView> output_head();
  Result<const float*> upload(const std::vector<float>& values);
  Result<void> count(std::int64_t bytes);

  const ModelConfig& config_;
  WeightSource& source_;
  Backend& backend_;
  const std::function<void(std::int64_t)>& on_tensor_;
  std::stop_token stop_;
  const WeightChoices choices_;
  bool aside_ = false;  // what is placed now stays in main memory
  ModelWeights weights_;
};

std::int64_t stored_bytes(const WeightView& w) {
  const std::int64_t scale_rows = w.scale_inv != nullptr ? (w.rows + 127) / 128 : 0;
  return w.bytes() + scale_rows * w.scale_cols * static_cast<std::int64_t>(sizeof(float));
}

Result<void> WeightLoader::count(std::int64_t bytes) {
  if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "loading stopped");
  weights_.stored_bytes += bytes;
  if (on_tensor_) on_tensor_(weights_.stored_bytes);
  return {};
}

Result<WeightView> WeightLoader::matrix(WeightRole role, std::int32_t layer, std::int32_t expert) {
  ASSIGN_OR_RETURN(WeightView host, source_.matrix(role, layer, expert));
  if (choices_.quantised != nullptr) host = choices_.quantised->held(host);
  ASSIGN_OR_RETURN(const WeightView placed,
                   aside_ ? backend_.place_in_main_memory(host) : backend_.place(host));
  RETURN_IF_ERROR(count(stored_bytes(host)));
  return placed;
}

Result<const float*> WeightLoader::upload(const std::vector<float>& values) {
  const auto n = static_cast<std::int64_t>(values.size());
  ASSIGN_OR_RETURN(Buffer buffer, backend_.allocate(n));
  backend_.upload(values, buffer.view(1, n));
  weights_.vectors.push_back(std::move(buffer));
  return static_cast<const float*>(weights_.vectors.back().data());
}

Result<const float*> WeightLoader::vector(WeightRole role, std::int32_t layer) {
  ASSIGN_OR_RETURN(const std::vector<float> values, source_.vector(role, layer));
  RETURN_IF_ERROR(count(static_cast<std::int64_t>(values.size() * sizeof(float))));
  return upload(values);
}

Result<const float*> WeightLoader::optional_vector(WeightRole role, std::int32_t layer) {
  if (!source_.has(role, layer)) return static_cast<const float*>(nullptr);
  return vector(role, layer);
}

Result<MlpWeights> WeightLoader::mlp(WeightRole gate, WeightRole up, WeightRole down,
                                     std::int32_t layer, std::int32_t expert) {
  MlpWeights weights;
  ASSIGN_OR_RETURN(weights.gate, matrix(gate, layer, expert));
  ASSIGN_OR_RETURN(weights.up, matrix(up, layer, expert));
  ASSIGN_OR_RETURN(weights.down, matrix(down, layer, expert));
  return weights;
}

Result<AttentionWeights> WeightLoader::attention(std::int32_t layer) {
  AttentionWeights weights;
  if (config_.is_mla()) {
    RETURN_IF_ERROR(latent_attention(layer, &weights));
  } else {
    ASSIGN_OR_RETURN(weights.w_q, matrix(WeightRole::Wq, layer));
    ASSIGN_OR_RETURN(weights.w_k, matrix(WeightRole::Wk, layer));
    ASSIGN_OR_RETURN(weights.w_v, matrix(WeightRole::Wv, layer));
    ASSIGN_OR_RETURN(weights.bias_q, optional_vector(WeightRole::WqBias, layer));
    ASSIGN_OR_RETURN(weights.bias_k, optional_vector(WeightRole::WkBias, layer));
    ASSIGN_OR_RETURN(weights.bias_v, optional_vector(WeightRole::WvBias, layer));
  }
  ASSIGN_OR_RETURN(weights.w_o, matrix(WeightRole::Wo, layer));
  ASSIGN_OR_RETURN(weights.bias_o, optional_vector(WeightRole::WoBias, layer));
  if (config_.has_indexer()) {
    ASSIGN_OR_RETURN(weights.indexer, indexer(layer));
  }
  return weights;
}

Result<void> WeightLoader::latent_attention(std::int32_t layer, AttentionWeights* weights) {
  if (config_.q_lora_rank > 0) {
    ASSIGN_OR_RETURN(weights->w_dq, matrix(WeightRole::Wdq, layer));
    ASSIGN_OR_RETURN(weights->q_norm, vector(WeightRole::QNorm, layer));
    ASSIGN_OR_RETURN(weights->w_uq, matrix(WeightRole::Wuq, layer));
    ASSIGN_OR_RETURN(weights->bias_dq, optional_vector(WeightRole::WdqBias, layer));
  } else {
    ASSIGN_OR_RETURN(weights->w_q, matrix(WeightRole::Wq, layer));
  }
  ASSIGN_OR_RETURN(weights->w_dkv, matrix(WeightRole::Wdkv, layer));
  ASSIGN_OR_RETURN(weights->kv_norm, vector(WeightRole::KvNorm, layer));
  ASSIGN_OR_RETURN(weights->bias_dkv, optional_vector(WeightRole::WdkvBias, layer));
  if (source_.has(WeightRole::Wukv, layer)) {
    ASSIGN_OR_RETURN(weights->w_up.w_ukv, matrix(WeightRole::Wukv, layer));
  } else {
    ASSIGN_OR_RETURN(weights->w_up.w_uk_t, matrix(WeightRole::WukTransposed, layer));
    ASSIGN_OR_RETURN(weights->w_up.w_uv, matrix(WeightRole::Wuv, layer));
  }
  return {};
}

Result<IndexerWeights> WeightLoader::indexer(std::int32_t layer) {
  IndexerWeights weights;
  ASSIGN_OR_RETURN(weights.w_q, matrix(WeightRole::IndexerWq, layer));
  ASSIGN_OR_RETURN(weights.w_k, matrix(WeightRole::IndexerWk, layer));
  ASSIGN_OR_RETURN(weights.k_norm, vector(WeightRole::IndexerKeyNorm, layer));
  ASSIGN_OR_RETURN(weights.k_norm_bias, vector(WeightRole::IndexerKeyNormBias, layer));
  ASSIGN_OR_RETURN(weights.w_weights, matrix(WeightRole::IndexerWeights, layer));
  return weights;
}

Result<MoeWeights> WeightLoader::experts(std::int32_t layer) {
  MoeWeights weights;
  ASSIGN_OR_RETURN(weights.router, matrix(WeightRole::Router, layer));
  std::vector<float> bias(static_cast<std::size_t>(config_.n_routed_experts), 0.0F);
  if (source_.has(WeightRole::RouterBias, layer)) {
    ASSIGN_OR_RETURN(bias, source_.vector(WeightRole::RouterBias, layer));
    RETURN_IF_ERROR(count(static_cast<std::int64_t>(bias.size() * sizeof(float))));
    ASSIGN_OR_RETURN(weights.router_bias, upload(bias));
  }
  weights_.router_bias_rows.insert(weights_.router_bias_rows.end(), bias.begin(), bias.end());
  const std::vector<std::int32_t> moe_layers = config_.moe_layers();
  const auto n_after = std::count_if(moe_layers.begin(), moe_layers.end(),
                                     [layer](std::int32_t other) { return other >= layer; });
  aside_ = n_after <= choices_.main_memory_layers;
  weights.experts.reserve(bias.size());
  for (std::int32_t e = 0; e < config_.n_routed_experts; ++e) {
    ASSIGN_OR_RETURN(MlpWeights expert, mlp(WeightRole::ExpertGate, WeightRole::ExpertUp,
                                            WeightRole::ExpertDown, layer, e));
    weights.experts.push_back(expert);
  }
  aside_ = false;
  if (config_.n_shared_experts > 0) {
    ASSIGN_OR_RETURN(weights.shared, mlp(WeightRole::SharedGate, WeightRole::SharedUp,
                                         WeightRole::SharedDown, layer));
  }
  return weights;
}

Result<LayerWeights> WeightLoader::layer(std::int32_t layer) {
  LayerWeights weights;
  ASSIGN_OR_RETURN(weights.input_norm, vector(WeightRole::InputNorm, layer));
  ASSIGN_OR_RETURN(weights.post_attention_norm, vector(WeightRole::PostAttentionNorm, layer));
  ASSIGN_OR_RETURN(weights.attention, attention(layer));
  if (config_.is_moe_layer(layer)) {
    ASSIGN_OR_RETURN(weights.moe, experts(layer));
  } else {
    ASSIGN_OR_RETURN(weights.dense,
                     mlp(WeightRole::DenseGate, WeightRole::DenseUp, WeightRole::DenseDown, layer));
  }
  return weights;
}

// Decoding one token reads everything once, but of the embedding one row and of the routed experts
// only the chosen ones.
std::int64_t decode_bytes(const ModelConfig& config, const ModelWeights& weights) {
  std::int64_t bytes =
      weights.stored_bytes - stored_bytes(weights.embedding) +
      weights.embedding.bytes() / std::max<std::int64_t>(1, weights.embedding.rows);
  if (weights.output_head.data == weights.embedding.data) {
    bytes += stored_bytes(weights.output_head);
  }
  for (const LayerWeights& layer : weights.layers) {
    if (!layer.moe || layer.moe->experts.empty()) continue;
    const MlpWeights& expert = layer.moe->experts.front();
    const std::int64_t expert_bytes =
        stored_bytes(expert.gate) + stored_bytes(expert.up) + stored_bytes(expert.down);
    bytes -= expert_bytes * (config.n_routed_experts - config.num_experts_per_tok);
  }
  return bytes;
}

// A tied head is the embedding's own placed copy.
Result<WeightView> WeightLoader::output_head() {
  ASSIGN_OR_RETURN(const WeightView head, source_.matrix(WeightRole::OutputHead));
  ASSIGN_OR_RETURN(const WeightView embedding, source_.matrix(WeightRole::Embedding));
  if (head.data == embedding.data) return weights_.embedding;
  return matrix(WeightRole::OutputHead);
}

Result<ModelWeights> WeightLoader::load() {
  ASSIGN_OR_RETURN(weights_.embedding, matrix(WeightRole::Embedding));
  weights_.layers.reserve(static_cast<std::size_t>(config_.num_hidden_layers));
  for (std::int32_t i = 0; i < config_.num_hidden_layers; ++i) {
    ASSIGN_OR_RETURN(LayerWeights weights, layer(i));
    weights_.layers.push_back(std::move(weights));
  }
  ASSIGN_OR_RETURN(weights_.final_norm, vector(WeightRole::FinalNorm));
  ASSIGN_OR_RETURN(weights_.output_head, output_head());
  weights_.bytes_read_per_token = decode_bytes(config_, weights_);
  return std::move(weights_);
}

Result<MtpWeights> WeightLoader::load_mtp() {
  const auto at = static_cast<std::int32_t>(config_.num_hidden_layers);
  MtpWeights mtp;
  ASSIGN_OR_RETURN(mtp.token_norm, vector(WeightRole::MtpTokenNorm, at));
  ASSIGN_OR_RETURN(mtp.hidden_norm, vector(WeightRole::MtpHiddenNorm, at));
  ASSIGN_OR_RETURN(mtp.joint, matrix(WeightRole::MtpJoint, at));
  ASSIGN_OR_RETURN(mtp.layer, layer(at));
  ASSIGN_OR_RETURN(mtp.head_norm, vector(WeightRole::MtpHeadNorm, at));
  mtp.vectors = std::move(weights_.vectors);
  mtp.stored_bytes = weights_.stored_bytes;
  return mtp;
}

}  // namespace

Result<MtpWeights> load_mtp_weights(const ModelConfig& config, WeightSource& source,
                                    Backend& backend, std::stop_token stop) {
  const std::function<void(std::int64_t)> silent;
  return WeightLoader(config, source, backend, silent, std::move(stop), {}).load_mtp();
}

Result<ModelWeights> load_weights(const ModelConfig& config, WeightSource& source, Backend& backend,
                                  const std::function<void(std::int64_t)>& on_tensor,
                                  std::stop_token stop, const WeightChoices& choices) {
  return WeightLoader(config, source, backend, on_tensor, std::move(stop), choices).load();
}

}  // namespace engine
