// The module's forward pass: join, one decoder layer, the main model's head.
#include "engine/model/mtp.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/model/mla_attention.h"
#include "engine/model/moe.h"

namespace engine {

Result<MtpModule> MtpModule::create(const Transformer& main, MtpWeights weights,
                                    std::int64_t context_length, std::int64_t max_tokens,
                                    Backend& backend) {
  MtpModule module;
  module.main_ = &main;
  module.backend_ = &backend;
  module.config_ = main.config();
  module.config_.num_hidden_layers = 1;
  module.weights_ = std::move(weights);
  module.max_tokens_ = max_tokens;
  const std::int64_t hidden = main.config().hidden_size;
  ASSIGN_OR_RETURN(module.cache_, KvCache::create(module.config_, context_length, backend,
                                                  std::span(&module.weights_.layer, 1)));
  ASSIGN_OR_RETURN(module.joined_, backend.allocate(max_tokens * 2 * hidden));
  ASSIGN_OR_RETURN(module.z_, backend.allocate(max_tokens * hidden));
  return module;
}

void MtpModule::hidden_states(const Activations& activations, std::int64_t first_row,
                              MatView out) const {
  const std::int64_t hidden = config_.hidden_size;
  const MatView x{activations.x.data() + first_row * hidden, out.rows, hidden, hidden};
  backend_->rms_norm(x, main_->weights().final_norm, static_cast<float>(config_.rms_norm_eps), out);
}

Result<void> MtpModule::forward(ConstMatView hidden_states, std::span<const TokenId> next_tokens,
                                const std::stop_token& stop, Activations& activations) {
  const std::int64_t n = hidden_states.rows;
  const std::int64_t hidden = config_.hidden_size;
  CHECK_LE(n, max_tokens_);
  CHECK_LE(cache_.length() + n, cache_.context_length());
  const auto eps = static_cast<float>(config_.rms_norm_eps);
  const MatView z = z_.view(n, hidden);
  const MatView joined = joined_.view(n, 2 * hidden);
  const MatView normed = activations.normed.view(n, hidden);
  const MatView block_out = activations.block_out.view(n, hidden);
  // The module's own slots count from 0: a rotation only knows distances.
  const BlockSpan span{LayerIndex(0), cache_.length(), n};
  const BlockContext context{config_, activations, nullptr, *backend_};
  const AttentionSettings attention{
      AttentionForm::Absorbed, static_cast<float>(attention_softmax_scale(config_)), main_->rope()};

  // z = M·[norm(embedding of the next token) ; norm(hidden state)]
  backend_->embed(main_->weights().embedding, next_tokens, z);
  backend_->rms_norm(z, weights_.token_norm, eps, {joined.data, n, hidden, joined.stride});
  backend_->rms_norm(hidden_states, weights_.hidden_norm, eps,
                     {joined.data + hidden, n, hidden, joined.stride});
  backend_->matmul(joined, weights_.joint, nullptr, z);
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");

  backend_->rms_norm(z, weights_.layer.input_norm, eps, normed);
  mla_attention(span, attention, weights_.layer.attention, cache_, context);
  backend_->add(block_out, z);
  backend_->rms_norm(z, weights_.layer.post_attention_norm, eps, normed);
  if (weights_.layer.moe) {
    moe(span, 0, *weights_.layer.moe, context);
  } else {
    backend_->gated_mlp(normed, weights_.layer.dense, block_out);
  }
  backend_->add(block_out, z);
  cache_.mark_valid_to(span.first_position + n);
  last_row_ = n - 1;
  return {};
}

void MtpModule::logits(Activations& activations, std::span<float> out) const {
  CHECK_LE(config_.vocab_size, static_cast<std::int64_t>(out.size()));
  const std::int64_t hidden = config_.hidden_size;
  const MatView z{z_.data() + last_row_ * hidden, 1, hidden, hidden};
  const MatView normed = activations.normed.view(1, hidden);
  const MatView logits = activations.logits.view(1, config_.vocab_size);
  backend_->rms_norm(z, weights_.head_norm, static_cast<float>(config_.rms_norm_eps), normed);
  backend_->matmul(normed, main_->weights().output_head, nullptr, logits);
  backend_->fetch(logits, out.first(static_cast<std::size_t>(config_.vocab_size)));
  backend_->settle();
}

}  // namespace engine
