// Kernels for AVX2 with FMA and F16C. Compiled with its own -m flags: includes only kernels.h,
// intrinsics, and the algorithms as internal code.
#include <immintrin.h>

#include <type_traits>

#include "engine/backend/cpu/kernels.h"
#include "engine/tensor/quant_layout.h"

namespace {

// A window of eight int32 into this, 8 - n from its start, selects the first n lanes.
alignas(64) constexpr std::int32_t kLaneMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

struct V {
  using Reg = __m256;
  static constexpr std::int64_t kLanes = 8;
  static constexpr std::int64_t kTileX = 4;
  static constexpr std::int64_t kTileW = 3;
  static constexpr std::int64_t kTileP = 4;
  static constexpr std::int64_t kTileC = 2;
  static constexpr std::int64_t kFewW = 1;
  static constexpr float kF8Factor = 256.0F;

  static __m256i mask(std::int64_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMasks + 8 - n));
  }
  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set1(float v) { return _mm256_set1_ps(v); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static Reg load_tail(const float* p, std::int64_t n) { return _mm256_maskload_ps(p, mask(n)); }
  static void store(float* p, Reg v) { _mm256_storeu_ps(p, v); }
  static void store_tail(float* p, Reg v, std::int64_t n) { _mm256_maskstore_ps(p, mask(n), v); }
  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg round_to_int(Reg a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Reg power(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
  }
  // In two steps: 2ⁿ itself may lie outside the normal numbers while a·2ⁿ does not.
  static Reg scale_by_power(Reg a, Reg n) {
    const __m256i whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return mul(mul(a, power(half)), power(_mm256_sub_epi32(whole, half)));
  }

  // The tails of narrow types go through a zeroed buffer: there is no masked load for them.
  template <class Load>
  static Reg through_buffer(const unsigned char* p, std::int64_t n_bytes, Load from) {
    alignas(16) unsigned char bytes[16] = {};
    for (std::int64_t i = 0; i < n_bytes; ++i) bytes[i] = p[i];
    return from(bytes);
  }
  static Reg load_bf16(const unsigned char* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static Reg load_bf16_tail(const unsigned char* p, std::int64_t n) {
    return through_buffer(p, 2 * n, load_bf16);
  }
  static Reg load_f16(const unsigned char* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Reg load_f16_tail(const unsigned char* p, std::int64_t n) {
    return through_buffer(p, 2 * n, load_f16);
  }
  // E4M3's fields sit in a half's places with the exponent 8 too small, subnormals included. The
  // two NaN codes are put in by hand.
  static Reg load_f8(const unsigned char* p) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    // Sign-extended, then shifted: the sign in bits 14 and 15, and 14 belongs to the exponent.
    const __m128i shifted = _mm_slli_epi16(_mm_cvtepi8_epi16(bytes), 7);
    const __m128i half = _mm_and_si128(shifted, _mm_set1_epi16(-0x4001));
    const __m128i is_nan =
        _mm_cmpeq_epi16(_mm_or_si128(half, _mm_set1_epi16(-0x8000)), _mm_set1_epi16(-0x4080));
    return _mm256_blendv_ps(_mm256_cvtph_ps(half), set1(__builtin_nanf("")),
                            _mm256_castsi256_ps(_mm256_cvtepi16_epi32(is_nan)));
  }
  static Reg load_f8_tail(const unsigned char* p, std::int64_t n) {
    return through_buffer(p, n, load_f8);
  }

  // Lane l is added to lane l + 4, then 2, 1 of the same register; every step joins two registers
  // into one, so 8 sums cost 7 additions.
  static Reg halves(Reg a, Reg b) {
    return add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
  static Reg pairs(Reg a, Reg b) {
    return add(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
  }
  static Reg singles(Reg a, Reg b) {
    return add(_mm256_shuffle_ps(a, b, 0x88), _mm256_shuffle_ps(a, b, 0xDD));
  }
  // Registers g and 4 + g end in lane g of the two 128-bit parts.
  static Reg reduce(const Reg* r) {
    const Reg low = pairs(halves(r[0], r[4]), halves(r[1], r[5]));
    const Reg high = pairs(halves(r[2], r[6]), halves(r[3], r[7]));
    return singles(low, high);
  }
};

#include "engine/backend/cpu/kernels_body.h"

constexpr Table kTable = make_table("AVX2");

}  // namespace

namespace engine::kernels {

const Table& avx2_table() { return kTable; }

}  // namespace engine::kernels
