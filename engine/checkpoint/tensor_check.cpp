// Presence, shape, type and scales of every weight; a name for everything left over.
#include "engine/checkpoint/tensor_check.h"

#include <algorithm>
#include <set>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/checkpoint/tensor_spec_gguf.h"

namespace engine {

namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

std::int64_t element_count(const StoredTensor& tensor) {
  if (tensor.bytes.empty()) return 0;  // the other extents of an empty tensor may be anything
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) count *= extent;
  return count;
}

bool is_float_vector_dtype(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F64;
}

bool is_scale_dtype(DType dtype) { return is_float_vector_dtype(dtype) || dtype == DType::F8_E8M0; }

std::string place(const StoredTensor& tensor) {
  return quoted_name(tensor.file) + " › " + quoted_name(tensor.name);
}

class TensorChecker {
 public:
  TensorChecker(const ModelConfig& config, std::span<const StoredTensor> tensors,
                std::span<const std::string> known_absences, FindingList* findings)
      : config_(config),
        tensors_(tensors),
        known_absences_(known_absences),
        findings_(*findings),
        layout_(layout_of_tensors(tensors)),
        home_(home()),
        used_(tensors.size(), false) {}

  TensorTally check() {
    report_foreign_layouts();
    for (const TensorSpec& spec : tensor_specs(config_, layout_)) {
      const StoredTensor* tensor = find_tensor(tensors_, spec.name);
      if (tensor == nullptr) {
        report_missing(spec);
      } else {
        check_one(spec, *tensor);
      }
    }
    find_mtp_layers();
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (!used_[i]) classify_leftover(tensors_[i]);
    }
    report_mtp();
    report_mixed_types();
    return tally_;
  }

 private:
  bool is_known_absence(const std::string& name) const {
    return std::binary_search(known_absences_.begin(), known_absences_.end(), name);
  }

  /// Laid out for another program: that its own tensors are missing follows.
  void report_foreign_layouts() {
    if (is_gguf()) return;
    std::map<std::string_view, std::pair<const StoredTensor*, int>> found;  // first, how many
    for (const StoredTensor& tensor : tensors_) {
      const std::string_view layout = foreign_layout(tensor.name);
      if (layout.empty()) continue;
      auto& [first, n] = found[layout];
      if (n++ == 0) first = &tensor;
    }
    for (const auto& [layout, tensors] : found) {
      findings_.error("layout-unsupported",
                      place(*tensors.first) + " (one of " + std::to_string(tensors.second) +
                          " such): this checkpoint is " + std::string(layout));
    }
    is_foreign_ = !found.empty();
  }

  /// Where a tensor that is in no file would be.
  std::string home() const {
    const bool one_file = std::all_of(tensors_.begin(), tensors_.end(), [&](const auto& tensor) {
      return tensor.file == tensors_.front().file;
    });
    if (tensors_.empty()) return is_gguf() ? "" : "model.safetensors › ";
    const bool indexed = !one_file && !is_gguf();
    return (indexed ? "model.safetensors.index.json" : quoted_name(tensors_.front().file)) + " › ";
  }

  void report_missing(const TensorSpec& spec) {
    if (!spec.required || is_foreign_ || is_known_absence(spec.name)) return;
    const bool tied = spec.role == WeightRole::OutputHead && !is_gguf();
    findings_.error("tensor-missing",
                    home_ + spec.name + ": found nothing, allowed " + spec.shape_formula +
                        (tied ? "; only a model with tie_word_embeddings has none: download the "
                                "files and config.json again"
                              : "; the files are incomplete or of another model: download them "
                                "again"));
  }

  void use(const StoredTensor& tensor) {
    used_[static_cast<std::size_t>(&tensor - tensors_.data())] = true;
    const auto bytes = static_cast<std::int64_t>(tensor.bytes.size());
    tally_.weight_bytes += bytes;
    tally_.bytes_by_dtype[std::string(dtype_name(tensor.dtype))] += bytes;
  }

  void check_one(const TensorSpec& spec, const StoredTensor& tensor) {
    use(tensor);
    if (tensor.shape != spec.shape) {
      findings_.error("shape-mismatch", place(tensor) + " › shape: found " +
                                            shape_text(tensor.shape) + ", allowed " +
                                            spec.shape_formula +
                                            (is_gguf() ? " by the metadata" : " by config.json"));
      return;
    }
    dtypes_by_role_[spec.role][tensor.dtype] = &tensor;
    const bool is_matrix = spec.may_be_quantised;
    if (!(is_matrix ? is_weight_dtype(tensor.dtype) : is_float_vector_dtype(tensor.dtype))) {
      findings_.error("dtype-unsupported", place(tensor) + " › dtype: found " +
                                               std::string(dtype_name(tensor.dtype)) +
                                               ", allowed F32, F16, BF16" + other_types(spec));
      return;
    }
    const StoredTensor* scale = find_tensor(tensors_, scale_name_of(spec.name));
    if (tensor.dtype == DType::F8_E4M3) {
      check_scale(spec, tensor, scale);
    } else if (scale != nullptr) {
      findings_.warning("scale-unused", place(*scale) + ": not used, because " + spec.name +
                                            " is " + std::string(dtype_name(tensor.dtype)));
    }
  }

  bool is_gguf() const { return layout_.naming == TensorNaming::Gguf; }

  std::string other_types(const TensorSpec& spec) const {
    if (!spec.may_be_quantised) return "";
    return is_gguf() ? ", Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS"
                     : ", F8_E4M3 with " + scale_name_of(spec.name);
  }

  void check_scale(const TensorSpec& spec, const StoredTensor& tensor, const StoredTensor* scale) {
    const std::vector<std::int64_t> shape = scale_shape_of(spec.shape);
    const std::string name = scale_name_of(spec.name);
    if (scale == nullptr) {
      if (is_known_absence(name)) return;
      findings_.error("scale-missing", place(tensor) + ": found F8_E4M3 without its scales, " +
                                           "needed " + name + " " + shape_text(shape));
      return;
    }
    use(*scale);
    if (scale->shape != shape) {
      findings_.error("shape-mismatch",
                      place(*scale) + " › shape: found " + shape_text(scale->shape) + ", allowed " +
                          shape_text(shape) + " (one per 128×128 block of " + spec.name + ")");
    } else if (!is_scale_dtype(scale->dtype)) {
      findings_.error("dtype-unsupported", place(*scale) + " › dtype: found " +
                                               std::string(dtype_name(scale->dtype)) +
                                               ", allowed F32, BF16, F16 or F8_E8M0");
    }
    if (spec.role == WeightRole::FusedExpertGateUp && config_.moe_intermediate_size % 128 != 0) {
      findings_.error("fused-fp8-unsupported",
                      place(tensor) + ": found fused FP8 experts of width " +
                          std::to_string(config_.moe_intermediate_size) +
                          ", allowed a multiple of 128 (a block would span gate and up)");
    }
  }

  /// A layer past the last is an MTP layer when it has the tensor only those have.
  void find_mtp_layers() {
    for (const StoredTensor& tensor : tensors_) {
      if (is_mtp_tensor(config_, tensor.name) && is_mtp_joint(tensor.name)) {
        mtp_layers_.insert(*layer_of_tensor(tensor.name));
      }
    }
  }

  void classify_leftover(const StoredTensor& tensor) {
    tally_.skipped_bytes += static_cast<std::int64_t>(tensor.bytes.size());
    if (is_mtp_tensor(config_, tensor.name)) {
      const std::int64_t layer = *layer_of_tensor(tensor.name);
      if (mtp_layers_.count(layer) == 0) {
        findings_.error("layer-count-mismatch",
                        place(tensor) + ": found layer " + std::to_string(layer) +
                            ", which is no MTP layer, allowed layers below num_hidden_layers = " +
                            std::to_string(config_.num_hidden_layers));
        return;
      }
      ++n_mtp_tensors_;
      mtp_bytes_ += static_cast<std::int64_t>(tensor.bytes.size());
      if (!is_scale_name(tensor.name)) tally_.mtp_elements += element_count(tensor);
      return;
    }
    if (is_derived_tensor(tensor.name)) return;
    if (is_gguf()) return classify_gguf_leftover(tensor);
    if (is_foreign_) return;
    const bool reported =
        is_scale_name(tensor.name) &&
        find_tensor(tensors_, tensor.name.substr(
                                  0, tensor.name.size() - scale_name_of("").size())) != nullptr;
    if (!reported) {
      findings_.warning("tensor-unexpected", place(tensor) + ": not part of this model, ignored");
    }
  }

  void classify_gguf_leftover(const StoredTensor& tensor) {
    if (layout_.split_kv_b && is_gguf_joined_kv_b(tensor.name)) {
      findings_.info("tensor-twice", place(tensor) + ": not needed beside attn_k_b and attn_v_b");
    } else if (is_gguf_arithmetic(tensor.name)) {
      findings_.error("tensor-unsupported",
                      place(tensor) +
                          ": found a bias or norm that no model of this architecture "
                          "has; without it the results would be wrong");
    } else {
      findings_.warning("tensor-unexpected", place(tensor) + ": not part of this model, ignored");
    }
  }

  void report_mtp() {
    if (n_mtp_tensors_ == 0) return;
    findings_.info("mtp-skipped",
                   std::to_string(n_mtp_tensors_) + " tensors of " +
                       std::to_string(mtp_layers_.size()) + " MTP layer(s), " +
                       grouped_digits(mtp_bytes_) + " bytes: not part of the model's answer" +
                       (is_gguf() ? "; skipped" : "; the first one drafts tokens ahead"));
  }

  /// One kind of weight in FP8 here and BF16 there: possible, but how mixed downloads look.
  void report_mixed_types() {
    if (is_gguf()) return;  // quantisers give a kind of weight different types on purpose
    for (const auto& [role, dtypes] : dtypes_by_role_) {
      if (dtypes.size() < 2) continue;
      const StoredTensor& a = *dtypes.begin()->second;
      const StoredTensor& b = *dtypes.rbegin()->second;
      findings_.warning("mixed-dtypes", place(a) + " is " + std::string(dtype_name(a.dtype)) +
                                            ", but " + place(b) + " is " +
                                            std::string(dtype_name(b.dtype)) +
                                            "; are the files of one download?");
    }
  }

  const ModelConfig& config_;
  std::span<const StoredTensor> tensors_;
  std::span<const std::string> known_absences_;
  FindingList& findings_;
  TensorLayout layout_;
  std::string home_;
  std::vector<bool> used_;
  TensorTally tally_;
  std::map<WeightRole, std::map<DType, const StoredTensor*>> dtypes_by_role_;
  std::set<std::int64_t> mtp_layers_;
  bool is_foreign_ = false;
  std::int64_t n_mtp_tensors_ = 0;
  std::int64_t mtp_bytes_ = 0;
};

}  // namespace

const StoredTensor* find_tensor(std::span<const StoredTensor> tensors, std::string_view name) {
  const auto at = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const StoredTensor& tensor, std::string_view wanted) { return tensor.name < wanted; });
  return at != tensors.end() && at->name == name ? &*at : nullptr;
}

TensorLayout layout_of_tensors(std::span<const StoredTensor> tensors) {
  if (const std::optional<TensorLayout> gguf = gguf_layout(tensors)) return *gguf;
  const bool fused = std::any_of(tensors.begin(), tensors.end(), [](const StoredTensor& tensor) {
    return is_fused_expert_tensor(tensor.name);
  });
  return {.experts = fused ? ExpertLayout::Fused : ExpertLayout::PerExpert};
}

TensorTally check_tensors(const ModelConfig& config, std::span<const StoredTensor> tensors,
                          std::span<const std::string> known_absences, FindingList* findings) {
  return TensorChecker(config, tensors, known_absences, findings).check();
}

}  // namespace engine
