// How a model is written as GGUF: which tensors, of which types, under which metadata. Read by the
// exporter in model/ and by the writer of random checkpoints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/vocabulary_listing.h"
#include "engine/checkpoint/gguf_writer.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

/// One type for all matrices, or the mixture llama.cpp calls Q4_K_M.
enum class TypeMix { F32, BF16, Q8_0, Q4_K_M };

/// "f32", "bf16", "q8_0", "q4_k" (or "q4_k_m").
std::optional<TypeMix> type_mix_from_name(std::string_view name);

/// Norms, biases and the router stay F32. Rows that 256 does not divide become Q5_0 in place of
/// Q4_K, and Q8_0 in place of Q6_K; rows that 32 does not divide, BF16.
DType exported_dtype(TypeMix mix, const TensorSpec& spec, const ModelConfig& config);

/// Experts merged; kv_b_proj split into attn_k_b and attn_v_b.
TensorLayout export_layout(const ModelConfig& config);

/// Unsupported names what this model has that GGUF's readers have no place for.
Result<void> check_exportable(const ModelConfig& config);

/// Whether rows of q and k change places, from half-split pairs to neighbouring ones, because the
/// format's readers rotate neighbours.
bool exports_interleaved(const ModelConfig& config);

/// The divisors of Llama 3's frequencies, as GGUF stores them; empty without that scaling.
std::vector<float> llama3_factors(const ModelConfig& config);

/// A tensor of the file; `spec.role` says what fills it.
struct ExportedTensor {
  TensorSpec spec;
  GgufTensor tensor;
};
/// In file order. Llama 3's factors, where there are, come last under the name rope_freqs.weight
/// and have no layer; everything else is a row of the table of tensors.
std::vector<ExportedTensor> exported_tensors(const ModelConfig& config, TypeMix mix);

/// general.* and the architecture's keys.
void put_model(const ModelConfig& config, std::string_view name, TypeMix mix, GgufMetadata* out);
/// tokenizer.*; the chat template may be empty.
void put_vocabulary(const VocabularyListing& listing, std::string_view chat_template,
                    GgufMetadata* out);

}  // namespace engine
