#include "engine/backend/split_backend.h"

#include <unordered_set>
#include <utility>

namespace engine {

namespace {

class SplitBackend final : public Backend {
 public:
  SplitBackend(std::unique_ptr<Backend> device, std::unique_ptr<Backend> host)
      : device_(std::move(device)), host_(std::move(host)) {}

  BackendKind kind() const override { return device_->kind(); }
  std::string description() const override {
    return device_->description() + " + " + host_->description();
  }
  Result<void> health() const override { return device_->health(); }
  void settle() override { device_->settle(); }
  std::int64_t free_bytes() override { return device_->free_bytes(); }
  void rows_by_position(ConstMatView rows) override { device_->rows_by_position(rows); }
  StepState begin_step(const DecodeStep& step) override {
    return in_main_memory_.empty() ? device_->begin_step(step) : StepState::Run;
  }
  bool end_step() override { return !in_main_memory_.empty() || device_->end_step(); }
  Result<Buffer> allocate(std::int64_t n) override { return device_->allocate(n); }
  Result<void> reserve(const BackendLimits& limits) override {
    RETURN_IF_ERROR(device_->reserve(limits));
    const std::int64_t hidden = limits.hidden_size > 0 ? limits.hidden_size : limits.max_width;
    ASSIGN_OR_RETURN(x_, host_->allocate(limits.max_tokens * hidden));
    ASSIGN_OR_RETURN(out_, host_->allocate(limits.max_tokens * hidden));
    return host_->reserve(limits);
  }
  Result<WeightView> place(const WeightView& host) override { return device_->place(host); }
  Result<WeightView> place_in_main_memory(const WeightView& host) override {
    ASSIGN_OR_RETURN(const WeightView placed, host_->place(host));
    in_main_memory_.insert(placed.data);
    return placed;
  }
  void upload(std::span<const float> host, MatView device) override {
    device_->upload(host, device);
  }
  void download(ConstMatView device, std::span<float> host) override {
    device_->download(device, host);
  }
  void fetch(ConstMatView device, std::span<float> host) override { device_->fetch(device, host); }

 protected:
  void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) override {
    device_->embed(table, tokens, out);
  }
  void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) override {
    device_->rms_norm(x, gamma, eps, out);
  }
  void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) override {
    device_->matmul(x, w, bias, out);
  }
  void do_add(ConstMatView a, MatView out) override { device_->add(a, out); }
  void do_copy(ConstMatView a, MatView out) override { device_->copy(a, out); }
  void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                           LogitSummary* out) override {
    device_->summarise_logits(logits, {args, out});
  }
  void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
               std::int64_t first_position, const RopeTable& table) override {
    device_->rope(x, n_heads, head_stride, offset, first_position, table);
  }
  void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                        const AttentionProbe* probe, MatView out) override {
    device_->mla_attention(args, form, probe, out);
  }
  void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                        MatView out) override {
    device_->gqa_attention(args, probe, out);
  }
  void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override {
    device_->index_slots(args, picked, scores);
  }
  void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                     MatView out) override {
    device_->layer_norm(x, gamma, beta, eps, out);
  }
  void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) override {
    device_->gated_mlp(x, mlp, out);
  }
  void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) override {
    device_->route(logits, args, out);
  }
  void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              MatView out) override {
    if (!in_main_memory_.contains(experts.front().gate.data)) {
      return device_->moe(x, experts, ids, weights, top_k, out);
    }
    const MatView host_x = x_.view(x.rows, x.cols);
    const MatView host_out = out_.view(out.rows, out.cols);
    const auto n = static_cast<std::size_t>(x.rows * x.cols);
    device_->fetch(x, {host_x.data, n});
    device_->settle();
    host_->moe(host_x, experts, ids, weights, top_k, host_out);
    device_->upload({host_out.data, static_cast<std::size_t>(out.rows * out.cols)}, out);
  }

 private:
  std::unique_ptr<Backend> device_;
  std::unique_ptr<Backend> host_;
  std::unordered_set<const std::byte*> in_main_memory_;
  Buffer x_, out_;  // [max_tokens, hidden_size], main memory
};

}  // namespace

std::unique_ptr<Backend> make_split_backend(std::unique_ptr<Backend> device,
                                            std::unique_ptr<Backend> host) {
  return std::make_unique<SplitBackend>(std::move(device), std::move(host));
}

}  // namespace engine
