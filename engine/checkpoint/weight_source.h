// WeightSource: the model layer's way to its weights. Asks by role, layer and expert, gets a view
// of the mapped file; names, fused experts, tied heads and FP8 scales are settled here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/tensor/weight.h"

namespace engine {

/// Every element as float32, in memory order. F32, F16, BF16, F64 and the 8-bit floats (without any
/// block scale); Unsupported for the others.
Result<std::vector<float>> read_floats(const StoredTensor& tensor);

/// Views stay valid while both this object (it owns the FP8 scales) and the Checkpoint (it owns the
/// mapping) live. Not for use by several threads at once: `matrix` may read scales on first use.
class WeightSource {
 public:
  /// `checkpoint` must outlive the source and must not be moved from.
  static Result<WeightSource> create(const Checkpoint& checkpoint);

  WeightSource(WeightSource&&) noexcept;
  WeightSource& operator=(WeightSource&&) noexcept;
  ~WeightSource();

  /// A matrix in its stored format. `ExpertGate`, `ExpertUp` and `ExpertDown` also answer for the
  /// fused layout; `OutputHead` answers with the embedding when the two are tied. NotFound names
  /// the tensor.
  Result<WeightView> matrix(WeightRole role, std::int32_t layer = -1, std::int32_t expert = -1);

  /// A norm vector, bias, or router correction bias as float32.
  Result<std::vector<float>> vector(WeightRole role, std::int32_t layer = -1,
                                    std::int32_t expert = -1) const;

  /// Whether an MTP module is there and usable: its weights then answer as of layer
  /// num_hidden_layers.
  bool has_mtp() const;
  /// Why one that is there cannot be used; empty otherwise.
  const std::string& mtp_problem() const;

  /// Whether the checkpoint has that weight (biases, the router's correction bias, Wq or Wdq).
  bool has(WeightRole role, std::int32_t layer = -1, std::int32_t expert = -1) const;

 private:
  struct Impl;
  explicit WeightSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
