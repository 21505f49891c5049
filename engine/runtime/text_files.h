// The tokenizer and chat template of a folder, read without opening its weights. Used where only
// text matters: the command line's tokenize, detokenize and render.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/runtime/prompt.h"

namespace engine {

/// `path`: a folder with tokenizer.json, or a file in it.
Result<Tokenizer> load_tokenizer(const std::string& path);
Result<TextModel> load_text_model(const std::string& path);

}  // namespace engine
