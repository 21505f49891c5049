// read_gguf_files: opens a GGUF file, or all parts of a split one, and merges their tables of
// tensors into one, noting everything that does not fit together.
#pragma once

#include <stop_token>
#include <string>

#include "engine/checkpoint/checkpoint_folder.h"
#include "engine/checkpoint/finding_list.h"
#include "engine/checkpoint/tensor_table.h"

namespace engine {

/// Whether the path that was opened means GGUF: a file of that format, or a folder without
/// config.json that holds some.
bool is_gguf_checkpoint(const CheckpointFolder& folder);

/// The part with the metadata is the first of `gguf_files`.
TensorTable read_gguf_files(const CheckpointFolder& folder, const std::stop_token& stop,
                            FindingList* findings);

/// "model" of "model-00001-of-00003.gguf" and of "model.gguf".
std::string gguf_model_name(const std::string& file);

}  // namespace engine
