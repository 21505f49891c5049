// tokenizer.json and SentencePiece files as lists: spellings and kinds from the checked tables, the
// merges and added tokens from a second reading of the file.
#include "engine/tokenizer/vocabulary_export.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/tokenizer/sentencepiece_file.h"
#include "engine/tokenizer/tokenizer_fault.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace engine {

namespace {

enum TokenType : std::int32_t { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };

constexpr int kMaxDepth = 64;

/// What the tables do not keep.
struct JsonExtras {
  std::vector<std::string> merges;
  std::map<std::int32_t, bool> added;  // id → special
  std::string unk_token;
};

class ExtrasReader {
 public:
  static Result<JsonExtras> read(std::string_view text) {
    ASSIGN_OR_RETURN(JsonCursor cursor, JsonCursor::create(text, "tokenizer.json", kMaxDepth));
    ExtrasReader reader(std::move(cursor));
    RETURN_IF_ERROR(reader.read_file());
    return std::move(reader.extras_);
  }

 private:
  explicit ExtrasReader(JsonCursor cursor) : cursor_(std::move(cursor)) {}

  Result<void> read_file() {
    std::string key;
    RETURN_IF_ERROR(cursor_.enter_object());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) return cursor_.finish();
      if (key == "model") {
        RETURN_IF_ERROR(read_model());
      } else if (key == "added_tokens") {
        RETURN_IF_ERROR(read_added());
      } else {
        RETURN_IF_ERROR(cursor_.skip());
      }
    }
  }

  Result<void> read_model() {
    std::string key;
    RETURN_IF_ERROR(cursor_.enter_object());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) return {};
      ASSIGN_OR_RETURN(const JsonKind kind, cursor_.kind());
      if (key == "merges") {
        RETURN_IF_ERROR(read_merges());
      } else if (key == "unk_token" && kind == JsonKind::String) {
        RETURN_IF_ERROR(cursor_.read_string(&extras_.unk_token));
      } else {
        RETURN_IF_ERROR(cursor_.skip());
      }
    }
  }

  /// "left right", or ["left", "right"].
  Result<void> read_merges() {
    RETURN_IF_ERROR(cursor_.enter_array());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) return {};
      std::string merge;
      ASSIGN_OR_RETURN(const JsonKind kind, cursor_.kind());
      if (kind == JsonKind::String) {
        RETURN_IF_ERROR(cursor_.read_string(&merge));
      } else {
        RETURN_IF_ERROR(read_pair(&merge));
      }
      extras_.merges.push_back(std::move(merge));
    }
  }

  Result<void> read_pair(std::string* merge) {
    RETURN_IF_ERROR(cursor_.enter_array());
    std::string part;
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) return {};
      RETURN_IF_ERROR(cursor_.read_string(&part));
      if (part.find(' ') != std::string::npos) {
        return cursor_.error_here("a merge of a token with a space, which GGUF cannot spell");
      }
      *merge += (merge->empty() ? "" : " ") + part;
    }
  }

  Result<void> read_added() {
    ASSIGN_OR_RETURN(const JsonKind list, cursor_.kind());
    if (list == JsonKind::Null) return cursor_.read_null();
    RETURN_IF_ERROR(cursor_.enter_array());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) return {};
      RETURN_IF_ERROR(read_added_token());
    }
  }

  Result<void> read_added_token() {
    std::string key;
    std::int64_t id = -1;
    bool special = false;
    RETURN_IF_ERROR(cursor_.enter_object());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) break;
      if (key == "id") {
        ASSIGN_OR_RETURN(const std::string_view number, cursor_.read_number());
        id = json_integer(number).value_or(-1);
      } else if (key == "special") {
        ASSIGN_OR_RETURN(special, cursor_.read_boolean());
      } else {
        RETURN_IF_ERROR(cursor_.skip());
      }
    }
    if (id >= 0) extras_.added[static_cast<std::int32_t>(id)] |= special;
    return {};
  }

  JsonCursor cursor_;
  JsonExtras extras_;
};

/// The name tokenizer.ggml.pre has for a family of PreTokenizer::family().
Result<std::string> pre_name(const std::string& cutting) {
  static constexpr std::pair<const char*, const char*> kNames[] = {
      {"deepseek-v3", "deepseek-v3"},
      {"deepseek-llm", "deepseek-llm"},
      {"deepseek-coder", "deepseek-coder"},
      {"gpt2", "gpt-2"},
      {"cl100k", "llama-bpe"},
      {"qwen2", "qwen2"},
      {"kimi", "kimi-k2"}};
  for (const auto& [family, name] : kNames) {
    if (cutting == std::string(family) + " pre-tokenizer") return std::string(name);
  }
  return fail(ErrorCode::Unsupported,
              "tokenizer.json › pre_tokenizer: found a " + cutting +
                  ", which GGUF has no name for; leave the tokenizer out with --no-tokenizer");
}

void fill_up(VocabularyListing* listing, std::int64_t vocab_size) {
  for (auto id = static_cast<std::int64_t>(listing->tokens.size()); id < vocab_size; ++id) {
    listing->tokens.push_back("[PAD" + std::to_string(id) + "]");
    listing->token_types.push_back(Unused);
    if (!listing->scores.empty()) listing->scores.push_back(0.0F);
  }
}

/// Rows of tokenizer.json's vocabulary.
void list_tokens(const TokenizerTables& tables, const JsonExtras& extras,
                 VocabularyListing* listing) {
  const std::int32_t n = tables.vocabulary.id_bound();
  for (std::int32_t id = 0; id < n; ++id) {
    if (!tables.vocabulary.contains(id)) {
      listing->tokens.push_back("[PAD" + std::to_string(id) + "]");
      listing->token_types.push_back(Unused);
      continue;
    }
    const std::string_view spelling = tables.vocabulary.spelling(id);
    const auto added = extras.added.find(id);
    std::int32_t type = Normal;
    if ((tables.flags_of(id) & TokenizerTables::kByte) != 0) type = Byte;
    if (added != extras.added.end()) type = added->second ? Control : UserDefined;
    if (!extras.unk_token.empty() && spelling == extras.unk_token) {
      type = Unknown;
      listing->unknown = id;
    }
    listing->tokens.emplace_back(spelling);
    listing->token_types.push_back(type);
  }
}

/// SentencePiece merges the pair whose result scores best: minus the rank of the first merge that
/// gives a token. Single characters come after all merges.
void score_by_merges(const JsonExtras& extras, const TokenizerTables& tables,
                     VocabularyListing* listing) {
  const auto after_all = -static_cast<float>(extras.merges.size() + 1);
  listing->scores.assign(listing->tokens.size(), after_all);
  std::vector<bool> merged(listing->tokens.size(), false);
  for (std::size_t rank = 0; rank < extras.merges.size(); ++rank) {
    std::string joined = extras.merges[rank];
    joined.erase(joined.find(' '), 1);
    const auto id = tables.vocabulary.find(joined);
    if (!id || merged[static_cast<std::size_t>(*id)]) continue;
    merged[static_cast<std::size_t>(*id)] = true;
    listing->scores[static_cast<std::size_t>(*id)] = -static_cast<float>(rank + 1);
  }
}

/// Whether a text's first word gets a space in front.
bool prefixes_space(const TokenizerTables& tables) {
  std::vector<BpeToken> tokens;
  PieceCache cache;
  tables.coder->encode("a", 0, 1, &cache, &tokens);
  return !tokens.empty() && tables.vocabulary.spelling(tokens.front().id).starts_with(kMetaspace);
}

void set_ends(const TokenizerTables& tables, std::string_view tokenizer_config_json,
              VocabularyListing* listing) {
  listing->bos = tables.bos ? tables.bos : tables.vocabulary.find(tables.bos_text);
  listing->eos = tables.eos ? tables.eos : tables.vocabulary.find(tables.eos_text);
  listing->add_bos = listing->bos.has_value();
  listing->add_eos = false;
  const auto config = parse_json(tokenizer_config_json, "tokenizer_config.json");
  const JsonValue* flag = config ? config->find("add_bos_token") : nullptr;
  if (flag != nullptr && flag->kind == JsonKind::Boolean) {
    listing->add_bos = flag->boolean && listing->bos.has_value();
  }
}

Result<VocabularyListing> finished(VocabularyListing listing, std::int64_t vocab_size) {
  const auto n = static_cast<std::int64_t>(listing.tokens.size());
  if (n > vocab_size) {
    return fail(ErrorCode::Unsupported, "the tokenizer has " + std::to_string(n) +
                                            " tokens, the model's embedding only " +
                                            std::to_string(vocab_size) + " rows");
  }
  fill_up(&listing, vocab_size);
  return listing;
}

}  // namespace

Result<VocabularyListing> list_tokenizer_json(std::string_view tokenizer_json,
                                              std::string_view tokenizer_config_json,
                                              std::int64_t vocab_size) {
  TokenizerTables tables;
  try {
    read_tokenizer_json(tokenizer_json, &tables);
    read_tokenizer_config_json(tokenizer_config_json, &tables);
  } catch (const TokenizerFault& fault) {
    return fail(fault.code, fault.message);
  }
  ASSIGN_OR_RETURN(JsonExtras extras, ExtrasReader::read(tokenizer_json));
  VocabularyListing listing;
  list_tokens(tables, extras, &listing);
  if (tables.spelling == TokenSpelling::Metaspace) {
    listing.model = "llama";
    listing.pre = "default";
    listing.add_space_prefix = prefixes_space(tables);
    score_by_merges(extras, tables, &listing);
  } else {
    listing.model = "gpt2";
    ASSIGN_OR_RETURN(listing.pre, pre_name(tables.coder->cutting()));
    listing.merges = std::move(extras.merges);
  }
  set_ends(tables, tokenizer_config_json, &listing);
  return finished(std::move(listing), vocab_size);
}

Result<VocabularyListing> list_sentencepiece(std::string_view model,
                                             std::string_view tokenizer_config_json,
                                             std::int64_t vocab_size,
                                             const LegacyTokenFiles& legacy) {
  TokenizerTables tables;
  VocabularyListing listing;
  try {
    const SentencePieceFile file = parse_sentencepiece_file(model);
    if (file.model_type != 2) {
      return fail(ErrorCode::Unsupported,
                  "the SentencePiece model is no BPE model, which is all GGUF's \"llama\" "
                  "tokenizer can be");
    }
    read_sentencepiece_file(model, tokenizer_config_json, legacy, &tables);
    for (const SentencePieceFile::Piece& piece : file.pieces) {
      listing.tokens.emplace_back(piece.text);
      listing.token_types.push_back(static_cast<std::int32_t>(piece.type));
    }
    listing.add_space_prefix = file.add_dummy_prefix;
  } catch (const TokenizerFault& fault) {
    return fail(fault.code, fault.message);
  }
  sentencepiece::SentencePieceProcessor processor;
  const auto status = processor.LoadFromSerializedProto(std::string(model));
  if (!status.ok()) return fail(ErrorCode::InvalidFile, status.error_message());
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    listing.scores.push_back(processor.GetScore(id));
    if (processor.IsUnknown(id)) listing.unknown = id;
  }
  for (std::int32_t id = processor.GetPieceSize(); id < tables.vocabulary.id_bound(); ++id) {
    const bool known = tables.vocabulary.contains(id);  // added by tokenizer_config.json
    const bool special = (tables.flags_of(id) & TokenizerTables::kSpecial) != 0;
    listing.tokens.push_back(known ? std::string(tables.vocabulary.spelling(id))
                                   : "[PAD" + std::to_string(id) + "]");
    listing.token_types.push_back(!known ? Unused : special ? Control : UserDefined);
    listing.scores.push_back(0.0F);
  }
  listing.model = "llama";
  listing.pre = "default";
  set_ends(tables, tokenizer_config_json, &listing);
  return finished(std::move(listing), vocab_size);
}

}  // namespace engine
