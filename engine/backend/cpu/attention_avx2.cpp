// Attention kernels for AVX2 with FMA. Compiled with its own -m flags: includes only its table's
// header, intrinsics, and the algorithms as internal code.
#include <immintrin.h>

#include "engine/backend/cpu/attention_kernels.h"

namespace {

// A window of eight int32 into this, 8 - n from its start, selects the first n lanes.
alignas(64) constexpr std::int32_t kLaneMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

struct V {
  using Reg = __m256;
  static constexpr std::int64_t kLanes = 8;
  static constexpr std::int64_t kTileQ = 4;
  static constexpr std::int64_t kTileS = 3;
  static constexpr std::int64_t kTileP = 4;
  static constexpr std::int64_t kTileC = 2;

  static __m256i mask(std::int64_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMasks + 8 - n));
  }
  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set1(float v) { return _mm256_set1_ps(v); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static Reg load_tail(const float* p, std::int64_t n) { return _mm256_maskload_ps(p, mask(n)); }
  static void store(float* p, Reg v) { _mm256_storeu_ps(p, v); }
  static void store_tail(float* p, Reg v, std::int64_t n) { _mm256_maskstore_ps(p, mask(n), v); }
  static void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
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

  static float sum_lanes(Reg a) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
  }
  static float largest_lane(Reg a) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
  }

  // As in kernels_avx2.cpp: lane l with l + 4, then 2, 1; 8 sums cost 7 additions.
  static Reg halves(Reg a, Reg b) {
    return add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
  static Reg pairs(Reg a, Reg b) {
    return add(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
  }
  static Reg singles(Reg a, Reg b) {
    return add(_mm256_shuffle_ps(a, b, 0x88), _mm256_shuffle_ps(a, b, 0xDD));
  }
  static Reg reduce(const Reg* r) {
    const Reg low = pairs(halves(r[0], r[4]), halves(r[1], r[5]));
    const Reg high = pairs(halves(r[2], r[6]), halves(r[3], r[7]));
    return singles(low, high);
  }
};

#include "engine/backend/cpu/attention_body.h"

constexpr AttentionTable kTable = make_attention_table();

}  // namespace

namespace engine::kernels {

const AttentionTable& avx2_attention() { return kTable; }

}  // namespace engine::kernels
