// Queries of a head times W_UK of the joined weight, in its stored format: what MLA's scores on
// latents start from. (A split W_UK is a product like any other.)
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;

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

void launch_absorb(const AbsorbArgs& args, Stream stream) {
  if (args.n_tokens == 0) return;
  launch_absorb_of<DType::F32, DType::F16, DType::BF16, DType::F8_E4M3, DType::Q4_0, DType::Q4_1,
                   DType::Q5_0, DType::Q5_1, DType::Q8_0, DType::Q2_K, DType::Q3_K, DType::Q4_K,
                   DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS>(args, stream);
}

}  // namespace engine::cuda
