// Attention kernels in plain C++ for processors without AVX2: vectors of four floats that the
// compiler maps to whatever the target has. No fused multiply-add.
#include <cstddef>

#include "engine/backend/cpu/attention_kernels.h"

namespace {

struct V {
  using Reg = float __attribute__((vector_size(16)));
  static constexpr std::int64_t kLanes = 4;
  static constexpr std::int64_t kTileQ = 4;
  static constexpr std::int64_t kTileS = 2;
  static constexpr std::int64_t kTileP = 4;
  static constexpr std::int64_t kTileC = 2;

  template <class F>
  [[gnu::always_inline]] static Reg each(F f) {
    return Reg{f(0), f(1), f(2), f(3)};
  }
  static Reg zero() { return Reg{}; }
  static Reg set1(float v) { return Reg{v, v, v, v}; }
  static Reg load(const float* p) {
    Reg r;
    __builtin_memcpy(&r, p, sizeof r);
    return r;
  }
  static Reg load_tail(const float* p, std::int64_t n) {
    float lanes[4] = {};
    __builtin_memcpy(lanes, p, static_cast<std::size_t>(n) * sizeof(float));
    return load(lanes);
  }
  static void store(float* p, Reg v) { __builtin_memcpy(p, &v, sizeof v); }
  static void store_tail(float* p, Reg v, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) p[i] = v[i];
  }
  static void prefetch(const float* p) { __builtin_prefetch(p); }
  static Reg add(Reg a, Reg b) { return a + b; }
  static Reg sub(Reg a, Reg b) { return a - b; }
  static Reg mul(Reg a, Reg b) { return a * b; }
  static Reg div(Reg a, Reg b) { return a / b; }
  static Reg max(Reg a, Reg b) { return a > b ? a : b; }
  static Reg fma(Reg a, Reg b, Reg c) { return a * b + c; }
  // Adding 1.5·2²³ leaves no bits below one; |x| < 2²² here.
  static Reg round_to_int(Reg a) { return a + set1(12582912.0F) - set1(12582912.0F); }
  static float power(std::int32_t n) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(n + 127) << 23);
  }
  // In two steps: 2ⁿ itself may lie outside the normal numbers while a·2ⁿ does not. n is NaN where
  // a is.
  static Reg scale_by_power(Reg a, Reg n) {
    return each([=](int i) {
      if (n[i] != n[i]) return n[i];
      const auto whole = static_cast<std::int32_t>(n[i]);
      const std::int32_t half = whole / 2;
      return a[i] * power(half) * power(whole - half);
    });
  }
  static float sum_lanes(Reg a) { return (a[0] + a[2]) + (a[1] + a[3]); }
  static float largest_lane(Reg a) {
    const float even = a[0] > a[2] ? a[0] : a[2];
    const float odd = a[1] > a[3] ? a[1] : a[3];
    return even > odd ? even : odd;
  }
  static Reg reduce(const Reg* r) {
    return each([&](int i) { return (r[i][0] + r[i][2]) + (r[i][1] + r[i][3]); });
  }
};

#include "engine/backend/cpu/attention_body.h"

constexpr AttentionTable kTable = make_attention_table();

}  // namespace

namespace engine::kernels {

const AttentionTable& generic_attention() { return kTable; }

}  // namespace engine::kernels
