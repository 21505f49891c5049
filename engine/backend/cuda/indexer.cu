// V3.2's lightning indexer: the score of every slot, and the top_k best slots of each token in
// ascending order by radix selection; ties to the lower slot.
#include "engine/backend/cuda/device_math.h"
#include "engine/backend/cuda/kernels.h"

namespace engine::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kBins = 256;

/// Grid: slots / kWarps × tokens. Warp owns one slot; lane owns every 32nd column of a dot product
/// and, after it, every 32nd head.
__global__ void __launch_bounds__(kThreads) index_scores(const IndexArgs args) {
  const std::int64_t token = blockIdx.y;
  const std::int64_t slot = static_cast<std::int64_t>(blockIdx.x) * kWarps + warp_of();
  if (slot > args.first_position + moved_by(args.moved) + token) return;
  const Global<const float> q(args.q.data + token * args.q.stride);
  const Global<const float> k(args.k.data + slot * args.k.stride);
  const Global<const float> weights(args.weights.data + token * args.weights.stride);
  float sum = 0.0F;
  for (std::int64_t h = 0; h < args.n_heads; ++h) {
    float dot = 0.0F;
    for (std::int64_t c = lane_of(); c < args.head_dim; c += kWarpSize) {
      dot = fmaf(q[h * args.head_dim + c], k[c], dot);
    }
    dot = warp_sum(dot);
    sum = fmaf(weights[h], dot > 0.0F ? dot : 0.0F, sum);
  }
  if (sum != sum) sum = __uint_as_float(0xFF800000U);  // no number: the least
  if (lane_of() == 0) Global<float>(args.scores)[token * args.score_stride + slot] = sum;
}

/// Larger floats are larger numbers; both zeros are one.
__device__ __forceinline__ std::uint32_t sortable(float x) {
  const std::uint32_t u = __float_as_uint(x + 0.0F);
  return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

/// How many threads below this one in the block have `flag`, and how many in all. All threads call
/// it.
struct Rank {
  std::int32_t before, total;
};
template <class Counts>
__device__ __forceinline__ Rank rank_in_block(bool flag, Counts& counts) {
  const std::uint32_t votes = __ballot_sync(kFullWarp, flag);
  __syncthreads();
  if (lane_of() == 0) counts[warp_of()] = __popc(votes);
  __syncthreads();
  Rank r = {votes_below(votes), 0};
  for (int w = 0; w < kWarps; ++w) {
    if (w < warp_of()) r.before += counts[w];
    r.total += counts[w];
  }
  return r;
}

/// Grid: tokens. Block: kThreads. Shared: the histogram of one byte of the keys, the threshold
/// found so far. Byte by byte from the top: which value the top_k-th best key has; then one pass in
/// order.
__global__ void __launch_bounds__(kThreads) select_slots(const IndexArgs args) {
  DEVICE_SHARED(std::int32_t, histogram, kBins);
  DEVICE_SHARED(std::uint32_t, threshold, 2);  // key bits found, how many of equal keys to take
  DEVICE_SHARED(std::int32_t, counts, kWarps);
  const std::int64_t token = blockIdx.x;
  const std::int64_t n = args.first_position + moved_by(args.moved) + token + 1;
  const int thread = static_cast<int>(threadIdx.x);
  const Global<const float> scores(args.scores + token * args.score_stride);
  const Global<std::int32_t> picked(args.picked + token * args.top_k);
  if (n <= args.top_k) {
    for (std::int64_t i = thread; i < args.top_k; i += kThreads) {
      picked[i] = i < n ? static_cast<std::int32_t>(i) : -1;
    }
    return;
  }
  if (thread == 0) {
    threshold[0] = 0;
    threshold[1] = static_cast<std::uint32_t>(args.top_k);
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    histogram[thread] = 0;
    __syncthreads();
    const std::uint32_t found = threshold[0];
    const std::uint32_t mask = shift == 24 ? 0U : 0xFFFFFFFFU << (shift + 8);
    for (std::int64_t i = thread; i < n; i += kThreads) {
      const std::uint32_t key = sortable(scores[i]);
      if ((key & mask) == found) DEVICE_SHARED_ATOMIC_ADD(histogram, (key >> shift) & 0xFFU, 1);
    }
    __syncthreads();
    if (thread == 0) {
      std::uint32_t wanted = threshold[1];
      int bin = kBins - 1;
      for (; bin > 0; --bin) {
        const auto in_bin = static_cast<std::uint32_t>(static_cast<std::int32_t>(histogram[bin]));
        if (in_bin >= wanted) break;
        wanted -= in_bin;
      }
      threshold[0] = found | static_cast<std::uint32_t>(bin) << shift;
      threshold[1] = wanted;
    }
    __syncthreads();
  }
  const std::uint32_t key_at = threshold[0];
  const auto n_equal = static_cast<std::int32_t>(static_cast<std::uint32_t>(threshold[1]));
  std::int32_t equal_before = 0;
  std::int32_t taken_before = 0;
  for (std::int64_t base = 0; base < n; base += kThreads) {
    const std::int64_t i = base + thread;
    const std::uint32_t key = i < n ? sortable(scores[i]) : 0U;
    const Rank equal = rank_in_block(i < n && key == key_at, counts);
    const bool take =
        i < n && (key > key_at || (key == key_at && equal_before + equal.before < n_equal));
    const Rank taken = rank_in_block(take, counts);
    if (take) picked[taken_before + taken.before] = static_cast<std::int32_t>(i);
    equal_before += equal.total;
    taken_before += taken.total;
  }
}

}  // namespace

void launch_index(const IndexArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  const auto tokens = static_cast<unsigned>(args.n_tokens);
  DEVICE_LAUNCH(index_scores,
                dim3(static_cast<unsigned>((args.score_stride + kWarps - 1) / kWarps), tokens),
                dim3(kThreads), stream, args);
  DEVICE_LAUNCH(select_slots, dim3(tokens), dim3(kThreads), stream, args);
}

}  // namespace engine::cuda
