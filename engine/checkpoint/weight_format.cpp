// The rule of quantise-on-load, and its sums over the table of tensors.
#include "engine/checkpoint/weight_format.h"

#include <algorithm>

namespace engine {

namespace {

bool is_routed_expert(WeightRole role) {
  switch (role) {
    case WeightRole::ExpertGate:
    case WeightRole::ExpertUp:
    case WeightRole::ExpertDown:
    case WeightRole::FusedExpertGateUp:
    case WeightRole::FusedExpertDown:
    case WeightRole::MergedExpertGate:
    case WeightRole::MergedExpertUp:
    case WeightRole::MergedExpertDown:
      return true;
    default:
      return false;
  }
}

std::int64_t elements_of(const TensorSpec& spec) {
  std::int64_t n = 1;
  for (const std::int64_t extent : spec.shape) n *= extent;
  return n;
}

std::string fall_back_text(const TensorSpec& spec, DType held) {
  return std::string(weight_role_name(spec.role)) + ": rows of " +
         std::to_string(spec.shape.back()) +
         ", no multiple of 256: " + std::string(dtype_name(held));
}

}  // namespace

std::string_view weight_format_name(WeightFormat format) {
  switch (format) {
    case WeightFormat::Q8_0:
      return "q8_0";
    case WeightFormat::Q4_K:
      return "q4_k";
    case WeightFormat::AsStored:
      break;
  }
  return "as-stored";
}

DType held_dtype(WeightFormat format, WeightRole role, std::int64_t cols, DType stored) {
  const bool keep = format == WeightFormat::AsStored || is_block_quantised(stored) ||
                    role == WeightRole::Router || cols % 32 != 0;
  if (keep) return stored;
  if (format == WeightFormat::Q8_0 || !is_routed_expert(role)) return DType::Q8_0;
  return cols % 256 == 0 ? DType::Q4_K : DType::Q5_0;
}

QuantisedSize quantised_size(const ModelConfig& config, WeightFormat format, DType stored) {
  QuantisedSize size;
  for (const TensorSpec& spec : tensor_specs(config, TensorLayout{})) {
    if (!spec.required) continue;
    const std::int64_t n = elements_of(spec);
    if (!spec.may_be_quantised) {
      size.bytes += n * static_cast<std::int64_t>(sizeof(float));
      continue;
    }
    const std::int64_t cols = spec.shape.back();
    const DType held = held_dtype(format, spec.role, cols, stored);
    size.bytes += dtype_bytes(held, n);
    if (format != WeightFormat::Q4_K || held != DType::Q5_0) continue;
    const std::string text = fall_back_text(spec, held);
    if (std::find(size.fall_backs.begin(), size.fall_backs.end(), text) == size.fall_backs.end()) {
      size.fall_backs.push_back(text);
    }
  }
  return size;
}

std::int64_t quantised_bytes(const ModelConfig& config, WeightFormat format) {
  return quantised_size(config, format).bytes;
}

}  // namespace engine
