// The router's decision, the plan that sorts (token, expert) pairs into work tiles, and the
// weighted sum of the experts' outputs. The products themselves are matmul_*.cu's.
#include "engine/backend/cuda/device_math.h"
#include "engine/backend/cuda/kernels.h"

namespace engine::cuda {

namespace {

constexpr int kRouteThreads = 256;
constexpr int kRouteWarps = kRouteThreads / kWarpSize;
constexpr int kPlanThreads = 1024;
constexpr int kPlanWarps = kPlanThreads / kWarpSize;
constexpr int kThreads = 256;
constexpr int kNobody = 0x7FFFFFFF;

__device__ __forceinline__ float minus_infinity() { return __uint_as_float(0xFF800000U); }

/// The two largest of a group, over a warp.
__device__ __forceinline__ void merge_best_two(float& first, float& second) {
  for (int d = 16; d > 0; d /= 2) {
    const float other_first = __shfl_xor_sync(kFullWarp, first, d);
    const float other_second = __shfl_xor_sync(kFullWarp, second, d);
    const float smaller = other_first > first ? first : other_first;
    first = other_first > first ? other_first : first;
    second = other_second > second ? other_second : second;
    second = smaller > second ? smaller : second;
  }
}

struct Best {
  float value;
  int index;
};

/// The better of two; ties to the lower index.
__device__ __forceinline__ Best better(const Best& a, const Best& b) {
  if (b.index == kNobody) return a;
  if (a.index == kNobody || b.value > a.value) return b;
  return b.value == a.value && b.index < a.index ? b : a;
}

__device__ __forceinline__ Best warp_best(Best best) {
  for (int d = 16; d > 0; d /= 2) {
    const Best other = {__shfl_xor_sync(kFullWarp, best.value, d),
                        __shfl_xor_sync(kFullWarp, best.index, d)};
    best = better(best, other);
  }
  return best;
}

/// NaN compares with nothing: it stands behind everything.
__device__ __forceinline__ float comparable(float x) { return x == x ? x : minus_infinity(); }

/// The k best of n values in `values`, by one warp, in descending order: emit(j, index) in every
/// lane. Lane owns indices lane, lane + 32, …; n ≤ 1024.
template <class Values, class Emit>
__device__ __forceinline__ void choose_best(const Values& values, int n, int k, const Emit& emit) {
  std::uint32_t taken = 0;
  for (int j = 0; j < k; ++j) {
    Best best = {minus_infinity(), kNobody};
    for (int i = 0; lane_of() + kWarpSize * i < n; ++i) {
      if ((taken >> i & 1U) != 0) continue;
      const int index = lane_of() + kWarpSize * i;
      best = better(best, {comparable(values[index]), index});
    }
    best = warp_best(best);
    if (best.index % kWarpSize == lane_of()) taken |= 1U << (best.index / kWarpSize);
    emit(j, best.index);
  }
}

/// Grid: tokens. Block: kRouteThreads; warp g scores group g, g + kRouteWarps, …; warp 0 chooses.
/// Shared: scores and biased scores of all experts, scores and openness of the groups.
__global__ void __launch_bounds__(kRouteThreads) route(const RouteArgs args) {
  DEVICE_SHARED(float, scores, kMostExperts);
  DEVICE_SHARED(float, choice, kMostExperts);
  DEVICE_SHARED(float, group_scores, kMostExperts);
  DEVICE_SHARED(std::int32_t, open, kMostExperts);
  DEVICE_SHARED(float, parts, kRouteWarps);
  const std::int64_t token = blockIdx.x;
  const int n = static_cast<int>(args.logits.cols);
  const int n_group = static_cast<int>(args.n_group);
  const int group_size = n / n_group;
  const int thread = static_cast<int>(threadIdx.x);
  const Global<const float> logits(args.logits.data + token * args.logits.stride);

  float largest = minus_infinity();
  float sum = 0.0F;
  if (!args.sigmoid) {
    for (int e = thread; e < n; e += kRouteThreads) {
      const float logit = logits[e];
      largest = logit > largest ? logit : largest;
    }
    largest = block_max<kRouteWarps>(largest, parts);
    for (int e = thread; e < n; e += kRouteThreads) sum += device_exp(logits[e] - largest);
    sum = block_sum<kRouteWarps>(sum, parts);
  }
  for (int e = thread; e < n; e += kRouteThreads) {
    const float score = args.sigmoid ? 1.0F / (1.0F + device_exp(-logits[e]))
                                     : device_exp(logits[e] - largest) / sum;
    const float bias = args.bias == nullptr ? 0.0F : Global<const float>(args.bias)[e];
    scores[e] = score;
    choice[e] = score + bias;
    if (args.scores != nullptr) Global<float>(args.scores)[token * n + e] = score;
  }
  __syncthreads();

  for (int g = warp_of(); g < n_group; g += kRouteWarps) {
    float first = minus_infinity();
    float second = minus_infinity();
    for (int i = lane_of(); i < group_size; i += kWarpSize) {
      const float c = comparable(choice[g * group_size + i]);
      if (c > first) {
        second = first;
        first = c;
      } else if (c > second) {
        second = c;
      }
    }
    merge_best_two(first, second);
    if (lane_of() == 0) {
      group_scores[g] = args.top2_sum && group_size > 1 ? first + second : first;
      open[g] = 0;
    }
  }
  __syncthreads();

  if (warp_of() == 0) {
    choose_best(group_scores, n_group, static_cast<int>(args.topk_group), [&](int, int group) {
      if (lane_of() == 0) open[group] = 1;
    });
  }
  __syncthreads();

  for (int g = thread; g < n_group; g += kRouteThreads) {
    const std::int64_t at = token * n_group + g;
    if (args.group_scores != nullptr) Global<float>(args.group_scores)[at] = group_scores[g];
    if (args.group_mask != nullptr) {
      Global<std::uint8_t>(args.group_mask)[at] = static_cast<std::uint8_t>(open[g]);
    }
  }
  if (warp_of() != 0) return;
  // Experts of closed groups are no candidates: neither their index nor a masked value.
  std::uint32_t closed = 0;
  for (int i = 0; lane_of() + kWarpSize * i < n; ++i) {
    if (open[(lane_of() + kWarpSize * i) / group_size] == 0) closed |= 1U << i;
  }
  const Global<std::int32_t> ids(args.ids + token * args.top_k);
  const Global<float> weights(args.weights + token * args.top_k);
  float total = 0.0F;
  for (int j = 0; j < args.top_k; ++j) {
    Best best = {minus_infinity(), kNobody};
    for (int i = 0; lane_of() + kWarpSize * i < n; ++i) {
      if ((closed >> i & 1U) != 0) continue;
      const int index = lane_of() + kWarpSize * i;
      best = better(best, {comparable(choice[index]), index});
    }
    best = warp_best(best);
    if (best.index % kWarpSize == lane_of()) closed |= 1U << (best.index / kWarpSize);
    const float weight = scores[best.index];  // the bias chooses, it does not weigh
    total += weight;
    if (lane_of() == 0) {
      ids[j] = best.index;
      weights[j] = weight;
    }
  }
  if (lane_of() != 0) return;
  for (int j = 0; j < args.top_k; ++j) {
    float weight = weights[j];
    if (args.normalise) weight /= total + args.epsilon;
    weights[j] = weight * args.scaling_factor;
  }
}

/// Whether this lane's pair of the 32 from `first` on is the expert's. All lanes call it.
__device__ __forceinline__ std::uint32_t votes_for(const PlanArgs& args, std::int64_t first,
                                                   int expert) {
  const std::int64_t p = first + lane_of();
  const Global<const std::int32_t> ids(args.ids);
  return __ballot_sync(kFullWarp, p < args.n_pairs && ids[p] == expert);
}

/// Grid: 1. Block: kPlanThreads; warp owns experts warp, warp + kPlanWarps, … and walks all pairs
/// for each, 32 at a time, so that pairs stay in order without an atomic. Shared: pairs and tiles
/// before each expert.
__global__ void __launch_bounds__(kPlanThreads) plan(const PlanArgs args) {
  DEVICE_SHARED(std::int32_t, first_pair, kMostExperts + 1);
  DEVICE_SHARED(std::int32_t, first_tile, kMostExperts + 1);
  const int n_experts = static_cast<int>(args.n_experts);
  const int tile_rows = static_cast<int>(args.tile_rows);
  for (int e = warp_of(); e < n_experts; e += kPlanWarps) {
    std::int32_t count = 0;
    for (std::int64_t p = 0; p < args.n_pairs; p += kWarpSize) {
      count += __popc(votes_for(args, p, e));
    }
    if (lane_of() == 0) first_pair[e] = count;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    std::int32_t pairs = 0;
    std::int32_t tiles = 0;
    for (int e = 0; e < n_experts; ++e) {
      const std::int32_t count = first_pair[e];
      first_pair[e] = pairs;
      first_tile[e] = tiles;
      pairs += count;
      tiles += (count + tile_rows - 1) / tile_rows;
    }
    first_pair[n_experts] = pairs;
    first_tile[n_experts] = tiles;
    Global<std::int32_t>(args.n_tiles)[0] = tiles;
  }
  __syncthreads();
  const Global<std::int32_t> order(args.order);
  for (int e = warp_of(); e < n_experts; e += kPlanWarps) {
    std::int32_t place = first_pair[e];
    const std::int32_t end = first_pair[e + 1];
    if (place == end) continue;
    const std::int32_t end_tile = first_tile[e + 1];
    for (std::int32_t tile = first_tile[e] + lane_of(); tile < end_tile; tile += kWarpSize) {
      const std::int32_t first = place + (tile - first_tile[e]) * tile_rows;
      const Global<std::int32_t> work(&args.tiles[tile].expert);
      work[0] = e;
      work[1] = first;
      work[2] = end - first < tile_rows ? end - first : tile_rows;
    }
    for (std::int64_t p = 0; p < args.n_pairs; p += kWarpSize) {
      const std::uint32_t votes = votes_for(args, p, e);
      if ((votes >> lane_of() & 1U) != 0) {
        order[place + votes_below(votes)] = static_cast<std::int32_t>(p + lane_of());
      }
      place += __popc(votes);
    }
  }
}

/// Thread owns one element of one token.
__global__ void __launch_bounds__(kThreads)
    combine_experts(const ExpertSumArgs args, const Rows out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= out.rows * out.cols) return;
  const std::int64_t token = i / out.cols;
  const std::int64_t col = i % out.cols;
  Global<float>(out.data)[token * out.stride + col] = expert_sum(args, token, col, out.cols);
}

}  // namespace

void launch_route(const RouteArgs& args, Stream stream) {
  if (args.logits.rows == 0) return;
  DEVICE_LAUNCH(route, dim3(static_cast<unsigned>(args.logits.rows)), dim3(kRouteThreads), stream,
                args);
}

void launch_plan(const PlanArgs& args, Stream stream) {
  DEVICE_LAUNCH(plan, dim3(1), dim3(kPlanThreads), stream, args);
}

void launch_combine_experts(const ExpertSumArgs& args, const Rows& out, Stream stream) {
  const std::int64_t n = out.rows * out.cols;
  if (n == 0) return;
  DEVICE_LAUNCH(combine_experts, dim3(static_cast<unsigned>((n + kThreads - 1) / kThreads)),
                dim3(kThreads), stream, args, out);
}

}  // namespace engine::cuda
