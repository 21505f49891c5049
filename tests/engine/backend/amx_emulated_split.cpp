// The kernels of BF16 weights on the emulated tile unit. Compiled with AVX-512: includes only
// kernel headers and intrinsics, like kernels_split_amx.cpp.
#include <immintrin.h>

#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"
#include "tests/engine/backend/amx_emulated.h"

namespace {

#include "engine/backend/cpu/kernels_int_avx512.h"

#include "engine/backend/cpu/kernels_split_amx_body.h"

#include "tests/engine/backend/amx_emulated_unit.h"

void product(const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
             const float* bias, const Out& out, float* scratch) {
  EmulatedUnit unit;
  product_on(unit, w, first_row, n_rows, x, n_x, bias, out, scratch);
  if (unit.configured()) fault("not released after a product");
}

constexpr SplitTable kTable = {"emulated AMX BF16", 2 * kTileRows, product};

}  // namespace

namespace engine::test {

const kernels::SplitTable& emulated_amx_split() { return kTable; }

}  // namespace engine::test
