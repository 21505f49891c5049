// Which built-in template fits a model; see built_in_templates.h.
#include "engine/tokenizer/built_in_templates.h"

namespace engine {
namespace {

bool contains_word(std::string_view name, std::string_view lower_case_word) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower.find(lower_case_word) != lower.npos;
}

}  // namespace

TemplateChoice choose_built_in_template(const Tokenizer& tokenizer, std::string_view model_type,
                                        std::string_view model_name) {
  const auto has = [&](std::string_view token) {
    const auto id = tokenizer.id_of(token);
    return id && tokenizer.is_control(*id);
  };
  const auto by_type = [&](const char* name) {
    return TemplateChoice{name, "its type is " + std::string(model_type)};
  };
  if (has("<|im_user|>") && has("<|im_middle|>")) {
    const bool kimi = model_type.starts_with("kimi") || contains_word(model_name, "kimi");
    return {kimi ? "kimi-k2" : "moonlight", "its vocabulary has <|im_user|> and <|im_middle|>"};
  }
  if (model_type == "deepseek_v2" || model_type == "deepseek") return by_type("deepseek-v2");
  if (has("<｜User｜>") && has("<｜Assistant｜>")) {
    if (model_type == "deepseek_v32") return by_type("deepseek-v3.2");
    if (has("<｜search▁begin｜>")) {
      return {"deepseek-v3.1", "its vocabulary has <｜User｜> and <｜search▁begin｜>"};
    }
    if (has("<think>")) return {"deepseek-r1", "its vocabulary has <｜User｜> and <think>"};
    return {"deepseek-v3", "its vocabulary has <｜User｜>, but not <think>"};
  }
  if (has("<|start_header_id|>") && has("<|eot_id|>")) {
    return {"llama-3", "its vocabulary has <|start_header_id|>"};
  }
  if (has("<|im_start|>") && has("<|im_end|>")) {
    const bool qwen = model_type.starts_with("qwen");
    return {qwen ? "qwen2" : "chatml", "its vocabulary has <|im_start|>"};
  }
  if (tokenizer.bos_text() == "<｜begin▁of▁sentence｜>") {
    return {"deepseek-v2", "it begins texts with <｜begin▁of▁sentence｜>"};
  }
  const bool taught = contains_word(model_name, "instruct") || contains_word(model_name, "chat");
  if (taught && (model_type == "mixtral" || model_type == "mistral" ||
                 contains_word(model_name, "mixtral"))) {
    return {"mistral-instruct", "its type is " + std::string(model_type) + " and its name says so"};
  }
  if (taught && model_type == "llama") {
    return {"llama-2", "its type is llama and its name says so"};
  }
  return {"transcript",
          "nothing in its vocabulary or name speaks of a chat format: it looks like a "
          "base model, which continues a plain transcript"};
}

}  // namespace engine
