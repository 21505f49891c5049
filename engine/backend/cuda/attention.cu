// Attention over the cache on matrix instructions, decode and prefill alike. A block takes 16 rows
// (the heads that share keys, of one token or several) and walks over the slots, 16 at a time: read
// once into shared memory as two bf16 terms, multiplied by the queries, softened, and, MLA's
// latents being keys and values in one, summed from the same place. Same bits: a row's numbers
// depend on its own query and slots alone. Slots are summed in tiles and runs by their number,
// every run from nothing, and the runs are joined in order; the instruction computes each row on
// its own, and a slot that a row does not read adds a true zero to it.
#include "engine/backend/cuda/attention_tiles.h"
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

namespace {

constexpr int kProbeThreads = 256;

/// Rows are softened by the first half of the warps, lanes 0 … 15 one row, the others the next:
/// lane l owns slot l % 16 of every tile.
constexpr int kSoftWarps = kTileRows / 2;
__device__ __forceinline__ int soft_row_of_lane() { return warp_of() * 2 + lane_of() / 16; }

struct SoftRow {
  int first, end;              // the slots it reads; none: nobody wants it
  float run_largest, run_sum;  // of the current run; the sum is the lane's
};

/// What one row tells those who sum: this tile makes its run's sums so far `rescale` times as
/// large; at the end of a run `before` and `next` join it (before < 0: it is none of the row's).
/// And what it keeps: the largest score and the sum of all runs so far.
enum Factor {
  kRescale = 0,
  kBefore = kTileRows,
  kNext = 2 * kTileRows,
  kLargest = 3 * kTileRows,
  kTotal = 4 * kTileRows,
  kFactors = 5 * kTileRows
};

/// Leaves where the row's runs lie among partial sums in `places`.
template <class S, class Factors, class Places>
__device__ __forceinline__ SoftRow soft_row(const AttentionArgs& args, const AttentionBlock& b,
                                            Factors& factors, Places& places) {
  SoftRow own{0, 0, minus_infinity(), 0.0F};
  if (warp_of() >= kSoftWarps) return own;
  const int at = soft_row_of_lane();
  const AttentionRow row = row_at(args, b.kv, b.first_row + at);
  if (lane_of() % 16 == 0) {
    const int head = row.token * static_cast<int>(args.n_heads) + row.head;
    places[at] = head * static_cast<int>(args.n_splits) - base_run(args);
    factors[kLargest + at] = minus_infinity();
    factors[kTotal + at] = 0.0F;
  }
  if (!row.there) return own;
  const SlotRange range = slots_of(args, row.token);
  if constexpr (!S::kLatents) own.first = range.first;
  own.end = range.end;
  return own;
}

__device__ __forceinline__ float half_warp_max(float x) {
#pragma unroll
  for (int d = 8; d > 0; d /= 2) {
    const float other = __shfl_xor_sync(kFullWarp, x, d);
    x = other > x ? other : x;
  }
  return x;
}

__device__ __forceinline__ void record_score(const AttentionArgs& args, const AttentionBlock& b,
                                             int at, float content, float rope) {
  const AttentionRow row = row_at(args, b.kv, b.first_row + soft_row_of_lane());
  if (row.token != args.probe_row) return;
  const std::int64_t n_slots = args.first_position + row.token + 1;
  const std::int64_t to = row.head * n_slots + slots_of(args, row.token).slot(at);
  if (args.probe_content != nullptr) Global<float>(args.probe_content)[to] = content;
  if (args.probe_rope != nullptr) Global<float>(args.probe_rope)[to] = rope;
}

/// The calling lanes' row: its scores of the tile become weights, as two terms.
template <class Parts, class Weights, class Factors>
__device__ __forceinline__ void soften_tile(const AttentionArgs& args, const AttentionBlock& b,
                                            int tile, SoftRow& own, Parts& parts, Weights& weights,
                                            Factors& factors) {
  const int row = soft_row_of_lane();
  const int slot = lane_of() % kTileSlots;
  const int at = tile * kTileSlots + slot;
  float content = 0.0F;
#pragma unroll
  for (int p = 0; p < kParts - 1; ++p) content += parts[part_at(p, row, slot)];
  float rope = parts[part_at(kParts - 1, row, slot)];
  if (b.columns.rope == 0) {
    content += rope;
    rope = 0.0F;
  }
  content *= args.scale;
  rope *= args.scale;
  const bool reads = at >= own.first && at < own.end;
  const float score = reads ? content + rope : minus_infinity();
  if (args.probe_row >= 0 && reads) record_score(args, b, at, content, rope);
  const float in_tile = half_warp_max(score);
  const float largest = in_tile > own.run_largest ? in_tile : own.run_largest;
  const float origin = largest == minus_infinity() ? 0.0F : largest;
  const float rescale = device_exp(own.run_largest - origin);
  const float weight = device_exp(score - origin);
  own.run_sum = fmaf(own.run_sum, rescale, weight);
  own.run_largest = largest;
  // Two slots to a word: the even lane writes the high terms, the odd one the low.
  const float other = __shfl_xor_sync(kFullWarp, weight, 1);
  const bool odd = slot % 2 != 0;
  const Bf16Pairs pair = split_pair(odd ? other : weight, odd ? weight : other);
  weights[((odd ? kTileRows : 0) + row) * kWeightStride + slot / 2] = odd ? pair.low : pair.high;
  if (slot == 0) factors[kRescale + row] = rescale;
}

/// The end of a run: the calling lanes' row joins it, or its totals are written.
template <bool kRunning, class Factors, class Places>
__device__ __forceinline__ void end_run(const AttentionArgs& args, int run, SoftRow& own,
                                        Factors& factors, Places& places) {
  constexpr int kSlots = static_cast<int>(kSplitSlots);
  float sum = own.run_sum;
#pragma unroll
  for (int d = 8; d > 0; d /= 2) sum += __shfl_xor_sync(kFullWarp, sum, d);
  const bool reads = run * kSlots < own.end && (run + 1) * kSlots > own.first;
  const int row = soft_row_of_lane();
  if (lane_of() % 16 == 0) {
    factors[kBefore + row] = reads ? 0.0F : -1.0F;
    if (kRunning && reads) {
      const Join j = join(factors[kLargest + row], own.run_largest);
      factors[kLargest + row] = j.largest;
      factors[kTotal + row] = fmaf(factors[kTotal + row], j.before, sum * j.next);
      factors[kBefore + row] = j.before;
      factors[kNext + row] = j.next;
    } else if (reads) {
      const std::int64_t at = places[row] + run;
      Global<float>(args.partial_max)[at] = own.run_largest;
      Global<float>(args.partial_sum)[at] = sum;
    }
  }
  own.run_largest = minus_infinity();
  own.run_sum = 0.0F;
}

/// sums[j]: eight columns of value tile warp + 16·j, as the instruction gives them.
template <class S, class Tile, class Weights, class Factors>
__device__ __forceinline__ void sum_tile(const SlotColumns& columns, Tile& tile, Weights& weights,
                                         Factors& factors, float (&sums)[S::kTiles][4]) {
  const int lane = lane_of();
  const float rescale[2] = {factors[kRescale + lane / 4], factors[kRescale + lane / 4 + 8]};
  std::uint32_t weight[2][4];
#pragma unroll
  for (int term = 0; term < 2; ++term) {
    const int row = term * kTileRows + lane % 16;
    load_matrices<false>(weights + (row * kWeightStride + lane / 16 * 4), weight[term]);
  }
  const int row = lane / 16 * kTileSlots + lane % 16;
  const int at = row * columns.stride() + columns.first_value / 2;
#pragma unroll
  for (int j = 0; j < S::kTiles; ++j) {
    const int col = (warp_of() + kAttentionWarps * j) * 8;
    if (!S::kLatents && col >= columns.value) continue;
    std::uint32_t values[4];
    load_matrices<true>(tile + (at + col / 2), values);
    const std::uint32_t value_high[2] = {values[0], values[1]};
    const std::uint32_t value_low[2] = {values[2], values[3]};
#pragma unroll
    for (int i = 0; i < 4; ++i) sums[j][i] *= rescale[i / 2];
    mma_bf16(sums[j], weight[1], value_high);
    mma_bf16(sums[j], weight[0], value_low);
    mma_bf16(sums[j], weight[0], value_high);
  }
}

/// A run's sums to where combine_attention finds them.
template <class S, class Factors, class Places>
__device__ __forceinline__ void store_run(const AttentionArgs& args, int run, Factors& factors,
                                          Places& places, const float (&sums)[S::kTiles][4]) {
  const int lane = lane_of();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    if (factors[kBefore + lane / 4 + 8 * half] < 0.0F) continue;
    const std::int64_t place = places[lane / 4 + 8 * half] + run;
    const int dim = S::kLatents ? kLatentColumns.value : static_cast<int>(args.value_dim);
    const Global<float> to(args.partial + place * dim);
#pragma unroll
    for (int j = 0; j < S::kTiles; ++j) {
      const int col = (warp_of() + kAttentionWarps * j) * 8 + lane % 4 * 2;
      const float first = sums[j][2 * half];
      const float second = sums[j][2 * half + 1];
      if constexpr (S::kVectors) {
        if (col >= dim) continue;
        store_vector(to + col, uint2{__float_as_uint(first), __float_as_uint(second)});
      } else {
        if (col < dim) to[col] = first;
        if (col + 1 < dim) to[col + 1] = second;
      }
    }
  }
}

/// A run's sums onto those of the runs before it.
template <class S, class Factors>
__device__ __forceinline__ void join_run(Factors& factors, const float (&sums)[S::kTiles][4],
                                         float (&totals)[S::kTiles][4]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = lane_of() / 4 + 8 * half;
    const float before = factors[kBefore + row];
    if (before < 0.0F) continue;
    const float next = factors[kNext + row];
#pragma unroll
    for (int j = 0; j < S::kTiles; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        totals[j][i] = fmaf(totals[j][i], before, sums[j][i] * next);
      }
    }
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

/// All runs joined: what they come to, and zeros where the terms are padded.
template <class S, class Factors>
__device__ __forceinline__ void write_rows(const AttentionArgs& args, const AttentionBlock& b,
                                           Factors& factors, const float (&totals)[S::kTiles][4]) {
  const int lane = lane_of();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const AttentionRow row = row_at(args, b.kv, b.first_row + lane / 4 + 8 * half);
    if (!row.there) continue;
    const float total = factors[kTotal + lane / 4 + 8 * half];
    if (warp_of() == 0 && lane % 4 == 0) {
      const std::int64_t to = 2 * (row.token * args.n_heads + row.head);
      Global<float>(args.totals)[to] = factors[kLargest + lane / 4 + 8 * half];
      Global<float>(args.totals)[to + 1] = total;
    }
#pragma unroll
    for (int j = 0; j < S::kTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int c = (warp_of() + kAttentionWarps * j) * 8 + lane % 4 * 2 + i;
        const float value = c < args.value_dim ? totals[j][2 * half + i] / total : 0.0F;
        write_value(args, row.token, row.head, c, value);
      }
    }
    for (std::int64_t c = S::kTiles * kAttentionWarps * 8 + warp_of() * 8 + lane % 4 * 2;
         c < args.out_terms.padded_cols; c += kAttentionWarps * 8) {
      write_value(args, row.token, row.head, c, 0.0F);
      write_value(args, row.token, row.head, c + 1, 0.0F);
    }
  }
}

/// Grid: row tiles × runs / runs_per_block (kRunning: 1) × KV heads. Warp w brings slot w of each
/// tile, scores part w / 2 of eight slots, softens rows 2w and 2w + 1, sums value columns of tiles
/// w, w + 16, …; kRunning joins the runs and writes what they come to, else each run's sums are
/// left to combine_attention. Shared: the tile, the parts of its scores, its weights, the rows'
/// factors and places.
template <class S, bool kRunning>
__global__ void __launch_bounds__(kAttentionThreads, S::kBlocks)
    tile_attention(const AttentionArgs args) {
  DEVICE_SHARED(std::uint32_t, tile, 2 * kTileSlots * (S::kCols / 2 + 4));
  DEVICE_SHARED(float, parts, kParts* kTileRows* kTileSlots);
  DEVICE_SHARED(std::uint32_t, weights, 2 * kTileRows * kWeightStride);
  DEVICE_SHARED(float, factors, kFactors);
  DEVICE_SHARED(int, places, kTileRows);
  const AttentionBlock b = block_at<S, kRunning>(args);
  if (b.first_tile >= b.end_tile) return;
  HeldSlot<S> held;
  load_slot(args, b, b.first_tile, held);
  const ScorePart part = score_part(b.columns, warp_of() / 2);
  Queries<S> queries;
  load_queries(args, b, part, queries);
  SoftRow own = soft_row<S>(args, b, factors, places);
  float sums[S::kTiles][4] = {};
  float totals[kRunning ? S::kTiles : 1][4] = {};
  for (int at = b.first_tile; at < b.end_tile; ++at) {
    const bool run_ends = (at + 1) % kTilesPerRun == 0 || at + 1 == b.end_tile;
    store_slot(b.columns, held, tile);
    __syncthreads();  // the tile is there
    if (at + 1 < b.end_tile) load_slot(args, b, at + 1, held);
    score_tile(b.columns, part, queries, tile, parts);
    __syncthreads();  // its scores are
    if (warp_of() < kSoftWarps) {
      soften_tile(args, b, at, own, parts, weights, factors);
      if (run_ends) end_run<kRunning>(args, at / kTilesPerRun, own, factors, places);
    }
    __syncthreads();  // its weights are
    sum_tile<S>(b.columns, tile, weights, factors, sums);
    if (run_ends) {
      if constexpr (kRunning) {
        join_run<S>(factors, sums, totals);
      } else {
        store_run<S>(args, at / kTilesPerRun, factors, places, sums);
      }
#pragma unroll
      for (int j = 0; j < S::kTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) sums[j][i] = 0.0F;
      }
    }
    __syncthreads();  // nobody reads the tile any more
  }
  if constexpr (kRunning) {
    write_rows<S>(args, b, factors, totals);
  }
}

/// A lane's share of kWarpSize runs: one column of each, the largest score and the sum of one.
struct HeldRuns {
  float column[kWarpSize];
  float largest, sum;
};
struct RunSums {
  Global<const float> partial, maxima, sums;
  std::int64_t column, n_columns;
  int n;
};
__device__ __forceinline__ void load_runs(const RunSums& from, int base, HeldRuns& held) {
#pragma unroll
  for (int i = 0; i < kWarpSize; ++i) {
    const bool there = base + i < from.n && from.column < from.n_columns;
    held.column[i] = there ? from.partial[(base + i) * from.n_columns + from.column] : 0.0F;
  }
  const int own = base + lane_of();
  held.largest = own < from.n ? from.maxima[own] : minus_infinity();
  held.sum = own < from.n ? from.sums[own] : 0.0F;
}

/// The largest of this lane's value and those of the lanes below.
__device__ __forceinline__ float largest_up_to(float x) {
#pragma unroll
  for (int d = 1; d < kWarpSize; d *= 2) {
    const float below = __shfl_up_sync(kFullWarp, x, d);
    x = below > x ? below : x;
  }
  return x;
}

/// Joins the runs that tile_attention left, in order. Grid: heads × tokens × columns / kWarpSize;
/// a warp's lane owns one column and, of each kWarpSize runs, the factors of one; the next runs are
/// on their way meanwhile. Shared: the runs' factors and sums.
__global__ void __launch_bounds__(kWarpSize) combine_attention(const AttentionArgs args) {
  DEVICE_SHARED(float, before, kWarpSize);
  DEVICE_SHARED(float, next, kWarpSize);
  DEVICE_SHARED(float, added, kWarpSize);
  constexpr int kSlots = static_cast<int>(kSplitSlots);
  const std::int64_t head = blockIdx.x;
  const std::int64_t token = blockIdx.y;
  const int lane = lane_of();
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.z) * kWarpSize + lane;
  const SlotRange range = slots_of(args, token);
  const int first_run = range.first / kSlots;
  const std::int64_t place =
      (token * args.n_heads + head) * args.n_splits + first_run - base_run(args);
  const RunSums from{Global<const float>(args.partial + place * args.value_dim),
                     Global<const float>(args.partial_max + place),
                     Global<const float>(args.partial_sum + place),
                     c,
                     args.value_dim,
                     (range.end - 1) / kSlots - first_run + 1};
  float largest = minus_infinity();
  float total = 0.0F;
  float sum = 0.0F;
  HeldRuns held;
  load_runs(from, 0, held);
  for (int base = 0; base < from.n; base += kWarpSize) {
    HeldRuns ahead;
    load_runs(from, base + kWarpSize, ahead);
    const float so_far = largest_up_to(held.largest);  // exact in any order
    float earlier = __shfl_up_sync(kFullWarp, so_far, 1);
    if (lane == 0) earlier = minus_infinity();
    const Join j = join(earlier > largest ? earlier : largest, held.largest);
    before[lane] = j.before;
    next[lane] = j.next;
    added[lane] = held.sum * j.next;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kWarpSize; ++i) {
      if (base + i >= from.n) continue;
      total = fmaf(total, before[i], added[i]);
      sum = fmaf(sum, before[i], held.column[i] * next[i]);
    }
    const float in_these = __shfl_sync(kFullWarp, so_far, kWarpSize - 1);
    largest = in_these > largest ? in_these : largest;
    held = ahead;
    __syncthreads();
  }
  write_value(args, token, head, c, c < args.value_dim ? sum / total : 0.0F);
  if (c != 0) return;
  const std::int64_t at = 2 * (token * args.n_heads + head);
  Global<float>(args.totals)[at] = largest;
  Global<float>(args.totals)[at + 1] = total;
}

/// What the observed token does not read: score -inf, weight 0. Grid: enough for one slot of one
/// head per thread.
__global__ void __launch_bounds__(kProbeThreads) clear_probe(const AttentionArgs args) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kProbeThreads + threadIdx.x;
  if (i >= args.n_heads * (args.first_position + args.probe_row + 1)) return;
  if (args.probe_content != nullptr) Global<float>(args.probe_content)[i] = minus_infinity();
  if (args.probe_rope != nullptr) {
    Global<float>(args.probe_rope)[i] = args.rope_dim > 0 ? minus_infinity() : 0.0F;
  }
  if (args.probe_weights != nullptr) Global<float>(args.probe_weights)[i] = 0.0F;
}

/// The observed token's weights, from its scores and totals. Grid: heads; thread owns slots.
__global__ void __launch_bounds__(kProbeThreads) probe_weights(const AttentionArgs args) {
  const std::int64_t head = blockIdx.x;
  const SlotRange range = slots_of(args, args.probe_row);
  const std::int64_t n_slots = args.first_position + args.probe_row + 1;
  const Global<const float> totals(args.totals + 2 * (args.probe_row * args.n_heads + head));
  const Global<const float> content(args.probe_content);
  const Global<const float> rope(args.probe_rope);
  for (int i = range.first + static_cast<int>(threadIdx.x); i < range.end; i += kProbeThreads) {
    const std::int64_t at = head * n_slots + range.slot(i);
    const float score = content[at] + (args.rope_dim > 0 ? rope[at] : 0.0F);
    Global<float>(args.probe_weights)[at] = device_exp(score - totals[0]) / totals[1];
  }
}

unsigned blocks_for(std::int64_t n, std::int64_t each) {
  return static_cast<unsigned>((n + each - 1) / each);
}

/// Whether every row of queries, keys and values is made of whole 16 bytes.
bool has_vectors(const AttentionArgs& a) {
  for (const std::int64_t n :
       {a.key_dim, a.rope_dim, a.value_dim, a.k_stride, a.k_rope_stride, a.v_stride,
        a.q_token_stride, a.q_head_stride, a.q_rope_token_stride, a.q_rope_head_stride}) {
    if (n % 4 != 0) return false;
  }
  for (const float* p : {a.q, a.q_rope, a.k, a.k_rope, a.v}) {
    if (reinterpret_cast<std::uintptr_t>(p) % 16 != 0) return false;
  }
  return true;
}

bool are_latents(const AttentionArgs& a) {
  return columns_of(a) == kLatentColumns && a.heads_per_kv == a.n_heads && a.window == 0 &&
         a.key_dim == kLatentColumns.key && a.rope_dim == kLatentColumns.rope &&
         a.value_dim == kLatentColumns.value;
}

template <class S>
void launch_tiles(AttentionArgs args, Stream stream) {
  const std::int64_t kv_heads = args.n_heads / args.heads_per_kv;
  const unsigned rows = blocks_for(args.n_tokens * rows_per_token(args), kTileRows);
  const auto kv = static_cast<unsigned>(kv_heads);
  if (!args.side_by_side) {
    DEVICE_LAUNCH((tile_attention<S, true>), dim3(rows, 1, kv), dim3(kAttentionThreads), stream,
                  args);
    return;
  }
  // As many blocks as run at once: a block that goes on to the next run has it on its way already.
  const std::int64_t at_once = args.n_multiprocessors * S::kBlocks;
  const std::int64_t runs = args.n_splits * rows * kv_heads;
  args.runs_per_block = at_once > 0 ? static_cast<int>((runs + at_once - 1) / at_once) : 1;
  const dim3 grid(rows, blocks_for(args.n_splits, args.runs_per_block), kv);
  DEVICE_LAUNCH((tile_attention<S, false>), grid, dim3(kAttentionThreads), stream, args);
  const std::int64_t columns =
      args.out_terms.data == nullptr ? args.value_dim : args.out_terms.padded_cols;
  const dim3 combine_grid(static_cast<unsigned>(args.n_heads), static_cast<unsigned>(args.n_tokens),
                          blocks_for(columns, kWarpSize));
  DEVICE_LAUNCH(combine_attention, combine_grid, dim3(kWarpSize), stream, args);
}

}  // namespace

bool attention_fits(const AttentionArgs& args) { return fits<WideTiles>(args); }

void launch_attention(const AttentionArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  if (args.probe_row >= 0) {
    const std::int64_t n = args.n_heads * (args.first_position + args.probe_row + 1);
    DEVICE_LAUNCH(clear_probe, dim3(blocks_for(n, kProbeThreads)), dim3(kProbeThreads), stream,
                  args);
  }
  if (!has_vectors(args)) {
    launch_tiles<RaggedTiles>(args, stream);
  } else if (fits<NarrowTiles>(args)) {
    launch_tiles<NarrowTiles>(args, stream);
  } else if (are_latents(args)) {
    launch_tiles<LatentTiles>(args, stream);
  } else {
    launch_tiles<WideTiles>(args, stream);
  }
  if (args.probe_row >= 0 && args.probe_weights != nullptr) {
    DEVICE_LAUNCH(probe_weights, dim3(static_cast<unsigned>(args.n_heads)), dim3(kProbeThreads),
                  stream, args);
  }
}

}  // namespace engine::cuda
