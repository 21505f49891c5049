// Attention over the cache on matrix instructions, decode and prefill alike. A block takes 16 rows
// (the heads that share keys, of one token or several) and walks over the slots, 16 at a time: read
// once into shared memory as two bf16 terms, multiplied by the queries, softened, and, MLA's
// latents being keys and values in one, summed from the same place. Same bits: a row's numbers
// depend on its own query and slots alone. Slots are summed in tiles and runs by their number,
// every run from nothing, and the runs are joined in order; the instruction computes each row on
// its own, and a slot that a row does not read adds a true zero to it.
#include "engine/backend/cuda/attention_tiles.h"

namespace engine::cuda {

namespace {

/// Rows are softened by the first half of the warps, lanes 0 … 15 one row, the others the next:
/// lane l owns slot l % 16 of every tile.
constexpr int kSoftWarps = kTileRows / 2;
__device__ __forceinline__ int soft_row_of_lane() { return warp_of() * 2 + lane_of() / 16; }

struct SoftRow {
  int first, end;              // the slots it reads; none: nobody wants it
  float run_largest, run_sum;  // of the current run; the sum is the lane's
};

/// What one row tells those who sum: this tile makes its run's sums so far `rescale` times as
/// large; at its end `before` and `next` join a run to its span, and the span's own to all spans
/// (before < 0: it is none of the row's). And what it keeps: the largest score and the sum of the
/// span and of all spans so far.
enum Factor {
  kRescale = 0,
  kRunBefore = kTileRows,
  kRunNext = 2 * kTileRows,
  kSpanBefore = 3 * kTileRows,
  kSpanNext = 4 * kTileRows,
  kSpanLargest = 5 * kTileRows,
  kSpanTotal = 6 * kTileRows,
  kLargest = 7 * kTileRows,
  kTotal = 8 * kTileRows,
  kFactors = 9 * kTileRows
};

/// Leaves where the row's runs or spans lie among partial sums in `places`.
template <class S, Leaves kLeaves, class Factors, class Places>
__device__ __forceinline__ SoftRow soft_row(const AttentionArgs& args, const AttentionBlock& b,
                                            Factors& factors, Places& places) {
  SoftRow own{0, 0, minus_infinity(), 0.0F};
  if (warp_of() >= kSoftWarps) return own;
  const int at = soft_row_of_lane();
  const AttentionRow row = row_at(args, b.kv, b.first_row + at);
  if (lane_of() % 16 == 0) {
    const int head = row.token * static_cast<int>(args.n_heads) + row.head;
    const int base = base_span(args) * (kLeaves == Leaves::Runs ? kSpanRuns : 1);
    places[at] = head * static_cast<int>(args.n_splits) - base;
    factors[kSpanLargest + at] = minus_infinity();
    factors[kSpanTotal + at] = 0.0F;
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

/// Sums that end go to those of one row so far, at `before` of them the factors for it.
template <class Factors>
__device__ __forceinline__ void join_row(Factors& factors, int before, int so_far, int row,
                                         float largest, float sum) {
  const Join j = join(factors[so_far + row], largest);
  const int total = so_far + kTileRows;
  factors[so_far + row] = j.largest;
  factors[total + row] = fmaf(factors[total + row], j.before, sum * j.next);
  factors[before + row] = j.before;
  factors[before + kTileRows + row] = j.next;
}

__device__ __forceinline__ void leave_totals(const AttentionArgs& args, std::int64_t at,
                                             float largest, float sum) {
  Global<float>(args.partial_max)[at] = largest;
  Global<float>(args.partial_sum)[at] = sum;
}

/// The end of a run and perhaps its span: the calling lanes' row joins them, or its totals are
/// left.
template <Leaves kLeaves, class Factors, class Places>
__device__ __forceinline__ void end_run(const AttentionArgs& args, int run, bool span_ends,
                                        SoftRow& own, Factors& factors, Places& places) {
  float sum = own.run_sum;
#pragma unroll
  for (int d = 8; d > 0; d /= 2) sum += __shfl_xor_sync(kFullWarp, sum, d);
  const float largest = own.run_largest;
  own.run_largest = minus_infinity();
  own.run_sum = 0.0F;
  if (lane_of() % 16 != 0) return;
  const int row = soft_row_of_lane();
  const bool in_run = run * kRunSlots < own.end && (run + 1) * kRunSlots > own.first;
  factors[kRunBefore + row] = in_run ? 0.0F : -1.0F;
  if constexpr (kLeaves == Leaves::Runs) {
    if (in_run) leave_totals(args, places[row] + run, largest, sum);
    return;
  }
  if (in_run) join_row(factors, kRunBefore, kSpanLargest, row, largest, sum);
  if (!span_ends) return;
  const int span = run / kSpanRuns;
  const bool in_span = span * kSpanSlots < own.end && (span + 1) * kSpanSlots > own.first;
  factors[kSpanBefore + row] = in_span ? 0.0F : -1.0F;
  const float span_largest = factors[kSpanLargest + row];
  const float span_total = factors[kSpanTotal + row];
  if (in_span && kLeaves == Leaves::All) {
    join_row(factors, kSpanBefore, kLargest, row, span_largest, span_total);
  } else if (in_span) {
    leave_totals(args, places[row] + span, span_largest, span_total);
  }
  factors[kSpanLargest + row] = minus_infinity();
  factors[kSpanTotal + row] = 0.0F;
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

/// Sums of run or span `at` to where combine_attention finds them; their factors are at `before`.
template <class S, class Factors, class Places>
__device__ __forceinline__ void leave_sums(const AttentionArgs& args, int at, int before,
                                           Factors& factors, Places& places,
                                           const float (&sums)[S::kTiles][4]) {
  const int lane = lane_of();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    if (factors[before + lane / 4 + 8 * half] < 0.0F) continue;
    const std::int64_t place = places[lane / 4 + 8 * half] + at;
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

/// Sums that end onto those before them, and away; their factors are at `before`.
template <class S, class Factors>
__device__ __forceinline__ void join_sums(Factors& factors, int before, float (&sums)[S::kTiles][4],
                                          float (&so_far)[S::kTiles][4]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = lane_of() / 4 + 8 * half;
    const float old = factors[before + row];
    if (old < 0.0F) continue;
    const float next = factors[before + kTileRows + row];
#pragma unroll
    for (int j = 0; j < S::kTiles; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        so_far[j][i] = fmaf(so_far[j][i], old, sums[j][i] * next);
      }
    }
  }
}

template <int kTiles>
__device__ __forceinline__ void clear(float (&sums)[kTiles][4]) {
#pragma unroll
  for (int j = 0; j < kTiles; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) sums[j][i] = 0.0F;
  }
}

/// The sums of a tile's row and columns, of the run, the span and all spans so far.
template <class S, Leaves kLeaves>
struct RowSums {
  static constexpr int kSpanTiles = kLeaves == Leaves::Runs ? 1 : S::kTiles;
  static constexpr int kAllTiles = kLeaves == Leaves::All ? S::kTiles : 1;
  float run[S::kTiles][4];
  float span[kSpanTiles][4];
  float all[kAllTiles][4];
};

/// The end of a run and perhaps its span, as end_run.
template <class S, Leaves kLeaves, class Factors, class Places>
__device__ __forceinline__ void end_run_sums(const AttentionArgs& args, int run, bool span_ends,
                                             Factors& factors, Places& places,
                                             RowSums<S, kLeaves>& sums) {
  if constexpr (kLeaves == Leaves::Runs) {
    leave_sums<S>(args, run, kRunBefore, factors, places, sums.run);
  } else {
    join_sums<S>(factors, kRunBefore, sums.run, sums.span);
    if (span_ends) {
      if constexpr (kLeaves == Leaves::Spans) {
        leave_sums<S>(args, run / kSpanRuns, kSpanBefore, factors, places, sums.span);
      } else {
        join_sums<S>(factors, kSpanBefore, sums.span, sums.all);
      }
      clear(sums.span);
    }
  }
  clear(sums.run);
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

/// Grid: row tiles × runs / runs_per_block (Leaves::All: 1) × KV heads. Warp w brings slot w of
/// each tile, scores part w / 2 of eight slots, softens rows 2w and 2w + 1, sums value columns of
/// tiles w, w + 16, …; with Leaves::All it writes what they come to. Shared: the tile, the parts of
/// its scores, its weights, the rows' factors and places.
template <class S, Leaves kLeaves>
__global__ void __launch_bounds__(kAttentionThreads, S::kBlocks)
    tile_attention(const AttentionArgs args) {
  DEVICE_SHARED(std::uint32_t, tile, 2 * kTileSlots * (S::kCols / 2 + 4));
  DEVICE_SHARED(float, parts, kParts* kTileRows* kTileSlots);
  DEVICE_SHARED(std::uint32_t, weights, 2 * kTileRows * kWeightStride);
  DEVICE_SHARED(float, factors, kFactors);
  DEVICE_SHARED(int, places, kTileRows);
  const AttentionBlock b = block_at<S, kLeaves>(args);
  if (b.first_tile >= b.end_tile) return;
  HeldSlot<S> held;
  load_slot(args, b, b.first_tile, held);
  const ScorePart part = score_part(b.columns, warp_of() / 2);
  Queries<S> queries;
  load_queries(args, b, part, queries);
  SoftRow own = soft_row<S, kLeaves>(args, b, factors, places);
  RowSums<S, kLeaves> sums{};
  for (int at = b.first_tile; at < b.end_tile; ++at) {
    const bool run_ends = (at + 1) % kTilesPerRun == 0 || at + 1 == b.end_tile;
    const bool span_ends = (at + 1) % (kTilesPerRun * kSpanRuns) == 0 || at + 1 == b.end_tile;
    const int run = at / kTilesPerRun;
    store_slot(b.columns, held, tile);
    __syncthreads();  // the tile is there
    if (at + 1 < b.end_tile) load_slot(args, b, at + 1, held);
    score_tile(b.columns, part, queries, tile, parts);
    __syncthreads();  // its scores are
    if (warp_of() < kSoftWarps) {
      soften_tile(args, b, at, own, parts, weights, factors);
      if (run_ends) end_run<kLeaves>(args, run, span_ends, own, factors, places);
    }
    __syncthreads();  // its weights are
    sum_tile<S>(b.columns, tile, weights, factors, sums.run);
    if (run_ends) end_run_sums(args, run, span_ends, factors, places, sums);
    __syncthreads();  // nobody reads the tile any more
  }
  if constexpr (kLeaves == Leaves::All) write_rows<S>(args, b, factors, sums.all);
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

/// Runs of one block, of `runs` that a block might take: as many blocks as run at once, since a
/// block that goes on has its next run on its way already. Whole spans where that keeps no part of
/// the GPU idle for long: they leave a quarter of the partial sums.
struct RunsPerBlock {
  std::int64_t n;
  bool spans;
};
RunsPerBlock runs_per_block(std::int64_t n_splits, std::int64_t side_by_side,
                            std::int64_t at_once) {
  const auto share = [&](std::int64_t n) {
    return at_once > 0 ? (n * side_by_side + at_once - 1) / at_once : 1;
  };
  const std::int64_t runs = share(n_splits);
  const std::int64_t in_spans = share((n_splits + kSpanRuns - 1) / kSpanRuns) * kSpanRuns;
  if (4 * in_spans <= 5 * runs) return {in_spans, true};
  return {runs, false};
}

template <class S>
void launch_tiles(AttentionArgs args, Stream stream) {
  const std::int64_t kv_heads = args.n_heads / args.heads_per_kv;
  const unsigned rows = blocks_for(args.n_tokens * rows_per_token(args), kTileRows);
  const auto kv = static_cast<unsigned>(kv_heads);
  const dim3 block(kAttentionThreads);
  if (!args.side_by_side) {
    DEVICE_LAUNCH((tile_attention<S, Leaves::All>), dim3(rows, 1, kv), block, stream, args);
    return;
  }
  const RunsPerBlock per_block =
      runs_per_block(args.n_splits, rows * kv_heads, args.n_multiprocessors * S::kBlocks);
  args.runs_per_block = static_cast<int>(per_block.n);
  const dim3 grid(rows, blocks_for(args.n_splits, per_block.n), kv);
  if (per_block.spans) {
    DEVICE_LAUNCH((tile_attention<S, Leaves::Spans>), grid, block, stream, args);
  } else {
    DEVICE_LAUNCH((tile_attention<S, Leaves::Runs>), grid, block, stream, args);
  }
  launch_combine_attention(args, per_block.spans, stream);
}

}  // namespace

bool attention_fits(const AttentionArgs& args) { return fits<WideTiles>(args); }

void launch_attention(const AttentionArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  if (args.probe_row >= 0) launch_clear_probe(args, stream);
  if (!has_vectors(args)) {
    launch_tiles<RaggedTiles>(args, stream);
  } else if (fits<NarrowTiles>(args)) {
    launch_tiles<NarrowTiles>(args, stream);
  } else if (are_latents(args)) {
    launch_tiles<LatentTiles>(args, stream);
  } else {
    launch_tiles<WideTiles>(args, stream);
  }
  if (args.probe_row >= 0 && args.probe_weights != nullptr) launch_probe_weights(args, stream);
}

}  // namespace engine::cuda
