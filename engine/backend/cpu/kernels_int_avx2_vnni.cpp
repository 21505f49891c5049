// Integer kernels for AVX2 with AVX-VNNI, whose dot instruction takes unsigned weights and signed
// activations and cannot overflow here: 32 · 255 · 127 is far below 2³¹. Compiled with its own -m
// flags: includes only kernel headers and intrinsics.
#include <immintrin.h>

#include <type_traits>

#include "engine/backend/cpu/kernels_int.h"

namespace {

#include "engine/backend/cpu/kernels_int_avx2.h"

// The table of IQ4_NL and IQ4_XS, 128 added.
alignas(16) constexpr unsigned char kIq4[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                                129, 141, 153, 166, 181, 197, 217, 241};

struct V : Avx2 {
  static constexpr std::int64_t kTokens = 3;
  static constexpr std::int64_t kFewTokens = 1;
  static constexpr std::int32_t kWideOffset = 128;
  static Ints iq4(Ints v) { return look_up(kIq4, v); }
  template <bool kWide>
  static Ints dot(Ints acc, Ints weights, Ints activations) {
    return _mm256_dpbusd_avx_epi32(acc, weights, activations);
  }
};

#include "engine/backend/cpu/kernels_int_formats.h"

#include "engine/backend/cpu/kernels_int_panel.h"

#include "engine/backend/cpu/kernels_int_body.h"

constexpr IntTable kTable = make_int_table("AVX-VNNI");

}  // namespace

namespace engine::kernels {

const IntTable& avx2_vnni_ints() { return kTable; }

}  // namespace engine::kernels
