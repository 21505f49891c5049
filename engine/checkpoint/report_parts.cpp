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

bool stays_as_stored(const TensorSpec& spec, DType stored) {
  return !spec.may_be_quantised || spec.role == WeightRole::Router ||
         spec.role == WeightRole::IndexerWeights || is_block_quantised(stored);
}

/// Bytes of a matrix in a block type, or in Q8_0, or as stored: whichever its rows are whole blocks
/// of.
std::int64_t bytes_as(DType wanted, const TensorSpec& spec, std::int64_t stored_bytes) {
  for (const DType dtype : {wanted, DType::Q8_0}) {
    if (spec.shape.back() % dtype_block(dtype).elements == 0) {
      return dtype_bytes(dtype, element_count(spec.shape));
    }
  }
  return stored_bytes;
}

void add_bytes(const StoredTensor& tensor, const WeightBytes& bytes, PartTotals* part) {
  part->n_tensors += 1;
  part->bytes.as_stored += bytes.as_stored;
  part->bytes.q8_0 += bytes.q8_0;
  part->bytes.q4_k += bytes.q4_k;
  part->bytes_by_dtype[std::string(dtype_name(tensor.dtype))] += bytes.as_stored;
}

/// A matrix with its scales: quantising replaces both.
void add_stored(const TensorSpec& spec, std::span<const StoredTensor> tensors, PartTotals* part) {
  const StoredTensor* tensor = find_tensor(tensors, spec.name);
  if (tensor == nullptr) return;
  const auto stored = static_cast<std::int64_t>(tensor->bytes.size());
  WeightBytes bytes{stored, stored, stored};
  const bool as_stored = stays_as_stored(spec, tensor->dtype) || tensor->shape != spec.shape;
  if (!as_stored) {
    const bool routed = part->part == ModelPart::RoutedExperts;
    bytes.q8_0 = bytes_as(DType::Q8_0, spec, stored);
    bytes.q4_k = bytes_as(routed ? DType::Q4_K : DType::Q8_0, spec, stored);
  }
  add_bytes(*tensor, bytes, part);
  const StoredTensor* scale =
      tensor->dtype == DType::F8_E4M3 ? find_tensor(tensors, scale_name_of(spec.name)) : nullptr;
  if (scale == nullptr) return;
  const auto scale_bytes = static_cast<std::int64_t>(scale->bytes.size());
  add_bytes(*scale,
            {scale_bytes, as_stored || bytes.q8_0 == stored ? scale_bytes : 0,
             as_stored || bytes.q4_k == stored ? scale_bytes : 0},
            part);
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
    add_bytes(tensors[i], {rows[i].bytes, 0, 0}, &part);
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
