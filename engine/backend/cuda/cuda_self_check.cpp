// CudaBackend: what it computes before it is trusted. One small known case per kernel family, on
// values whose results are exact: a GPU, driver or build that gets one wrong is not used.
#include <array>
#include <cmath>
#include <cstring>

#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

namespace {

constexpr std::int64_t kSide = 64;

std::vector<float> counting(std::int64_t n, int period, float step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < n; ++i) {
    values.push_back(static_cast<float>(i % period - period / 2) * step);
  }
  return values;
}

Result<void> expect(const char* family, const std::vector<float>& actual,
                    const std::vector<float>& expected, float tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::fabs(actual[i] - expected[i]) <= tolerance) continue;
    return fail(ErrorCode::Device, std::string("CUDA self-check › ") + family + ": found " +
                                       std::to_string(actual[i]) + ", allowed " +
                                       std::to_string(expected[i]) +
                                       "; this GPU or its driver cannot be used");
  }
  return {};
}

/// kSide × kSide bf16 weights of small integers.
struct SmallWeight {
  std::vector<std::uint16_t> bits;
  std::vector<float> values = counting(kSide * kSide, 7, 1.0F);
  WeightView view;
  SmallWeight() {
    for (const float v : values) bits.push_back(float_to_bf16(v));
    view = {reinterpret_cast<const std::byte*>(bits.data()), DType::BF16, kSide, kSide, nullptr, 0};
  }
  /// W · x
  std::vector<float> times(const std::vector<float>& x) const {
    std::vector<float> result;
    for (std::int64_t o = 0; o < kSide; ++o) {
      float sum = 0;
      for (std::int64_t i = 0; i < kSide; ++i) {
        sum += values[static_cast<std::size_t>(o * kSide + i)] * x[static_cast<std::size_t>(i)];
      }
      result.push_back(sum);
    }
    return result;
  }
};

/// Host values as rows of device memory.
struct DeviceRows {
  Buffer buffer;
  MatView view;
  static Result<DeviceRows> create(Backend& backend, const std::vector<float>& values) {
    DeviceRows rows;
    const auto n = static_cast<std::int64_t>(values.size());
    ASSIGN_OR_RETURN(rows.buffer, backend.allocate(n));
    rows.view = rows.buffer.view(n / kSide, kSide);
    backend.upload(values, rows.view);
    return rows;
  }
  std::vector<float> values(Backend& backend) const {
    std::vector<float> host(static_cast<std::size_t>(view.rows * view.cols));
    backend.download(view, host);
    return host;
  }
};

std::vector<float> repeated(const std::vector<float>& row, std::int64_t n) {
  std::vector<float> rows;
  for (std::int64_t i = 0; i < n; ++i) rows.insert(rows.end(), row.begin(), row.end());
  return rows;
}

Result<void> check_norm(Backend& backend) {
  const std::vector<float> x(kSide, 3.0F);
  ASSIGN_OR_RETURN(const DeviceRows rows, DeviceRows::create(backend, x));
  ASSIGN_OR_RETURN(const DeviceRows gamma,
                   DeviceRows::create(backend, std::vector<float>(kSide, 2.0F)));
  backend.rms_norm(rows.view, gamma.view.data, 0.0F, rows.view);
  return expect("norm", rows.values(backend), std::vector<float>(kSide, 2.0F), 1e-6F);
}

// One row and many take different kernels.
Result<void> check_products(Backend& backend, const SmallWeight& weight, const WeightView& w) {
  for (const std::int64_t n : {std::int64_t{1}, std::int64_t{40}}) {
    const std::vector<float> x = counting(kSide, 9, 0.5F);
    const std::vector<float> expected = repeated(weight.times(x), n);
    ASSIGN_OR_RETURN(const DeviceRows in, DeviceRows::create(backend, repeated(x, n)));
    ASSIGN_OR_RETURN(const DeviceRows out, DeviceRows::create(backend, repeated(x, n)));
    backend.matmul(in.view, w, nullptr, out.view);
    RETURN_IF_ERROR(expect("matrix product", out.values(backend), expected, 0.0F));
  }
  return {};
}

Result<void> check_experts(Backend& backend, const SmallWeight& weight, const WeightView& w) {
  std::vector<float> logits(kSide, 0.0F);
  logits[5] = logits[40] = 50.0F;
  ASSIGN_OR_RETURN(const DeviceRows rows, DeviceRows::create(backend, logits));
  std::array<std::int32_t, 2> ids{};
  std::array<float, 2> weights{};
  RouterArgs args;
  args.top_k = 2;
  backend.route(rows.view, args, {ids, weights, {}, {}, {}});
  backend.settle();
  RETURN_IF_ERROR(expect(
      "router", {static_cast<float>(ids[0]), static_cast<float>(ids[1]), weights[0], weights[1]},
      {5, 40, 0.5F, 0.5F}, 1e-6F));
  // gate · x = up · x = 32 in one place: silu(32) · 32 = 1024 there.
  std::vector<float> x(kSide, 0.0F);
  x[6] = 32.0F / 3.0F;
  std::vector<float> gate = weight.times(x);
  std::vector<float> inner;
  for (const float g : gate) inner.push_back(g / (1.0F + std::exp(-g)) * g);
  const std::vector<float> expected = weight.times(inner);
  const std::vector<MlpWeights> experts(kSide, MlpWeights{w, w, w});
  ASSIGN_OR_RETURN(const DeviceRows in, DeviceRows::create(backend, x));
  ASSIGN_OR_RETURN(const DeviceRows out, DeviceRows::create(backend, x));
  backend.moe(in.view, experts, ids, weights, 2, out.view);
  RETURN_IF_ERROR(expect("experts", out.values(backend), expected, 4.0F));
  // One expert that gets many tokens takes large tiles.
  constexpr std::int64_t kTokens = 40;
  const std::vector<std::int32_t> first_expert(kTokens, 0);
  const std::vector<float> whole(kTokens, 1.0F);
  ASSIGN_OR_RETURN(const DeviceRows many, DeviceRows::create(backend, repeated(x, kTokens)));
  ASSIGN_OR_RETURN(const DeviceRows many_out, DeviceRows::create(backend, repeated(x, kTokens)));
  backend.moe(many.view, std::span(experts).first(1), first_expert, whole, 1, many_out.view);
  return expect("experts of many", many_out.values(backend), repeated(expected, kTokens), 4.0F);
}

// Equal keys weigh equally: the result is the values' mean.
Result<void> check_attention(Backend& backend) {
  constexpr std::int64_t kSlots = 200;
  ASSIGN_OR_RETURN(const DeviceRows q,
                   DeviceRows::create(backend, std::vector<float>(kSide, 1.0F)));
  ASSIGN_OR_RETURN(const DeviceRows k,
                   DeviceRows::create(backend, std::vector<float>(kSlots * kSide, 1.0F)));
  std::vector<float> values;
  for (std::int64_t s = 0; s < kSlots; ++s) {
    values.insert(values.end(), kSide, static_cast<float>(s));
  }
  ASSIGN_OR_RETURN(const DeviceRows v, DeviceRows::create(backend, values));
  ASSIGN_OR_RETURN(const DeviceRows out,
                   DeviceRows::create(backend, std::vector<float>(kSide, 0.0F)));
  GqaAttentionArgs args;
  args.n_heads = args.n_kv_heads = 1;
  args.head_dim = kSide;
  args.first_position = kSlots - 1;
  args.q = q.view;
  args.k = k.view;
  args.v = v.view;
  backend.gqa_attention(args, nullptr, out.view);
  return expect("attention", out.values(backend), std::vector<float>(kSide, 99.5F), 1e-3F);
}

}  // namespace

Result<void> CudaBackend::self_check() {
  RETURN_IF_ERROR(check_norm(*this));
  const SmallWeight weight;
  ASSIGN_OR_RETURN(const WeightView w, place(weight.view));
  RETURN_IF_ERROR(check_products(*this, weight, w));
  RETURN_IF_ERROR(check_experts(*this, weight, w));
  RETURN_IF_ERROR(check_attention(*this));
  expert_tables_.clear();
  return health();
}

}  // namespace engine::cuda
