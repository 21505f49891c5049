// What GGUF metadata says about text: vocabulary, chat template, sampling defaults.
#pragma once

#include <string>

#include "engine/base/vocabulary_listing.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/finding_list.h"
#include "engine/checkpoint/gguf_file.h"
#include "engine/checkpoint/text_assets.h"

namespace engine {

/// tokenizer.ggml.* as lists. NotFound when the file has no tokenizer.
Result<VocabularyListing> read_gguf_vocabulary(const GgufHeader& header, const std::string& file);

/// tokenizer.chat_template, else the variant named "default", else the first; empty when there is
/// none.
Result<ChatTemplateSource> read_gguf_chat_template(const GgufHeader& header,
                                                   const std::string& file);

/// general.sampling.* with the end tokens of the config.
GenerationDefaults read_gguf_generation_defaults(const GgufHeader& header, const std::string& file,
                                                 const ModelConfig& config, FindingList* findings);

}  // namespace engine
