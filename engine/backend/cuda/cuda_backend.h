// CudaBackend: the ops of backend.h on one GPU, queued on one stream. Part of the plug-in.
// A CUDA failure never ends the process: the first one stays in health(), and ops after it do
// nothing.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_memory.h"
#include "engine/backend/cuda/kernels.h"

namespace engine::cuda {

class CudaBackend final : public Backend {
 public:
  /// Opens the device and runs the self-check: one small known case per kernel family.
  static Result<std::unique_ptr<Backend>> create(int ordinal);
  ~CudaBackend() override;

  BackendKind kind() const override { return BackendKind::Cuda; }
  std::string description() const override;
  Result<void> health() const override;
  Result<Buffer> allocate(std::int64_t n_elements) override;
  Result<void> reserve(const BackendLimits& limits) override;
  Result<WeightView> place(const WeightView& host) override;
  void upload(std::span<const float> host, MatView device) override;
  void download(ConstMatView device, std::span<float> host) override;

 protected:
  void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) override;
  void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) override;
  void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) override;
  void do_add(ConstMatView a, MatView out) override;
  void do_copy(ConstMatView a, MatView out) override;
  void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
               std::int64_t first_position, const RopeTable& table) override;
  void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                        const AttentionProbe* probe, MatView out) override;
  void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                        MatView out) override;
  void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override;
  void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                     MatView out) override;
  void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) override;
  void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) override;
  void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              MatView out) override;

 private:
  /// The experts of one layer as the kernels read them. Refilled when what stands at the same place
  /// changed.
  struct ExpertTables {
    std::vector<PlacedWeight> host;  // gates, then ups, then downs
    DeviceMemory device;
    const PlacedWeight* gates() const { return static_cast<const PlacedWeight*>(device.data()); }
  };

  CudaBackend() : scratch_(device_), slabs_(device_) {}
  Result<void> self_check();

  /// Scratch, or null after noting that memory ran out.
  template <class T>
  T* scratch(ScratchKind kind, std::int64_t n);
  void fail_op(std::string what);
  bool usable() const { return failure_.empty() && device_.ok(); }
  void after_launch(const char* what) { device_.check_launch(what); }
  Error out_of_memory(std::int64_t n_bytes, const char* purpose);

  /// Runs the addition that waits for a norm to take it along.
  void flush();
  /// `out` changes: what was derived from it is no longer valid.
  void changes(ConstMatView out);
  Terms terms_of(ConstMatView x);

  void mlp_inner(const MatmulArgs& gate, const WeightView& up, const Terms& inner);
  const ExpertTables* tables_of(std::span<const MlpWeights> experts);
  struct MoePlan;
  void moe_inner(const MoePlan& plan, const ExpertTables& tables, std::int64_t n_experts);
  void moe_product(const MatmulArgs& like, const PlacedWeight* host, std::int64_t n_experts);

  void attend(AttentionArgs args, const AttentionProbe* probe, bool has_rope);
  float* absorbed_queries(const MlaAttentionArgs& args);

  std::string failure_;  // of ours (memory); the device keeps its own
  Device device_;        // first made, last gone
  Scratch scratch_;
  SlabMemory slabs_;
  PinnedMemory staging_;
  PinnedMemory routing_;
  std::unordered_map<const MlpWeights*, ExpertTables> expert_tables_;

  struct PendingAdd {
    ConstMatView a;
    MatView out;
    bool waits = false;
  };
  PendingAdd pending_;
  ConstMatView terms_source_;  // whose terms ScratchKind::Terms holds; data null: nobody's
  Terms terms_;
  // What the last route() left on the device and gave to the host.
  const std::int32_t* routed_ids_ = nullptr;
  std::vector<std::int32_t> routed_copy_;
};

/// The values of a weight that place() gave out, as kernels take them.
PlacedWeight placed(const WeightView& w);
inline Rows rows_of(MatView m) { return {m.data, m.rows, m.cols, m.stride}; }
inline ConstRows rows_of(ConstMatView m) { return {m.data, m.rows, m.cols, m.stride}; }

template <class T>
T* CudaBackend::scratch(ScratchKind kind, std::int64_t n) {
  T* p = scratch_.get<T>(kind, n);
  if (p == nullptr) fail_op(out_of_memory(scratch_.wanted_bytes(), "scratch").message);
  return p;
}

}  // namespace engine::cuda
