#include "tests/gpu/host_view_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "engine/backend/host_memory.h"

namespace engine::test {

namespace {

class HostViewBackend final : public Backend {
 public:
  HostViewBackend(std::unique_ptr<Backend> device, std::function<void()> check)
      : device_(std::move(device)), check_(std::move(check)) {}

  BackendKind kind() const override { return device_->kind(); }
  std::string description() const override { return device_->description(); }
  Result<void> health() const override { return device_->health(); }
  Result<Buffer> allocate(std::int64_t n) override { return allocate_host(n); }
  Result<void> reserve(const BackendLimits& limits) override { return device_->reserve(limits); }
  Result<WeightView> place(const WeightView& host) override { return host; }
  void upload(std::span<const float> host, MatView to) override { copy_to_rows(host, to); }
  void download(ConstMatView from, std::span<float> host) override { copy_from_rows(from, host); }

 protected:
  void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) override {
    run(out, [&](MatView o) { device_->embed(weight(table), tokens, o); });
  }
  void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) override {
    const bool in_place = x.data == out.data;
    const MatView in = rows(x);
    run(out,
        [&](MatView o) { device_->rms_norm(in_place ? o : in, vector(gamma, x.cols), eps, o); });
  }
  void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                     MatView out) override {
    const bool in_place = x.data == out.data;
    const MatView in = rows(x);
    run(out, [&](MatView o) {
      device_->layer_norm(in_place ? o : in, vector(gamma, x.cols), vector(beta, x.cols), eps, o);
    });
  }
  void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) override {
    run(out, [&](MatView o) { device_->matmul(rows(x), weight(w), vector(bias, w.rows), o); });
  }
  void do_add(ConstMatView a, MatView out) override {
    run(out, [&](MatView o) { device_->add(rows(a), o); });
  }
  void do_copy(ConstMatView a, MatView out) override {
    run(out, [&](MatView o) { device_->copy(rows(a), o); });
  }
  void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                           LogitSummary* out) override {
    device_->summarise_logits(rows(logits), {args, out});
    device_->settle();
  }
  void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
               std::int64_t first_position, const RopeTable& table) override {
    RopeTable placed = table;
    const std::int64_t n = (first_position + x.rows) * (table.dim / 2);
    placed.cos = vector(table.cos, n);
    placed.sin = vector(table.sin, n);
    run(x,
        [&](MatView o) { device_->rope(o, n_heads, head_stride, offset, first_position, placed); });
  }
  void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                        const AttentionProbe* probe, MatView out) override {
    MlaAttentionArgs a = args;
    a.q = rows(args.q);
    a.c_kv = rows(args.c_kv);
    a.k_rope = rows(args.k_rope);
    if (args.w_up.is_split()) {
      a.w_up.w_uk_t = weight(args.w_up.w_uk_t);
      a.w_up.w_uv = weight(args.w_up.w_uv);
    } else {
      a.w_up.w_ukv = weight(args.w_up.w_ukv);
    }
    run(out, [&](MatView o) { device_->mla_attention(a, form, probe, o); });
  }
  void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                        MatView out) override {
    GqaAttentionArgs a = args;
    a.q = rows(args.q);
    a.k = rows(args.k);
    a.v = rows(args.v);
    run(out, [&](MatView o) { device_->gqa_attention(a, probe, o); });
  }
  void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override {
    IndexerArgs a = args;
    a.q = rows(args.q);
    a.weights = rows(args.weights);
    a.k = rows(args.k);
    device_->index_slots(a, picked, scores);
    done();
  }
  void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) override {
    run(out, [&](MatView o) { device_->gated_mlp(rows(x), placed(mlp), o); });
  }
  void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) override {
    RouterArgs a = args;
    a.bias = vector(args.bias, logits.cols);
    device_->route(rows(logits), a, out);
    done();
  }
  void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              MatView out) override {
    std::vector<MlpWeights> on_device;
    for (const MlpWeights& e : experts) on_device.push_back(placed(e));
    run(out, [&](MatView o) { device_->moe(rows(x), on_device, ids, weights, top_k, o); });
  }

 private:
  MatView buffer(std::int64_t n, std::int64_t n_rows, std::int64_t cols, std::int64_t stride) {
    auto memory = device_->allocate(n);
    if (!memory) {
      ADD_FAILURE() << memory.error().message;
      return {};
    }
    buffers_.push_back(std::move(*memory));
    return {buffers_.back().data(), n_rows, cols, stride};
  }
  // Rows keep their distance, and NaN stands between them: nobody may read it.
  MatView rows(ConstMatView host) {
    const MatView whole = buffer(host.rows * host.stride, host.rows, host.stride, host.stride);
    std::vector<float> values(static_cast<std::size_t>(host.rows * host.stride), NAN);
    for (std::int64_t r = 0; r < host.rows; ++r) {
      std::memcpy(values.data() + r * host.stride, host.row(r),
                  static_cast<std::size_t>(host.cols) * sizeof(float));
    }
    device_->upload(values, whole);
    return {whole.data, host.rows, host.cols, host.stride};
  }
  const float* vector(const float* host, std::int64_t n) {
    return host == nullptr ? nullptr : rows({host, 1, n, n}).data;
  }
  WeightView weight(const WeightView& host) {
    auto on_device = device_->place(host);
    if (!on_device) ADD_FAILURE() << on_device.error().message;
    return on_device ? *on_device : host;
  }
  MlpWeights placed(const MlpWeights& mlp) {
    return {weight(mlp.gate), weight(mlp.up), weight(mlp.down)};
  }
  void run(MatView out, const std::function<void(MatView)>& op) {
    const MatView on_device = rows(out);
    op(on_device);
    std::vector<float> values(static_cast<std::size_t>(out.rows * out.cols));
    device_->download(on_device, values);
    if (out.rows > 0) copy_to_rows(values, out);
    done();
  }
  void done() {
    device_->settle();
    check_();
    buffers_.clear();
  }

  std::unique_ptr<Backend> device_;
  std::function<void()> check_;
  std::vector<Buffer> buffers_;
};

}  // namespace

std::unique_ptr<Backend> make_host_view_backend(std::unique_ptr<Backend> device,
                                                std::function<void()> check) {
  return std::make_unique<HostViewBackend>(std::move(device), std::move(check));
}

}  // namespace engine::test
