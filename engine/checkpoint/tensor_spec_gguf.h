// The table of GGUF tensor names, and what can be told from a GGUF name. Called by tensor_spec and
// tensor_check for checkpoints in this naming.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

inline constexpr std::string_view kGgufLayerPrefix = "blk.";

std::vector<TensorSpec> gguf_tensor_specs(const ModelConfig& config, const TensorLayout& layout);

/// Which of GGUF's spellings these tensors use; nothing when they have no GGUF names.
std::optional<TensorLayout> gguf_layout(std::span<const StoredTensor> tensors);

/// Rotary tables, which the config is read from or the model computes.
bool is_gguf_derived_tensor(std::string_view name);

/// A vector of a decoder layer that would change the result if it were left out: a bias or a norm.
bool is_gguf_arithmetic(std::string_view name);

/// Both spellings of kv_b_proj in one file: the joined one is not needed.
bool is_gguf_joined_kv_b(std::string_view name);

}  // namespace engine
