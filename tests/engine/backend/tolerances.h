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
  double silu = 1e-6;  // of one value
  double attention_scores = 2e-6;
  double attention_weights = 3e-6;
  double attention_out = 3e-6;
  // Attention in whole numbers of 14 bits a row, weights of 12 bits a block, with block types.
  double whole_scores = 3e-4;
  double whole_sums = 5e-4;
  double forms = 5e-6;  // absorbed against expanded
};

#if defined(BATHYSCOPE_TEST_CUDA)
// CUDA carries activations into a product as two bf16 terms, 16 bits of 24 (at most 2^-17 = 8e-6 of
// each), and F32 weights likewise. Attention's queries, keys, weights and values go in so as well.
inline constexpr Tolerances kTolerances{
    .matmul = 2e-5,
    .rounded = 2e-5,
    .rounded_mlp = 8e-5,
    .gated_mlp = 8e-5,  // two products deep, a cube of one value
    .moe = 8e-5,
    .silu = 3e-5,
    .attention_scores = 2e-5,
    .attention_weights = 4e-5,
    .attention_out = 4e-5,
    .forms = 2e-5};
#else
inline constexpr Tolerances kTolerances;
#endif

}  // namespace engine::test
