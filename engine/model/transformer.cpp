#include "engine/model/transformer.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/model/gqa_attention.h"
#include "engine/model/mla_attention.h"
#include "engine/model/moe.h"

namespace engine {

Result<Transformer> Transformer::create(ModelConfig config, ModelWeights weights,
                                        std::int64_t context_length, Backend& backend) {
  Transformer transformer;
  ASSIGN_OR_RETURN(transformer.rope_, make_rope_table(config, context_length, backend));
  transformer.config_ = std::move(config);
  transformer.weights_ = std::move(weights);
  transformer.backend_ = &backend;
  return transformer;
}

Result<void> Transformer::forward(const TokenSpan& span, const ForwardOptions& options,
                                  KvCache& cache, Activations& activations) const {
  const auto n_tokens = static_cast<std::int64_t>(span.tokens.size());
  CHECK_LE(n_tokens, activations.max_tokens);
  CHECK_LE(span.first_position, cache.length());
  CHECK_LE(span.first_position + n_tokens, cache.context_length());

  const auto eps = static_cast<float>(config_.rms_norm_eps);
  const AttentionSettings attention{
      options.form, static_cast<float>(attention_softmax_scale(config_)), rope_.table};
  const MatView x = activations.x.view(n_tokens, config_.hidden_size);
  const MatView normed = activations.normed.view(n_tokens, config_.hidden_size);
  const MatView block_out = activations.block_out.view(n_tokens, config_.hidden_size);

  const BlockContext context{config_, activations, options.probe, *backend_};
  const auto attend = config_.is_mla() ? mla_attention : gqa_attention;

  backend_->embed(weights_.embedding, span.tokens, x);
  std::int64_t moe_index = 0;
  for (std::int32_t layer = 0; layer < config_.num_hidden_layers; ++layer) {
    const LayerWeights& w = weights_.layers[static_cast<std::size_t>(layer)];
    const BlockSpan block{LayerIndex(layer), span.first_position, n_tokens};
    if (options.stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");

    // x ← x + attention(norm(x))
    backend_->rms_norm(x, w.input_norm, eps, normed);
    attend(block, attention, w.attention, cache, context);
    backend_->add(block_out, x);
    if (options.stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");

    // x ← x + experts(norm(x)), a dense MLP in the first layers
    backend_->rms_norm(x, w.post_attention_norm, eps, normed);
    if (w.moe) {
      moe(block, moe_index++, *w.moe, context);
    } else {
      backend_->gated_mlp(normed, w.dense, block_out);
    }
    backend_->add(block_out, x);
    if (options.probe != nullptr) options.probe->on_layer_done(block.layer, x);
  }
  RETURN_IF_ERROR(backend_->health());
  cache.mark_valid_to(span.first_position + n_tokens);
  return {};
}

void Transformer::logits(std::int64_t first_row, std::int64_t n_rows, Activations& activations,
                         std::span<float> out) const {
  CHECK_LE(n_rows * config_.vocab_size, static_cast<std::int64_t>(out.size()));
  const auto eps = static_cast<float>(config_.rms_norm_eps);
  for (std::int64_t done = 0; done < n_rows;) {
    const std::int64_t n = std::min(activations.max_logit_rows, n_rows - done);
    const MatView x{activations.x.data() + (first_row + done) * config_.hidden_size, n,
                    config_.hidden_size, config_.hidden_size};
    const MatView normed = activations.normed.view(n, config_.hidden_size);
    const MatView logits = activations.logits.view(n, config_.vocab_size);
    backend_->rms_norm(x, weights_.final_norm, eps, normed);
    backend_->matmul(normed, weights_.output_head, nullptr, logits);
    backend_->download(logits, out.subspan(static_cast<std::size_t>(done * config_.vocab_size),
                                           static_cast<std::size_t>(n * config_.vocab_size)));
    done += n;
  }
}

}  // namespace engine
