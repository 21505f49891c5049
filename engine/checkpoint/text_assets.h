// What a checkpoint says about text: sampling defaults, tokenizer, chat template. Nothing here
// keeps a checkpoint from being loaded; what is wrong becomes a warning.
#pragma once

#include <string>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/checkpoint_folder.h"
#include "engine/checkpoint/finding_list.h"

namespace engine {

/// generation_config.json with config.json's end tokens; values out of range are left out.
GenerationDefaults read_generation_defaults(const CheckpointFolder& folder,
                                            const ModelConfig& config, FindingList* findings);

/// "tokenizer.json · BPE · 128,000 pieces", or why there is none. Counts, does not build.
std::string describe_tokenizer(const CheckpointFolder& folder, FindingList* findings);

/// The three text files; see Checkpoint's functions of the same names.
Result<std::string> read_tokenizer_json(const CheckpointFolder& folder);
Result<std::string> read_tokenizer_config_json(const CheckpointFolder& folder);

struct ChatTemplateSource {
  std::string text;  // Jinja; empty when there is none
  std::string file;  // where it was
};
Result<ChatTemplateSource> read_chat_template(const CheckpointFolder& folder);

}  // namespace engine
