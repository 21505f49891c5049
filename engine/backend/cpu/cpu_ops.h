// The CPU backend's ops that are more than a loop over a kernel: products, SwiGLU, MoE, attention.
// cpu_backend.cpp calls them; each splits its output over the thread pool.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/cpu/attention_kernels.h"
#include "engine/backend/cpu/attention_rounded.h"
#include "engine/backend/cpu/cpu_scratch.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"
#include "engine/base/thread_pool.h"

namespace engine {

struct CpuContext {
  const kernels::Table& kernels;
  const kernels::AttentionTable& attention;
  const kernels::RoundedAttention* rounded_attention;  // null: not with this instruction set
  const kernels::IntTable& ints;
  const kernels::SplitTable* split;  // null: BF16 weights are multiplied as float32
  ThreadPool& pool;
  CpuScratch& scratch;
};

kernels::Weight kernel_weight(const WeightView& w);

/// Takes the scratch that the functions below use on every thread for weights of so many columns.
void ensure_product_scratch(const CpuContext& cpu, std::int64_t cols);
/// Whether products with w are the split ones of kernels_split.h.
bool splits_rows(const CpuContext& cpu, const WeightView& w);
/// About `wanted` weight rows per chunk of such a product: whole groups, at most kSplitRows.
std::int64_t split_step(const CpuContext& cpu, std::int64_t wanted);
/// Elements a part of scratch.rounded_block must have for products with block types of so many
/// columns below.
std::int64_t rounded_block_elements(std::int64_t cols);
/// out[t, j] = W[first_row + j]·x[t] (+ bias[j]) on thread `thread`; `ahead`: what this thread will
/// probably read next, or null.
void product_block(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                   std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x, const float* bias,
                   const kernels::Out& out, const std::byte* ahead);
/// out[t, j] = w[j]·x[t] for float32 rows w, without an index, on thread `thread`.
void float_product(const CpuContext& cpu, int thread, const kernels::Rows& w, std::int64_t n_rows,
                   std::int64_t n_cols, const kernels::Rows& x, std::int64_t n_x,
                   const kernels::Out& out);

/// The rows a product reads: as float32 for F32 … FP8, rounded to eight bits for block types.
/// Either may be missing where no weight asks for it.
struct InputRows {
  kernels::Rows floats;
  kernels::RoundedRows rounded;
};
/// Rounds the rows of x into `records` where one of the weights reads rounded rows.
InputRows make_input(const CpuContext& cpu, ConstMatView x, ScratchArea& records, bool rounded);
bool reads_rounded(const WeightView& w);

/// The least rows per chunk of a product of n_rows rows of block types × n_x tokens: a multiple of
/// kRoundedBlock.
std::int64_t row_group(const CpuContext& cpu, std::int64_t n_rows, std::int64_t n_x);
/// Weight rows per chunk: `ints` chunks are multiples of kRoundedBlock.
std::int64_t product_step(const CpuContext& cpu, const WeightView& w, std::int64_t n_x);
/// As product_block, for rows that may be rounded already.
void any_product(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                 std::int64_t n_rows, const InputRows& x, std::int64_t n_x, const float* bias,
                 const kernels::Out& out, const std::byte* ahead);

/// silu(gate·x) ⊙ up·x, `width` wide, as `down` will read it: float32, or rounded.
struct InnerRows {
  float* floats;
  std::int64_t stride;
  unsigned char* records;
  std::int64_t width;

  InnerRows from(std::int64_t row) const;
  InputRows input() const;
};
/// Scratch for n_rows of them (floats and records in `cpu.scratch`).
InnerRows ensure_inner(const CpuContext& cpu, std::int64_t n_rows, std::int64_t width,
                       bool rounded);
/// Columns [first, first + n) of the inner rows of n_x input rows, on thread `thread`; the caller
/// has ensured 2 · n_x · n elements of that thread's strip.
void gate_up_block(const CpuContext& cpu, int thread, const MlpWeights& mlp, std::int64_t first,
                   std::int64_t n, const InputRows& x, std::int64_t n_x, const InnerRows& inner,
                   const std::byte* ahead);

void cpu_matmul(const CpuContext& cpu, ConstMatView x, const WeightView& w, const float* bias,
                MatView out);
void cpu_gated_mlp(const CpuContext& cpu, ConstMatView x, const MlpWeights& mlp, MatView out);
void cpu_moe(const CpuContext& cpu, ConstMatView x, std::span<const MlpWeights> experts,
             std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
             MatView out);
/// Elements of KeptLatents a slot: with these weights attention works in whole numbers
/// (attention_rounded.h), or 0.
std::int64_t kept_elements(const kernels::RoundedAttention* rounded, const LatentUpWeights& w_up,
                           std::int64_t rank, std::int64_t rope_dim);
void cpu_keep_latents(const CpuContext& cpu, ConstMatView c_kv, ConstMatView k_rope,
                      std::int64_t first_slot, const KeptLatents& kept);
void cpu_absorbed_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out);
void cpu_expanded_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out);
void cpu_gqa_attention(const CpuContext& cpu, const GqaAttentionArgs& args,
                       const AttentionProbe* probe, MatView out);
void cpu_index_slots(const CpuContext& cpu, const IndexerArgs& args, std::span<std::int32_t> picked,
                     std::span<float> scores);

}  // namespace engine
