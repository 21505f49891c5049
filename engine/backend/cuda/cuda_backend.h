// CudaBackend: the ops of backend.h on one GPU, queued on one stream. Part of the plug-in.
// A CUDA failure never ends the process: the first one stays in health(), and ops after it do
// nothing. Results for the host gather in one block of device memory and come back in one copy:
// a step waits for the GPU once (cuda_step.cpp).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_memory.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/weight_upload.h"

namespace engine::cuda {

/// Whether the memory from first to last element of both has something in common.
inline bool overlaps(ConstMatView a, ConstMatView b) {
  const float* a_end = a.data + (a.rows - 1) * a.stride + a.cols;
  const float* b_end = b.data + (b.rows - 1) * b.stride + b.cols;
  return a.data < b_end && b.data < a_end;
}
inline bool same_view(ConstMatView a, ConstMatView b) {
  return a.data == b.data && a.rows == b.rows && a.cols == b.cols && a.stride == b.stride;
}

/// Positions one recorded step serves: its attention starts a block per kSplitSlots of them, and
/// those behind the last slot end at once.
constexpr std::int64_t kStepRange = 16 * kSplitSlots;

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
  void fetch(ConstMatView device, std::span<float> host) override;
  void settle() override;
  std::int64_t free_bytes() override { return device_.free_bytes() + slabs_.left_bytes(); }
  void rows_by_position(ConstMatView rows) override;
  StepState begin_step(const DecodeStep& step) override;
  bool end_step() override;

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
  void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                           LogitSummary* out) override;

 private:
  /// What a result for the host lies at in the block, and where it goes.
  struct Delivery {
    std::int64_t offset = 0;
    std::int64_t n_bytes = 0;
    void* host = nullptr;
  };
  /// A decode step as it was recorded. It holds for positions below `limit`, and while no memory it
  /// knows has moved.
  struct RecordedStep {
    std::uint64_t shape = 0;
    std::int64_t position = 0;
    std::int64_t limit = 0;
    std::vector<Delivery> deliveries;
    CapturedWork work;
  };
  /// What route() promised the host, and where the device has it.
  struct Routed {
    const std::int32_t* host_ids = nullptr;
    const float* host_weights = nullptr;
    std::int64_t n = 0;
    std::int32_t* ids = nullptr;
    float* weights = nullptr;
  };
  enum class Recording { No, Yes, GivenUp };

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
  bool usable() const {
    return failure_.empty() && device_.ok() && recording_ != Recording::GivenUp;
  }
  void after_launch(const char* what) { device_.check_launch(what); }
  Error out_of_memory(std::int64_t n_bytes, const char* purpose);

  /// Runs what waits (cuda_waiting.cpp). The first thing an op does that knows nothing of it.
  void flush();
  void flush_residual();
  void flush_rows();
  /// Runs of it what an op must not overtake that reads and writes these rows.
  void make_way(ConstMatView read, ConstMatView written);
  void split_parts(ConstMatView x, const SplitArgs& split);
  /// `out` changes: what was derived from it is no longer valid.
  void changes(ConstMatView out);
  Terms terms_of(ConstMatView x);

  /// Of a product of n_rows with a weight, or with two of them of weight_rows together.
  std::int64_t rows_per_tile(std::int64_t n_rows, std::int64_t weight_rows, DType dtype) const;
  void mlp_inner(const MatmulArgs& gate, const WeightView& up, const Terms& inner);
  Routed routing_on_device(std::span<const std::int32_t> ids, std::span<const float> weights);
  const ExpertTables* tables_of(std::span<const MlpWeights> experts);
  struct MoePlan;
  void moe_inner(const MoePlan& plan, const ExpertTables& tables, std::int64_t n_experts);
  void moe_product(const MatmulArgs& like, const PlacedWeight* host, std::int64_t n_experts);

  void attend(AttentionArgs args, const AttentionProbe* probe, bool has_rope);
  float* absorbed_queries(const MlaAttentionArgs& args);
  const std::int32_t* slots_on_device(std::span<const std::int32_t> slots);

  /// The block has room for n_bytes more; what it holds may be settled for it. False: it cannot.
  bool make_room(std::int64_t n_bytes);
  /// Room in the block for n_bytes that go to `host` when settled.
  void* to_deliver(void* host, std::int64_t n_bytes);
  template <class T>
  T* to_deliver(std::span<T> host) {
    return static_cast<T*>(to_deliver(host.data(), static_cast<std::int64_t>(host.size_bytes())));
  }
  void deliver();
  void give_up_step();
  /// While recording: this step cannot be, its ops do nothing from here on. True: it goes on.
  bool may_wait();
  void forget_steps();
  void tell_step(const DecodeStep& step, std::int64_t recorded_position);
  RecordedStep* recorded(const DecodeStep& step);
  /// The position's own rows move along in a recorded step.
  const std::int64_t* moved() const;
  Rows rows(MatView m) const;
  ConstRows rows(ConstMatView m) const;
  bool lies_by_position(ConstMatView m) const;

  std::string failure_;  // of ours (memory); the device keeps its own
  Device device_;        // first made, last gone
  Scratch scratch_;
  SlabMemory slabs_;
  std::unique_ptr<WeightUpload> weight_upload_;  // while weights are loaded
  std::unordered_map<const MlpWeights*, ExpertTables> expert_tables_;

  /// Sums that wait for a norm to take them along: the experts' with the shared one, then x += a.
  struct Residual {
    ExpertSumArgs experts;
    MatView experts_out;
    bool has_experts = false;
    ConstMatView shared;  // experts.shared
    ConstMatView a;
    MatView sum_out;
    bool has_sum = false;
    bool shared_overlaps(ConstMatView m) const {
      return shared.data != nullptr && overlaps(shared, m);
    }
  };
  Residual residual_;
  /// Work on rows that goes side by side. A copy waits for a rotation of its rows.
  struct Waiting {
    RowOps ops;
    int n_ropes = 0;
    MatView ropes_of[kMostRopes];
    ConstRows copied;
    MatView copy_to;
    std::vector<ConstMatView> reads, writes;
    bool touches(ConstMatView m) const;
    bool writes_to(ConstMatView m) const;
  };
  Waiting waiting_;
  ConstMatView terms_source_;  // whose terms ScratchKind::Terms holds; data null: nobody's
  Terms terms_;

  DeviceMemory block_;  // results for the host, and where they come back to
  PinnedMemory block_copy_;
  std::int64_t block_used_ = 0;
  bool block_copied_ = false;  // by the recorded step that was launched
  std::vector<Delivery> deliveries_;
  Routed routed_;  // of the last route() that is not settled
  struct Picked {  // of the last index_slots() that is not settled
    std::span<std::int32_t> host;
    std::span<float> host_scores;
    const std::int32_t* slots = nullptr;
    const float* scores = nullptr;
  };
  Picked picked_;

  struct PositionRows {
    const float* end = nullptr;
    std::int64_t stride = 0;
  };
  std::map<const float*, PositionRows> position_rows_;  // by their first element
  DeviceMemory step_moved_;                             // one std::int64_t
  std::vector<RecordedStep> steps_;
  std::vector<std::uint64_t> shapes_run_;  // shapes whose memory and tables are there
  Recording recording_ = Recording::No;
  bool run_plainly_ = false;  // the next step: the last recording was given up
  bool captures_ = true;      // false once a capture failed
  RecordedStep step_;         // the one being recorded
  int n_given_up_ = 0;        // recordings, one after the other
  struct Growth {
    ScratchKind kind;
    std::int64_t n_bytes;
  };
  std::vector<Growth> to_grow_;  // scratch that the recording lacked
};

inline std::int64_t extent(std::size_t n) { return static_cast<std::int64_t>(n); }

/// The values of a weight that place() gave out, as kernels take them.
PlacedWeight placed(const WeightView& w);
inline Rows rows_of(MatView m) { return {m.data, m.rows, m.cols, m.stride}; }
inline ConstRows rows_of(ConstMatView m) { return {m.data, m.rows, m.cols, m.stride}; }

template <class T>
T* CudaBackend::scratch(ScratchKind kind, std::int64_t n) {
  const std::int64_t n_bytes = n * static_cast<std::int64_t>(sizeof(T));
  if (!scratch_.holds(kind, n_bytes)) {
    if (!may_wait()) {
      to_grow_.push_back({kind, n_bytes});
      return nullptr;
    }
    forget_steps();  // they know the memory as it was
  }
  T* p = scratch_.get<T>(kind, n);
  if (p == nullptr) fail_op(out_of_memory(scratch_.wanted_bytes(), "scratch").message);
  return p;
}

}  // namespace engine::cuda
