// tokenize, detokenize, render: text and tokens, without touching any weight.
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/runtime/text_files.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;

namespace {

void appendIds(const std::vector<engine::TokenId>& ids, std::string* out) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) *out += ',';
    *out += std::to_string(ids[i].value);
  }
}

// The text exactly; on a terminal with a line end, so that the prompt does not stick to it.
void printExact(const std::string& text) {
  std::cout << text;
  if (::isatty(STDOUT_FILENO) != 0) std::cout << '\n';
}

Result<nlohmann::json> readJsonArray(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, readFile(path));
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::InvalidFile, path + ": this is not valid JSON");
  if (!json.is_array()) {
    return fail(ErrorCode::InvalidFile,
                path + ": found a JSON " + json.type_name() + ", allowed an array");
  }
  return json;
}

Result<void> tokenizeLines(const std::string& path, const engine::Tokenizer& tokenizer,
                           bool special) {
  ASSIGN_OR_RETURN(const nlohmann::json lines, readJsonArray(path));
  std::string out = "[";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].is_string()) {
      return fail(ErrorCode::InvalidFile, path + " › [" + std::to_string(i) + "]: found a " +
                                              lines[i].type_name() + ", allowed a string");
    }
    ASSIGN_OR_RETURN(const std::vector<engine::TokenId> ids,
                     tokenizer.encode_ids(lines[i].get_ref<const std::string&>(), special));
    out += i > 0 ? ",\n[" : "[";
    appendIds(ids, &out);
    out += ']';
  }
  std::cout << out << "]\n";
  return {};
}

Result<std::string> messageText(const nlohmann::json& json, const char* key, bool needed,
                                const std::string& place) {
  if (json.is_object() && json.contains(key) && json[key].is_string()) {
    return json[key].get<std::string>();
  }
  const bool absent = json.is_object() && (!json.contains(key) || json[key].is_null());
  if (absent && !needed) return std::string();
  return fail(ErrorCode::InvalidFile, place + " › " + key + ": a string is missing");
}

/// {"id", "type", "function": {"name", "arguments"}}; arguments as text or as an object.
Result<engine::ToolCall> toolCall(const nlohmann::json& json, const std::string& place) {
  engine::ToolCall call;
  ASSIGN_OR_RETURN(call.id, messageText(json, "id", false, place));
  const nlohmann::json function = json.is_object() ? json.value("function", json) : json;
  ASSIGN_OR_RETURN(call.name, messageText(function, "name", true, place));
  call.structured = function.contains("arguments") && function["arguments"].is_object();
  if (call.structured) {
    call.arguments = function["arguments"].dump();
    return call;
  }
  ASSIGN_OR_RETURN(call.arguments, messageText(function, "arguments", true, place));
  return call;
}

Result<engine::ChatMessage> chatMessage(const nlohmann::json& json, const std::string& place) {
  engine::ChatMessage message;
  ASSIGN_OR_RETURN(const std::string role, messageText(json, "role", true, place));
  const bool hasCalls = json.contains("tool_calls") && json["tool_calls"].is_array();
  ASSIGN_OR_RETURN(message.content, messageText(json, "content", !hasCalls, place));
  ASSIGN_OR_RETURN(message.reasoning, messageText(json, "reasoning_content", false, place));
  ASSIGN_OR_RETURN(message.name, messageText(json, "name", false, place));
  ASSIGN_OR_RETURN(message.tool_call_id, messageText(json, "tool_call_id", false, place));
  for (std::size_t i = 0; hasCalls && i < json["tool_calls"].size(); ++i) {
    ASSIGN_OR_RETURN(
        engine::ToolCall call,
        toolCall(json["tool_calls"][i], place + " › tool_calls[" + std::to_string(i) + "]"));
    message.tool_calls.push_back(std::move(call));
  }
  for (const engine::Role known :
       {engine::Role::System, engine::Role::User, engine::Role::Assistant, engine::Role::Tool}) {
    if (role != engine::role_name(known)) continue;
    message.role = known;
    return message;
  }
  return fail(ErrorCode::InvalidFile,
              place + " › role: found '" + role + "', allowed system, user, assistant, tool");
}

}  // namespace

Result<void> runTokenize(const Arguments& arguments) {
  const int n_sources = static_cast<int>(arguments.has("--text")) +
                        static_cast<int>(arguments.has("--file")) +
                        static_cast<int>(arguments.has("--lines"));
  if (n_sources != 1) {
    return fail(ErrorCode::InvalidArgument, "exactly one of --text, --file, --lines is needed");
  }
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::Tokenizer tokenizer, engine::load_tokenizer(path));
  const bool special = arguments.has("--special");
  if (const auto lines = arguments.text("--lines"))
    return tokenizeLines(*lines, tokenizer, special);
  std::string text = arguments.text("--text").value_or("");
  if (const auto file = arguments.text("--file")) {
    ASSIGN_OR_RETURN(text, readFile(*file));
  }
  ASSIGN_OR_RETURN(const std::vector<engine::TokenId> ids, tokenizer.encode_ids(text, special));
  std::string out;
  appendIds(ids, &out);
  std::cout << (arguments.has("--json") ? "[" + out + "]" : out) << '\n';
  return {};
}

Result<void> runDetokenize(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::vector<engine::TokenId> ids, tokenIds(arguments));
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::Tokenizer tokenizer, engine::load_tokenizer(path));
  printExact(tokenizer.decode(ids, false));
  return {};
}

Result<void> runRender(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string file, arguments.requiredText("--messages"));
  ASSIGN_OR_RETURN(const nlohmann::json json, readJsonArray(file));
  std::vector<engine::ChatMessage> messages;
  for (std::size_t i = 0; i < json.size(); ++i) {
    ASSIGN_OR_RETURN(engine::ChatMessage message,
                     chatMessage(json[i], file + " › [" + std::to_string(i) + "]"));
    messages.push_back(std::move(message));
  }
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::TextModel text,
                   engine::load_text_model(path, arguments.text("--template").value_or("")));
  if (!text.template_problem.empty()) {
    std::cerr << "bathyscope-cli: note: using " << text.template_name << ", because "
              << text.template_problem << '\n';
  } else if (!text.template_reason.empty()) {
    std::cerr << "bathyscope-cli: note: using " << text.template_name << ": "
              << text.template_reason << '\n';
  }
  ASSIGN_OR_RETURN(const engine::RenderedPrompt prompt,
                   engine::render_messages(text, messages, engine::unix_seconds_now()));
  printExact(prompt.text);
  return {};
}

}  // namespace app::cli
