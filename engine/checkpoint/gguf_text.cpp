// Reads the text side of GGUF metadata.
#include "engine/checkpoint/gguf_text.h"

#include <algorithm>
#include <cmath>

#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/gguf_fields.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr std::uint64_t kMaxTokens = 2'000'000;
constexpr std::uint64_t kMaxMerges = 8'000'000;
constexpr std::size_t kMaxTokenBytes = 65536;
constexpr std::size_t kMaxTemplateBytes = 1U << 20U;
constexpr std::string_view kTemplate = "tokenizer.chat_template";

class VocabularyReader {
 public:
  VocabularyReader(const GgufHeader& header, const std::string& file)
      : header_(header), file_(file) {}

  Result<VocabularyListing> read() {
    const std::optional<GgufValue> model = header_.find("tokenizer.ggml.model");
    if (!model) {
      return fail(ErrorCode::NotFound,
                  file_ + " › metadata › tokenizer.ggml.model: found nothing, allowed a string");
    }
    if (!model->text()) return wrong("model", *model, "a string");
    listing_.model = *model->text();
    if (const std::optional<GgufValue> pre = header_.find("tokenizer.ggml.pre")) {
      if (!pre->text()) return wrong("pre", *pre, "a string");
      listing_.pre = *pre->text();
    }
    RETURN_IF_ERROR(read_strings("tokens", kMaxTokens, &listing_.tokens));
    if (listing_.tokens.empty()) {
      return fail(ErrorCode::InvalidFile,
                  file_ + " › metadata › tokenizer.ggml.tokens: found none, allowed at least one");
    }
    RETURN_IF_ERROR(read_scores());
    RETURN_IF_ERROR(read_types());
    RETURN_IF_ERROR(read_strings("merges", kMaxMerges, &listing_.merges));
    RETURN_IF_ERROR(read_ids());
    RETURN_IF_ERROR(read_flags());
    return std::move(listing_);
  }

 private:
  std::string place(const char* key) const { return file_ + " › metadata › tokenizer.ggml." + key; }
  unexpected<Error> wrong(const char* key, const GgufValue& found, const std::string& allowed) {
    return fail(ErrorCode::InvalidFile,
                place(key) + ": found " + found.shown() + ", allowed " + allowed);
  }
  std::optional<GgufValue> find(const char* key) const {
    return header_.find(std::string("tokenizer.ggml.") + key);
  }

  Result<void> read_strings(const char* key, std::uint64_t most, std::vector<std::string>* out) {
    const std::optional<GgufValue> value = find(key);
    if (!value) return {};
    if (value->type != GgufType::Array || value->element != GgufType::String ||
        value->count > most) {
      return wrong(key, *value, "an array of at most " + std::to_string(most) + " strings");
    }
    const std::vector<std::string_view> views = value->strings();
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (views[i].size() <= kMaxTokenBytes) continue;
      return fail(ErrorCode::InvalidFile, place(key) + " › " + std::to_string(i) + ": found " +
                                              std::to_string(views[i].size()) +
                                              " bytes, allowed at most " +
                                              std::to_string(kMaxTokenBytes));
    }
    out->assign(views.begin(), views.end());
    return {};
  }

  /// An array with one entry for each token, when it is there.
  Result<std::optional<GgufValue>> per_token(const char* key, std::string_view elements) {
    std::optional<GgufValue> value = find(key);
    if (!value) return value;
    if (value->type == GgufType::Array && gguf_type_name(value->element) == elements &&
        value->count == listing_.tokens.size()) {
      return value;
    }
    return wrong(key, *value,
                 "an array of " + std::to_string(listing_.tokens.size()) + " " +
                     std::string(elements) + ", one for each token");
  }

  Result<void> read_scores() {
    ASSIGN_OR_RETURN(const std::optional<GgufValue> value, per_token("scores", "f32"));
    if (!value) return {};
    listing_.scores.resize(value->count);
    std::copy_n(value->bytes.data(), value->bytes.size(),
                reinterpret_cast<char*>(listing_.scores.data()));
    for (std::size_t i = 0; i < listing_.scores.size(); ++i) {
      if (std::isfinite(listing_.scores[i])) continue;
      return fail(ErrorCode::InvalidFile, place("scores") + " › " + std::to_string(i) + ": found " +
                                              std::to_string(listing_.scores[i]) +
                                              ", allowed finite numbers");
    }
    return {};
  }

  Result<void> read_types() {
    ASSIGN_OR_RETURN(const std::optional<GgufValue> value, per_token("token_type", "i32"));
    if (!value) return {};
    listing_.token_types.resize(value->count);
    std::copy_n(value->bytes.data(), value->bytes.size(),
                reinterpret_cast<char*>(listing_.token_types.data()));
    return {};
  }

  Result<void> read_ids() {
    struct Id {
      const char* key;
      std::optional<std::int32_t> VocabularyListing::*field;
    };
    for (const Id& id :
         {Id{"bos_token_id", &VocabularyListing::bos}, Id{"eos_token_id", &VocabularyListing::eos},
          Id{"eot_token_id", &VocabularyListing::eot},
          Id{"unknown_token_id", &VocabularyListing::unknown},
          Id{"padding_token_id", &VocabularyListing::padding}}) {
      const std::optional<GgufValue> value = find(id.key);
      if (!value) continue;
      const std::optional<std::int64_t> number = value->integer();
      const auto n = static_cast<std::int64_t>(listing_.tokens.size());
      if (number && *number >= 0 && *number < n) {
        listing_.*id.field = static_cast<std::int32_t>(*number);
      } else if (!number) {
        return wrong(id.key, *value, "a token's number");
      }
      // One outside the vocabulary can never be produced; the config's reading warns of it.
    }
    return {};
  }

  Result<void> read_flags() {
    struct Flag {
      const char* key;
      std::optional<bool> VocabularyListing::*field;
    };
    for (const Flag& flag : {Flag{"add_bos_token", &VocabularyListing::add_bos},
                             Flag{"add_eos_token", &VocabularyListing::add_eos},
                             Flag{"add_space_prefix", &VocabularyListing::add_space_prefix}}) {
      const std::optional<GgufValue> value = find(flag.key);
      if (!value) continue;
      if (!value->flag()) return wrong(flag.key, *value, "a bool");
      listing_.*flag.field = value->flag();
    }
    return {};
  }

  const GgufHeader& header_;
  const std::string& file_;
  VocabularyListing listing_;
};

}  // namespace

Result<VocabularyListing> read_gguf_vocabulary(const GgufHeader& header, const std::string& file) {
  return VocabularyReader(header, file).read();
}

Result<ChatTemplateSource> read_gguf_chat_template(const GgufHeader& header,
                                                   const std::string& file) {
  std::string key(kTemplate);
  std::optional<GgufValue> value = header.find(key);
  if (!value) {
    value = header.find(key = std::string(kTemplate) + ".default");
    const std::optional<GgufValue> names = header.find("tokenizer.chat_templates");
    for (const std::string_view name : names ? names->strings() : std::vector<std::string_view>()) {
      if (value) break;
      value = header.find(key = std::string(kTemplate) + "." + std::string(name.substr(0, 256)));
    }
  }
  if (!value) return ChatTemplateSource{};
  if (!value->text() || value->bytes.size() > kMaxTemplateBytes) {
    return fail(
        ErrorCode::InvalidFile,
        file + " › metadata › " + quoted_name(key) + ": found " +
            (value->text() ? std::to_string(value->bytes.size()) + " bytes" : value->shown()) +
            ", allowed a string of at most " + std::to_string(kMaxTemplateBytes) + " bytes");
  }
  return ChatTemplateSource{std::string(*value->text()), key};
}

GenerationDefaults read_gguf_generation_defaults(const GgufHeader& header, const std::string& file,
                                                 const ModelConfig& config, FindingList* findings) {
  std::vector<Finding> faults;
  GgufFields fields(header, file, "general.sampling.", &faults);
  GenerationDefaults defaults;
  const auto number = [&fields](const char* key, double min, double max,
                                std::optional<float>* out) {
    if (const std::optional<double> value = fields.number(key, min, max)) {
      *out = static_cast<float>(*value);
    }
  };
  number("temp", 0.0, 1e6, &defaults.temperature);
  number("top_p", 0.0, 1.0, &defaults.top_p);
  number("min_p", 0.0, 1.0, &defaults.min_p);
  number("penalty_repeat", 1e-3, 1e3, &defaults.repetition_penalty);
  if (const auto top_k = fields.integer("top_k", 0, 16'000'000)) {
    defaults.top_k = static_cast<int>(*top_k);
  }
  defaults.eos_token_ids = config.eos_token_ids;
  for (Finding& fault : faults) {
    fault.severity = Severity::Warning;
    findings->add(std::move(fault));
  }
  return defaults;
}

}  // namespace engine
