// Attention over the cache, decode and prefill alike: partial sums over fixed runs of kSplitSlots
// slots, then their combination in order. MLA runs absorbed (keys and values are the latents, which
// the heads of a block share); grouped queries share their KV head.
// Same bits: a run's sums depend on the token and the slots in it, never on the call's other
// tokens.
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kHeads = 8;      // per block: one per warp in the softmax
constexpr int kWarpSlots = 4;  // slots a warp scores at once
constexpr int kCombineThreads = 256;

__device__ __forceinline__ float minus_infinity() { return __uint_as_float(0xFF800000U); }

/// The slots one token reads: `count` of them, the i-th is slot(i).
struct SlotRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  Global<const std::int32_t> picked;
  __device__ std::int64_t slot(std::int64_t i) const {
    return picked == nullptr ? first + i : static_cast<std::int64_t>(picked[i]);
  }
};

__device__ __forceinline__ SlotRange slots_of(const AttentionArgs& args, std::int64_t token) {
  SlotRange range;
  const std::int64_t n = args.first_position + moved_by(args.moved) + token + 1;
  range.count = n;
  range.picked = nullptr;
  if (args.picked != nullptr) {
    range.picked = Global<const std::int32_t>(args.picked + token * args.picked_stride);
    range.count = n < args.picked_stride ? n : args.picked_stride;
  } else if (args.window > 0 && args.window < n) {
    range.first = n - args.window;
    range.count = args.window;
  }
  return range;
}

/// One halving of transposed_sum: lanes d apart share their values out. A template, because the
/// compiler unrolls no loop over halves, and values that are indexed at run time lie in memory.
template <int d>
__device__ __forceinline__ void share_out(float (&v)[32]) {
  const bool upper = (lane_of() & d) != 0;
#pragma unroll
  for (int i = 0; i < d; ++i) {
    const float keep = upper ? v[i + d] : v[i];
    const float give = upper ? v[i] : v[i + d];
    v[i] = keep + __shfl_xor_sync(kFullWarp, give, d);
  }
}

/// 32 values per lane become one: lane i gets the sum over the warp of value i, in one order.
__device__ __forceinline__ float transposed_sum(float (&v)[32]) {
  share_out<16>(v);
  share_out<8>(v);
  share_out<4>(v);
  share_out<2>(v);
  share_out<1>(v);
  return v[0];
}

/// The heads of one block: `count` from `first`, all reading KV head `kv`.
struct HeadGroup {
  std::int64_t first, count, kv;
};

__device__ __forceinline__ HeadGroup head_group(const AttentionArgs& args) {
  const std::int64_t per_kv = (args.heads_per_kv + kHeads - 1) / kHeads;
  const std::int64_t group = blockIdx.y;
  const std::int64_t kv = group / per_kv;
  const std::int64_t within = group % per_kv * kHeads;
  const std::int64_t left = args.heads_per_kv - within;
  return {kv * args.heads_per_kv + within, left < kHeads ? left : kHeads, kv};
}

/// Lane (h, i) = (lane / 4, lane % 4) gets q_h · key of slot i; columns lane, lane + 32, …
__device__ __forceinline__ float dot_products(const HeadGroup& heads, const float* q,
                                              std::int64_t q_head_stride, const float* keys,
                                              const std::int64_t (&key_offset)[kWarpSlots],
                                              std::int64_t dim) {
  float sums[kHeads * kWarpSlots] = {};
  Global<const float> query[kHeads];
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    const std::int64_t head = heads.first + (h < heads.count ? h : 0);
    query[h] = Global<const float>(q) + head * q_head_stride;
  }
  const Global<const float> key(keys);
#pragma unroll 4
  for (std::int64_t c = lane_of(); c < dim; c += kWarpSize) {
    float k[kWarpSlots];
#pragma unroll
    for (int i = 0; i < kWarpSlots; ++i) k[i] = key[key_offset[i] + c];
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      const float x = query[h][c];
#pragma unroll
      for (int i = 0; i < kWarpSlots; ++i) {
        sums[h * kWarpSlots + i] = fmaf(x, k[i], sums[h * kWarpSlots + i]);
      }
    }
  }
  return transposed_sum(sums);
}

/// One run of slots: what its blocks and its threads know.
struct Run {
  std::int64_t token, begin;
  int n;
  SlotRange range;
  HeadGroup heads;
};

/// Scores of the run into weights[slot][head]; warp w takes kWarpSlots slots at a time.
template <class Weights>
__device__ __forceinline__ void score_run(const AttentionArgs& args, const Run& run,
                                          Weights& weights) {
  const int lane = lane_of();
  const int n = run.n;
  for (int base = warp_of() * kWarpSlots; base < n; base += kWarps * kWarpSlots) {
    std::int64_t key_offset[kWarpSlots];
    std::int64_t rope_offset[kWarpSlots];
#pragma unroll
    for (int i = 0; i < kWarpSlots; ++i) {
      const std::int64_t slot = run.range.slot(run.begin + (base + i < n ? base + i : n - 1));
      key_offset[i] = slot * args.k_stride + run.heads.kv * args.key_dim;
      rope_offset[i] = slot * args.k_rope_stride;
    }
    const float content =
        args.scale * dot_products(run.heads, args.q + run.token * args.q_token_stride,
                                  args.q_head_stride, args.k, key_offset, args.key_dim);
    float rope = 0.0F;
    if (args.rope_dim > 0) {
      rope = args.scale *
             dot_products(run.heads, args.q_rope + run.token * args.q_rope_token_stride,
                          args.q_rope_head_stride, args.k_rope, rope_offset, args.rope_dim);
    }
    const int h = lane / kWarpSlots;
    const int i = base + lane % kWarpSlots;
    if (i >= n) continue;
    weights[i * kHeads + h] = content + rope;
    if (run.token != args.probe_row || h >= run.heads.count) continue;
    const std::int64_t at = (run.heads.first + h) * (args.first_position + run.token + 1) +
                            run.range.slot(run.begin + i);
    if (args.probe_content != nullptr) Global<float>(args.probe_content)[at] = content;
    if (args.probe_rope != nullptr) Global<float>(args.probe_rope)[at] = rope;
  }
}

struct RunTotals {
  float largest, sum;
};

/// The calling warp's head: its scores become exp(score - largest).
template <class Weights>
__device__ __forceinline__ RunTotals soften_run(int n, Weights& weights) {
  const int own = warp_of();
  float largest = minus_infinity();
  for (int i = lane_of(); i < n; i += kWarpSize) {
    const float s = weights[i * kHeads + own];
    largest = s > largest ? s : largest;
  }
  largest = warp_max(largest);
  float sum = 0.0F;
  for (int i = lane_of(); i < n; i += kWarpSize) {
    const float w = device_exp(weights[i * kHeads + own] - largest);
    weights[i * kHeads + own] = w;
    sum += w;
  }
  return {largest, warp_sum(sum)};
}

/// Columns c and c + kThreads of the run's weighted values, per head. Values are loaded kAhead
/// slots ahead: the sums wait for memory. Heads behind the last have weights nobody means and sums
/// nobody reads.
template <class Weights>
__device__ __forceinline__ void sum_run(const AttentionArgs& args, const Run& run, Weights& weights,
                                        std::int64_t c, float (&sums)[2][kHeads]) {
  constexpr int kAhead = 8;
  const Global<const float> values(args.v + run.heads.kv * args.value_dim);
  const bool both = c + kThreads < args.value_dim;
  for (int first = 0; first < run.n; first += kAhead) {
    float value[kAhead][2];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      value[i][0] = value[i][1] = 0.0F;
      if (first + i >= run.n) continue;
      const std::int64_t at = run.range.slot(run.begin + first + i) * args.v_stride + c;
      value[i][0] = values[at];
      if (both) value[i][1] = values[at + kThreads];
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (first + i >= run.n) continue;
#pragma unroll
      for (int h = 0; h < kHeads; ++h) {
        const float w = weights[(first + i) * kHeads + h];
        sums[0][h] = fmaf(w, value[i][0], sums[0][h]);
        sums[1][h] = fmaf(w, value[i][1], sums[1][h]);
      }
    }
  }
}

/// How two runs join: the earlier ones' sums times `before`, the next one's times `next`.
struct Join {
  float largest, before, next;
};
__device__ __forceinline__ Join join(float largest_before, float largest_next) {
  const float largest = largest_next > largest_before ? largest_next : largest_before;
  return {largest, device_exp(largest_before - largest), device_exp(largest_next - largest)};
}

__device__ __forceinline__ Run run_at(const AttentionArgs& args, std::int64_t begin) {
  Run run;
  run.token = blockIdx.z;
  run.begin = begin;
  run.range = slots_of(args, run.token);
  const std::int64_t left = run.range.count - begin;
  run.n = static_cast<int>(left < kSplitSlots ? left : kSplitSlots);
  run.heads = head_group(args);
  return run;
}

/// Grid: runs × head groups × tokens. Block: kThreads; in the softmax warp h owns head h, in the
/// sums thread owns columns thread, thread + kThreads, … Shared: weights [kSplitSlots][kHeads].
__global__ void __launch_bounds__(kThreads, 2) partial_attention(const AttentionArgs args) {
  DEVICE_SHARED(float, weights, kSplitSlots* kHeads);
  const std::int64_t split = blockIdx.x;
  const Run run = run_at(args, split * kSplitSlots);
  if (run.n <= 0) return;
  score_run(args, run, weights);
  __syncthreads();
  const std::int64_t row = (run.token * args.n_heads + run.heads.first) * args.n_splits + split;
  if (warp_of() < run.heads.count) {
    const RunTotals t = soften_run(run.n, weights);
    if (lane_of() == 0) {
      Global<float>(args.partial_max)[row + warp_of() * args.n_splits] = t.largest;
      Global<float>(args.partial_sum)[row + warp_of() * args.n_splits] = t.sum;
    }
  }
  __syncthreads();
  const Global<float> partial(args.partial);
  for (std::int64_t c = threadIdx.x; c < args.value_dim; c += 2 * kThreads) {
    float sums[2][kHeads] = {};
    sum_run(args, run, weights, c, sums);
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      if (h >= run.heads.count) continue;
      const std::int64_t at = (row + h * args.n_splits) * args.value_dim + c;
      partial[at] = sums[0][h];
      if (c + kThreads < args.value_dim) partial[at + kThreads] = sums[1][h];
    }
  }
}

/// As partial_attention, but one block walks all runs of its token and joins them as it goes: grid
/// 1 × head groups × tokens. Shared besides: per head the largest score and the sum so far, and the
/// factors of this join.
__global__ void __launch_bounds__(kThreads, 2) running_attention(const AttentionArgs args) {
  DEVICE_SHARED(float, weights, kSplitSlots* kHeads);
  DEVICE_SHARED(float, largest, kHeads);
  DEVICE_SHARED(float, total, kHeads);
  DEVICE_SHARED(float, before, kHeads);
  DEVICE_SHARED(float, next, kHeads);
  const std::int64_t n_slots = slots_of(args, blockIdx.z).count;
  const Global<float> partial(args.partial);
  for (std::int64_t begin = 0; begin < n_slots; begin += kSplitSlots) {
    const Run run = run_at(args, begin);
    __syncthreads();
    score_run(args, run, weights);
    __syncthreads();
    const int own = warp_of();
    if (own < run.heads.count) {
      const RunTotals t = soften_run(run.n, weights);
      if (lane_of() == 0) {
        if (begin == 0) {
          largest[own] = t.largest;
          total[own] = t.sum;
        } else {
          const Join j = join(largest[own], t.largest);
          largest[own] = j.largest;
          before[own] = j.before;
          next[own] = j.next;
          total[own] = fmaf(total[own], j.before, t.sum * j.next);
        }
      }
    }
    __syncthreads();
    const std::int64_t row = run.token * args.n_heads + run.heads.first;
    for (std::int64_t c = threadIdx.x; c < args.value_dim; c += 2 * kThreads) {
      float sums[2][kHeads] = {};
      sum_run(args, run, weights, c, sums);
#pragma unroll
      for (int h = 0; h < kHeads; ++h) {
        if (h >= run.heads.count) continue;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          if (c + i * kThreads >= args.value_dim) continue;
          const std::int64_t at = (row + h) * args.value_dim + c + i * kThreads;
          partial[at] =
              begin == 0 ? sums[i][h] : fmaf(partial[at], before[h], sums[i][h] * next[h]);
        }
      }
    }
  }
  const HeadGroup heads = head_group(args);
  const int own = static_cast<int>(threadIdx.x);
  if (own >= heads.count) return;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.z) * args.n_heads + heads.first + own;
  Global<float>(args.totals)[2 * row] = largest[own];
  Global<float>(args.totals)[2 * row + 1] = total[own];
}

/// One finished value of head `row` (token · n_heads + head): divided, written, split into terms.
__device__ __forceinline__ void write_value(const AttentionArgs& args, std::int64_t token,
                                            std::int64_t head, std::int64_t c, float value) {
  if (args.out != nullptr && c < args.value_dim) {
    Global<float>(args.out)[token * args.out_token_stride + head * args.value_dim + c] = value;
  }
  if (args.out_terms.data == nullptr || c >= args.out_terms.padded_cols) return;
  write_terms(args.out_terms, token * args.n_heads + head, c, value);
}

/// Joins the runs that partial_attention left, in order. Grid: heads × tokens × columns /
/// kCombineThreads; thread owns one column and, of each kCombineThreads runs, the factors of one.
/// Shared: the runs' largest scores, sums and factors.
__global__ void __launch_bounds__(kCombineThreads) combine_attention(const AttentionArgs args) {
  constexpr int kAhead = 16;  // partial sums on their way while the ones before are joined
  DEVICE_SHARED(float, maxima, kCombineThreads);
  DEVICE_SHARED(float, run_totals, kCombineThreads);
  DEVICE_SHARED(float, before, kCombineThreads);
  DEVICE_SHARED(float, next, kCombineThreads);
  const std::int64_t head = blockIdx.x;
  const std::int64_t token = blockIdx.y;
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.z) * kCombineThreads + thread;
  const std::int64_t n = (slots_of(args, token).count + kSplitSlots - 1) / kSplitSlots;
  const std::int64_t row = (token * args.n_heads + head) * args.n_splits;
  const Global<const float> run_maxima(args.partial_max + row);
  const Global<const float> run_sums(args.partial_sum + row);
  const Global<const float> partial(args.partial + row * args.value_dim);
  float largest = run_maxima[0];
  float total = run_sums[0];
  float sum = c < args.value_dim ? partial[c] : 0.0F;
  for (std::int64_t base = 1; base < n; base += kCombineThreads) {
    const int here = static_cast<int>(n - base < kCombineThreads ? n - base : kCombineThreads);
    __syncthreads();
    if (thread < here) {
      maxima[thread] = run_maxima[base + thread];
      run_totals[thread] = run_sums[base + thread];
    }
    __syncthreads();
    if (thread < here) {
      float earlier = largest;  // the largest before this run: exact in any order
      for (int i = 0; i < thread; ++i) {
        const float m = maxima[i];
        earlier = m > earlier ? m : earlier;
      }
      const Join j = join(earlier, maxima[thread]);
      before[thread] = j.before;
      next[thread] = j.next;
    }
    __syncthreads();
    for (int first = 0; first < here; first += kAhead) {
      float parts[kAhead];
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const bool there = first + i < here && c < args.value_dim;
        parts[i] = there ? partial[(base + first + i) * args.value_dim + c] : 0.0F;
      }
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        if (first + i >= here) continue;
        const float m = maxima[first + i];
        largest = m > largest ? m : largest;
        total = fmaf(total, before[first + i], run_totals[first + i] * next[first + i]);
        sum = fmaf(sum, before[first + i], parts[i] * next[first + i]);
      }
    }
  }
  write_value(args, token, head, c, c < args.value_dim ? sum / total : 0.0F);
  if (c != 0) return;
  const std::int64_t at = 2 * (token * args.n_heads + head);
  Global<float>(args.totals)[at] = largest;
  Global<float>(args.totals)[at + 1] = total;
}

/// Divides what running_attention left. Grid: heads × tokens × columns / kCombineThreads.
__global__ void __launch_bounds__(kCombineThreads) finish_attention(const AttentionArgs args) {
  const std::int64_t head = blockIdx.x;
  const std::int64_t token = blockIdx.y;
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.z) * kCombineThreads + threadIdx.x;
  const std::int64_t row = token * args.n_heads + head;
  const float total = Global<const float>(args.totals)[2 * row + 1];
  float value = 0.0F;
  if (c < args.value_dim) {
    value = Global<const float>(args.partial)[row * args.value_dim + c] / total;
  }
  write_value(args, token, head, c, value);
}

/// What the observed token does not read: score -inf, weight 0. Grid: enough for one slot of one
/// head per thread.
__global__ void __launch_bounds__(kThreads) clear_probe(const AttentionArgs args) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= args.n_heads * (args.first_position + args.probe_row + 1)) return;
  if (args.probe_content != nullptr) Global<float>(args.probe_content)[i] = minus_infinity();
  if (args.probe_rope != nullptr) {
    Global<float>(args.probe_rope)[i] = args.rope_dim > 0 ? minus_infinity() : 0.0F;
  }
  if (args.probe_weights != nullptr) Global<float>(args.probe_weights)[i] = 0.0F;
}

/// The observed token's weights, from its scores and totals. Grid: heads; thread owns slots.
__global__ void __launch_bounds__(kThreads) probe_weights(const AttentionArgs args) {
  const std::int64_t head = blockIdx.x;
  const SlotRange range = slots_of(args, args.probe_row);
  const std::int64_t n_slots = args.first_position + args.probe_row + 1;
  const Global<const float> totals(args.totals + 2 * (args.probe_row * args.n_heads + head));
  const Global<const float> content(args.probe_content);
  const Global<const float> rope(args.probe_rope);
  for (std::int64_t i = threadIdx.x; i < range.count; i += kThreads) {
    const std::int64_t at = head * n_slots + range.slot(i);
    const float score = content[at] + (args.rope_dim > 0 ? rope[at] : 0.0F);
    Global<float>(args.probe_weights)[at] = device_exp(score - totals[0]) / totals[1];
  }
}

/// Grid: columns / kWarpSize × heads × tokens. Lane owns column l, warp w run w of d, which depends
/// on `nope` alone; the runs are added in order. Shared: the runs' sums [kWarps][kWarpSize].
template <DType D>
__global__ void __launch_bounds__(kThreads) absorb(const AbsorbArgs args) {
  DEVICE_SHARED(float, parts, kThreads);
  const std::int64_t l = static_cast<std::int64_t>(blockIdx.x) * kWarpSize + lane_of();
  const std::int64_t head = blockIdx.y;
  const std::int64_t token = blockIdx.z;
  const Global<const float> q(args.q + token * args.q_token_stride + head * args.q_head_stride);
  const std::int64_t end = (warp_of() + 1) * args.nope / kWarps;
  float sum = 0.0F;
  if (l < args.w_ukv.cols) {
#pragma unroll(weight_layout(D).block_elements == 1 ? 16 : 2)
    for (std::int64_t d = warp_of() * args.nope / kWarps; d < end; ++d) {
      sum = fmaf(q[d], weight_value_of<D>(args.w_ukv, head * args.head_rows + d, l), sum);
    }
  }
  parts[static_cast<int>(threadIdx.x)] = sum;
  __syncthreads();
  if (warp_of() != 0 || l >= args.w_ukv.cols) return;
  float total = 0.0F;
  for (int w = 0; w < kWarps; ++w) total += parts[w * kWarpSize + lane_of()];
  Global<float>(args.out)[(token * args.n_heads + head) * args.w_ukv.cols + l] = total;
}

template <DType... kTypes>
void launch_absorb_of(const AbsorbArgs& args, Stream stream) {
  const auto columns = static_cast<unsigned>((args.w_ukv.cols + kWarpSize - 1) / kWarpSize);
  const dim3 grid(columns, static_cast<unsigned>(args.n_heads),
                  static_cast<unsigned>(args.n_tokens));
  const auto launch = [&]<DType D>() {
    DEVICE_LAUNCH((absorb<D>), grid, dim3(kThreads), stream, args);
    return true;
  };
  static_cast<void>(((args.w_ukv.dtype == kTypes && launch.template operator()<kTypes>()) || ...));
}

}  // namespace

void launch_attention(const AttentionArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  const auto tokens = static_cast<unsigned>(args.n_tokens);
  const auto heads = static_cast<unsigned>(args.n_heads);
  if (args.probe_row >= 0) {
    const std::int64_t n = args.n_heads * (args.first_position + args.probe_row + 1);
    DEVICE_LAUNCH(clear_probe, dim3(static_cast<unsigned>((n + kThreads - 1) / kThreads)),
                  dim3(kThreads), stream, args);
  }
  const std::int64_t per_kv = (args.heads_per_kv + kHeads - 1) / kHeads;
  const auto groups = static_cast<unsigned>(args.n_heads / args.heads_per_kv * per_kv);
  const std::int64_t columns =
      args.out_terms.data == nullptr ? args.value_dim : args.out_terms.padded_cols;
  const dim3 finish_grid(heads, tokens,
                         static_cast<unsigned>((columns + kCombineThreads - 1) / kCombineThreads));
  if (args.side_by_side) {
    DEVICE_LAUNCH(partial_attention, dim3(static_cast<unsigned>(args.n_splits), groups, tokens),
                  dim3(kThreads), stream, args);
    DEVICE_LAUNCH(combine_attention, finish_grid, dim3(kCombineThreads), stream, args);
  } else {
    DEVICE_LAUNCH(running_attention, dim3(1, groups, tokens), dim3(kThreads), stream, args);
    DEVICE_LAUNCH(finish_attention, finish_grid, dim3(kCombineThreads), stream, args);
  }
  if (args.probe_row >= 0 && args.probe_weights != nullptr) {
    DEVICE_LAUNCH(probe_weights, dim3(heads), dim3(kThreads), stream, args);
  }
}

void launch_absorb(const AbsorbArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  launch_absorb_of<DType::F32, DType::F16, DType::BF16, DType::F8_E4M3, DType::Q4_0, DType::Q4_1,
                   DType::Q5_0, DType::Q5_1, DType::Q8_0, DType::Q2_K, DType::Q3_K, DType::Q4_K,
                   DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS>(args, stream);
}

}  // namespace engine::cuda
