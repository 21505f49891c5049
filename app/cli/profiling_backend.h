// ProfilingBackend: another backend with a watch on every op, for `bench --profile`. Not used, it
// does not exist: the model then calls its backend directly.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "app/cli/op_costs.h"
#include "engine/backend/backend.h"
#include "engine/model/weights.h"

namespace app::cli {

class ProfilingBackend final : public engine::Backend {
 public:
  struct Entry {
    double seconds = 0;
    std::int64_t nCalls = 0;
    OpCost cost;  // of ops that read weights or the cache, where they run while the watch does
  };

  explicit ProfilingBackend(std::unique_ptr<engine::Backend> inner) : inner_(std::move(inner)) {}

  /// Names products by the weights they read; until then they are "product".
  void nameWeights(const engine::ModelWeights& weights);
  /// Since the last call.
  std::map<std::string, Entry> takeEntries();

  engine::BackendKind kind() const override { return inner_->kind(); }
  std::string description() const override { return inner_->description(); }
  engine::Result<void> health() const override { return inner_->health(); }
  engine::Result<engine::Buffer> allocate(std::int64_t n_elements) override {
    return inner_->allocate(n_elements);
  }
  engine::Result<void> reserve(const engine::BackendLimits& limits) override {
    return inner_->reserve(limits);
  }
  engine::Result<engine::WeightView> place(const engine::WeightView& host) override {
    return inner_->place(host);
  }
  engine::Result<engine::WeightView> place_in_main_memory(const engine::WeightView& host) override {
    return inner_->place_in_main_memory(host);
  }
  std::int64_t kept_latent_elements(const engine::LatentUpWeights& w_up, std::int64_t kv_lora_rank,
                                    std::int64_t qk_rope_head_dim) const override {
    return inner_->kept_latent_elements(w_up, kv_lora_rank, qk_rope_head_dim);
  }
  void settle() override {
    timed("waiting", [&] { inner_->settle(); });
  }
  std::int64_t free_bytes() override { return inner_->free_bytes(); }
  void fetch(engine::ConstMatView device, std::span<float> host) override {
    timed("copies", [&] { inner_->fetch(device, host); });
  }
  void upload(std::span<const float> host, engine::MatView device) override {
    inner_->upload(host, device);
  }
  void download(engine::ConstMatView device, std::span<float> host) override {
    timed("copies", [&] { inner_->download(device, host); });
  }

 protected:
  void do_embed(const engine::WeightView& table, std::span<const engine::TokenId> tokens,
                engine::MatView out) override;
  void do_rms_norm(engine::ConstMatView x, const float* gamma, float eps,
                   engine::MatView out) override;
  void do_matmul(engine::ConstMatView x, const engine::WeightView& w, const float* bias,
                 engine::MatView out) override;
  void do_add(engine::ConstMatView a, engine::MatView out) override;
  void do_copy(engine::ConstMatView a, engine::MatView out) override;
  void do_summarise_logits(engine::ConstMatView logits, const engine::LogitSummaryArgs& args,
                           engine::LogitSummary* out) override;
  void do_rope(engine::MatView x, std::int64_t n_heads, std::int64_t head_stride,
               std::int64_t offset, std::int64_t first_position,
               const engine::RopeTable& table) override;
  void do_keep_latents(engine::ConstMatView c_kv, engine::ConstMatView k_rope,
                       std::int64_t first_slot, const engine::KeptLatents& kept) override;
  void do_mla_attention(const engine::MlaAttentionArgs& args, engine::AttentionForm form,
                        const engine::AttentionProbe* probe, engine::MatView out) override;
  void do_gqa_attention(const engine::GqaAttentionArgs& args, const engine::AttentionProbe* probe,
                        engine::MatView out) override;
  void do_index_slots(const engine::IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override;
  void do_layer_norm(engine::ConstMatView x, const float* gamma, const float* beta, float eps,
                     engine::MatView out) override;
  void do_gated_mlp(engine::ConstMatView x, const engine::MlpWeights& mlp,
                    engine::MatView out) override;
  void do_route(engine::ConstMatView logits, const engine::RouterArgs& args,
                const engine::RouterOutput& out) override;
  void do_moe(engine::ConstMatView x, std::span<const engine::MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              engine::MatView out) override;

 private:
  /// Whether an op is done when its call returns, and its operands are in main memory.
  bool runsAtOnce() const { return inner_->kind() != engine::BackendKind::Cuda; }
  template <class Work>
  void timed(const char* name, const Work& work) {
    timed(
        name, [] { return OpCost{}; }, work);
  }
  template <class Cost, class Work>
  void timed(const char* name, const Cost& cost, const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    Entry& entry = entries_[name];
    entry.seconds += elapsed.count();
    ++entry.nCalls;
    if (runsAtOnce()) entry.cost += cost();
  }
  const char* nameOf(const engine::WeightView& w, const char* otherwise) const;

  std::unique_ptr<engine::Backend> inner_;
  std::unordered_map<const std::byte*, const char*> names_;
  std::map<std::string, Entry> entries_;
};

}  // namespace app::cli
