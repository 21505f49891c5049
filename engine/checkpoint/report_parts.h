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

/// The MTP module that drafts tokens: its decoder layer and what joins it to the model, but not the
/// copies of embedding and head that some files bring. 0 without one, and for GGUF, whose modules
/// are not read.
std::int64_t drafter_bytes(const ModelConfig& config, CheckpointFormat format,
                           std::span<const StoredTensor> tensors);

/// What attention in whole numbers keeps of a token beside the cache: two bytes a column of a
/// latent and its rotary key and a scale for each, in layers whose latents meet block types.
WeightBytes kept_bytes_per_token(const ModelConfig& config, std::span<const StoredTensor> tensors);

/// The main model's sum.
WeightBytes main_model_bytes(std::span<const PartTotals> parts);

}  // namespace engine
