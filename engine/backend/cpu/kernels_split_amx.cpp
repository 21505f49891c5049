// Products of BF16 weights with split activations on the AMX tile unit. Compiled with its own -m
// flags: includes only kernel headers and intrinsics.
#include <immintrin.h>

#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"

namespace {

#include "engine/backend/cpu/kernels_int_avx512.h"

#include "engine/backend/cpu/kernels_split_amx_body.h"

#include "engine/backend/cpu/kernels_amx_unit.h"

void product(const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
             const float* bias, const Out& out, float* scratch) {
  TileUnit unit;
  product_on(unit, w, first_row, n_rows, x, n_x, bias, out, scratch);
}

constexpr SplitTable kTable = {"AMX BF16", 2 * kTileRows, product};

}  // namespace

namespace engine::kernels {

const SplitTable& amx_split() { return kTable; }

}  // namespace engine::kernels
