// How far a backend may be from the reference, as a share of the largest magnitude in the reference
// result. The reference sums in double; these are the float32 sums of a few hundred terms. The one
// place where tolerances live; loosening one needs a reason in the commit.
#pragma once

namespace engine::test {

struct Tolerances {
  double exact = 0.0;         // embed, copy: decoding is exact
  double elementwise = 3e-7;  // add, rope: one or two roundings
  double rms_norm = 1e-6;
  double matmul = 1e-6;  // any weight type: decoding is exact, only the order of sums differs
  // Block types in the cpu backend round the activations to eight bits per 32 of them (half a unit
  // in 127 of the largest); the rest of the product is as exact as any.
  double rounded_exact = 2e-6;  // against the reference of the rounded activations
  double rounded = 2e-2;        // against the reference
  double rounded_mlp = 5e-2;    // two roundings deep
  double gated_mlp = 3e-6;
  double moe = 3e-6;
  double attention_scores = 2e-6;
  double attention_weights = 3e-6;
  double attention_out = 3e-6;
  double forms = 5e-6;  // absorbed against expanded
};

inline constexpr Tolerances kTolerances;

}  // namespace engine::test
