#include "engine/runtime/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/runtime/recorder.h"

namespace engine {

namespace {

// A stop is noticed between half layers: one layer of a chunk may take this long …
constexpr double kLayerSeconds = 0.1;
// … and a whole chunk this long, so that prompt progress moves; shorter chunks than this many
// tokens are only for the first rule (they read each expert for few tokens).
constexpr double kChunkSeconds = 1.0;
constexpr std::int64_t kFirstChunk = 32;

class FiniteProbe : public Probe {
 public:
  explicit FiniteProbe(Backend& backend) : backend_(backend) {}
  void on_layer_done(LayerIndex layer, ConstMatView x) override {
    if (bad_layer) return;
    std::vector<float> values(static_cast<std::size_t>(x.rows * x.cols));
    backend_.download(x, values);
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      bad_layer = layer;
    }
  }
  std::optional<LayerIndex> bad_layer;

 private:
  Backend& backend_;
};

}  // namespace

Result<Session> Session::create(const Transformer& transformer, Backend& backend,
                                const SessionOptions& options) {
  Session session;
  session.transformer_ = &transformer;
  session.backend_ = &backend;
  session.form_ = options.form;
  session.check_weights_ = options.check_weights;
  const std::int64_t chunk =
      std::clamp<std::int64_t>(options.prefill_chunk, 1, options.context_length);
  ASSIGN_OR_RETURN(session.cache_, KvCache::create(transformer.config(), options.context_length,
                                                   backend, transformer.weights().layers));
  ASSIGN_OR_RETURN(session.activations_, Activations::create(transformer.config(), chunk, backend));
  RETURN_IF_ERROR(
      backend.reserve(backend_limits(transformer.config(), chunk, options.context_length)));
  return session;
}

Result<void> Session::check_tokens(std::span<const TokenId> tokens) const {
  const std::int64_t vocab_size = config().vocab_size;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].value < 0 || tokens[i].value >= vocab_size) {
      return fail(ErrorCode::InvalidArgument, "token ids › [" + std::to_string(i) + "]: found " +
                                                  std::to_string(tokens[i].value) +
                                                  ", allowed 0 to " +
                                                  std::to_string(vocab_size - 1));
    }
  }
  return {};
}

Result<void> Session::check_room(std::int64_t n_tokens) const {
  if (n_tokens <= context_length()) return {};
  return fail(ErrorCode::ContextFull, "context full: " + std::to_string(n_tokens) +
                                          " tokens needed, " + std::to_string(context_length()) +
                                          " available; choose a longer context");
}

void Session::truncate(std::int64_t n) {
  if (n >= length()) return;
  tokens_.resize(static_cast<std::size_t>(n));
  cache_.truncate(n);
}

std::int64_t Session::keep_common_prefix(std::span<const TokenId> prompt) {
  const std::size_t most = prompt.empty() ? 0 : std::min(prompt.size() - 1, tokens_.size());
  std::size_t n = 0;
  while (n < most && tokens_[n] == prompt[n]) ++n;
  truncate(static_cast<std::int64_t>(n));
  return static_cast<std::int64_t>(n);
}

std::int64_t Session::next_chunk(std::int64_t n_left) const {
  const std::int64_t most = std::min(n_left, activations_.max_tokens);
  if (seconds_per_token_ <= 0) return std::min(most, kFirstChunk);
  const double layers = static_cast<double>(config().num_hidden_layers);
  const double by_layer = kLayerSeconds * layers / seconds_per_token_;
  const double by_chunk =
      std::max(kChunkSeconds / seconds_per_token_, static_cast<double>(kFirstChunk));
  const double limit = std::min({by_layer, by_chunk, static_cast<double>(most)});
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(limit));
}

Result<void> Session::forward(const TokenSpan& span, const ForwardOptions& options) {
  RETURN_IF_ERROR(transformer_->forward(span, options, cache_, activations_));
  if (!check_weights_) return {};
  auto intact = check_weights_();
  if (!intact) cache_.truncate(length());
  return intact;
}

Result<void> Session::extend(std::span<const TokenId> tokens, Probe* probe, std::stop_token stop,
                             std::span<float> last_logits, const LogitSummaryRequest& summary) {
  const auto n = static_cast<std::int64_t>(tokens.size());
  CHECK_LE(n, activations_.max_tokens);
  if (tokens.empty()) return {};
  RETURN_IF_ERROR(check_room(length() + n));
  RETURN_IF_ERROR(check_tokens(tokens));
  const auto begin = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(
      forward({tokens, length()}, {form_, probe, std::move(stop), last_logits, summary}));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  // A verified draft is no prompt: two tokens tell nothing about the speed of many.
  if (n > 2) seconds_per_token_ = elapsed.count() / static_cast<double>(n);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return {};
}

Result<void> Session::health() const { return backend_->health(); }

void Session::logits(std::int64_t first_row, std::int64_t n_rows, std::span<float> out) {
  transformer_->logits(first_row, n_rows, activations_, out);
}

void Session::read_latents(LayerIndex layer, std::span<float> c_kv, std::span<float> k_rope) const {
  const auto n = static_cast<std::int64_t>(c_kv.size()) / config().kv_lora_rank;
  CHECK_LE(n, length());
  backend_->download(cache_.c_kv(layer.value, 0, n), c_kv);
  backend_->download(cache_.k_rope(layer.value, 0, n), k_rope);
}

void Session::read_keys_values(LayerIndex layer, std::span<float> keys,
                               std::span<float> values) const {
  const std::int64_t width = config().num_key_value_heads * config().head_dim;
  const auto n = static_cast<std::int64_t>(keys.size()) / width;
  CHECK_LE(n, length());
  backend_->download(cache_.keys(layer.value, 0, n), keys);
  backend_->download(cache_.values(layer.value, 0, n), values);
}

Result<Replay> Session::replay(Position position, std::optional<LayerIndex> attention_layer,
                               bool with_logits, std::stop_token stop) {
  if (position.value < 0 || position.value >= length()) {
    return fail(ErrorCode::NotFound, "position " + std::to_string(position.value) +
                                         " is not in the cache, which holds " +
                                         std::to_string(length()) + " tokens");
  }
  if (attention_layer &&
      (attention_layer->value < 0 || attention_layer->value >= config().num_hidden_layers)) {
    return fail(ErrorCode::InvalidArgument,
                "layer: found " + std::to_string(attention_layer->value) + ", allowed 0 to " +
                    std::to_string(config().num_hidden_layers - 1));
  }
  RoutingRecorder recorder(config(), position.value, 1, {true, attention_layer});
  const std::span<const TokenId> token =
      std::span(tokens_).subspan(static_cast<std::size_t>(position.value), 1);
  RETURN_IF_ERROR(forward({token, position.value}, {form_, &recorder, std::move(stop)}));
  Replay replay{std::move(recorder.decisions), std::move(recorder.attention), {}};
  if (with_logits) {
    replay.logits.resize(static_cast<std::size_t>(config().vocab_size));
    logits(0, 1, replay.logits);
    RETURN_IF_ERROR(health());
  }
  return replay;
}

std::string Session::describe_non_finite() {
  FiniteProbe probe(*backend_);
  const std::span<const TokenId> last = std::span<const TokenId>(tokens_).last(1);
  const auto done =
      transformer_->forward({last, length() - 1}, {form_, &probe, {}}, cache_, activations_);
  std::string text =
      "the model's values are not finite at position " + std::to_string(length() - 1);
  if (!done) return text;
  if (probe.bad_layer)
    return text + ", first after layer " + std::to_string(probe.bad_layer->value);
  return text + ", first in the output head";
}

}  // namespace engine
