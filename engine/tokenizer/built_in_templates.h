// The families' chat templates, for checkpoints that bring none or one that cannot run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// Jinja source; "" for a name that is not one of `built_in_template_names`.
std::string built_in_template(std::string_view name);
/// In the order a list shows them.
std::vector<std::string> built_in_template_names();

/// The built-in template that fits a model, and by which sign.
struct TemplateChoice {
  std::string name;
  std::string reason;  // "its vocabulary has <｜User｜> and <think>"
};
/// By the control tokens the vocabulary has, then by type and name ("deepseek_v2",
/// "Mixtral-8x7B-Instruct-v0.1"). A model without any sign of a chat gets "transcript".
TemplateChoice choose_built_in_template(const Tokenizer& tokenizer, std::string_view model_type,
                                        std::string_view model_name);

}  // namespace engine
