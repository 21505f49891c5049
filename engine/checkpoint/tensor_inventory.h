// TensorInventory: every tensor of a checkpoint with what it is for, whether or not the checkpoint
// can be loaded, and the statistics of one on demand. For the tensor list and the report.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_part.h"

namespace engine {

struct TensorRow {
  std::string name;
  std::string file;
  std::string role;  // "Wdkv", "scale of Wdkv"; empty for tensors of no use here
  ModelPart part = ModelPart::Other;
  std::int32_t layer = -1;
  std::int32_t expert = -1;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::int64_t bytes = 0;
  bool operator==(const TensorRow&) const = default;
};

/// What all elements of a tensor are like, as float32. `lowest` and `highest` are of the finite
/// ones, the mean and the deviation too.
struct TensorStatistics {
  std::int64_t n_elements = 0;
  std::int64_t n_nan = 0;
  std::int64_t n_infinite = 0;
  std::int64_t n_zero = 0;
  float lowest = 0;
  float highest = 0;
  double mean = 0;
  double deviation = 0;                 // population standard deviation
  std::vector<std::int64_t> histogram;  // equal steps from lowest to highest; finite elements
  bool is_scaled = false;               // FP8 with its block scales applied
  bool operator==(const TensorStatistics&) const = default;
};

inline constexpr int kHistogramBins = 96;

/// One row per tensor, in the order of `tensors` (sorted by name).
std::vector<TensorRow> list_tensors(const ModelConfig& config, bool config_valid,
                                    std::span<const StoredTensor> tensors);

/// Reads all of the tensor. Unsupported for element types that nothing here decodes; Cancelled
/// within a few milliseconds of being asked. `scale`: of an FP8 matrix, else null.
Result<TensorStatistics> tensor_statistics(const StoredTensor& tensor, const StoredTensor* scale,
                                           const std::stop_token& stop);

class TensorInventory {
 public:
  /// Fails only when there is no tensor to list; the report says why.
  static Result<TensorInventory> open(const std::string& path, const std::stop_token& stop = {});

  TensorInventory(TensorInventory&&) noexcept;
  TensorInventory& operator=(TensorInventory&&) noexcept;
  ~TensorInventory();

  const std::vector<TensorRow>& rows() const;
  Result<TensorStatistics> statistics(std::string_view name, const std::stop_token& stop) const;

 private:
  struct Impl;
  explicit TensorInventory(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
