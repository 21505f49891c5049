// QuantisedWeights: the matrices of a checkpoint in smaller types, in memory of their own
// (quantise on load). Made by load_model between WeightSource and load_weights, which asks it for
// the view to place.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/memory_pages.h"
#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/weight_format.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/tensor/weight.h"

namespace engine {

struct QuantiseOptions {
  WeightFormat format = WeightFormat::Q8_0;
  int n_threads = 1;
  std::int64_t memory_available = 0;  // more than this is refused beforehand; 0: not known
  /// Source bytes done and in all, from the calling thread.
  std::function<void(std::int64_t, std::int64_t)> on_progress;
  std::stop_token stop;
};

class QuantisedWeights {
 public:
  /// Encodes every matrix that held_dtype() gives another type, in the order of the table of
  /// tensors; pages of the files are given back as they have been read, so that memory peaks near
  /// what is kept. A value that is NaN or infinite is an error naming tensor and place.
  static Result<QuantisedWeights> create(const Checkpoint& checkpoint, WeightSource& source,
                                         const QuantiseOptions& options);

  /// The matrix in place of a stored one; the stored one itself where it was kept. Views live as
  /// long as this object.
  WeightView held(const WeightView& stored) const;

  std::int64_t bytes() const { return static_cast<std::int64_t>(memory_.size()); }
  /// Which tensors are in another type than the format names, for people.
  const std::vector<std::string>& fall_backs() const { return fall_backs_; }

 private:
  PageBlock memory_;
  std::unordered_map<const std::byte*, WeightView> held_;  // by the stored matrix's first byte
  std::vector<std::string> fall_backs_;
};

}  // namespace engine
