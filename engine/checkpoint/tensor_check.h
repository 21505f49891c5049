// check_tensors: the tensors that are there against the tensors the config asks for.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/finding_list.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

/// Bytes and elements by what they are for.
struct TensorTally {
  std::map<std::string, std::int64_t> bytes_by_dtype;  // main model
  std::int64_t weight_bytes = 0;                       // main model
  std::int64_t skipped_bytes = 0;                      // everything else in the files
  std::int64_t mtp_elements = 0;                       // parameters of MTP layers, no scales
};

/// `tensors` are sorted by name; `known_absences` too: they are not reported again.
TensorTally check_tensors(const ModelConfig& config, std::span<const StoredTensor> tensors,
                          std::span<const std::string> known_absences, FindingList* findings);

/// The tensor of that name in a sorted table, or null.
const StoredTensor* find_tensor(std::span<const StoredTensor> tensors, std::string_view name);

/// Which spellings the tensors of a checkpoint use.
TensorLayout layout_of_tensors(std::span<const StoredTensor> tensors);

}  // namespace engine
