// The CPU backend's ops that are more than a loop over a kernel: products, SwiGLU, MoE, attention.
// cpu_backend.cpp calls them; each splits its output over the thread pool.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/cpu/attention_kernels.h"
#include "engine/backend/cpu/cpu_scratch.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/base/thread_pool.h"

namespace engine {

struct CpuContext {
  const kernels::Table& kernels;
  const kernels::AttentionTable& attention;
  ThreadPool& pool;
  CpuScratch& scratch;
};

kernels::Weight kernel_weight(const WeightView& w);

/// Takes the scratch that the functions below use on every thread.
void ensure_product_scratch(const CpuContext& cpu);
/// out[t, j] = W[first_row + j]·x[t] (+ bias[j]) on thread `thread`.
void product_block(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                   std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x, const float* bias,
                   const kernels::Out& out);
/// out[t, j] = w[j]·x[t] for float32 rows w, without an index, on thread `thread`.
void float_product(const CpuContext& cpu, int thread, const kernels::Rows& w, std::int64_t n_rows,
                   std::int64_t n_cols, const kernels::Rows& x, std::int64_t n_x,
                   const kernels::Out& out);
/// out[t, j] = silu(gate[first_row + j]·x[t]) · (up[first_row + j]·x[t]) on thread `thread`; the
/// caller has ensured n_x · n_rows elements of that thread's strip.
void gate_up_block(const CpuContext& cpu, int thread, const MlpWeights& mlp, std::int64_t first_row,
                   std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x,
                   const kernels::Out& out);

void cpu_matmul(const CpuContext& cpu, ConstMatView x, const WeightView& w, const float* bias,
                MatView out);
void cpu_gated_mlp(const CpuContext& cpu, ConstMatView x, const MlpWeights& mlp, MatView out);
void cpu_moe(const CpuContext& cpu, ConstMatView x, std::span<const MlpWeights> experts,
             std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
             MatView out);
void cpu_absorbed_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out);
void cpu_expanded_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out);
void cpu_gqa_attention(const CpuContext& cpu, const GqaAttentionArgs& args,
                       const AttentionProbe* probe, MatView out);
void cpu_index_slots(const CpuContext& cpu, const IndexerArgs& args, std::span<std::int32_t> picked,
                     std::span<float> scores);

}  // namespace engine
