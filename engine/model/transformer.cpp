#include "engine/model/transformer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/check.h"
#include "engine/model/gqa_attention.h"
#include "engine/model/mla_attention.h"
#include "engine/model/moe.h"

namespace engine {

namespace {

std::uint64_t address(const void* p) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(p));
}

}  // namespace

Result<Transformer> Transformer::create(ModelConfig config, ModelWeights weights,
                                        std::int64_t context_length, Backend& backend) {
  Transformer transformer;
  ASSIGN_OR_RETURN(transformer.rope_, make_rope_table(config, context_length, backend));
  transformer.config_ = std::move(config);
  transformer.weights_ = std::move(weights);
  transformer.backend_ = &backend;
  return transformer;
}

struct Transformer::Pass {
  const TokenSpan& span;
  const ForwardOptions& options;
  KvCache& cache;
  Activations& activations;
  std::int64_t n_tokens;
};

Result<void> Transformer::run_layers(const Pass& pass) const {
  const ForwardOptions& options = pass.options;
  const std::int64_t n_tokens = pass.n_tokens;
  const auto eps = static_cast<float>(config_.rms_norm_eps);
  const AttentionSettings attention{
      options.form, static_cast<float>(attention_softmax_scale(config_)), rope_.table};
  const MatView x = pass.activations.x.view(n_tokens, config_.hidden_size);
  const MatView normed = pass.activations.normed.view(n_tokens, config_.hidden_size);
  const MatView block_out = pass.activations.block_out.view(n_tokens, config_.hidden_size);

  const BlockContext context{config_, pass.activations, options.probe, *backend_};
  const auto attend = config_.is_mla() ? mla_attention : gqa_attention;

  backend_->embed(weights_.embedding, pass.span.tokens, x);
  std::int64_t moe_index = 0;
  for (std::int32_t layer = 0; layer < config_.num_hidden_layers; ++layer) {
    const LayerWeights& w = weights_.layers[static_cast<std::size_t>(layer)];
    const BlockSpan block{LayerIndex(layer), pass.span.first_position, n_tokens};
    if (options.stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");

    // x ← x + attention(norm(x))
    backend_->rms_norm(x, w.input_norm, eps, normed);
    attend(block, attention, w.attention, pass.cache, context);
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
  if (options.last_logits.empty() && options.summary.out == nullptr) return {};
  const MatView logits = queue_logits({x.row(n_tokens - 1), 1, x.cols, x.stride}, pass.activations);
  if (!options.last_logits.empty()) {
    backend_->fetch(logits, options.last_logits.first(static_cast<std::size_t>(logits.cols)));
  }
  if (options.summary.out != nullptr) backend_->summarise_logits(logits, options.summary);
  return {};
}

// One token again and again is what a device may have recorded. A step's shape: what it asks for,
// where its results go, and which of the indexer's two ways it takes.
Result<void> Transformer::run_step(const Pass& pass) const {
  const ForwardOptions& options = pass.options;
  const bool is_step =
      pass.n_tokens == 1 && (options.probe == nullptr || options.probe->wants_only_routing());
  if (!is_step) return run_layers(pass);
  DecodeStep step{0, pass.span.tokens.front(), pass.span.first_position};
  const bool picks = config_.has_indexer() && step.position + 1 > config_.index_topk;
  const bool scores = options.probe != nullptr && options.probe->wants_router_scores();
  for (const auto part :
       {std::uint64_t{picks}, std::uint64_t{scores}, address(options.last_logits.data()),
        address(options.summary.out), static_cast<std::uint64_t>(options.summary.args.n_sampleable),
        std::uint64_t{std::bit_cast<std::uint32_t>(options.summary.args.temperature)},
        address(pass.activations.x.data()), address(pass.activations.scores.data()),
        address(&pass.cache), std::uint64_t{options.form == AttentionForm::Absorbed}}) {
    step.shape = step.shape * 0x9E3779B97F4A7C15U + part;
  }
  do {
    if (backend_->begin_step(step) == StepState::Replayed) return {};
    RETURN_IF_ERROR(run_layers(pass));
  } while (!backend_->end_step());
  return {};
}

Result<void> Transformer::forward(const TokenSpan& span, const ForwardOptions& options,
                                  KvCache& cache, Activations& activations) const {
  const auto n_tokens = static_cast<std::int64_t>(span.tokens.size());
  CHECK_LE(n_tokens, activations.max_tokens);
  CHECK_LE(span.first_position, cache.length());
  CHECK_LE(span.first_position + n_tokens, cache.context_length());

  Probe* probe = options.probe;
  const bool with_scores = probe != nullptr && probe->wants_router_scores();
  if (with_scores) make_room_for_scores(config_, n_tokens, activations);
  const auto done = run_step({span, options, cache, activations, n_tokens});
  backend_->settle();
  RETURN_IF_ERROR(done);
  RETURN_IF_ERROR(backend_->health());
  cache.mark_valid_to(span.first_position + n_tokens);
  if (probe == nullptr) return {};
  std::int64_t moe_index = 0;
  for (const std::int32_t layer : config_.moe_layers()) {
    probe->on_routed(LayerIndex(layer), moe_index,
                     router_output(config_, moe_index, n_tokens, with_scores, activations));
    ++moe_index;
  }
  return {};
}

MatView Transformer::queue_logits(ConstMatView x, Activations& activations) const {
  const MatView normed = activations.normed.view(x.rows, config_.hidden_size);
  const MatView logits = activations.logits.view(x.rows, config_.vocab_size);
  backend_->rms_norm(x, weights_.final_norm, static_cast<float>(config_.rms_norm_eps), normed);
  backend_->matmul(normed, weights_.output_head, nullptr, logits);
  return logits;
}

void Transformer::logits(std::int64_t first_row, std::int64_t n_rows, Activations& activations,
                         std::span<float> out) const {
  CHECK_LE(n_rows * config_.vocab_size, static_cast<std::int64_t>(out.size()));
  for (std::int64_t done = 0; done < n_rows;) {
    const std::int64_t n = std::min(activations.max_logit_rows, n_rows - done);
    const ConstMatView x{activations.x.data() + (first_row + done) * config_.hidden_size, n,
                         config_.hidden_size, config_.hidden_size};
    backend_->fetch(queue_logits(x, activations),
                    out.subspan(static_cast<std::size_t>(done * config_.vocab_size),
                                static_cast<std::size_t>(n * config_.vocab_size)));
    backend_->settle();
    done += n;
  }
}

void Transformer::summarised_logits(const Activations& activations, std::span<float> out) const {
  const auto n = static_cast<std::size_t>(config_.vocab_size);
  backend_->fetch(activations.logits.view(1, config_.vocab_size), out.first(n));
  backend_->settle();
}

}  // namespace engine
