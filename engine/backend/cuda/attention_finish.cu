// What comes after attention's tiles: partial sums of runs or spans joined in order; an observed
// token's rows.
#include "engine/backend/cuda/attention_tiles.h"

namespace engine::cuda {

namespace {

constexpr int kProbeThreads = 256;

/// A lane's share of kWarpSize partial sums: one column of each, the largest score and the sum of
/// one.
struct HeldPartials {
  float column[kWarpSize];
  float largest, sum;
};
struct Partials {
  Global<const float> partial, maxima, sums;
  std::int64_t column, n_columns;
  int first, end;  // those that are there
  __device__ bool has(int i) const { return i >= first && i < end; }
};
__device__ __forceinline__ void load_partials(const Partials& from, int base, HeldPartials& held) {
#pragma unroll
  for (int i = 0; i < kWarpSize; ++i) {
    const bool there = from.has(base + i) && from.column < from.n_columns;
    held.column[i] = there ? from.partial[(base + i) * from.n_columns + from.column] : 0.0F;
  }
  const bool own = from.has(base + lane_of());
  held.largest = own ? from.maxima[base + lane_of()] : minus_infinity();
  held.sum = own ? from.sums[base + lane_of()] : 0.0F;
}

/// The largest of this lane's value and those of the lanes below that share a group of n.
template <int n>
__device__ __forceinline__ float largest_up_to(float x) {
#pragma unroll
  for (int d = 1; d < n; d *= 2) {
    const float below = __shfl_up_sync(kFullWarp, x, d);
    if (lane_of() % n >= d) x = below > x ? below : x;
  }
  return x;
}

/// Joins the runs (kPerSpan = kSpanRuns) or spans (1) that tile_attention left, in order. Grid:
/// heads × tokens × columns / kWarpSize; a warp's lane owns one column and, of each kWarpSize
/// partial sums, the factors of one; the next are on their way meanwhile. Shared: these factors.
template <int kPerSpan>
__global__ void __launch_bounds__(kWarpSize) combine_attention(const AttentionArgs args) {
  DEVICE_SHARED(float, run_before, kWarpSize);
  DEVICE_SHARED(float, run_next, kWarpSize);
  DEVICE_SHARED(float, run_total, kWarpSize);
  DEVICE_SHARED(float, span_before, kWarpSize);
  DEVICE_SHARED(float, span_next, kWarpSize);
  constexpr int kSlots = kSpanSlots / kPerSpan;
  const std::int64_t head = blockIdx.x;
  const std::int64_t token = blockIdx.y;
  const int lane = lane_of();
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.z) * kWarpSize + lane;
  const SlotRange range = slots_of(args, token);
  const int base_slot = base_span(args) * kSpanSlots;
  const std::int64_t place = (token * args.n_heads + head) * args.n_splits;
  const Partials from{Global<const float>(args.partial + place * args.value_dim),
                      Global<const float>(args.partial_max + place),
                      Global<const float>(args.partial_sum + place),
                      c,
                      args.value_dim,
                      (range.first - base_slot) / kSlots,
                      (range.end - 1 - base_slot) / kSlots + 1};
  float largest = minus_infinity();
  float total = 0.0F;
  float sum = 0.0F;
  HeldPartials held;
  load_partials(from, 0, held);
  for (int base = 0; base < from.end; base += kWarpSize) {
    HeldPartials ahead;
    load_partials(from, base + kWarpSize, ahead);
    // The largest so far is exact in any order.
    const float in_span = largest_up_to<kPerSpan>(held.largest);
    const float earlier = __shfl_up_sync(kFullWarp, in_span, 1);
    const Join run = join(lane % kPerSpan == 0 ? minus_infinity() : earlier, held.largest);
    run_before[lane] = run.before;
    run_next[lane] = run.next;
    run_total[lane] = kPerSpan == 1 ? held.sum : held.sum * run.next;
    const float all = largest_up_to<kWarpSize>(held.largest);
    const float below = __shfl_sync(kFullWarp, all, lane / kPerSpan * kPerSpan - 1);
    const float before = lane < kPerSpan || largest > below ? largest : below;
    const Join span = join(before, __shfl_sync(kFullWarp, in_span, lane | (kPerSpan - 1)));
    span_before[lane] = span.before;
    span_next[lane] = span.next;
    __syncthreads();  // the factors are there
#pragma unroll
    for (int s = 0; s < kWarpSize; s += kPerSpan) {
      if (base + s >= from.end || base + s + kPerSpan <= from.first) continue;
      float span_total = run_total[s];
      float span_sum = held.column[s];
      if constexpr (kPerSpan > 1) {
        span_total = span_sum = 0.0F;
#pragma unroll
        for (int i = s; i < s + kPerSpan; ++i) {
          if (!from.has(base + i)) continue;
          span_total = fmaf(span_total, run_before[i], run_total[i]);
          span_sum = fmaf(span_sum, run_before[i], held.column[i] * run_next[i]);
        }
      }
      total = fmaf(total, span_before[s], span_total * span_next[s]);
      sum = fmaf(sum, span_before[s], span_sum * span_next[s]);
    }
    const float in_these = __shfl_sync(kFullWarp, all, kWarpSize - 1);
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

}  // namespace

void launch_combine_attention(const AttentionArgs& args, bool spans, Stream stream) {
  const std::int64_t columns =
      args.out_terms.data == nullptr ? args.value_dim : args.out_terms.padded_cols;
  const dim3 grid(static_cast<unsigned>(args.n_heads), static_cast<unsigned>(args.n_tokens),
                  static_cast<unsigned>((columns + kWarpSize - 1) / kWarpSize));
  if (spans) {
    DEVICE_LAUNCH((combine_attention<1>), grid, dim3(kWarpSize), stream, args);
  } else {
    DEVICE_LAUNCH((combine_attention<kSpanRuns>), grid, dim3(kWarpSize), stream, args);
  }
}

void launch_clear_probe(const AttentionArgs& args, Stream stream) {
  const std::int64_t n = args.n_heads * (args.first_position + args.probe_row + 1);
  DEVICE_LAUNCH(clear_probe, dim3(static_cast<unsigned>((n + kProbeThreads - 1) / kProbeThreads)),
                dim3(kProbeThreads), stream, args);
}

void launch_probe_weights(const AttentionArgs& args, Stream stream) {
  DEVICE_LAUNCH(probe_weights, dim3(static_cast<unsigned>(args.n_heads)), dim3(kProbeThreads),
                stream, args);
}

}  // namespace engine::cuda
