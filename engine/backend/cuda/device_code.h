// What kernel sources are written in: plain CUDA C++ under nvcc. Compiled for the host, the same
// names come from the tests' SIMT emulator (its folder is on the include path there).
#pragma once

#include <cstdint>

#if defined(__CUDACC__)

#include <cuda_runtime.h>

namespace engine::cuda {

/// Device memory in a kernel; the emulator's Global checks every access.
template <class T>
using Global = T*;

template <class V, class T>
__device__ __forceinline__ V load_vector(const T* from) {
  return __ldg(reinterpret_cast<const V*>(from));
}

/// One aligned load from shared memory.
template <class V, class T>
__device__ __forceinline__ V load_shared(const T* from) {
  return *reinterpret_cast<const V*>(from);
}

/// One aligned store, to shared or global memory.
template <class V, class T>
__device__ __forceinline__ void store_vector(T* to, V value) {
  *reinterpret_cast<V*>(to) = value;
}

/// Four 8×8 matrices of bf16 from shared memory, words of two: lane 8·i + r says where the four
/// words of row r of matrix i lie. Lane 4·g + t gets word t of row g of each; transposed: elements
/// 2t and 2t + 1 of column g.
template <bool kTransposed>
__device__ __forceinline__ void load_matrices(const std::uint32_t* row, std::uint32_t (&m)[4]) {
#if defined(__CUDA_ARCH__)
  const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  if constexpr (kTransposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(at));
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(at));
  }
#endif
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
/// mma_bf16 in float32 by a whole warp. A call: in line, hundreds of them make one kernel.
static __device__ __noinline__ float4 mma_in_float32(float4 sums, uint4 a, uint2 b) {
  const int lane = threadIdx.x % 32;
  const int g = lane / 4;
  const int t = lane % 4;
  float c[4] = {sums.x, sums.y, sums.z, sums.w};
#pragma unroll
  for (int high = 0; high < 2; ++high) {
    const std::uint32_t a0 = high == 0 ? a.x : a.z;
    const std::uint32_t a1 = high == 0 ? a.y : a.w;
    const std::uint32_t b0 = high == 0 ? b.x : b.y;
    for (int pair = 0; pair < 4; ++pair) {
      const std::uint32_t x0 = __shfl_sync(0xFFFFFFFFU, a0, 4 * g + pair);
      const std::uint32_t x1 = __shfl_sync(0xFFFFFFFFU, a1, 4 * g + pair);
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        const std::uint32_t y = __shfl_sync(0xFFFFFFFFU, b0, 4 * (2 * t + j) + pair);
        const float y0 = __uint_as_float(y << 16);
        const float y1 = __uint_as_float(y & 0xFFFF0000U);
        c[j] = fmaf(__uint_as_float(x0 << 16), y0, c[j]);
        c[j] = fmaf(__uint_as_float(x0 & 0xFFFF0000U), y1, c[j]);
        c[2 + j] = fmaf(__uint_as_float(x1 << 16), y0, c[2 + j]);
        c[2 + j] = fmaf(__uint_as_float(x1 & 0xFFFF0000U), y1, c[2 + j]);
      }
    }
  }
  return make_float4(c[0], c[1], c[2], c[3]);
}
#endif

/// c += a·b for a 16×16 tile a and a 16×8 tile b of bf16, fragments as PTX names them. Before
/// compute capability 8.0 there is no such instruction: the warp does it in float32.
__device__ __forceinline__ void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4],
                                         const std::uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif defined(__CUDA_ARCH__)
  const float4 sums = mma_in_float32(make_float4(c[0], c[1], c[2], c[3]),
                                     make_uint4(a[0], a[1], a[2], a[3]), make_uint2(b[0], b[1]));
  c[0] = sums.x;
  c[1] = sums.y;
  c[2] = sums.z;
  c[3] = sums.w;
#endif
}

using Stream = cudaStream_t;

}  // namespace engine::cuda

/// n elements of shared memory for the whole block, aligned for the widest loads.
#define DEVICE_SHARED(type, name, n) __shared__ __align__(16) type name[n]
/// Adds and gives back what was there; integers only, so that no sum depends on an order.
#define DEVICE_SHARED_ATOMIC_ADD(array, i, value) atomicAdd(&(array)[i], value)
#define DEVICE_GLOBAL_ATOMIC_ADD(pointer, i, value) atomicAdd((pointer) + (i), value)
#define DEVICE_LAUNCH(kernel, grid, block, stream, ...) \
  kernel<<<grid, block, 0, stream>>>(__VA_ARGS__)

#else

#include <simt.h>

#include "engine/backend/cuda/device_api.h"

namespace engine::cuda {

using ::simt::Global;
using ::simt::load_matrices;
using ::simt::load_shared;
using ::simt::load_vector;
using ::simt::mma_bf16;
using ::simt::store_vector;

}  // namespace engine::cuda

#define DEVICE_SHARED(type, name, n)  \
  static const char name##_place = 0; \
  const ::simt::Shared<type> name(&name##_place, n, #name)
#define DEVICE_SHARED_ATOMIC_ADD(array, i, value) (array).atomic_add(i, value)
#define DEVICE_GLOBAL_ATOMIC_ADD(pointer, i, value) (pointer).atomic_add(i, value)
#define DEVICE_LAUNCH(kernel, grid, block, stream, ...) \
  ::simt::launch(#kernel, grid, block, stream, [=] { kernel(__VA_ARGS__); })

#endif

namespace engine::cuda {

constexpr std::uint32_t kFullWarp = 0xFFFFFFFFU;
constexpr int kWarpSize = 32;

}  // namespace engine::cuda
