// Kernels in plain C++ for processors without AVX2: vectors of four floats that the compiler maps
// to whatever the target has. No fused multiply-add.
#include <cstddef>
#include <type_traits>

#include "engine/backend/cpu/kernels.h"
#include "engine/tensor/quant_layout.h"

namespace {

struct V {
  using Reg = float __attribute__((vector_size(16)));
  static constexpr std::int64_t kLanes = 4;
  static constexpr std::int64_t kTileX = 4;
  static constexpr std::int64_t kTileW = 2;
  static constexpr std::int64_t kTileP = 4;
  static constexpr std::int64_t kTileC = 2;
  static constexpr std::int64_t kFewW = 2;
  static constexpr float kF8Factor = 1.0F;

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
  static void prefetch(const void* p) { __builtin_prefetch(p); }

  static Reg add(Reg a, Reg b) { return a + b; }
  static Reg sub(Reg a, Reg b) { return a - b; }
  static Reg mul(Reg a, Reg b) { return a * b; }
  static Reg div(Reg a, Reg b) { return a / b; }
  static Reg min(Reg a, Reg b) { return a < b ? a : b; }
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

  static std::uint32_t half_at(const unsigned char* p) {
    return static_cast<std::uint32_t>(p[0] | p[1] << 8);
  }
  static float bf16_at(const unsigned char* p) {
    return __builtin_bit_cast(float, half_at(p) << 16);
  }
  // A half's exponent and fraction moved to a float's places are 2¹¹² too small; the product is
  // exact, subnormals included.
  static float f16_at(const unsigned char* p) {
    const std::uint32_t bits = half_at(p);
    const std::uint32_t magnitude = bits & 0x7FFFU;
    const std::uint32_t sign = (bits & 0x8000U) << 16;
    if (magnitude >= 0x7C00U) {
      return __builtin_bit_cast(float, sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
    }
    const float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112F;
    return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, value));
  }
  // The same with E4M3: 2¹²⁰ too small.
  static float f8_at(const unsigned char* p) {
    const std::uint32_t magnitude = *p & 0x7FU;
    const std::uint32_t sign = (*p & 0x80U) << 24;
    if (magnitude == 0x7FU) return __builtin_nanf("");
    const float value = __builtin_bit_cast(float, magnitude << 20) * 0x1p120F;
    return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, value));
  }
  static Reg load_bf16(const unsigned char* p) {
    return each([=](int i) { return bf16_at(p + 2 * i); });
  }
  static Reg load_bf16_tail(const unsigned char* p, std::int64_t n) {
    return each([=](int i) { return i < n ? bf16_at(p + 2 * i) : 0.0F; });
  }
  static Reg load_f16(const unsigned char* p) {
    return each([=](int i) { return f16_at(p + 2 * i); });
  }
  static Reg load_f16_tail(const unsigned char* p, std::int64_t n) {
    return each([=](int i) { return i < n ? f16_at(p + 2 * i) : 0.0F; });
  }
  static Reg load_f8(const unsigned char* p) {
    return each([=](int i) { return f8_at(p + i); });
  }
  static Reg load_f8_tail(const unsigned char* p, std::int64_t n) {
    return each([=](int i) { return i < n ? f8_at(p + i) : 0.0F; });
  }

  static Reg reduce(const Reg* r) {
    return each([&](int i) { return (r[i][0] + r[i][2]) + (r[i][1] + r[i][3]); });
  }
};

#include "engine/backend/cpu/kernels_body.h"

constexpr Table kTable = make_table("generic");

}  // namespace

namespace engine::kernels {

const Table& generic_table() { return kTable; }

}  // namespace engine::kernels
