#include "engine/runtime/text_files.h"

#include "engine/checkpoint/text_assets.h"

namespace engine {

Result<Tokenizer> load_tokenizer(const std::string& path) {
  ASSIGN_OR_RETURN(const CheckpointFolder folder, CheckpointFolder::open(path));
  ASSIGN_OR_RETURN(const std::string tokenizer_json, read_tokenizer_json(folder));
  ASSIGN_OR_RETURN(const std::string config_json, read_tokenizer_config_json(folder));
  return Tokenizer::from_json(tokenizer_json, config_json);
}

Result<TextModel> load_text_model(const std::string& path) {
  ASSIGN_OR_RETURN(const CheckpointFolder folder, CheckpointFolder::open(path));
  ASSIGN_OR_RETURN(const std::string tokenizer_json, read_tokenizer_json(folder));
  ASSIGN_OR_RETURN(const std::string config_json, read_tokenizer_config_json(folder));
  ASSIGN_OR_RETURN(const ChatTemplateSource source, read_chat_template(folder));
  return make_text_model(tokenizer_json, config_json, source.text, source.file);
}

}  // namespace engine
