// The summary of a row of logits (engine/backend/logit_summary.h): sums of blocks side by side, the
// row's from them, then the candidates.
#include "engine/backend/cuda/device_math.h"
#include "engine/backend/cuda/kernels.h"

namespace engine::cuda {

namespace {

constexpr int kLanes = static_cast<int>(kLogitLanes);
constexpr int kBlocks = static_cast<int>(kLogitBlocks);

struct Largest {
  __device__ static float join(float a, float b) { return a > b ? a : b; }
};
struct Sum {
  template <class T>
  __device__ static T join(T a, T b) {
    return a + b;
  }
};

/// The values of n threads joined as a tree, in every thread. All threads call it.
template <class Join, int n, class T, class Tree>
__device__ __forceinline__ T join_tree(T value, Tree& tree) {
  const int thread = static_cast<int>(threadIdx.x);
  __syncthreads();  // whoever still reads the last tree
  tree[thread] = value;
  for (int d = n / 2; d > 0; d /= 2) {
    __syncthreads();
    if (thread >= d) continue;
    const T own = tree[thread];
    const T other = tree[thread + d];
    tree[thread] = Join::join(own, other);
  }
  __syncthreads();
  return tree[0];
}

/// Grid: blocks of the row. Block: kLogitLanes threads; thread i owns elements i, i + kLogitLanes,
/// … of the block. Shared: the trees.
__global__ void __launch_bounds__(kLanes) logit_blocks(const LogitArgs args) {
  DEVICE_SHARED(float, tops, kLanes);
  DEVICE_SHARED(double, sums, kLanes);
  DEVICE_SHARED(std::int32_t, counts, kLanes);
  const std::int64_t size = logit_block_size(args.n);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * size;
  const std::int64_t end = first + size < args.n ? first + size : args.n;
  const Global<const float> logits(args.logits);
  LogitBlock block;
  for (std::int64_t i = first + threadIdx.x; i < end; i += kLanes) {
    const float logit = logits[i];
    const float usable = usable_logit(logit);
    block.maximum = Largest::join(usable, block.maximum);
    if (i < args.n_sampleable) block.best = Largest::join(usable, block.best);
    block.n_bad += is_bad_logit(logit) ? 1 : 0;
  }
  block.maximum = join_tree<Largest, kLanes>(block.maximum, tops);
  block.best = join_tree<Largest, kLanes>(block.best, tops);
  block.n_bad = join_tree<Sum, kLanes>(block.n_bad, counts);
  for (std::int64_t i = first + threadIdx.x; i < end; i += kLanes) {
    const float logit = logits[i];
    const double weight = logit_weight(logit, block.maximum, 1.0F);
    block.sum += weight;
    if (weight > 0) {
      block.weighted += weight * (static_cast<double>(logit) - static_cast<double>(block.maximum));
    }
    if (args.temperature > 0 && i < args.n_sampleable) {
      block.sampler_sum += logit_weight(logit, block.best, args.temperature);
    }
  }
  block.sum = join_tree<Sum, kLanes>(block.sum, sums);
  block.weighted = join_tree<Sum, kLanes>(block.weighted, sums);
  block.sampler_sum = join_tree<Sum, kLanes>(block.sampler_sum, sums);
  if (threadIdx.x == 0) Global<LogitBlock>(args.blocks)[blockIdx.x] = block;
}

/// Grid: 1. Block: kLogitBlocks threads; thread b owns block b of the row. Shared: the trees, every
/// block's largest logit, the threshold.
__global__ void __launch_bounds__(kBlocks) logit_sums(const LogitArgs args) {
  DEVICE_SHARED(float, tops, kBlocks);
  DEVICE_SHARED(float, maxima, kBlocks);
  DEVICE_SHARED(double, sums, kBlocks);
  DEVICE_SHARED(std::int32_t, counts, kBlocks);
  DEVICE_SHARED(float, threshold, 1);
  const auto n_blocks = static_cast<int>(n_logit_blocks(args.n));
  const int own = static_cast<int>(threadIdx.x);
  LogitBlock block;
  if (own < n_blocks) block = Global<const LogitBlock>(args.blocks)[own];
  maxima[own] = block.maximum;
  LogitSums row;
  row.maximum = join_tree<Largest, kBlocks>(block.maximum, tops);
  row.best = join_tree<Largest, kBlocks>(block.best, tops);
  const LogitBlock scaled = scaled_block(block, row.maximum, row.best, args.temperature);
  row.sum = join_tree<Sum, kBlocks>(scaled.sum, sums);
  row.weighted = join_tree<Sum, kBlocks>(scaled.weighted, sums);
  row.sampler_sum = join_tree<Sum, kBlocks>(scaled.sampler_sum, sums);
  row.n_bad = join_tree<Sum, kBlocks>(block.n_bad, counts);
  // Ranks are all different: equal blocks stand in their order.
  int rank = 0;
  for (int b = 0; b < n_blocks; ++b) {
    const float other = maxima[b];
    rank += other > block.maximum || (other == block.maximum && b < own) ? 1 : 0;
  }
  const int wanted = (n_blocks < kLogitRank ? n_blocks : static_cast<int>(kLogitRank)) - 1;
  if (own < n_blocks && rank == wanted) {
    threshold[0] = args.n > kMostLogitCandidates ? block.maximum : kMinusInfinity;
  }
  __syncthreads();
  if (own != 0) return;
  Global<LogitSums>(&args.out->sums)[0] = row;
  Global<float>(&args.out->threshold)[0] = threshold[0];
  Global<std::int32_t>(&args.out->n_candidates)[0] = 0;
}

/// Grid: blocks of the row. Block: kLogitLanes threads, elements as in logit_blocks. In which order
/// candidates arrive is left open.
__global__ void __launch_bounds__(kLanes) logit_candidates(const LogitArgs args) {
  const float threshold = Global<const float>(&args.out->threshold)[0];
  if (Global<const float>(&args.blocks[blockIdx.x].maximum)[0] < threshold) return;
  const std::int64_t size = logit_block_size(args.n);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * size;
  const std::int64_t end = first + size < args.n ? first + size : args.n;
  const Global<const float> logits(args.logits);
  const Global<std::int32_t> n_candidates(&args.out->n_candidates);
  const Global<LogitCandidate> candidates(args.out->candidates);
  for (std::int64_t i = first + threadIdx.x; i < end; i += kLanes) {
    const float logit = logits[i];
    if (is_bad_logit(logit) || logit < threshold) continue;
    const std::int32_t place = DEVICE_GLOBAL_ATOMIC_ADD(n_candidates, 0, 1);
    if (place < kMostLogitCandidates) {
      candidates[place] = LogitCandidate{static_cast<std::int32_t>(i), logit};
    }
  }
}

}  // namespace

void launch_summarise_logits(const LogitArgs& args, Stream stream) {
  const dim3 blocks(static_cast<unsigned>(n_logit_blocks(args.n)));
  DEVICE_LAUNCH(logit_blocks, blocks, dim3(kLanes), stream, args);
  DEVICE_LAUNCH(logit_sums, dim3(1), dim3(kBlocks), stream, args);
  DEVICE_LAUNCH(logit_candidates, blocks, dim3(kLanes), stream, args);
}

}  // namespace engine::cuda
