// CpuBackend: the kernels of one instruction set, split over a thread pool.
#include "engine/backend/cpu/cpu_backend.h"

#include <algorithm>

#include "engine/backend/cpu/amx_support.h"
#include "engine/backend/cpu/cpu_features.h"
#include "engine/backend/cpu/cpu_ops.h"
#include "engine/backend/host_memory.h"
#include "engine/backend/reference/reference_attention.h"

namespace engine {

namespace {

// Elements of row-wise work that are worth a chunk of their own.
constexpr std::int64_t kChunkElements = 16 * 1024;
constexpr int kMaxThreads = 1024;

std::string describe(const InstructionSet& set, int n_threads) {
  const AmxSupport& amx = amx_support();
  const bool refused = amx.in_processor && !amx.refusal.empty();
  return std::string("CPU · ") + set.ints->name + (set.split == nullptr ? "" : ", BF16") +
         (refused ? " · no AMX: " + amx.refusal : "") + " · " + std::to_string(n_threads) +
         (n_threads == 1 ? " thread" : " threads");
}

class CpuBackend final : public Backend {
 public:
  CpuBackend(const InstructionSet& set, std::unique_ptr<ThreadPool> pool)
      : set_(set), kernels_(*set.table), pool_(std::move(pool)) {
    scratch_.router.resize(static_cast<std::size_t>(pool_->n_threads()));
  }

  BackendKind kind() const override { return BackendKind::Cpu; }
  std::string description() const override { return describe(set_, pool_->n_threads()); }

  Result<Buffer> allocate(std::int64_t n_elements) override { return allocate_host(n_elements); }
  Result<void> reserve(const BackendLimits& limits) override {
    RETURN_IF_ERROR(scratch_.reserve(limits, pool_->n_threads()));
    if (set_.split == nullptr) return {};
    return scratch_.reserve_split(limits, pool_->n_threads());
  }
  Result<WeightView> place(const WeightView& host) override { return host; }
  std::int64_t kept_latent_elements(const LatentUpWeights& w_up, std::int64_t kv_lora_rank,
                                    std::int64_t qk_rope_head_dim) const override {
    return kept_elements(set_.rounded_attention, w_up, kv_lora_rank, qk_rope_head_dim);
  }
  void upload(std::span<const float> host, MatView device) override { copy_to_rows(host, device); }
  void download(ConstMatView device, std::span<float> host) override {
    copy_from_rows(device, host);
  }

 protected:
  void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) override {
    for_rows(out.rows, out.cols, [&](std::int64_t t, int) {
      kernels_.decode_rows(kernel_weight(table), tokens[static_cast<std::size_t>(t)].value, 1, 0,
                           table.cols, {out.row(t), out.stride});
    });
  }

  void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) override {
    for_rows(x.rows, x.cols, [&](std::int64_t t, int) {
      kernels_.rms_norm(x.row(t), gamma, eps, x.cols, out.row(t));
    });
  }

  void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) override {
    cpu_matmul(context(), x, w, bias, out);
  }

  void do_add(ConstMatView a, MatView out) override {
    for_rows(a.rows, a.cols,
             [&](std::int64_t t, int) { kernels_.add(a.row(t), a.cols, out.row(t)); });
  }

  void do_copy(ConstMatView a, MatView out) override { copy_rows(a, out); }
  void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                           LogitSummary* out) override {
    summarise_on_host({logits.data, static_cast<std::size_t>(logits.cols)}, args, out);
  }

  void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
               std::int64_t first_position, const RopeTable& table) override {
    const std::int64_t half = table.dim / 2;
    const bool interleaved = table.layout == RopeLayout::Interleaved;
    for_rows(x.rows, n_heads * table.dim, [&](std::int64_t t, int) {
      const std::int64_t angle = (first_position + t) * half;
      for (std::int64_t h = 0; h < n_heads; ++h) {
        float* head = x.row(t) + offset + h * head_stride;
        kernels_.rotate(head, head + (interleaved ? 1 : half), interleaved ? 2 : 1,
                        table.cos + angle, table.sin + angle, half);
      }
    });
  }

  void do_keep_latents(ConstMatView c_kv, ConstMatView k_rope, std::int64_t first_slot,
                       const KeptLatents& kept) override {
    cpu_keep_latents(context(), c_kv, k_rope, first_slot, kept);
  }

  void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                        const AttentionProbe* probe, MatView out) override {
    if (args.picked_slots.empty() || form == AttentionForm::Absorbed) {
      attend_latents(args, form, probe, out);
      return;
    }
    attend_picked(args, probe, out, &scratch_.picked,
                  [&](const MlaAttentionArgs& one, const AttentionProbe* observer, MatView row) {
                    attend_latents(one, form, observer, row);
                  });
  }

  void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                        MatView out) override {
    cpu_gqa_attention(context(), args, probe, out);
  }

  void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override {
    cpu_index_slots(context(), args, picked, scores);
  }

  void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                     MatView out) override {
    // Rows of an indexer's key, a hundred values: the reference loop, one row at a time.
    for_rows(x.rows, x.cols, [&](std::int64_t t, int) {
      reference_layer_norm({x.row(t), 1, x.cols, x.stride}, gamma, beta, eps,
                           {out.row(t), 1, out.cols, out.stride});
    });
  }

  void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) override {
    cpu_gated_mlp(context(), x, mlp, out);
  }

  void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) override {
    for (RouterScratch& scratch : scratch_.router) scratch.resize(logits.cols);
    for_rows(logits.rows, logits.cols * args.top_k, [&](std::int64_t t, int thread) {
      route_token(logits.row(t), logits.cols, t, args,
                  scratch_.router[static_cast<std::size_t>(thread)], out);
    });
  }

  void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              MatView out) override {
    cpu_moe(context(), x, experts, ids, weights, top_k, out);
  }

 private:
  void attend_latents(const MlaAttentionArgs& args, AttentionForm form, const AttentionProbe* probe,
                      MatView out) {
    if (form == AttentionForm::Absorbed) {
      cpu_absorbed_attention(context(), args, probe, out);
    } else {
      cpu_expanded_attention(context(), args, probe, out);
    }
  }

  CpuContext context() {
    return {
        kernels_, attention_for(kernels_), set_.rounded_attention, *set_.ints, set_.split, *pool_,
        scratch_};
  }

  /// task(row, thread) for every row, rows of little work grouped into one chunk.
  template <class Task>
  void for_rows(std::int64_t n_rows, std::int64_t row_work, const Task& task) {
    const std::int64_t step =
        std::max<std::int64_t>(kChunkElements / std::max<std::int64_t>(row_work, 1), 1);
    pool_->run((n_rows + step - 1) / step, [&](std::int64_t chunk, int thread) {
      const std::int64_t end = std::min(n_rows, (chunk + 1) * step);
      for (std::int64_t row = chunk * step; row < end; ++row) task(row, thread);
    });
  }

  const InstructionSet set_;
  const kernels::Table& kernels_;
  std::unique_ptr<ThreadPool> pool_;
  CpuScratch scratch_;
};

}  // namespace

Result<std::unique_ptr<Backend>> make_cpu_backend(int n_threads,
                                                  const std::string& instruction_set) {
  if (n_threads < 0 || n_threads > kMaxThreads) {
    return fail(ErrorCode::InvalidArgument,
                "backend › cpu › threads: found " + std::to_string(n_threads) + ", allowed 1 to " +
                    std::to_string(kMaxThreads) + ", or 0 for one per processor");
  }
  ASSIGN_OR_RETURN(const InstructionSet set, choose_kernels(instruction_set));
  const int wanted = n_threads == 0 ? std::min(usable_processors(), kMaxThreads) : n_threads;
  ASSIGN_OR_RETURN(auto pool, ThreadPool::create(wanted));
  return std::make_unique<CpuBackend>(set, std::move(pool));
}

std::string describe_cpu() {
  return describe(usable_instruction_sets().back(), usable_processors());
}

}  // namespace engine
