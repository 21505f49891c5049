// The kernels of block types on the emulated tile unit. Compiled with AVX-512: includes only kernel
// headers and intrinsics, like kernels_int_amx.cpp.
#include "tests/engine/backend/amx_emulated.h"

#include <immintrin.h>

#include <type_traits>

namespace {

#include "engine/backend/cpu/kernels_int_avx512.h"

#include "engine/backend/cpu/kernels_int_amx_body.h"

#include "tests/engine/backend/amx_emulated_unit.h"

void round_row(const float* x, Index begin, Index end, Index cols, unsigned char* record) {
  engine::kernels::avx512_vnni_ints().round_row(x, begin, end, cols, record);
}

void product(const Weight& w, Index first_row, Index n_rows, const RoundedRows& x, Index n_x,
             const float* bias, const Out& out, const unsigned char* ahead) {
  EmulatedUnit unit;
  product_on(unit, w, first_row, n_rows, x, n_x, bias, out, ahead);
  if (unit.configured()) fault("not released after a product");
}

constexpr IntTable kTable = {"emulated AMX int8", kPairs* kPairRows, round_row, product};

}  // namespace

namespace engine::test {

const kernels::IntTable& emulated_amx_ints() { return kTable; }

TileState& tile_state() {
  static TileState state;
  return state;
}

void allow_tiles_from(const void* data, std::size_t n_bytes, const void* more,
                      std::size_t n_more_bytes) {
  tile_state().allowed[0] = {static_cast<const unsigned char*>(data), n_bytes};
  tile_state().allowed[1] = {static_cast<const unsigned char*>(more), n_more_bytes};
}

const char* take_tile_fault() {
  const char* const what = tile_state().fault;
  tile_state().fault = nullptr;
  return what;
}

long long n_tile_products() { return tile_state().n_products; }

}  // namespace engine::test
