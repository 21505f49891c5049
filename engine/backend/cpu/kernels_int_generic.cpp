// Integer kernels in plain C++ for processors without AVX2: vectors of four words that the compiler
// maps to whatever the target has.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/backend/cpu/kernels_int.h"

namespace {

using engine::kernels::WeightType;

constexpr std::int32_t kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};

// A half's exponent and fraction moved to a float's places are 2¹¹² too small; the product is
// exact, subnormals included.
float half_to_float(std::uint32_t bits) {
  const std::uint32_t magnitude = bits & 0x7FFFU;
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  if (magnitude >= 0x7C00U) {
    return __builtin_bit_cast(float, sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
  }
  const float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112F;
  return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, value));
}

struct V {
  using Ints = std::uint32_t __attribute__((vector_size(16)));
  using Signed = std::int32_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  static constexpr std::int64_t kLanes = 4;
  static constexpr std::int64_t kGroup = 1;
  static constexpr std::int64_t kTokens = 2;
  static constexpr std::int64_t kFewTokens = 1;
  static constexpr std::int32_t kWideOffset = 128;

  static Ints piece(const unsigned char* p) {
    Ints v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static void load4(const unsigned char* const* rows, std::int64_t at, Ints (&out)[4]) {
    const Ints v[4] = {piece(rows[0] + at), piece(rows[1] + at), piece(rows[2] + at),
                       piece(rows[3] + at)};
    for (int j = 0; j < 4; ++j) out[j] = Ints{v[0][j], v[1][j], v[2][j], v[3][j]};
  }
  static float half_at(const unsigned char* p) {
    std::uint16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return half_to_float(bits);
  }
  static Floats halves(const unsigned char* const* rows, std::int64_t at) {
    return Floats{half_at(rows[0] + at), half_at(rows[1] + at), half_at(rows[2] + at),
                  half_at(rows[3] + at)};
  }
  static Floats low_half(Ints v) {
    return Floats{half_to_float(v[0] & 0xFFFFU), half_to_float(v[1] & 0xFFFFU),
                  half_to_float(v[2] & 0xFFFFU), half_to_float(v[3] & 0xFFFFU)};
  }

  static Ints set1(std::uint32_t v) { return Ints{v, v, v, v}; }
  static Ints bits_and(Ints a, Ints b) { return a & b; }
  static Ints bits_or(Ints a, Ints b) { return a | b; }
  static Ints bits_xor(Ints a, Ints b) { return a ^ b; }
  template <int kN>
  static Ints right(Ints v) {
    return v >> kN;
  }
  template <int kN>
  static Ints left(Ints v) {
    return v << kN;
  }
  template <int kN>
  static Ints arithmetic_right(Ints v) {
    return reinterpret_cast<Ints>(reinterpret_cast<Signed>(v) >> kN);
  }
  static Ints load(const std::uint32_t* p) {
    Ints v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(std::uint32_t* p, Ints v) { __builtin_memcpy(p, &v, sizeof v); }
  static Ints iq4(Ints v) {
    for (int i = 0; i < 4; ++i) {
      std::uint32_t word = 0;
      for (int b = 0; b < 32; b += 8) {
        word |= static_cast<std::uint32_t>(kIq4[(v[i] >> b) & 15U] + 128) << b;
      }
      v[i] = word;
    }
    return v;
  }
  static Ints four_bytes(const std::int8_t* p) {
    std::uint32_t word;
    __builtin_memcpy(&word, p, 4);
    return set1(word);
  }
  template <bool kWide>
  static Ints dot(Ints acc, Ints weights, Ints activations) {
    const Ints even = weights & set1(0x00FF00FFU);
    const Ints odd = (weights >> 8) & set1(0x00FF00FFU);
#if defined(__SSE2__)
    const auto a = reinterpret_cast<__m128i>(activations);
    const __m128i a_even = _mm_srai_epi16(_mm_slli_epi16(a, 8), 8);
    const __m128i sums =
        _mm_add_epi32(_mm_madd_epi16(reinterpret_cast<__m128i>(even), a_even),
                      _mm_madd_epi16(reinterpret_cast<__m128i>(odd), _mm_srai_epi16(a, 8)));
    return acc + reinterpret_cast<Ints>(sums);
#else
    const Signed a = reinterpret_cast<Signed>(activations);
    const Ints low = set1(0xFFU);
    acc += (even & low) * reinterpret_cast<Ints>(a << 24 >> 24);
    acc += (odd & low) * reinterpret_cast<Ints>(a << 16 >> 24);
    acc += (even >> 16) * reinterpret_cast<Ints>(a << 8 >> 24);
    return acc + (odd >> 16) * reinterpret_cast<Ints>(a >> 24);
#endif
  }

  static Floats to_float(Ints v) {
    return __builtin_convertvector(reinterpret_cast<Signed>(v), Floats);
  }
  static Floats set1f(float v) { return Floats{v, v, v, v}; }
  static Floats add(Floats a, Floats b) { return a + b; }
  static Floats sub(Floats a, Floats b) { return a - b; }
  static Floats mul(Floats a, Floats b) { return a * b; }
  static Floats fma(Floats a, Floats b, Floats c) { return a * b + c; }
  static Floats loadf(const float* p) {
    Floats v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(float* p, Floats v) { __builtin_memcpy(p, &v, sizeof v); }
  static Floats load_tail(const float* p, std::int64_t n) {
    float lanes[4] = {};
    __builtin_memcpy(lanes, p, static_cast<std::size_t>(n) * sizeof(float));
    return loadf(lanes);
  }
  static void store_tail(float* p, Floats v, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) p[i] = v[i];
  }
  static void prefetch(const void* p) { __builtin_prefetch(p); }

  static Ints magnitude(Floats v) { return reinterpret_cast<Ints>(v) & set1(0x7FFFFFFFU); }
  static Ints max_words(Ints a, Ints b) {
    return reinterpret_cast<Signed>(a) > reinterpret_cast<Signed>(b) ? a : b;
  }
  static std::int32_t largest(Ints v) {
    std::uint32_t most = v[0];
    for (int i = 1; i < 4; ++i) most = v[i] > most ? v[i] : most;
    return static_cast<std::int32_t>(most);
  }
  // Adding 1.5·2²³ leaves the whole number in the low bits; |v| ≤ 127 but in blocks of infinities
  // and NaN, whose values do not matter.
  static Ints round(Floats v) {
    return reinterpret_cast<Ints>(v + set1f(12582912.0F)) - set1(0x4B400000U);
  }
  static void store_bytes(std::int8_t* p, Ints v) {
    for (int i = 0; i < 4; ++i) p[i] = static_cast<std::int8_t>(v[i]);
  }
  static std::int32_t sum16(const std::int8_t* p) {
    std::int32_t sum = 0;
    for (int i = 0; i < 16; ++i) sum += p[i];
    return sum;
  }
};

#include "engine/backend/cpu/kernels_int_formats.h"

#include "engine/backend/cpu/kernels_int_panel.h"

#include "engine/backend/cpu/kernels_int_body.h"

constexpr IntTable kTable = make_int_table("generic");

}  // namespace

namespace engine::kernels {

const IntTable& generic_ints() { return kTable; }

}  // namespace engine::kernels
