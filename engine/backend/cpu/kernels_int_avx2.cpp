// Integer kernels for AVX2 (with FMA and F16C). Compiled with its own -m flags: includes only
// kernel headers and intrinsics.
#include <immintrin.h>

#include <type_traits>

#include "engine/backend/cpu/kernels_int.h"

namespace {

#include "engine/backend/cpu/kernels_int_avx2.h"

alignas(16) constexpr signed char kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                              1,    13,   25,  38,  53,  69,  89,  113};

struct V : Avx2 {
  static constexpr std::int64_t kTokens = 3;
  static constexpr std::int64_t kFewTokens = 1;
  static constexpr std::int32_t kWideOffset = 0;
  static Ints iq4(Ints v) { return look_up(kIq4, v); }
  /// Pairs of products are summed in 16 bits: 2 · 63 · 127 fits, and so does 2 · 128 · 127 of wide
  /// weights, which come signed and give their sign to the activation. Activations are never -128.
  template <bool kWide>
  static Ints dot(Ints acc, Ints weights, Ints activations) {
    if constexpr (kWide) {
      activations = _mm256_sign_epi8(activations, weights);
      weights = _mm256_abs_epi8(weights);
    }
    const Ints pairs = _mm256_maddubs_epi16(weights, activations);
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

#include "engine/backend/cpu/kernels_int_formats.h"

#include "engine/backend/cpu/kernels_int_panel.h"

#include "engine/backend/cpu/kernels_int_body.h"

constexpr IntTable kTable = make_int_table("AVX2");

}  // namespace

namespace engine::kernels {

const IntTable& avx2_ints() { return kTable; }

}  // namespace engine::kernels
