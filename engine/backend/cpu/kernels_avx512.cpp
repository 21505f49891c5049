// Kernels for AVX-512 (F, BW, DQ, VL). Compiled with its own -m flags: includes only kernels.h,
// intrinsics, and the algorithms as internal code.
#include <immintrin.h>

#include <type_traits>

#include "engine/backend/cpu/kernels.h"
#include "engine/tensor/quant_layout.h"

namespace {

struct V {
  using Reg = __m512;
  static constexpr std::int64_t kLanes = 16;
  static constexpr std::int64_t kTileX = 4;
  static constexpr std::int64_t kTileW = 4;
  static constexpr std::int64_t kTileP = 4;
  static constexpr std::int64_t kTileC = 4;
  // Rows read side by side would be more streams than the prefetchers of the hardware like: 0.6 of
  // the bandwidth against 1.1 of a plain read.
  static constexpr std::int64_t kFewW = 1;
  static constexpr float kF8Factor = 256.0F;

  static __mmask16 mask(std::int64_t n) { return static_cast<__mmask16>((1U << n) - 1U); }
  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set1(float v) { return _mm512_set1_ps(v); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static Reg load_tail(const float* p, std::int64_t n) { return _mm512_maskz_loadu_ps(mask(n), p); }
  static void store(float* p, Reg v) { _mm512_storeu_ps(p, v); }
  static void store_tail(float* p, Reg v, std::int64_t n) { _mm512_mask_storeu_ps(p, mask(n), v); }
  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg round_to_int(Reg a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Reg scale_by_power(Reg a, Reg n) { return _mm512_scalef_ps(a, n); }

  static Reg from_bf16(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static Reg load_bf16(const unsigned char* p) {
    return from_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Reg load_bf16_tail(const unsigned char* p, std::int64_t n) {
    return from_bf16(_mm256_maskz_loadu_epi16(mask(n), p));
  }
  static Reg load_f16(const unsigned char* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Reg load_f16_tail(const unsigned char* p, std::int64_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask(n), p));
  }
  // E4M3's fields sit in a half's places with the exponent 8 too small, subnormals included. The
  // two NaN codes are put in by hand.
  static Reg from_f8(__m128i bytes) {
    // Sign-extended, then shifted: the sign in bits 14 and 15, and 14 belongs to the exponent.
    const __m256i shifted = _mm256_slli_epi16(_mm256_cvtepi8_epi16(bytes), 7);
    const __m256i half = _mm256_and_si256(shifted, _mm256_set1_epi16(-0x4001));
    const __mmask16 nan = _mm256_cmpeq_epi16_mask(_mm256_or_si256(half, _mm256_set1_epi16(-0x8000)),
                                                  _mm256_set1_epi16(-0x4080));
    return _mm512_mask_mov_ps(_mm512_cvtph_ps(half), nan, _mm512_set1_ps(__builtin_nanf("")));
  }
  // Four vectors at once: the NaN codes are looked for in all, and almost never there.
  [[gnu::always_inline]] static void load_f8_line(const unsigned char* p, Reg (&out)[4]) {
    const __m512i bytes = _mm512_loadu_si512(p);
    const auto halves = [](__m256i part) {
      return _mm512_and_si512(_mm512_slli_epi16(_mm512_cvtepi8_epi16(part), 7),
                              _mm512_set1_epi16(-0x4001));
    };
    const __m512i low = halves(_mm512_castsi512_si256(bytes));
    const __m512i high = halves(_mm512_extracti64x4_epi64(bytes, 1));
    out[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(low));
    out[1] = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(low, 1));
    out[2] = _mm512_cvtph_ps(_mm512_castsi512_si256(high));
    out[3] = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(high, 1));
    const __m512i next = _mm512_add_epi8(bytes, _mm512_set1_epi8(1));
    const std::uint64_t nan = _mm512_testn_epi8_mask(next, _mm512_set1_epi8(0x7F));
    if (nan == 0) return;
    for (int v = 0; v < 4; ++v) {
      const auto lanes = static_cast<__mmask16>(nan >> (16 * v));
      out[v] = _mm512_mask_mov_ps(out[v], lanes, _mm512_set1_ps(__builtin_nanf("")));
    }
  }
  static Reg load_f8(const unsigned char* p) {
    return from_f8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Reg load_f8_tail(const unsigned char* p, std::int64_t n) {
    return from_f8(_mm_maskz_loadu_epi8(mask(n), p));
  }

  // Lane l is added to lane l + 8, then 4, 2, 1 of the same register; every step joins two
  // registers into one, so 16 sums cost 15 additions.
  static Reg halves(Reg a, Reg b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  }
  static Reg quarters(Reg a, Reg b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
  }
  static Reg pairs(Reg a, Reg b) {
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  }
  static Reg singles(Reg a, Reg b) {
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
  }
  // Registers g, 4 + g, 8 + g, 12 + g end in lane g of the four 128-bit parts.
  static Reg reduce_part(const Reg* r, int g) {
    return quarters(halves(r[g], r[4 + g]), halves(r[8 + g], r[12 + g]));
  }
  static Reg reduce(const Reg* r) {
    const Reg low = pairs(reduce_part(r, 0), reduce_part(r, 1));
    const Reg high = pairs(reduce_part(r, 2), reduce_part(r, 3));
    return singles(low, high);
  }
};

#include "engine/backend/cpu/kernels_body.h"

constexpr Table kTable = make_table("AVX-512");

}  // namespace

namespace engine::kernels {

const Table& avx512_table() { return kTable; }

}  // namespace engine::kernels
