// Attention kernels for AVX-512. Compiled with its own -m flags: includes only its table's header,
// intrinsics, and the algorithms as internal code.
#include <immintrin.h>

#include "engine/backend/cpu/attention_kernels.h"

namespace {

struct V {
  using Reg = __m512;
  static constexpr std::int64_t kLanes = 16;
  static constexpr std::int64_t kTileQ = 4;
  static constexpr std::int64_t kTileS = 4;
  static constexpr std::int64_t kTileP = 8;
  static constexpr std::int64_t kTileC = 2;

  static __mmask16 mask(std::int64_t n) { return static_cast<__mmask16>((1U << n) - 1U); }
  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set1(float v) { return _mm512_set1_ps(v); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static Reg load_tail(const float* p, std::int64_t n) { return _mm512_maskz_loadu_ps(mask(n), p); }
  static void store(float* p, Reg v) { _mm512_storeu_ps(p, v); }
  static void store_tail(float* p, Reg v, std::int64_t n) { _mm512_mask_storeu_ps(p, mask(n), v); }
  static void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg round_to_int(Reg a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Reg scale_by_power(Reg a, Reg n) { return _mm512_scalef_ps(a, n); }

  static __m256 high(Reg a) {
    return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
  }
  static float sum_lanes(Reg a) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), high(a));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
  }
  static float largest_lane(Reg a) {
    const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a), high(a));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
  }

  // As in kernels_avx512.cpp: lane l with l + 8, then 4, 2, 1; 16 sums cost 15 additions.
  static Reg halves(Reg a, Reg b) {
    return add(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  }
  static Reg quarters(Reg a, Reg b) {
    return add(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
  }
  static Reg pairs(Reg a, Reg b) {
    return add(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  }
  static Reg singles(Reg a, Reg b) {
    return add(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
  }
  static Reg reduce_part(const Reg* r, int g) {
    return quarters(halves(r[g], r[4 + g]), halves(r[8 + g], r[12 + g]));
  }
  static Reg reduce(const Reg* r) {
    const Reg low = pairs(reduce_part(r, 0), reduce_part(r, 1));
    const Reg high = pairs(reduce_part(r, 2), reduce_part(r, 3));
    return singles(low, high);
  }
};

#include "engine/backend/cpu/attention_body.h"

constexpr AttentionTable kTable = make_attention_table();

}  // namespace

namespace engine::kernels {

const AttentionTable& avx512_attention() { return kTable; }

}  // namespace engine::kernels
