// scan_checkpoint: everything that can be known about a folder from its headers and small files.
// Checkpoint::open keeps the result; inspect_checkpoint only reports it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/checkpoint_folder.h"
#include "engine/checkpoint/tensor_check.h"
#include "engine/checkpoint/tensor_table.h"

namespace engine {

struct CheckpointScan {
  std::optional<CheckpointFolder> folder;  // absent when the path itself is wrong
  bool config_valid = false;
  ModelConfig config;
  TensorTable table;
  TensorTally tally;
  GenerationDefaults generation;
  std::vector<Finding> findings;
};

CheckpointScan scan_checkpoint(const std::string& path, const std::stop_token& stop);

/// Whether the scan reached what the checkpoint says about text: of a split GGUF model only its
/// first part does.
bool has_texts(const CheckpointScan& scan);
/// See Checkpoint; only of a scan that has texts.
Result<TokenizerAssets> tokenizer_assets_of(const CheckpointScan& scan);
Result<ChatTemplateSource> chat_template_of(const CheckpointScan& scan);

/// The report of a scan; reads no file but the machine's free memory.
CheckpointReport report_of(const CheckpointScan& scan, const std::string& path,
                           std::int64_t context_length);

}  // namespace engine
