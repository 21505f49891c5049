// Sums by part of the model, from the table of shapes and the files. Used by report_of.
#pragma once

#include <span>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/report.h"

namespace engine {

/// In the order of ModelPart; only parts that have parameters or bytes.
std::vector<PartTotals> part_totals(const ModelConfig& config,
                                    std::span<const StoredTensor> tensors);

/// The main model's sum.
WeightBytes main_model_bytes(std::span<const PartTotals> parts);

}  // namespace engine
