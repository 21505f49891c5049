// Attention's tiles: which slots a token reads, how the rows and slots of a block lie in registers
// and shared memory and get there, their scores; how runs of slots join.
#pragma once

#include "engine/backend/cuda/device_math.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

constexpr int kTileRows = 16;   // of the matrix instruction: heads, or heads × tokens
constexpr int kTileSlots = 16;  // its depth in the weighted sums; held in shared memory at once
constexpr int kStep = 16;       // its depth in the scores: columns of queries and keys
constexpr int kRunSlots = static_cast<int>(kSplitSlots);
constexpr int kTilesPerRun = kRunSlots / kTileSlots;
constexpr int kSpanRuns = 4;  // runs that are joined before their sum joins the rest
constexpr int kSpanSlots = kSpanRuns * kRunSlots;

/// Whose sums a block leaves: each run's or each span's for combine_attention, or all joined.
enum class Leaves { Runs, Spans, All };

__device__ __forceinline__ float minus_infinity() { return __uint_as_float(0xFF800000U); }

/// The slots one token reads: places first … end - 1 of its picks, or of the cache itself.
struct SlotRange {
  int first = 0;
  int end = 0;
  Global<const std::int32_t> picked;
  __device__ std::int64_t slot(int i) const {
    return picked == nullptr ? static_cast<std::int64_t>(i) : picked[i];
  }
};

__device__ __forceinline__ SlotRange slots_of(const AttentionArgs& args, std::int64_t token) {
  SlotRange range;
  const std::int64_t n = args.first_position + moved_by(args.moved) + token + 1;
  range.end = static_cast<int>(n);
  range.picked = nullptr;
  if (args.picked != nullptr) {
    range.picked = Global<const std::int32_t>(args.picked + token * args.picked_stride);
    range.end = static_cast<int>(n < args.picked_stride ? n : args.picked_stride);
  } else if (args.window > 0 && args.window < n) {
    range.first = static_cast<int>(n - args.window);
  }
  return range;
}

/// The span of slots that stands first among a call's partial sums.
__device__ __forceinline__ int base_span(const AttentionArgs& args) {
  return slots_of(args, 0).first / kSpanSlots;
}

/// Rows of one KV head stand token by token, its heads side by side. Tokens that pick their slots
/// share no tile.
__host__ __device__ __forceinline__ int rows_per_token(const AttentionArgs& args) {
  const int heads = static_cast<int>(args.heads_per_kv);
  return args.picked == nullptr ? heads : (heads + kTileRows - 1) / kTileRows * kTileRows;
}

struct AttentionRow {
  int token, head;
  bool there;  // else nobody wants it
};
__device__ __forceinline__ AttentionRow row_at(const AttentionArgs& args, int kv, int row) {
  const int per_token = rows_per_token(args);
  const int heads = static_cast<int>(args.heads_per_kv);
  const int token = row / per_token;
  const int head = row % per_token;
  return {token, kv * heads + head, token < args.n_tokens && head < heads};
}

/// The columns of a slot in shared memory, every part padded with zeros to whole steps: keys, what
/// they have besides for the rotation, values where those are not the keys themselves.
struct SlotColumns {
  int key, rope, value, all;
  int first_value;
  bool operator==(const SlotColumns&) const = default;
  __device__ int stride() const { return all / 2 + 4; }  // words; rows of matrices miss each other
};
__host__ __device__ __forceinline__ int whole_steps(std::int64_t dim) {
  return static_cast<int>((dim + kStep - 1) / kStep * kStep);
}
__host__ __device__ __forceinline__ SlotColumns columns_of(const AttentionArgs& args) {
  SlotColumns c{};
  c.key = whole_steps(args.key_dim);
  c.rope = whole_steps(args.rope_dim);
  c.value = whole_steps(args.value_dim);
  const bool own_values = args.v != args.k;
  c.first_value = own_values ? c.key + c.rope : 0;
  c.all = c.key + c.rope + (own_values ? c.value : 0);
  return c;
}

/// A score is summed in kParts parts, which depend on its columns alone: the rotary part is one of
/// them, the rest share the keys.
constexpr int kParts = 8;
struct ScorePart {
  int first_step, n_steps;
  bool rope;
};
__host__ __device__ __forceinline__ int content_parts(const SlotColumns& columns) {
  return columns.rope > 0 ? kParts - 1 : kParts;
}
__host__ __device__ __forceinline__ ScorePart score_part(const SlotColumns& columns, int part) {
  const int parts = content_parts(columns);
  const int steps = columns.key / kStep;
  if (part >= parts) return {0, columns.rope / kStep, true};
  const int first = part * steps / parts;
  return {first, (part + 1) * steps / parts - first, false};
}

/// How two runs join: the earlier ones' sums times `before`, the next one's times `next`.
struct Join {
  float largest, before, next;
};
__device__ __forceinline__ Join join(float largest_before, float largest_next) {
  const float largest = largest_next > largest_before ? largest_next : largest_before;
  return {largest, device_exp(largest_before - largest), device_exp(largest_next - largest)};
}

constexpr int kAttentionThreads = 512;
constexpr int kAttentionWarps = kAttentionThreads / kWarpSize;
constexpr int kWeightStride = kTileSlots / 2 + 4;  // words
static_assert(kAttentionWarps == kTileSlots && kAttentionWarps == kTileRows &&
              kAttentionWarps == 2 * kParts);

/// What fits a block's registers and shared memory: kSteps of a score per warp, kLoads × 128
/// columns of a slot, kTiles × 128 of its values. kVectors: rows are made of whole 16 bytes.
/// kLatents: the columns are those of DeepSeek's latents, which the compiler may know.
struct WideTiles {
  static constexpr int kSteps = 5, kLoads = 5, kTiles = 4, kCols = 576, kBlocks = 1;
  static constexpr bool kVectors = true, kLatents = false;
};
struct LatentTiles : WideTiles {
  static constexpr bool kLatents = true;
};
struct RaggedTiles : WideTiles {
  static constexpr bool kVectors = false;
};
struct NarrowTiles : WideTiles {
  static constexpr int kSteps = 1, kLoads = 2, kTiles = 1, kCols = 256, kBlocks = 2;
};
constexpr SlotColumns kLatentColumns{512, 64, 512, 576, 0};
static_assert(kLatentColumns.all == WideTiles::kCols);

template <class S>
__device__ __forceinline__ SlotColumns columns_for(const AttentionArgs& args) {
  return S::kLatents ? kLatentColumns : columns_of(args);
}
template <class S>
bool fits(const AttentionArgs& args) {
  const SlotColumns c = columns_of(args);
  for (int part = 0; part < kParts; ++part) {
    if (score_part(c, part).n_steps > S::kSteps) return false;
  }
  return c.all <= S::kCols && c.value <= S::kTiles * kAttentionWarps * 8;
}

/// What all threads of a block know.
struct AttentionBlock {
  SlotColumns columns;
  int kv, first_row;
  int first_slot, end_slot;  // that any of its rows reads
  Global<const std::int32_t> picked;
  int first_tile, end_tile;
};

template <class S, Leaves kLeaves>
__device__ __forceinline__ AttentionBlock block_at(const AttentionArgs& args) {
  AttentionBlock b;
  b.columns = columns_for<S>(args);
  b.kv = S::kLatents ? 0 : static_cast<int>(blockIdx.z);
  // The last rows read the most: they start first.
  b.first_row = static_cast<int>(gridDim.x - 1 - blockIdx.x) * kTileRows;
  const int left = static_cast<int>(args.n_tokens) * rows_per_token(args) - b.first_row;
  const int last_row = b.first_row + (left < kTileRows ? left : kTileRows) - 1;
  const SlotRange first = slots_of(args, b.first_row / rows_per_token(args));
  b.first_slot = S::kLatents ? 0 : first.first;
  b.end_slot = slots_of(args, last_row / rows_per_token(args)).end;
  b.picked = first.picked;
  b.first_tile = b.first_slot / kTileSlots;
  b.end_tile = (b.end_slot + kTileSlots - 1) / kTileSlots;
  if constexpr (kLeaves != Leaves::All) {
    const int run =
        base_span(args) * kSpanRuns + static_cast<int>(blockIdx.y) * args.runs_per_block;
    const int end = (run + args.runs_per_block) * kTilesPerRun;
    if (run * kTilesPerRun > b.first_tile) b.first_tile = run * kTilesPerRun;
    if (end < b.end_tile) b.end_tile = end;
  }
  return b;
}

/// Four values, of which there are `left`; zero behind them.
template <class S>
__device__ __forceinline__ float4 load_four(const Global<const float>& from, int left) {
  float4 v{};
  if constexpr (S::kVectors) {
    if (left > 0) v = load_vector<float4>(from);
    return v;
  }
  if (left > 0) v.x = from[0];
  if (left > 1) v.y = from[1];
  if (left > 2) v.z = from[2];
  if (left > 3) v.w = from[3];
  return v;
}

/// Two values' terms, of which there are `left`.
template <class S>
__device__ __forceinline__ Bf16Pairs load_pair(const Global<const float>& from, int left) {
  if constexpr (S::kVectors) {
    if (left <= 0) return {0, 0};
    const auto v = load_vector<uint2>(from);
    return split_pair(__uint_as_float(v.x), __uint_as_float(v.y));
  }
  return split_pair(left > 0 ? from[0] : 0.0F, left > 1 ? from[1] : 0.0F);
}

/// A product of 32 bits each, where the compiler alone would take 64.
__device__ __forceinline__ const float* row_of(const float* rows, int row, std::int64_t stride) {
  return rows + static_cast<std::int64_t>(row) * static_cast<int>(stride);
}

/// A warp's slot of a tile, on its way to shared memory: lane l holds columns 4·l … of each 128.
template <class S>
struct HeldSlot {
  float4 part[S::kLoads];
};

template <class S>
__device__ __forceinline__ void load_slot(const AttentionArgs& args, const AttentionBlock& b,
                                          int tile, HeldSlot<S>& held) {
  const int at = tile * kTileSlots + warp_of();
  const bool there = at >= b.first_slot && at < b.end_slot;
  int slot = 0;
  if (there) slot = b.picked == nullptr ? at : b.picked[at];
  const Global<const float> key(row_of(args.k, slot, args.k_stride) + b.kv * args.key_dim);
  const Global<const float> rope(row_of(args.k_rope, slot, args.k_rope_stride));
  const Global<const float> value(row_of(args.v, slot, args.v_stride) + b.kv * args.value_dim);
#pragma unroll
  for (int i = 0; i < S::kLoads; ++i) held.part[i] = float4{};
  if (!there) return;
  if constexpr (S::kLatents) {
#pragma unroll
    for (int i = 0; i + 1 < S::kLoads; ++i) {
      held.part[i] = load_vector<float4>(key + (i * kWarpSize + lane_of()) * 4);
    }
    if (lane_of() < kLatentColumns.rope / 4) {
      held.part[S::kLoads - 1] = load_vector<float4>(rope + lane_of() * 4);
    }
    return;
  }
  const SlotColumns& c = b.columns;
#pragma unroll
  for (int i = 0; i < S::kLoads; ++i) {
    const int col = (i * kWarpSize + lane_of()) * 4;
    if (col >= c.all) continue;
    if (col < c.key) {
      held.part[i] = load_four<S>(key + col, static_cast<int>(args.key_dim) - col);
    } else if (col < c.key + c.rope) {
      const int own = col - c.key;
      held.part[i] = load_four<S>(rope + own, static_cast<int>(args.rope_dim) - own);
    } else {
      const int own = col - c.key - c.rope;
      held.part[i] = load_four<S>(value + own, static_cast<int>(args.value_dim) - own);
    }
  }
}

/// tile[term][slot][column pair], rows SlotColumns::stride() words apart.
template <class S, class Tile>
__device__ __forceinline__ void store_slot(const SlotColumns& columns, const HeldSlot<S>& held,
                                           Tile& tile) {
  const int at = warp_of() * columns.stride();
  const int low = kTileSlots * columns.stride();
#pragma unroll
  for (int i = 0; i < S::kLoads; ++i) {
    const int col = (i * kWarpSize + lane_of()) * 4;
    if (col >= columns.all) continue;
    const Bf16Pairs first = split_pair(held.part[i].x, held.part[i].y);
    const Bf16Pairs second = split_pair(held.part[i].z, held.part[i].w);
    store_vector(tile + (at + col / 2), uint2{first.high, second.high});
    store_vector(tile + (at + low + col / 2), uint2{first.low, second.low});
  }
}

/// The queries of a block's rows over the steps of a warp's part, as the instruction takes them:
/// lane 4·g + t holds columns 2t, 2t + 1 and 8 more of rows g and g + 8, high and low terms.
template <class S>
struct Queries {
  std::uint32_t terms[S::kSteps][2][4];
};

template <class S>
__device__ __forceinline__ void load_queries(const AttentionArgs& args, const AttentionBlock& b,
                                             const ScorePart& part, Queries<S>& queries) {
  const int g = lane_of() / 4;
  const int t = lane_of() % 4;
  const int dim = static_cast<int>(part.rope ? args.rope_dim : args.key_dim);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const AttentionRow row = row_at(args, b.kv, b.first_row + g + 8 * half);
    Global<const float> q(nullptr);
    if (row.there && part.rope) {
      q = args.q_rope + row.token * args.q_rope_token_stride + row.head * args.q_rope_head_stride;
    } else if (row.there) {
      q = args.q + row.token * args.q_token_stride + row.head * args.q_head_stride;
    }
#pragma unroll
    for (int step = 0; step < S::kSteps; ++step) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int col = (part.first_step + step) * kStep + 8 * i + 2 * t;
        const bool wanted = row.there && step < part.n_steps;
        const Bf16Pairs pair = load_pair<S>(q + col, wanted ? dim - col : 0);
        queries.terms[step][0][half + 2 * i] = pair.high;
        queries.terms[step][1][half + 2 * i] = pair.low;
      }
    }
  }
}

/// Where the sum of a part of a score lies: slots change places so that a warp's writes do not
/// meet.
__device__ __forceinline__ int part_at(int part, int row, int slot) {
  return (part * kTileRows + row) * kTileSlots + (slot ^ (row / 2 % 2 * 8));
}

/// A warp's part of the scores of the tile's 16 rows with eight of its slots.
template <class S, class Tile, class Parts>
__device__ __forceinline__ void score_tile(const SlotColumns& columns, const ScorePart& part,
                                           const Queries<S>& queries, Tile& tile, Parts& parts) {
  const int lane = lane_of();
  const int first_slot = warp_of() % 2 * 8;
  const int row = lane / 16 * kTileSlots + first_slot + lane % 8;
  const int at = row * columns.stride() + (part.rope ? columns.key / 2 : 0) +
                 part.first_step * (kStep / 2) + lane / 8 % 2 * 4;
  // Apart, so that no product waits for another.
  float high[4] = {};
  float low_query[4] = {};
  float low_key[4] = {};
#pragma unroll
  for (int step = 0; step < S::kSteps; ++step) {
    if (step >= part.n_steps) continue;
    std::uint32_t keys[4];
    load_matrices<false>(tile + (at + step * (kStep / 2)), keys);
    const std::uint32_t key_high[2] = {keys[0], keys[1]};
    const std::uint32_t key_low[2] = {keys[2], keys[3]};
    mma_bf16(high, queries.terms[step][0], key_high);
    mma_bf16(low_query, queries.terms[step][1], key_high);
    mma_bf16(low_key, queries.terms[step][0], key_low);
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float sum = high[i] + (low_query[i] + low_key[i]);
    parts[part_at(warp_of() / 2, lane / 4 + i / 2 * 8, first_slot + lane % 4 * 2 + i % 2)] = sum;
  }
}

/// One finished value of a head: divided, written, split into terms.
__device__ __forceinline__ void write_value(const AttentionArgs& args, std::int64_t token,
                                            std::int64_t head, std::int64_t c, float value) {
  if (args.out != nullptr && c < args.value_dim) {
    Global<float>(args.out)[token * args.out_token_stride + head * args.value_dim + c] = value;
  }
  if (args.out_terms.data == nullptr || c >= args.out_terms.padded_cols) return;
  write_terms(args.out_terms, token * args.n_heads + head, c, value);
}

// ---- attention_finish.cu

/// Joins what tile_attention left of each span, or of each run.
void launch_combine_attention(const AttentionArgs& args, bool spans, Stream stream);
/// The observed token's rows before it is attended, and its weights after.
void launch_clear_probe(const AttentionArgs& args, Stream stream);
void launch_probe_weights(const AttentionArgs& args, Stream stream);

}  // namespace engine::cuda
