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

/// The first there is of tokenizer.json, tokenizer.model (SentencePiece) and tiktoken.model, with
/// tokenizer_config.json; the others are listed as ignored. Kind None when there is none.
Result<TokenizerAssets> read_tokenizer_assets(const CheckpointFolder& folder);

/// See Checkpoint::chat_template.
Result<ChatTemplateSource> read_chat_template(const CheckpointFolder& folder);

}  // namespace engine
