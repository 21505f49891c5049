// Every row of the table of shapes adds to its part; tensors the table does not know are added by
// name.
#include "engine/checkpoint/report_parts.h"

#include <array>

#include "engine/checkpoint/tensor_check.h"
#include "engine/checkpoint/tensor_inventory.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

namespace {

std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) n *= extent;
  return n;
}

/// Bytes of a tensor as a format holds it; `stored` with its scales.
std::int64_t bytes_as(WeightFormat format, const TensorSpec& spec, const StoredTensor& tensor,
                      std::int64_t stored) {
  if (!spec.may_be_quantised || tensor.shape != spec.shape) return stored;
  const DType held = held_dtype(format, spec.role, spec.shape.back(), tensor.dtype);
  return held == tensor.dtype ? stored : dtype_bytes(held, element_count(spec.shape));
}

void add_stored(const TensorSpec& spec, std::span<const StoredTensor> tensors, PartTotals* part) {
  const StoredTensor* tensor = find_tensor(tensors, spec.name);
  if (tensor == nullptr) return;
  const StoredTensor* scale =
      tensor->dtype == DType::F8_E4M3 ? find_tensor(tensors, scale_name_of(spec.name)) : nullptr;
  std::int64_t stored = 0;
  for (const StoredTensor* one : {tensor, scale}) {
    if (one == nullptr) continue;
    const auto bytes = static_cast<std::int64_t>(one->bytes.size());
    stored += bytes;
    part->n_tensors += 1;
    part->bytes_by_dtype[std::string(dtype_name(one->dtype))] += bytes;
  }
  part->bytes.as_stored += stored;
  part->bytes.q8_0 += bytes_as(WeightFormat::Q8_0, spec, *tensor, stored);
  part->bytes.q4_k += bytes_as(WeightFormat::Q4_K, spec, *tensor, stored);
}

std::int64_t activated_of(const ModelConfig& config, const PartTotals& part) {
  switch (part.part) {
    case ModelPart::Embedding:  // one row is looked up
    case ModelPart::Mtp:
    case ModelPart::Other:
      return 0;
    case ModelPart::OutputHead:  // a tied head is the embedding, and is multiplied all the same
      return config.vocab_size * config.hidden_size;
    case ModelPart::RoutedExperts:
      return config.n_routed_experts == 0
                 ? 0
                 : part.parameters / config.n_routed_experts * config.num_experts_per_tok;
    default:
      return part.parameters;
  }
}

void add_leftovers(const ModelConfig& config, std::span<const StoredTensor> tensors,
                   std::span<PartTotals> parts) {
  const std::vector<TensorRow> rows = list_tensors(config, true, tensors);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].role.empty()) continue;
    PartTotals& part = parts[static_cast<std::size_t>(rows[i].part)];
    if (!is_scale_name(rows[i].name) && rows[i].bytes > 0) {
      part.parameters += element_count(rows[i].shape);
    }
    part.n_tensors += 1;
    part.bytes.as_stored += rows[i].bytes;
    part.bytes_by_dtype[std::string(dtype_name(rows[i].dtype))] += rows[i].bytes;
  }
}

}  // namespace

std::vector<PartTotals> part_totals(const ModelConfig& config,
                                    std::span<const StoredTensor> tensors) {
  std::array<PartTotals, kModelPartCount> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].part = static_cast<ModelPart>(i);
  for (const TensorSpec& spec : tensor_specs(config, layout_of_tensors(tensors))) {
    PartTotals& part = parts[static_cast<std::size_t>(part_of(spec.role))];
    if (spec.required) part.parameters += element_count(spec.shape);
    add_stored(spec, tensors, &part);
  }
  add_leftovers(config, tensors, parts);
  std::vector<PartTotals> found;
  for (PartTotals& part : parts) {
    part.activated = activated_of(config, part);
    if (part.parameters > 0 || part.activated > 0 || part.bytes.as_stored > 0) {
      found.push_back(std::move(part));
    }
  }
  return found;
}

std::int64_t drafter_bytes(const ModelConfig& config, CheckpointFormat format,
                           std::span<const StoredTensor> tensors) {
  if (format == CheckpointFormat::Gguf) return 0;
  std::int64_t bytes = 0;
  bool is_whole = false;
  for (const StoredTensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    if (layer_of_tensor(name) != config.num_hidden_layers) continue;
    is_whole |= is_mtp_joint(name);
    const bool is_copy =
        name.find(".embed_tokens.") != name.npos || name.find(".shared_head.head.") != name.npos;
    if (!is_copy) bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  return is_whole ? bytes : 0;
}

WeightBytes kept_bytes_per_token(const ModelConfig& config, std::span<const StoredTensor> tensors) {
  constexpr std::int64_t kStep = 32, kWidest = 512;
  const auto fits = [](std::int64_t cols) { return cols % kStep == 0 && cols <= kWidest; };
  WeightBytes kept;
  if (!config.is_mla() || !fits(config.kv_lora_rank) || !fits(config.qk_rope_head_dim)) return kept;
  const std::int64_t layer_bytes = 2 * config.latent_dim() + 2 * std::int64_t{sizeof(float)};
  for (const TensorSpec& spec : tensor_specs(config, layout_of_tensors(tensors))) {
    if (spec.role != WeightRole::Wukv && spec.role != WeightRole::WukTransposed) continue;
    const StoredTensor* tensor = find_tensor(tensors, spec.name);
    if (tensor == nullptr) continue;
    const auto bytes_held = [&](WeightFormat format) {
      const DType held = held_dtype(format, spec.role, spec.shape.back(), tensor->dtype);
      return is_block_quantised(held) ? layer_bytes : 0;
    };
    kept.as_stored += is_block_quantised(tensor->dtype) ? layer_bytes : 0;
    kept.q8_0 += bytes_held(WeightFormat::Q8_0);
    kept.q4_k += bytes_held(WeightFormat::Q4_K);
  }
  return kept;
}

WeightBytes main_model_bytes(std::span<const PartTotals> parts) {
  WeightBytes sum;
  for (const PartTotals& part : parts) {
    if (part.part == ModelPart::Mtp || part.part == ModelPart::Other) continue;
    sum.as_stored += part.bytes.as_stored;
    sum.q8_0 += part.bytes.q8_0;
    sum.q4_k += part.bytes.q4_k;
  }
  return sum;
}

}  // namespace engine
