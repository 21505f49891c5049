// The tokenizer and chat template of a checkpoint: of an opened one, or read without its weights
// where only text matters (the command line's tokenize, detokenize and render).
#pragma once

#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/runtime/prompt.h"

namespace engine {

/// `path`: a GGUF file, a folder with a tokenizer, or a file in it.
Result<Tokenizer> load_tokenizer(const std::string& path);
/// `chat_template`: see TemplateRequest::chosen.
Result<TextModel> load_text_model(const std::string& path, const std::string& chat_template = {});
/// `stop` ends it between its steps (Cancelled): files, tokenizer, template.
Result<TextModel> load_text_model(const Checkpoint& checkpoint, const std::string& chat_template,
                                  const std::stop_token& stop = {});

}  // namespace engine
