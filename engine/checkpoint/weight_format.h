// WeightFormat: in which types a model's matrices are held after loading. The rule per tensor, and
// what a format will take, known from the config alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// Quantise on load: routed experts in the named type, every other matrix Q8_0 (Q4_K) or all
/// matrices Q8_0; norms, biases and the router stay as they are.
enum class WeightFormat { AsStored, Q8_0, Q4_K };

/// "q8_0", "q4_k"; "as-stored".
std::string_view weight_format_name(WeightFormat format);

/// The type a matrix with rows of `cols` is held in: what is stored in blocks, the router, and rows
/// that no block divides stay as they are; rows that 256 does not divide become Q5_0 for Q4_K.
DType held_dtype(WeightFormat format, WeightRole role, std::int64_t cols, DType stored);

/// What a format makes of a model, from its config alone (so without any tensor that has no row in
/// the table of names); `stored` is what most matrices are stored in.
struct QuantisedSize {
  std::int64_t bytes = 0;               // all weights of the main model in memory
  std::vector<std::string> fall_backs;  // "ExpertDown: rows of 1,408, no multiple of 256: Q5_0"
};
QuantisedSize quantised_size(const ModelConfig& config, WeightFormat format,
                             DType stored = DType::BF16);
/// quantised_size().bytes.
std::int64_t quantised_bytes(const ModelConfig& config, WeightFormat format);

}  // namespace engine
