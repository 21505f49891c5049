// The searching encoders as a table, one per instruction set. Plain structs only: quantise_*.cpp
// are compiled with their own -m flags. All tables give the same bytes.
#pragma once

#include <cstdint>

#include "engine/tensor/quant_layout.h"

namespace engine::quant {

struct SearchTable {
  void (*q4_k)(const float* x, std::int64_t n_blocks, BlockQ4_K* out);
  void (*q6_k)(const float* x, std::int64_t n_blocks, BlockQ6_K* out);
};

const SearchTable& generic_search();
const SearchTable& avx2_search();    // x86-64 only
const SearchTable& avx512_search();  // x86-64 only

}  // namespace engine::quant
