#include "engine/tokenizer/tokenizer_json.h"

#include <optional>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

constexpr const char* kCannot = "; this program cannot reproduce this tokenizer exactly";

struct AddedToken {
  std::int64_t id = -1;
  std::string content;
  bool normalized = false, special = false;
};

// The parts of "model" that decide what may be read; the tables are filled directly.
struct ModelFields {
  std::string type = "BPE";
  std::string unk_token;
  bool byte_fallback = false;
};

class Loader {
 public:
  Loader(std::string_view text, TokenizerTables* tables) : reader_(text), tables_(*tables) {}

  void load() {
    std::string key;
    bool has_model = false;
    bool has_pre_tokenizer = false;
    bool has_decoder = false;
    if (reader_.peek() != JsonReaderKind::Object) reader_.fail("expected an object");
    reader_.begin_object();
    while (reader_.next_key(&key)) {
      if (key == "model") {
        has_model = true;
        read_model();
      } else if (key == "added_tokens") {
        read_added_tokens();
      } else if (key == "pre_tokenizer") {
        has_pre_tokenizer = true;
        tables_.pre_tokenizer = PreTokenizer::from_json(reader_);
      } else if (key == "normalizer") {
        read_normalizer();
      } else if (key == "decoder") {
        has_decoder = true;
        read_decoder();
      } else {
        reader_.skip_value();
      }
    }
    reader_.finish();
    if (!has_model) reader_.fail("model: missing");
    if (!has_pre_tokenizer) reader_.fail("pre_tokenizer: missing");
    if (!has_decoder) reader_.fail("decoder: missing");
    place_added_tokens();
    set_bytes();
  }

 private:
  void read_normalizer() {
    if (reader_.peek() == JsonReaderKind::Null) return reader_.read_null();
    std::string key;
    std::string type;
    reader_.begin_object();
    while (reader_.next_key(&key)) {
      if (key == "type") {
        type = reader_.read_string();
        if (type != "Sequence") {
          reader_.fail("normalizer: unknown component '" + type + "'" + kCannot);
        }
      } else if (key == "normalizers") {
        reader_.begin_array();
        while (reader_.next_element()) read_normalizer();
      } else {
        reader_.skip_value();
      }
    }
    if (type.empty()) reader_.fail("normalizer › type: missing");
  }

  void read_decoder() {
    if (reader_.peek() == JsonReaderKind::Null) {
      reader_.fail(std::string("decoder: null, where byte-level tokenizers have ByteLevel") +
                   kCannot);
    }
    std::string key;
    std::string type;
    reader_.begin_object();
    while (reader_.next_key(&key)) {
      if (key == "type") {
        type = reader_.read_string();
        if (type != "ByteLevel" && type != "Sequence") {
          reader_.fail("decoder: unknown component '" + type + "'" + kCannot);
        }
      } else if (key == "decoders") {
        reader_.begin_array();
        while (reader_.next_element()) read_decoder();
      } else {
        reader_.skip_value();
      }
    }
    if (type.empty()) reader_.fail("decoder › type: missing");
  }

  void read_model() {
    ModelFields fields;
    std::optional<JsonReader> merges;  // read after the vocabulary, wherever they stand
    bool has_vocab = false;
    std::string key;
    reader_.begin_object();
    while (reader_.next_key(&key)) {
      if (key == "type") {
        fields.type = reader_.read_string();
      } else if (key == "vocab") {
        check_type(fields);
        has_vocab = true;
        read_vocab();
      } else if (key == "merges") {
        check_type(fields);
        if (has_vocab) {
          read_merges(reader_);
        } else {
          merges = reader_;
          reader_.skip_value();
        }
      } else {
        read_model_setting(key, &fields);
      }
    }
    check_type(fields);
    if (!has_vocab) reader_.fail("model › vocab: missing");
    if (merges) read_merges(*merges);
    model_ = fields;
  }

  void check_type(const ModelFields& fields) {
    if (fields.type != "BPE") {
      reader_.fail("model › type: '" + fields.type + "' is not supported, only BPE" + kCannot);
    }
  }

  void read_model_setting(const std::string& key, ModelFields* fields) {
    if (reader_.peek() == JsonReaderKind::Null) return reader_.read_null();
    if (key == "unk_token") {
      fields->unk_token = reader_.read_string();
    } else if (key == "byte_fallback") {
      fields->byte_fallback = reader_.read_boolean();
    } else if (key == "ignore_merges") {
      tables_.ignore_merges = reader_.read_boolean();
    } else if (key == "continuing_subword_prefix" || key == "end_of_word_suffix") {
      if (!reader_.read_string().empty()) reader_.fail("model › " + key + ": not empty" + kCannot);
    } else if (key == "dropout") {
      bool is_integer = false;
      std::int64_t integer = 0;
      if (reader_.read_number(&is_integer, &integer) != 0.0) {
        reader_.fail(std::string("model › dropout: not 0") + kCannot);
      }
    } else {
      reader_.skip_value();
    }
  }

  void read_vocab() {
    if (reader_.peek() != JsonReaderKind::Object) reader_.fail("model › vocab: expected an object");
    tables_.vocabulary.reserve(1 << 17);
    std::string token;
    reader_.begin_object();
    while (reader_.next_key(&token)) {
      const std::int64_t id = reader_.read_integer();
      check_token(token, id, "model › vocab");
      if (!tables_.vocabulary.add(token, static_cast<std::int32_t>(id))) {
        reader_.fail("model › vocab: token '" + token + "' with id " + std::to_string(id) +
                     " repeats a token or the id of '" +
                     std::string(tables_.vocabulary.spelling(static_cast<std::int32_t>(id))) + "'");
      }
      set_flags(static_cast<std::int32_t>(id), TokenizerTables::kInModel);
    }
  }

  void check_token(const std::string& token, std::int64_t id, const std::string& where) {
    if (id < 0 || id > kMaxTokenId) {
      reader_.fail(where + ": '" + token.substr(0, 64) + "' has id " + std::to_string(id) +
                   std::string(", allowed 0 to ") + std::to_string(kMaxTokenId));
    }
    if (token.size() > kMaxTokenBytes) {
      reader_.fail(where + ": the token with id " + std::to_string(id) + " has " +
                   std::to_string(token.size()) + " bytes, allowed " +
                   std::to_string(kMaxTokenBytes));
    }
  }

  void set_flags(std::int32_t id, std::uint8_t flags) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= tables_.flags.size()) tables_.flags.resize(at + 1);
    tables_.flags[at] = static_cast<std::uint8_t>(tables_.flags[at] | flags);
  }

  static std::string merge_name(std::size_t index) {
    return "model › merges[" + std::to_string(index) + "]";
  }

  std::int32_t merge_part(JsonReader& reader, std::string_view token, std::size_t index) {
    const auto id = tables_.vocabulary.find(token);
    if (!id) {
      reader.fail(merge_name(index) + ": token '" + std::string(token) +
                  "' is not in the vocabulary");
    }
    return *id;
  }

  // Both forms: "a b" (split at its one space) and ["a", "b"] (whose parts may hold spaces).
  void read_merges(JsonReader& reader) {
    if (reader.peek() != JsonReaderKind::Array) reader.fail("model › merges: expected an array");
    tables_.bpe.reserve_merges(1 << 17);
    reader.begin_array();
    std::string left;
    std::string right;
    for (std::size_t index = 0; reader.next_element(); ++index) {
      if (reader.peek() == JsonReaderKind::Array) {
        read_merge_pair(reader, index, &left, &right);
      } else {
        const std::string_view line = reader.read_string();
        const std::size_t space = line.find(' ');
        if (space == line.npos || line.find(' ', space + 1) != line.npos) {
          reader.fail(merge_name(index) + ": '" + std::string(line.substr(0, 200)) +
                      "' is not two tokens with one space between them");
        }
        left = line.substr(0, space);
        right = line.substr(space + 1);
      }
      add_merge(reader, index, left, right);
    }
  }

  void read_merge_pair(JsonReader& reader, std::size_t index, std::string* left,
                       std::string* right) {
    const std::string problem = merge_name(index) + ": expected two tokens";
    std::size_t n = 0;
    reader.begin_array();
    while (reader.next_element()) {
      if (reader.peek() != JsonReaderKind::String || ++n > 2) reader.fail(problem);
      (n == 1 ? *left : *right) = reader.read_string();
    }
    if (n != 2) reader.fail(problem);
  }

  void add_merge(JsonReader& reader, std::size_t index, const std::string& left,
                 const std::string& right) {
    const std::int32_t a = merge_part(reader, left, index);
    const std::int32_t b = merge_part(reader, right, index);
    if (const auto earlier = tables_.bpe.add_merge(a, b, merge_part(reader, left + right, index))) {
      reader.fail(merge_name(index) + ": '" + left + " " + right + "' repeats merges[" +
                  std::to_string(*earlier) + "]");
    }
  }

  void read_added_tokens() {
    if (reader_.peek() == JsonReaderKind::Null) return reader_.read_null();
    reader_.begin_array();
    while (reader_.next_element()) read_added_token();
  }

  void read_added_token() {
    AddedToken token;
    std::string key;
    const std::string where = std::string("added_tokens[") + std::to_string(added_.size()) + "]";
    reader_.begin_object();
    while (reader_.next_key(&key)) {
      if (key == "id") {
        token.id = reader_.read_integer();
      } else if (key == "content") {
        token.content = reader_.read_string();
      } else if (key == "normalized") {
        token.normalized = reader_.read_boolean();
      } else if (key == "special") {
        token.special = reader_.read_boolean();
      } else if (key == "single_word" || key == "lstrip" || key == "rstrip") {
        if (reader_.read_boolean()) reader_.fail(where + " › " + key + ": true" + kCannot);
      } else {
        reader_.skip_value();
      }
    }
    check_token(token.content, token.id, where);
    added_.push_back(std::move(token));
  }

  void place_added_tokens() {
    for (std::size_t i = 0; i < added_.size(); ++i) {
      const AddedToken& token = added_[i];
      if (token.content.empty()) continue;  // can never be found in a text
      const auto id = static_cast<std::int32_t>(token.id);
      const auto known = tables_.vocabulary.find(token.content);
      const bool repeated = (tables_.flags_of(id) & TokenizerTables::kAdded) != 0;
      const std::string where =
          std::string("added_tokens[") + std::to_string(i) + "]: '" + token.content + "'";
      if (known && *known != id) {
        reader_.fail(where + " has id " + std::to_string(id) + " here and id " +
                     std::to_string(*known) + " elsewhere in the file");
      }
      if (!known && !tables_.vocabulary.add(token.content, id)) {
        reader_.fail(where + " has id " + std::to_string(id) + ", which is taken by '" +
                     std::string(tables_.vocabulary.spelling(id)) + "'");
      }
      set_flags(id, TokenizerTables::kAdded);
      if (token.special) set_flags(id, TokenizerTables::kSpecial);
      if (repeated) continue;
      (token.normalized ? tables_.normalized_tokens : tables_.raw_tokens).add(token.content, id);
    }
    tables_.raw_tokens.build();
    tables_.normalized_tokens.build();
  }

  void set_bytes() {
    std::string missing;
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string spelling;
      append_utf8(&spelling, byte_to_character(static_cast<std::uint8_t>(byte)));
      const auto id = tables_.vocabulary.find(spelling);
      if (id && (tables_.flags_of(*id) & TokenizerTables::kInModel) != 0) {
        tables_.bpe.set_byte(static_cast<std::uint8_t>(byte), *id);
      } else if (byte != 0xC0 && byte != 0xC1 && byte < 0xF5) {  // those never occur in UTF-8
        missing += std::string(" ") + std::to_string(byte);
      }
    }
    if (!missing.empty() && (model_.byte_fallback || !model_.unk_token.empty())) {
      reader_.fail("model › vocab: no symbols for the bytes" + missing +
                   ", and unk_token or byte_fallback would replace them" + kCannot);
    }
  }

  JsonReader reader_;
  TokenizerTables& tables_;
  std::vector<AddedToken> added_;
  ModelFields model_;
};

// "bos_token": a string, null, or an object with "content".
std::string read_token_text(JsonReader& reader) {
  if (reader.peek() == JsonReaderKind::String) return std::string(reader.read_string());
  std::string text;
  if (reader.peek() != JsonReaderKind::Object) {
    reader.skip_value();
    return text;
  }
  std::string key;
  reader.begin_object();
  while (reader.next_key(&key)) {
    if (key == "content" && reader.peek() == JsonReaderKind::String) {
      text = reader.read_string();
    } else {
      reader.skip_value();
    }
  }
  return text;
}

}  // namespace

void read_tokenizer_json(std::string_view text, TokenizerTables* tables) {
  Loader(text, tables).load();
}

void read_tokenizer_config_json(std::string_view text, TokenizerTables* tables) {
  JsonReader reader(text);
  if (reader.peek() != JsonReaderKind::Object) reader.fail("expected an object");
  std::string key;
  reader.begin_object();
  while (reader.next_key(&key)) {
    if (key == "bos_token") {
      tables->bos_text = read_token_text(reader);
    } else if (key == "eos_token") {
      tables->eos_text = read_token_text(reader);
    } else {
      reader.skip_value();
    }
  }
  reader.finish();
}

}  // namespace engine
