// Attention in whole numbers on the emulated tile unit. Compiled with AVX-512: includes only kernel
// headers and intrinsics, like attention_amx.cpp.
#include <immintrin.h>

#include "engine/backend/cpu/attention_rounded.h"
#include "tests/engine/backend/amx_emulated.h"

namespace {

#include "engine/backend/cpu/attention_amx_body.h"

#include "tests/engine/backend/amx_emulated_unit.h"

void scores(const TurnedRows& q, Index first, Index n, const WholeSlots& slots, float* out) {
  EmulatedUnit unit;
  scores_on(unit, q, first, n, slots, out);
  if (unit.configured()) fault("not released after scores");
}

void combine(const std::int16_t* weights, const float* scales, const float* factors, Index n_rows,
             const WholeSlots& slots, Index dim, float* sums, Index sums_stride) {
  EmulatedUnit unit;
  combine_on(unit, weights, scales, factors, n_rows, slots, dim, sums, sums_stride);
  if (unit.configured()) fault("not released after weighted sums");
}

constexpr RoundedAttention kTable = {round_row, turn_rows, scores, soften, combine};

}  // namespace

namespace engine::test {

const kernels::RoundedAttention& emulated_amx_attention() { return kTable; }

}  // namespace engine::test
