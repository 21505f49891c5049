// The CUDA kernels as the backend calls them: plain values in, work queued on a stream. Device
// pointers throughout; rows are `stride` elements apart.
#pragma once

#include <cstdint>

#include "engine/backend/cuda/device_api.h"
#include "engine/backend/cuda/weight_layout.h"
#include "engine/backend/logit_summary.h"

namespace engine::cuda {

/// A weight in GPU memory, laid out as weight_layout says.
struct PlacedWeight {
  const std::uint8_t* data = nullptr;
  const float* scale_inv = nullptr;  // F8_E4M3: [ceil(rows/128), scale_cols]
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t scale_cols = 0;
  DType dtype = DType::F32;
};

/// A recorded step is launched again at another position. What lies at a position then lies
/// `*moved` rows from where it was recorded (device memory; null: where it is said to be).
struct Rows {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;
  const std::int64_t* moved = nullptr;
};

struct ConstRows {
  const float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;
  const std::int64_t* moved = nullptr;
};

/// A float32 value as two bf16 terms, high and low: 16 bits of it. [rows, 2, padded_cols] bf16,
/// zero behind cols.
struct Terms {
  std::uint16_t* data = nullptr;
  std::int64_t padded_cols = 0;
};

constexpr std::int64_t kTermPadding = 256;  // the widest unit of any weight layout

// ---- elementwise.cu

/// What the routed experts of a token give: Σ_j weights[t, j] · pairs[t · top_k + j], in the order
/// of j, then + shared[t].
struct ExpertSumArgs {
  const float* pairs = nullptr;  // null: there are none
  const float* weights = nullptr;
  std::int64_t top_k = 0;
  ConstRows shared;  // data may be null
};

struct NormArgs {
  ConstRows x;
  const float* gamma = nullptr;
  const float* beta = nullptr;  // LayerNorm only
  float eps = 0;
  Rows out;
  // RMSNorm: first added = experts, where there are any; then x += added. All are written.
  float* added = nullptr;
  std::int64_t added_stride = 0;
  ExpertSumArgs experts;
  float* x_out = nullptr;  // x
  Terms terms;             // RMSNorm: of the result; data may be null
};
void launch_rms_norm(const NormArgs& args, Stream stream);
void launch_layer_norm(const NormArgs& args, Stream stream);

void launch_add(const ConstRows& a, const Rows& out, Stream stream);
void launch_copy(const ConstRows& a, const Rows& out, Stream stream);
void launch_embed(const PlacedWeight& table, const std::int32_t* tokens, const Rows& out,
                  Stream stream);

struct RopeArgs {
  Rows x;
  ConstRows from;  // rotated into x; data null: x itself is rotated
  std::int64_t n_heads = 1;
  std::int64_t head_stride = 0;
  std::int64_t offset = 0;
  std::int64_t first_position = 0;
  const float* cos = nullptr;
  const float* sin = nullptr;
  std::int64_t dim = 0;
  bool interleaved = true;
  const std::int64_t* moved = nullptr;  // of first_position
};

/// Row r of the terms is x[r / parts, (r % parts) · part_stride …+ cols).
struct SplitArgs {
  ConstRows x;  // cols: of one part
  std::int64_t parts = 1;
  std::int64_t part_stride = 0;
  Terms out;
};

/// Work on rows that goes side by side in one launch: none reads what another writes. What has no
/// rows is not there.
constexpr int kMostRopes = 2;
struct RowOps {
  NormArgs norm;
  RopeArgs ropes[kMostRopes];
  SplitArgs split;
};
void launch_row_ops(const RowOps& ops, Stream stream);
void launch_split(const SplitArgs& args, Stream stream);

/// terms[r] = silu(gate[r]) · up[r].
void launch_silu_product(const float* gate, const float* up, std::int64_t rows, std::int64_t cols,
                         const Terms& out, Stream stream);

// ---- matmul_*.cu

/// Consecutive rows of `order` that one expert computes.
struct WorkTile {
  std::int32_t expert = 0;
  std::int32_t first = 0;
  std::int32_t count = 0;
};

/// out[r] = W · x[r] for all rows, or for the rows of each work tile with that tile's expert. With
/// `up` set: silu(W · x) · (up · x), written as terms.
struct MatmulArgs {
  PlacedWeight weight;
  PlacedWeight up;  // empty: a plain product
  Terms x;
  std::int64_t n_rows = 0;
  const float* bias = nullptr;  // [weight.rows]
  Rows out;
  Terms out_terms;  // gated; else besides `out`, which must be as wide then (data may be null)

  // Batches of one weight (heads): batch b takes weight rows [b·batch_rows + batch_first, +
  // batch_count), x row r·n_batches + b, and writes columns b·batch_count.
  std::int64_t n_batches = 1;
  std::int64_t batch_rows = 0;
  std::int64_t batch_first = 0;
  std::int64_t batch_count = 0;  // 0: weight.rows

  // Experts: tables of [n_experts] weights with the shape of `weight` (and `up`); those of another
  // dtype are left to another launch.
  const PlacedWeight* experts = nullptr;
  const PlacedWeight* expert_ups = nullptr;
  const std::int32_t* expert_ids = nullptr;  // [n_rows]: each row a tile of its own; no tiles then
  const WorkTile* tiles = nullptr;
  const std::int32_t* n_tiles = nullptr;
  const std::int32_t* order = nullptr;  // [n_rows]: the pair at each place
  std::int64_t max_tiles = 0;
  std::int64_t tile_rows = 0;  // kFewRows, kManyRows or kLargeRows
  std::int64_t x_divisor = 1;  // x row of a pair p is p / x_divisor; 0: its place
  bool out_by_place = false;   // else out row is the pair
};
void launch_matmul(const MatmulArgs& args, Stream stream);
/// Rows of one work tile: few for decode, many for prefill; large tiles read less where there are
/// enough of them to fill the GPU.
constexpr std::int64_t kFewRows = 4;
constexpr std::int64_t kManyRows = 32;
constexpr std::int64_t kLargeRows = 64;
/// Weight rows of a large tile, of both weights together where there are two.
constexpr std::int64_t large_tile_weight_rows(DType dtype) {
  if (dtype == DType::BF16) return 256;
  return dtype == DType::F16 || dtype == DType::F32 ? 64 : 128;
}

// ---- moe.cu

struct RouteArgs {
  ConstRows logits;  // [n_tokens, n_experts ≤ 1024]
  bool sigmoid = true;
  bool top2_sum = true;
  bool normalise = true;
  std::int64_t n_group = 1;
  std::int64_t topk_group = 1;
  std::int64_t top_k = 1;
  float scaling_factor = 1;
  float epsilon = 0;
  const float* bias = nullptr;
  std::int32_t* ids = nullptr;
  float* weights = nullptr;
  float* scores = nullptr;        // may be null, as the two below
  float* group_scores = nullptr;  // [n_tokens, n_group]
  std::uint8_t* group_mask = nullptr;
};
constexpr std::int64_t kMostExperts = 1024;
void launch_route(const RouteArgs& args, Stream stream);

/// Sorts pairs (token, choice) by expert, in order within an expert, and cuts them into tiles.
struct PlanArgs {
  const std::int32_t* ids = nullptr;  // [n_pairs]
  std::int64_t n_pairs = 0;
  std::int64_t n_experts = 0;
  std::int64_t tile_rows = 0;
  std::int32_t* order = nullptr;    // [n_pairs]
  WorkTile* tiles = nullptr;        // [max_tiles]
  std::int32_t* n_tiles = nullptr;  // [1]
};
void launch_plan(const PlanArgs& args, Stream stream);

void launch_combine_experts(const ExpertSumArgs& args, const Rows& out, Stream stream);

// ---- attention.cu

/// Softmax attention of every head of every token over slots of the cache. A key has two parts, the
/// second shared by all heads; values are rows as long as value_dim.
struct AttentionArgs {
  std::int64_t n_tokens = 0;
  std::int64_t n_heads = 0;
  std::int64_t heads_per_kv = 1;  // heads that share keys and values
  std::int64_t key_dim = 0;
  std::int64_t rope_dim = 0;
  std::int64_t value_dim = 0;
  float scale = 1;
  std::int64_t first_position = 0;
  const std::int64_t* moved = nullptr;  // of first_position
  std::int64_t window = 0;
  const float* q = nullptr;  // + token · q_token_stride + head · q_head_stride
  std::int64_t q_token_stride = 0;
  std::int64_t q_head_stride = 0;
  const float* q_rope = nullptr;
  std::int64_t q_rope_token_stride = 0;
  std::int64_t q_rope_head_stride = 0;
  const float* k = nullptr;  // + slot · k_stride + kv · key_dim
  std::int64_t k_stride = 0;
  const float* k_rope = nullptr;
  std::int64_t k_rope_stride = 0;
  const float* v = nullptr;  // + slot · v_stride + kv · value_dim
  std::int64_t v_stride = 0;
  const std::int32_t* picked = nullptr;  // [n_tokens, picked_stride], ascending; null: all slots
  std::int64_t picked_stride = 0;

  // Runs of slots side by side (decode), n_splits from the span of four of them on that any token
  // reads first; or one after the other in one block (prefill), n_splits = 1, without partial sums.
  // The bits are the same.
  bool side_by_side = true;
  std::int64_t n_splits = 0;
  std::int64_t n_multiprocessors = 0;
  float* partial = nullptr;      // [n_tokens, n_heads, n_splits, value_dim]
  float* partial_max = nullptr;  // [n_tokens, n_heads, n_splits]
  float* partial_sum = nullptr;
  float* totals = nullptr;  // [n_tokens, n_heads, 2]: largest score, sum of exp
  // The observed token's scores, scaled, [n_heads, position + 1] each; null: not observed.
  std::int64_t probe_row = -1;
  float* probe_content = nullptr;
  float* probe_rope = nullptr;
  float* probe_weights = nullptr;

  float* out = nullptr;  // + token · out_token_stride + head · value_dim; null: terms only
  std::int64_t out_token_stride = 0;
  Terms out_terms;  // rows token · n_heads + head; data may be null

  int runs_per_block = 1;  // set by the launch: what one block takes
};
constexpr std::int64_t kSplitSlots = 64;  // slots of one partial sum: fixed, so bits are
/// False: a slot has more columns than the kernels hold (576, of them 560 of keys, 80 of rotary
/// keys, 512 of values; keys and values of latents are the same columns).
bool attention_fits(const AttentionArgs& args);
void launch_attention(const AttentionArgs& args, Stream stream);

// ---- absorb.cu

/// q_absorbed[t, h, l] = Σ_d q[t, h, d] · W_UK[h, d, l] from the joined weight.
struct AbsorbArgs {
  PlacedWeight w_ukv;
  std::int64_t n_tokens = 0;
  std::int64_t n_heads = 0;
  std::int64_t head_rows = 0;  // weight rows per head
  std::int64_t nope = 0;
  const float* q = nullptr;
  std::int64_t q_token_stride = 0;
  std::int64_t q_head_stride = 0;
  float* out = nullptr;  // [n_tokens, n_heads, w_ukv.cols]
};
void launch_absorb(const AbsorbArgs& args, Stream stream);

// ---- logits.cu

/// The summary of one row of logits; `blocks` [kLogitBlocks].
struct LogitArgs {
  const float* logits = nullptr;
  std::int64_t n = 0;
  std::int64_t n_sampleable = 0;
  float temperature = 0;
  LogitBlock* blocks = nullptr;
  LogitSummary* out = nullptr;
};
void launch_summarise_logits(const LogitArgs& args, Stream stream);

// ---- indexer.cu

struct IndexArgs {
  std::int64_t n_tokens = 0;
  std::int64_t n_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t top_k = 0;
  std::int64_t first_position = 0;
  const std::int64_t* moved = nullptr;  // of first_position
  ConstRows q, weights, k;
  float* scores = nullptr;  // [n_tokens, score_stride]; score_stride slots are scored at most
  std::int64_t score_stride = 0;
  std::int32_t* picked = nullptr;  // [n_tokens, top_k]
};
void launch_index(const IndexArgs& args, Stream stream);

}  // namespace engine::cuda
