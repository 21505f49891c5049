// Integer kernels for AVX-512 with the AMX tile unit. Compiled with its own -m flags: includes only
// kernel headers and intrinsics.
#include <immintrin.h>

#include <type_traits>

#include "engine/backend/cpu/kernels_int.h"

namespace {

#include "engine/backend/cpu/kernels_int_avx512.h"

#include "engine/backend/cpu/kernels_int_amx_body.h"

#include "engine/backend/cpu/kernels_amx_unit.h"

void round_row(const float* x, Index begin, Index end, Index cols, unsigned char* record) {
  engine::kernels::avx512_vnni_ints().round_row(x, begin, end, cols, record);
}

void product(const Weight& w, Index first_row, Index n_rows, const RoundedRows& x, Index n_x,
             const float* bias, const Out& out, const unsigned char* ahead) {
  TileUnit unit;
  product_on(unit, w, first_row, n_rows, x, n_x, bias, out, ahead);
}

constexpr IntTable kTable = {"AMX int8", kPairs* kPairRows, round_row, product};

}  // namespace

namespace engine::kernels {

const IntTable& amx_ints() { return kTable; }

}  // namespace engine::kernels
