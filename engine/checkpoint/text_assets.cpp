// Reads the small text files beside the weights.
#include "engine/checkpoint/text_assets.h"

#include <algorithm>

#include "engine/base/json.h"
#include "engine/base/mapped_file.h"
#include "engine/checkpoint/config_fields.h"

namespace engine {

namespace {

constexpr const char* kGenerationConfig = "generation_config.json";
constexpr const char* kTokenizer = "tokenizer.json";
constexpr const char* kSentencePiece = "tokenizer.model";
constexpr const char* kTiktoken = "tiktoken.model";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kAddedTokens = "added_tokens.json";
constexpr const char* kSpecialTokensMap = "special_tokens_map.json";
constexpr const char* kTemplateFile = "chat_template.jinja";
constexpr std::uint64_t kMaxSettingsBytes = 1U << 20U;
constexpr std::uint64_t kMaxTokenizerBytes = 256U << 20U;
constexpr std::uint64_t kMaxTokenizerConfigBytes = 64U << 20U;
constexpr int kTokenizerDepth = 64;

/// A value read only when it is there and not null.
template <class T, class Read>
void read_optional(const JsonValue& root, const char* key, std::optional<T>* out, Read read) {
  const JsonValue* value = root.find(key);
  if (value == nullptr || value->kind == JsonKind::Null) return;
  *out = static_cast<T>(read(key));
}

/// Faulty values are warnings here, so whether one was noted is seen by their number.
class GenerationReader {
 public:
  GenerationReader(const JsonValue& root, std::string_view text) : root_(root), text_(text) {}

  void number(const char* key, double min, double max, std::optional<float>* out) {
    read_optional(root_, key, out,
                  [&](const char* k) { return fields_.number(root_, "", k, 0.0, min, max); });
    drop_when_faulty(out);
  }
  void integer(const char* key, std::int64_t min, std::int64_t max, std::optional<int>* out) {
    read_optional(root_, key, out, [&](const char* k) {
      return fields_.integer(root_, "", k, {0, min, max});
    });
    drop_when_faulty(out);
  }
  void flag(const char* key, std::optional<bool>* out) {
    read_optional(root_, key, out,
                  [&](const char* k) { return fields_.flag(root_, "", k, false); });
    drop_when_faulty(out);
  }
  void end_tokens(std::int64_t vocab_size, std::vector<std::int32_t>* out) {
    const JsonValue* value = root_.find("eos_token_id");
    if (value == nullptr || value->kind == JsonKind::Null) return;
    if (value->kind != JsonKind::Array) return end_token(*value, vocab_size, out);
    for (const JsonValue& item : value->items) end_token(item, vocab_size, out);
  }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  template <class T>
  void drop_when_faulty(std::optional<T>* out) {
    if (findings_.size() != n_seen_) out->reset();
    n_seen_ = findings_.size();
  }
  void end_token(const JsonValue& value, std::int64_t vocab_size, std::vector<std::int32_t>* out) {
    const auto id = value.kind == JsonKind::Number ? json_integer(value.text) : std::nullopt;
    // The vocabulary of a faulty config.json is not known: its own finding says so.
    const bool outside = !id || *id < 0 || (vocab_size > 0 && *id >= vocab_size);
    if (outside) {
      fields_.fault(
          Finding::Severity::Warning, "token-id-outside-vocabulary", "eos_token_id", &value,
          "found " + shown_value(value) +
              (vocab_size > 0 ? ", outside the vocabulary of " + grouped_digits(vocab_size)
                              : std::string(", allowed 0 or more")) +
              "; ignored");
      n_seen_ = findings_.size();
    } else if (std::find(out->begin(), out->end(), *id) == out->end()) {
      out->push_back(static_cast<std::int32_t>(*id));
    }
  }

  const JsonValue& root_;
  std::string_view text_;
  std::vector<Finding> findings_;
  ConfigFields fields_ = make_fields();
  std::size_t n_seen_ = 0;

  ConfigFields make_fields() {
    ConfigFields fields(text_, kGenerationConfig, &findings_);
    fields.set_severity(Finding::Severity::Warning);
    return fields;
  }
};

/// The chat template inside tokenizer_config.json, read forward: the file can list 100,000 tokens.
class TemplateFinder {
 public:
  explicit TemplateFinder(JsonCursor cursor) : cursor_(std::move(cursor)) {}

  Result<std::string> find() {
    std::string found;
    std::string key;
    RETURN_IF_ERROR(cursor_.enter_object());
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) break;
      if (key != "chat_template") {
        RETURN_IF_ERROR(cursor_.skip());
        continue;
      }
      ASSIGN_OR_RETURN(found, value());
    }
    RETURN_IF_ERROR(cursor_.finish());
    return found;
  }

 private:
  /// A string, or a list of {"name", "template"} of which "default" counts, else the first.
  Result<std::string> value() {
    std::string text;
    ASSIGN_OR_RETURN(const JsonKind kind, cursor_.kind());
    if (kind == JsonKind::String) {
      RETURN_IF_ERROR(cursor_.read_string(&text));
      return text;
    }
    if (kind == JsonKind::Null) {
      RETURN_IF_ERROR(cursor_.read_null());
      return text;
    }
    RETURN_IF_ERROR(cursor_.enter_array());
    bool is_default = false;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) return text;
      ASSIGN_OR_RETURN(auto entry, named_template());
      if (text.empty() || (entry.first == "default" && !is_default)) text = entry.second;
      is_default |= entry.first == "default";
    }
  }

  Result<std::pair<std::string, std::string>> named_template() {
    std::pair<std::string, std::string> entry;
    std::string key;
    RETURN_IF_ERROR(cursor_.enter_object());
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) return entry;
      if (key == "name") {
        RETURN_IF_ERROR(cursor_.read_string(&entry.first));
      } else if (key == "template") {
        RETURN_IF_ERROR(cursor_.read_string(&entry.second));
      } else {
        RETURN_IF_ERROR(cursor_.skip());
      }
    }
  }

  JsonCursor cursor_;
};

/// Which tokenizer is used: the first that is there.
struct Found {
  TokenizerAssets::Kind kind = TokenizerAssets::Kind::None;
  std::string file;
  std::vector<std::string> ignored;
};

Found find_tokenizer(const CheckpointFolder& folder) {
  constexpr std::pair<const char*, TokenizerAssets::Kind> kFiles[] = {
      {kTokenizer, TokenizerAssets::Kind::TokenizerJson},
      {kSentencePiece, TokenizerAssets::Kind::SentencePiece},
      {kTiktoken, TokenizerAssets::Kind::Tiktoken}};
  Found found;
  for (const auto& [file, kind] : kFiles) {
    if (!folder.has(file)) continue;
    if (found.kind != TokenizerAssets::Kind::None) {
      found.ignored.emplace_back(file);
    } else {
      found.kind = kind;
      found.file = file;
    }
  }
  return found;
}

}  // namespace

GenerationDefaults read_generation_defaults(const CheckpointFolder& folder,
                                            const ModelConfig& config, FindingList* findings) {
  GenerationDefaults defaults;
  defaults.eos_token_ids = config.eos_token_ids;
  if (!folder.has(kGenerationConfig)) return defaults;
  const Result<std::string> text = folder.read_text(kGenerationConfig, kMaxSettingsBytes);
  const Result<JsonValue> root =
      text ? parse_json(*text, kGenerationConfig) : Result<JsonValue>(tl::unexpected(text.error()));
  if (!root || root->kind != JsonKind::Object) {
    findings->warning("generation-config", (root ? std::string(kGenerationConfig) + ": found " +
                                                       shown_value(*root) + ", allowed an object"
                                                 : root.error().message) +
                                               "; the program's own sampling defaults are used");
    return defaults;
  }
  GenerationReader reader(*root, *text);
  reader.number("temperature", 0.0, 1e6, &defaults.temperature);
  reader.integer("top_k", 0, 16'000'000, &defaults.top_k);
  reader.number("top_p", 0.0, 1.0, &defaults.top_p);
  reader.number("min_p", 0.0, 1.0, &defaults.min_p);
  reader.number("repetition_penalty", 1e-3, 1e3, &defaults.repetition_penalty);
  reader.integer("max_new_tokens", 1, 1 << 30, &defaults.max_new_tokens);
  reader.flag("do_sample", &defaults.do_sample);
  reader.end_tokens(config.vocab_size, &defaults.eos_token_ids);
  for (Finding& finding : reader.take()) findings->add(std::move(finding));
  return defaults;
}

Result<TokenizerAssets> read_tokenizer_assets(const CheckpointFolder& folder) {
  Found found = find_tokenizer(folder);
  TokenizerAssets assets;
  assets.kind = found.kind;
  assets.config_json = "{}";
  assets.ignored = std::move(found.ignored);
  if (found.kind == TokenizerAssets::Kind::None) return assets;
  assets.file = found.file;
  ASSIGN_OR_RETURN(assets.contents, folder.read_text(found.file, kMaxTokenizerBytes));
  if (folder.has(kTokenizerConfig)) {
    ASSIGN_OR_RETURN(assets.config_json,
                     folder.read_text(kTokenizerConfig, kMaxTokenizerConfigBytes));
  }
  if (found.kind == TokenizerAssets::Kind::TokenizerJson) return assets;  // it lists them itself
  if (folder.has(kAddedTokens)) {
    ASSIGN_OR_RETURN(assets.added_tokens_json,
                     folder.read_text(kAddedTokens, kMaxTokenizerConfigBytes));
  }
  if (folder.has(kSpecialTokensMap)) {
    ASSIGN_OR_RETURN(assets.special_tokens_json,
                     folder.read_text(kSpecialTokensMap, kMaxTokenizerConfigBytes));
  }
  return assets;
}

Result<ChatTemplateSource> read_chat_template(const CheckpointFolder& folder) {
  ChatTemplateSource source;
  if (folder.has(kTemplateFile)) {
    ASSIGN_OR_RETURN(source.text, folder.read_text(kTemplateFile, kMaxSettingsBytes));
    source.file = kTemplateFile;
    return source;
  }
  if (!folder.has(kTokenizerConfig)) return source;
  ASSIGN_OR_RETURN(const std::string text,
                   folder.read_text(kTokenizerConfig, kMaxTokenizerConfigBytes));
  ASSIGN_OR_RETURN(JsonCursor cursor, JsonCursor::create(text, kTokenizerConfig, kTokenizerDepth));
  ASSIGN_OR_RETURN(source.text, TemplateFinder(std::move(cursor)).find());
  if (!source.text.empty()) source.file = kTokenizerConfig;
  return source;
}

}  // namespace engine
