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

/// What a checkpoint's files say about text, each part read or refused.
struct TextSources {
  Result<TokenizerAssets> tokenizer;
  Result<ChatTemplateSource> chat_template;
  std::string model_type;  // both for the choice among the built-in templates
  std::string model_name;
};
TextSources read_texts(const Checkpoint& checkpoint);
/// The one way from files to tokens: loading, previews and the report before loading take it. A
/// template that cannot be read is replaced as one that cannot be parsed. `stop` ends it between
/// its steps (Cancelled).
Result<TextModel> make_text_model(const TextSources& sources, const std::string& chat_template,
                                  const std::stop_token& stop = {});

}  // namespace engine
