// From role, layer and expert to a view: the spec table gives the name, the checkpoint the bytes.
#include "engine/checkpoint/weight_source.h"

#include <cmath>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/tensor_check.h"

namespace engine {

namespace {

std::uint64_t key_of(WeightRole role, std::int32_t layer, std::int32_t expert) {
  return static_cast<std::uint64_t>(role) << 48 |
         static_cast<std::uint64_t>(static_cast<std::uint16_t>(layer + 1)) << 32 |
         static_cast<std::uint32_t>(expert + 1);
}

template <class T>
T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

float e5m2_to_float(std::uint8_t bits) {
  return f16_to_float(static_cast<std::uint16_t>(bits << 8));  // the upper half of an IEEE half
}

float e8m0_to_float(std::uint8_t bits) {
  return bits == 0xFF ? std::nanf("") : std::ldexp(1.0F, static_cast<int>(bits) - 127);
}

float element_as_float(DType dtype, const std::byte* bytes, std::size_t i) {
  switch (dtype) {
    case DType::F32:
      return load<float>(bytes + 4 * i);
    case DType::F64:
      return static_cast<float>(load<double>(bytes + 8 * i));
    case DType::F16:
      return f16_to_float(load<std::uint16_t>(bytes + 2 * i));
    case DType::BF16:
      return bf16_to_float(load<std::uint16_t>(bytes + 2 * i));
    case DType::F8_E4M3:
      return f8_e4m3_to_float(load<std::uint8_t>(bytes + i));
    case DType::F8_E5M2:
      return e5m2_to_float(load<std::uint8_t>(bytes + i));
    default:
      return e8m0_to_float(load<std::uint8_t>(bytes + i));
  }
}

bool is_readable(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 ||
         dtype == DType::BF16 || dtype == DType::F8_E4M3 || dtype == DType::F8_E5M2 ||
         dtype == DType::F8_E8M0;
}

/// Where in a tensor of all experts one expert's matrix lies.
struct FusedPart {
  WeightRole role;
  bool is_second_half;
};

std::optional<FusedPart> merged_part(WeightRole role) {
  switch (role) {
    case WeightRole::ExpertGate:
      return FusedPart{WeightRole::MergedExpertGate, false};
    case WeightRole::ExpertUp:
      return FusedPart{WeightRole::MergedExpertUp, false};
    case WeightRole::ExpertDown:
      return FusedPart{WeightRole::MergedExpertDown, false};
    default:
      return std::nullopt;
  }
}

std::optional<FusedPart> fused_part(ExpertLayout layout, WeightRole role) {
  if (layout == ExpertLayout::PerExpert) return std::nullopt;
  if (layout == ExpertLayout::Merged) return merged_part(role);
  switch (role) {
    case WeightRole::ExpertGate:
      return FusedPart{WeightRole::FusedExpertGateUp, false};
    case WeightRole::ExpertUp:
      return FusedPart{WeightRole::FusedExpertGateUp, true};
    case WeightRole::ExpertDown:
      return FusedPart{WeightRole::FusedExpertDown, false};
    default:
      return std::nullopt;
  }
}

unexpected<Error> not_found(WeightRole role, std::int32_t layer, std::int32_t expert) {
  return fail(ErrorCode::NotFound, "the checkpoint has no " + std::string(weight_role_name(role)) +
                                       (layer < 0 ? "" : " in layer " + std::to_string(layer)) +
                                       (expert < 0 ? "" : ", expert " + std::to_string(expert)));
}

}  // namespace

Result<std::vector<float>> read_floats(const StoredTensor& tensor) {
  if (!is_readable(tensor.dtype)) {
    return fail(ErrorCode::Unsupported,
                quoted_name(tensor.file) + " › " + quoted_name(tensor.name) + " › dtype: found " +
                    std::string(dtype_name(tensor.dtype)) + ", allowed a float type");
  }
  const std::size_t element_bytes = static_cast<std::size_t>(dtype_block(tensor.dtype).bytes);
  std::vector<float> values(tensor.bytes.size() / element_bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = element_as_float(tensor.dtype, tensor.bytes.data(), i);
  }
  return values;
}

struct WeightSource::Impl {
  struct Entry {
    const StoredTensor* tensor = nullptr;
    const StoredTensor* scale = nullptr;  // FP8 only
    const float* scale_values = nullptr;  // set on first use
  };
  const Checkpoint* checkpoint = nullptr;
  ExpertLayout experts = ExpertLayout::PerExpert;
  bool tied_head = false;
  bool has_mtp = false;
  std::string mtp_problem;
  std::unordered_map<std::uint64_t, Entry> entries;
  std::deque<std::vector<float>> owned_scales;

  void find_mtp(const TensorLayout& layout);

  Entry* find(WeightRole role, std::int32_t layer, std::int32_t expert) {
    const auto at = entries.find(key_of(role, layer, expert));
    return at == entries.end() ? nullptr : &at->second;
  }

  /// The scales in memory order; the mapping itself when it holds aligned float32.
  Result<const float*> scales(Entry* entry) {
    if (entry->scale_values != nullptr) return entry->scale_values;
    const StoredTensor& scale = *entry->scale;
    const auto address = reinterpret_cast<std::uintptr_t>(scale.bytes.data());
    if (scale.dtype == DType::F32 && address % alignof(float) == 0) {
      entry->scale_values = reinterpret_cast<const float*>(scale.bytes.data());
      return entry->scale_values;
    }
    ASSIGN_OR_RETURN(auto values, read_floats(scale));
    entry->scale_values = owned_scales.emplace_back(std::move(values)).data();
    return entry->scale_values;
  }

  /// Rows [first_row, first_row + rows) of a matrix, or of all matrices of a fused tensor stacked.
  Result<WeightView> rows_of(Entry* entry, std::int64_t first_row, std::int64_t rows) {
    const StoredTensor& tensor = *entry->tensor;
    WeightView view;
    view.dtype = tensor.dtype;
    view.rows = rows;
    view.cols = tensor.shape.back();
    view.data = tensor.bytes.data() + first_row * view.row_bytes();
    if (entry->scale == nullptr) return view;
    view.scale_cols = entry->scale->shape.back();
    ASSIGN_OR_RETURN(view.scale_inv, scales(entry));
    return view;
  }

  /// One expert's matrix out of [n_experts, rows, cols]; gate and up are halves of the rows.
  Result<WeightView> fused_matrix(Entry* entry, const FusedPart& part, std::int32_t expert) {
    const std::vector<std::int64_t>& shape = entry->tensor->shape;
    const bool is_pair = part.role == WeightRole::FusedExpertGateUp;
    const std::int64_t rows = is_pair ? shape[1] / 2 : shape[1];
    const std::int64_t offset = part.is_second_half ? rows : 0;
    ASSIGN_OR_RETURN(WeightView view, rows_of(entry, expert * shape[1] + offset, rows));
    if (entry->scale != nullptr) {
      // Width is a multiple of 128 here (checked on opening), so the halves begin at a block.
      const std::int64_t block_row = expert * entry->scale->shape[1] + offset / 128;
      view.scale_inv += block_row * view.scale_cols;
    }
    return view;
  }
};

namespace {

/// What keeps a tensor of an MTP module from being used; empty when nothing does. The main model's
/// tensors are judged when the checkpoint is opened, these only here: the model runs without them.
std::string mtp_tensor_problem(const TensorSpec& spec, const StoredTensor* tensor,
                               const StoredTensor* scale) {
  if (tensor == nullptr) return spec.name + ": no such tensor";
  if (tensor->shape != spec.shape) return spec.name + ": not of shape " + spec.shape_formula;
  const bool usable =
      spec.may_be_quantised ? is_weight_dtype(tensor->dtype) : is_readable(tensor->dtype);
  if (!usable) return spec.name + ": found " + std::string(dtype_name(tensor->dtype));
  if (tensor->dtype != DType::F8_E4M3) return {};
  if (scale == nullptr) return scale_name_of(spec.name) + ": no such tensor";
  if (scale->shape != scale_shape_of(spec.shape) || !is_readable(scale->dtype)) {
    return scale->name + ": found another shape or type than one scale per 128×128 block";
  }
  return {};
}

}  // namespace

void WeightSource::Impl::find_mtp(const TensorLayout& layout) {
  const ModelConfig& config = checkpoint->config();
  const std::span<const StoredTensor> tensors = checkpoint->tensors();
  const bool is_there = std::any_of(tensors.begin(), tensors.end(), [&](const StoredTensor& t) {
    return is_mtp_tensor(config, t.name) && is_mtp_joint(t.name);
  });
  if (!is_there || layout.naming != TensorNaming::HuggingFace) return;
  const std::vector<TensorSpec> specs = mtp_tensor_specs(config, layout);
  for (const TensorSpec& spec : specs) {
    Entry entry;
    entry.tensor = checkpoint->find(spec.name);
    entry.scale = checkpoint->find(scale_name_of(spec.name));
    mtp_problem = mtp_tensor_problem(spec, entry.tensor, entry.scale);
    if (!mtp_problem.empty()) return;
  }
  for (const TensorSpec& spec : specs) {
    Entry entry;
    entry.tensor = checkpoint->find(spec.name);
    if (entry.tensor->dtype == DType::F8_E4M3) {
      entry.scale = checkpoint->find(scale_name_of(spec.name));
    }
    entries.emplace(key_of(spec.role, spec.layer, spec.expert), entry);
  }
  has_mtp = true;
}

WeightSource::WeightSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WeightSource::WeightSource(WeightSource&&) noexcept = default;
WeightSource& WeightSource::operator=(WeightSource&&) noexcept = default;
WeightSource::~WeightSource() = default;

Result<WeightSource> WeightSource::create(const Checkpoint& checkpoint) {
  auto impl = std::make_unique<Impl>();
  impl->checkpoint = &checkpoint;
  const TensorLayout layout = layout_of_tensors(checkpoint.tensors());
  impl->experts = layout.experts;
  impl->tied_head = checkpoint.config().tie_word_embeddings;
  for (const TensorSpec& spec : tensor_specs(checkpoint.config(), layout)) {
    const StoredTensor* tensor = checkpoint.find(spec.name);
    if (tensor == nullptr) {
      if (!spec.required) continue;
      return fail(ErrorCode::NotFound, spec.name + ": no such tensor");
    }
    Impl::Entry entry;
    entry.tensor = tensor;
    if (tensor->dtype == DType::F8_E4M3) {
      entry.scale = checkpoint.find(scale_name_of(spec.name));
      if (entry.scale == nullptr) {
        return fail(ErrorCode::NotFound, scale_name_of(spec.name) + ": no such tensor");
      }
    }
    impl->entries.emplace(key_of(spec.role, spec.layer, spec.expert), entry);
  }
  impl->find_mtp(layout);
  return WeightSource(std::move(impl));
}

bool WeightSource::has_mtp() const { return impl_->has_mtp; }

const std::string& WeightSource::mtp_problem() const { return impl_->mtp_problem; }

Result<WeightView> WeightSource::matrix(WeightRole role, std::int32_t layer, std::int32_t expert) {
  if (role == WeightRole::OutputHead && impl_->tied_head) role = WeightRole::Embedding;
  const std::optional<FusedPart> part = fused_part(impl_->experts, role);
  Impl::Entry* entry = part ? impl_->find(part->role, layer, -1) : impl_->find(role, layer, expert);
  const bool expert_fits =
      !part || (expert >= 0 && expert < impl_->checkpoint->config().n_routed_experts);
  if (entry == nullptr || !expert_fits) {
    return not_found(role, layer, expert);
  }
  if (part) return impl_->fused_matrix(entry, *part, expert);
  // attn_k_b and attn_v_b are [n_heads, rows, cols]: the heads' matrices one below the other.
  const std::vector<std::int64_t>& shape = entry->tensor->shape;
  const std::int64_t rows = shape.size() == 3 ? shape[0] * shape[1] : shape.front();
  return impl_->rows_of(entry, 0, rows);
}

Result<std::vector<float>> WeightSource::vector(WeightRole role, std::int32_t layer,
                                                std::int32_t expert) const {
  const auto* entry = impl_->find(role, layer, expert);
  if (entry == nullptr) {
    return not_found(role, layer, expert);
  }
  return read_floats(*entry->tensor);
}

bool WeightSource::has(WeightRole role, std::int32_t layer, std::int32_t expert) const {
  if (role == WeightRole::OutputHead && impl_->tied_head) return true;
  const std::optional<FusedPart> part = fused_part(impl_->experts, role);
  if (part) return impl_->find(part->role, layer, -1) != nullptr;
  return impl_->find(role, layer, expert) != nullptr;
}

}  // namespace engine
