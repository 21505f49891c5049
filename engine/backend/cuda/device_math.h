// Small functions of the kernels: exp, silu, bf16 terms, sums over a warp. Their results are
// defined here down to the bit (no fused operation that is not written), so that the emulator and
// the GPU agree.
#pragma once

#include "engine/backend/cuda/device_code.h"

namespace engine::cuda {

/// e^x: 2^n · e^r with |r| ≤ ln2/2 and the series of e^r to r^7 (5e-9). Infinite above 88.73, 0
/// below -104, NaN stays.
__device__ __forceinline__ float device_exp(float x) {
  if (x > 88.73F) return __uint_as_float(0x7F800000U);
  if (x < -104.0F) return 0.0F;
  const float shifted = fmaf(x, 1.44269504F, 12582912.0F);  // 1.5·2^23: rounds to an integer
  const float n = shifted - 12582912.0F;
  float r = fmaf(n, -0.693359375F, x);
  r = fmaf(n, 2.12194440e-4F, r);
  float p = 1.0F / 5040.0F;
  p = fmaf(p, r, 1.0F / 720.0F);
  p = fmaf(p, r, 1.0F / 120.0F);
  p = fmaf(p, r, 1.0F / 24.0F);
  p = fmaf(p, r, 1.0F / 6.0F);
  p = fmaf(p, r, 0.5F);
  p = fmaf(p, r, 1.0F);
  p = fmaf(p, r, 1.0F);
  // Two factors: 2^n itself may be no normal number.
  const int whole = static_cast<int>(n);
  const int half = whole / 2;
  p = p * __uint_as_float(static_cast<unsigned>(half + 127) << 23);
  return p * __uint_as_float(static_cast<unsigned>(whole - half + 127) << 23);
}

__device__ __forceinline__ float silu(float x) { return x / (1.0F + device_exp(-x)); }

/// Rounded to nearest even; NaN stays NaN.
__device__ __forceinline__ std::uint16_t to_bf16(float x) {
  const unsigned u = __float_as_uint(x);
  if ((u & 0x7FFFFFFFU) > 0x7F800000U) return 0x7FC0;
  return static_cast<std::uint16_t>((u + 0x7FFFU + ((u >> 16) & 1U)) >> 16);
}

__device__ __forceinline__ float from_bf16(std::uint16_t bits) {
  return __uint_as_float(static_cast<unsigned>(bits) << 16);
}

/// x ≈ high + low with 16 significant bits.
struct Bf16Terms {
  std::uint16_t high, low;
};
__device__ __forceinline__ Bf16Terms split_bf16(float x) {
  const std::uint16_t high = to_bf16(x);
  return {high, to_bf16(x - from_bf16(high))};
}

/// Two values as bf16, rounded to nearest even; `first` in the lower half.
__device__ __forceinline__ std::uint32_t bf16_pair(float first, float second) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  std::uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
#else
  return to_bf16(first) | static_cast<std::uint32_t>(to_bf16(second)) << 16;
#endif
}

/// The terms of two values, as split_bf16 gives them.
struct Bf16Pairs {
  std::uint32_t high, low;
};
__device__ __forceinline__ Bf16Pairs split_pair(float first, float second) {
  const std::uint32_t high = bf16_pair(first, second);
  return {high, bf16_pair(first - __uint_as_float(high << 16),
                          second - __uint_as_float(high & 0xFFFF0000U))};
}

/// The sum over the warp, in every lane; one order.
__device__ __forceinline__ float warp_sum(float x) {
  for (int d = 16; d > 0; d /= 2) x += __shfl_xor_sync(kFullWarp, x, d);
  return x;
}

__device__ __forceinline__ float warp_max(float x) {
  for (int d = 16; d > 0; d /= 2) {
    const float other = __shfl_xor_sync(kFullWarp, x, d);
    x = other > x ? other : x;
  }
  return x;
}

/// How far a recorded position moved; 0 where nothing was recorded.
__device__ __forceinline__ std::int64_t moved_by(const std::int64_t* moved) {
  return moved == nullptr ? 0 : Global<const std::int64_t>(moved)[0];
}
/// Row 0 of Rows or ConstRows, where it lies now.
template <class R>
__device__ __forceinline__ auto first_row(const R& rows) {
  return rows.data + moved_by(rows.moved) * rows.stride;
}

/// One element of what the experts of a token give (ExpertSumArgs); rows of `cols`.
template <class Args>
__device__ __forceinline__ float expert_sum(const Args& args, std::int64_t token, std::int64_t col,
                                            std::int64_t cols) {
  const Global<const float> values(args.pairs);
  const Global<const float> weights(args.weights);
  float sum = 0.0F;
  for (std::int64_t j = 0; j < args.top_k; ++j) {
    const std::int64_t pair = token * args.top_k + j;
    sum = fmaf(weights[pair], values[pair * cols + col], sum);
  }
  if (args.shared.data == nullptr) return sum;
  return sum + Global<const float>(args.shared.data)[token * args.shared.stride + col];
}

/// Lanes of a warp, from the thread's place in a one-dimensional block.
__device__ __forceinline__ int lane_of() { return static_cast<int>(threadIdx.x) % kWarpSize; }
__device__ __forceinline__ int warp_of() { return static_cast<int>(threadIdx.x) / kWarpSize; }

/// How many lanes below this one voted.
__device__ __forceinline__ int votes_below(std::uint32_t votes) {
  return __popc(votes & ((1U << lane_of()) - 1U));
}

/// The sum and the largest over a block of kWarps warps, in every thread, in one order. All threads
/// call them; `parts` is shared memory for kWarps values.
template <int kWarps, class Parts>
__device__ __forceinline__ float block_sum(float x, Parts& parts) {
  x = warp_sum(x);
  __syncthreads();  // whoever still reads the last sum
  if (lane_of() == 0) parts[warp_of()] = x;
  __syncthreads();  // every warp's part
  float sum = 0.0F;
  for (int i = 0; i < kWarps; ++i) sum += parts[i];
  return sum;
}
template <int kWarps, class Parts>
__device__ __forceinline__ float block_max(float x, Parts& parts) {
  x = warp_max(x);
  __syncthreads();
  if (lane_of() == 0) parts[warp_of()] = x;
  __syncthreads();
  float largest = parts[0];
  for (int i = 1; i < kWarps; ++i) {
    const float other = parts[i];
    largest = other > largest ? other : largest;
  }
  return largest;
}

}  // namespace engine::cuda
