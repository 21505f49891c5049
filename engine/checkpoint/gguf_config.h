// read_gguf_config: GGUF metadata → ModelConfig, with every fault as a finding of its own.
#pragma once

#include <span>
#include <string>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/gguf_fields.h"
#include "engine/checkpoint/gguf_file.h"

namespace engine {

/// `tensors` are sorted by name: some facts are not in the metadata (a tied head, biases, Llama 3's
/// rotary factors).
ConfigReading read_gguf_config(const GgufHeader& header, const std::string& file,
                               std::span<const StoredTensor> tensors);

/// expert_* keys: after the sizes, layers and attention.
void read_gguf_experts(std::span<const StoredTensor> tensors, GgufFields* fields,
                       ModelConfig* config);

/// Frequencies and their scaling: rope.* keys and rope_freqs.weight.
void read_gguf_rope(std::span<const StoredTensor> tensors, GgufFields* fields, ModelConfig* config);

}  // namespace engine
