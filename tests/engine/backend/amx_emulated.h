// The AMX kernels on a tile unit made of ordinary code, which also watches how it is used: this is
// how they are tested on processors without one.
#pragma once

#include <cstddef>

#include "engine/backend/cpu/attention_rounded.h"
#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"

namespace engine::test {

/// Needs what avx512_vnni_ints() needs.
const kernels::IntTable& emulated_amx_ints();
/// The same.
const kernels::RoundedAttention& emulated_amx_attention();
/// Needs AVX-512.
const kernels::SplitTable& emulated_amx_split();

/// What the emulated units know of each other.
struct TileState {
  const char* fault = nullptr;
  long long n_products = 0;
  struct Range {
    const unsigned char* data = nullptr;
    std::size_t n_bytes = 0;
  };
  Range allowed[2];
};
TileState& tile_state();

/// Tiles may be loaded from here too, besides the kernels' own memory; replaces what was said
/// before.
void allow_tiles_from(const void* data, std::size_t n_bytes, const void* more = nullptr,
                      std::size_t n_more_bytes = 0);

/// The first thing that the unit should not have been asked since the last call, or null. A unit
/// left configured after a product is one.
const char* take_tile_fault();

/// Products of two tiles since the start.
long long n_tile_products();

}  // namespace engine::test
