// The CPU backend's ops that are more than a loop over a kernel: products, SwiGLU, MoE, attention.
// cpu_backend.cpp calls them; each splits its output over the thread pool.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/cpu/cpu_scratch.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/base/thread_pool.h"

namespace engine {

struct CpuContext {
  const kernels::Table& kernels;
  ThreadPool& pool;
  CpuScratch& scratch;
};

kernels::Weight kernel_weight(const WeightView& w);

/// out[t, j] = W[first_row + j]·x[t] (+ bias[j]) on the calling thread; `panel` is its scratch.
void product_block(const CpuContext& cpu, float* panel, const WeightView& w, std::int64_t first_row,
                   std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x, const float* bias,
                   const kernels::Out& out);

/// out[t, j] = silu(gate[first_row + j]·x[t]) · (up[first_row + j]·x[t]) on thread `thread`; the
/// caller has ensured that thread's panel and n_x · n_rows elements of its strip.
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

}  // namespace engine
