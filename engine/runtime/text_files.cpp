#include "engine/runtime/text_files.h"

#include "engine/base/json.h"
#include "engine/checkpoint/gguf_table.h"
#include "engine/checkpoint/text_assets.h"

namespace engine {

namespace {

// config.json's model_type, where it can be had; it only helps to choose a template.
std::string model_type_of(const CheckpointFolder& folder) {
  constexpr std::uint64_t kMaxConfigBytes = 1U << 20U;
  const auto text = folder.read_text("config.json", kMaxConfigBytes);
  if (!text) return {};
  const auto root = parse_json(*text, "config.json");
  const JsonValue* const type = root ? root->find("model_type") : nullptr;
  return type != nullptr && type->kind == JsonKind::String ? type->text : std::string();
}

Result<void> check_stop(const std::stop_token& stop) {
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "loading stopped");
  return {};
}

}  // namespace

Result<Tokenizer> load_tokenizer(const std::string& path) {
  ASSIGN_OR_RETURN(const CheckpointFolder folder, CheckpointFolder::open(path));
  if (is_gguf_checkpoint(folder)) {
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::open(path));
    ASSIGN_OR_RETURN(const TokenizerAssets assets, checkpoint.tokenizer_assets());
    return make_tokenizer(assets);
  }
  ASSIGN_OR_RETURN(const TokenizerAssets assets, read_tokenizer_assets(folder));
  return make_tokenizer(assets);
}

Result<TextModel> load_text_model(const std::string& path, const std::string& chat_template) {
  ASSIGN_OR_RETURN(const CheckpointFolder folder, CheckpointFolder::open(path));
  if (is_gguf_checkpoint(folder)) {
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::open(path));
    return make_text_model(read_texts(checkpoint), chat_template);
  }
  return make_text_model({read_tokenizer_assets(folder), read_chat_template(folder),
                          model_type_of(folder), folder.name()},
                         chat_template);
}

TextSources read_texts(const Checkpoint& checkpoint) {
  return {checkpoint.tokenizer_assets(), checkpoint.chat_template(), checkpoint.config().model_type,
          checkpoint.report().name};
}

Result<TextModel> make_text_model(const TextSources& sources, const std::string& chat_template,
                                  const std::stop_token& stop) {
  RETURN_IF_ERROR(check_stop(stop));
  if (!sources.tokenizer) return tl::unexpected(sources.tokenizer.error());
  TemplateRequest request;
  if (sources.chat_template) {
    request.own = *sources.chat_template;
  } else {
    request.problem = sources.chat_template.error().message;
  }
  request.chosen = chat_template;
  request.model_type = sources.model_type;
  request.model_name = sources.model_name;
  auto text = make_text_model(*sources.tokenizer, request);
  RETURN_IF_ERROR(check_stop(stop));
  return text;
}

}  // namespace engine
