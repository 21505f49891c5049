// Attention in whole numbers on the AMX tile unit. Compiled with its own -m flags: includes only
// kernel headers and intrinsics.
#include <immintrin.h>

#include "engine/backend/cpu/attention_rounded.h"

namespace {

#include "engine/backend/cpu/attention_amx_body.h"

#include "engine/backend/cpu/kernels_amx_unit.h"

void scores(const TurnedRows& q, Index first, Index n, const WholeSlots& slots, float* out) {
  TileUnit unit;
  scores_on(unit, q, first, n, slots, out);
}

void combine(const std::int16_t* weights, const float* scales, const float* factors, Index n_rows,
             const WholeSlots& slots, Index dim, float* sums, Index sums_stride) {
  TileUnit unit;
  combine_on(unit, weights, scales, factors, n_rows, slots, dim, sums, sums_stride);
}

constexpr RoundedAttention kTable = {round_row, turn_rows, scores, soften, combine};

}  // namespace

namespace engine::kernels {

const RoundedAttention& amx_attention() { return kTable; }

}  // namespace engine::kernels
