#include "engine/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <charconv>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/byte_level_coder.h"
#include "engine/tokenizer/components_json.h"
#include "engine/tokenizer/model_json.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

struct AddedToken {
  std::int64_t id = -1;
  std::string content;
  bool normalized = false, special = false;
};

class Loader {
 public:
  Loader(std::string_view text, TokenizerTables* tables)
      : input_(text, "tokenizer.json"), tables_(*tables) {}

  void load() {
    std::string key;
    bool has_model = false;
    bool has_decoder = false;
    if (input_.peek() != JsonKind::Object) input_.fail("expected an object");
    input_.begin_object();
    while (input_.next_key(&key)) {
      if (key == "model") {
        has_model = true;
        model_ = read_model(input_, &tables_, &bpe_);
      } else if (key == "added_tokens") {
        read_added_tokens();
      } else if (key == "pre_tokenizer") {
        has_pre_tokenizer_ = true;
        pre_tokenizer_ = read_pre_tokenizer(input_);
      } else if (key == "normalizer") {
        normalizer_ = read_normalizer(input_);
      } else if (key == "decoder") {
        has_decoder = true;
        decoder_ = read_decoder(input_);
      } else {
        input_.skip_value();
      }
    }
    input_.finish();
    if (!has_model) input_.fail("model: missing");
    if (!has_decoder) input_.fail("decoder: missing");
    for (const std::uint8_t flags : tables_.flags) {
      in_model_.push_back(flags & TokenizerTables::kInModel);
    }
    place_added_tokens();
    make_coder();
  }

 private:
  void read_added_tokens() {
    if (input_.peek() == JsonKind::Null) return input_.read_null();
    input_.begin_array();
    while (input_.next_element()) read_added_token();
  }

  void read_added_token() {
    AddedToken token;
    std::string key;
    const std::string where = std::string("added_tokens[") + std::to_string(added_.size()) + "]";
    input_.begin_object();
    while (input_.next_key(&key)) {
      if (key == "id") {
        token.id = input_.read_integer();
      } else if (key == "content") {
        token.content = input_.read_string();
      } else if (key == "normalized") {
        token.normalized = input_.read_boolean();
      } else if (key == "special") {
        token.special = input_.read_boolean();
      } else if (key == "single_word" || key == "lstrip" || key == "rstrip") {
        if (input_.read_boolean()) input_.refuse(where + " › " + key + ": true");
      } else {
        input_.skip_value();
      }
    }
    check_token(input_, token.content, token.id, where);
    added_.push_back(std::move(token));
  }

  void place_added_tokens() {
    std::vector<std::uint8_t> placed;  // [id]
    for (std::size_t i = 0; i < added_.size(); ++i) {
      const AddedToken& token = added_[i];
      if (token.content.empty()) continue;  // can never be found in a text
      const auto id = static_cast<std::int32_t>(token.id);
      const auto known = tables_.vocabulary.find(token.content);
      const std::string where =
          std::string("added_tokens[") + std::to_string(i) + "]: '" + token.content + "'";
      if (known && *known != id) {
        input_.fail(where + " has id " + std::to_string(id) + " here and id " +
                    std::to_string(*known) + " elsewhere in the file");
      }
      if (!known && !tables_.vocabulary.add(token.content, id)) {
        input_.fail(where + " has id " + std::to_string(id) + ", which is taken by '" +
                    std::string(tables_.vocabulary.spelling(id)) + "'");
      }
      if (static_cast<std::size_t>(id) >= placed.size()) {
        placed.resize(static_cast<std::size_t>(id) + 1);
      }
      if (placed[static_cast<std::size_t>(id)]++ != 0) {
        if (token.special) tables_.set_flags(id, TokenizerTables::kSpecial);
        continue;
      }
      tables_.place_added(token.content, id, token.special, token.normalized);
    }
    tables_.build_added();
  }

  void make_coder() {
    const bool metaspace = pre_tokenizer_.metaspace || normalizer_.replaces;
    if (pre_tokenizer_.byte_level && metaspace) {
      input_.refuse("pre_tokenizer: ByteLevel with spaces replaced before it");
    }
    if (!metaspace && !pre_tokenizer_.byte_level) {
      if (!has_pre_tokenizer_) input_.fail("pre_tokenizer: missing");
      input_.refuse(pre_tokenizer_.is_null
                        ? "pre_tokenizer: null, where byte-level tokenizers have ByteLevel"
                        : "pre_tokenizer: no ByteLevel component");
    }
    if (decoder_.byte_level == metaspace) {
      input_.refuse(std::string("decoder: ") + (metaspace ? "ByteLevel" : "not ByteLevel") +
                    ", while the pre_tokenizer and normalizer " +
                    (metaspace ? "replace spaces" : "end in ByteLevel"));
    }
    metaspace ? make_metaspace_coder() : make_byte_level_coder();
  }

  bool in_model(std::int32_t id) const {
    return static_cast<std::size_t>(id) < in_model_.size() &&
           in_model_[static_cast<std::size_t>(id)] != 0;
  }

  void make_byte_level_coder() {
    set_bytes();
    ByteLevelCoder::Setup setup;
    setup.pre_tokenizer = PreTokenizer(std::move(pre_tokenizer_.steps));
    setup.pre_tokenizer_name = setup.pre_tokenizer.family();
    if (setup.pre_tokenizer_name.empty()) setup.pre_tokenizer_name = "custom";
    setup.bpe = std::move(bpe_);
    setup.ignore_merges = model_.ignore_merges;
    setup.in_model = std::move(in_model_);
    tables_.coder = std::make_unique<ByteLevelCoder>(tables_.vocabulary, std::move(setup));
  }

  void set_bytes() {
    std::string missing;
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string spelling;
      append_utf8(&spelling, byte_to_character(static_cast<std::uint8_t>(byte)));
      const auto id = tables_.vocabulary.find(spelling);
      if (id && in_model(*id)) {
        bpe_.set_byte(static_cast<std::uint8_t>(byte), *id);
      } else if (byte != 0xC0 && byte != 0xC1 && byte < 0xF5) {  // those never occur in UTF-8
        missing += std::string(" ") + std::to_string(byte);
      }
    }
    if (!missing.empty() && (model_.byte_fallback || !model_.unk_token.empty())) {
      input_.refuse("model › vocab: no symbols for the bytes" + missing +
                    ", and unk_token or byte_fallback would replace them");
    }
  }

  void make_metaspace_coder() {
    MetaspaceCoder::Setup setup;
    setup.byte_ids.fill(-1);
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto id = tables_.vocabulary.find(spelling_of_byte(static_cast<std::uint8_t>(byte)));
      if (!id || !in_model(*id)) continue;
      setup.byte_ids[byte] = *id;
      if (decoder_.byte_fallback) tables_.set_flags(*id, TokenizerTables::kByte);
    }
    if (!model_.unk_token.empty()) {
      const auto unknown = tables_.vocabulary.find(model_.unk_token);
      if (!unknown) {
        input_.fail("model › unk_token: '" + model_.unk_token + "' is not in the vocabulary");
      }
      setup.unknown = *unknown;
    }
    using enum MetaspaceCoder::Prefix;
    if (pre_tokenizer_.metaspace && normalizer_.prepends) {
      input_.refuse("normalizer › Prepend together with pre_tokenizer › Metaspace");
    }
    if (!pre_tokenizer_.metaspace && !pre_tokenizer_.is_null && has_pre_tokenizer_) {
      input_.refuse("pre_tokenizer: cuts after the normalizer replaced the spaces");
    }
    setup.prefix = pre_tokenizer_.metaspace ? pre_tokenizer_.prefix
                   : normalizer_.prepends   ? Always
                                            : Never;
    setup.split = pre_tokenizer_.metaspace && pre_tokenizer_.split;
    setup.bpe = std::move(bpe_);
    setup.in_model = std::move(in_model_);
    setup.byte_fallback = model_.byte_fallback;
    setup.fuse_unknown = model_.fuse_unk;
    setup.ignore_merges = model_.ignore_merges;
    tables_.spelling = TokenSpelling::Metaspace;
    tables_.drops_first_space = decoder_.drops_first_space;
    tables_.coder = std::make_unique<MetaspaceCoder>(tables_.vocabulary, std::move(setup));
  }

  JsonInput input_;
  TokenizerTables& tables_;
  BpeModel bpe_;
  ModelFields model_;
  NormalizerFields normalizer_;
  PreTokenizerFields pre_tokenizer_;
  DecoderFields decoder_;
  bool has_pre_tokenizer_ = false;
  std::vector<AddedToken> added_;
  std::vector<std::uint8_t> in_model_;  // [id]
};

// "bos_token": a string, null, or an object with "content".
std::string read_token_text(JsonInput& input) {
  std::string text;
  if (input.peek() == JsonKind::String) return input.read_string();
  if (input.peek() != JsonKind::Object) {
    input.skip_value();
    return text;
  }
  std::string key;
  input.begin_object();
  while (input.next_key(&key)) {
    if (key == "content" && input.peek() == JsonKind::String) {
      text = input.read_string();
    } else {
      input.skip_value();
    }
  }
  return text;
}

bool names_special_token(std::string_view key) {
  constexpr std::string_view kKeys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                        "pad_token", "cls_token", "mask_token"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

// {"163584": {"content": "[BOS]", "special": true, …}, …}
void read_listed_tokens(JsonInput& input, std::vector<ListedToken>* out) {
  std::string key;
  std::string field;
  input.begin_object();
  while (input.next_key(&key)) {
    ListedToken token;
    const char* const end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data(), end, token.id);
    const std::string where = "added_tokens_decoder › '" + key.substr(0, 64) + "'";
    if (error != std::errc() || stop != end) input.fail(where + ": not a token id");
    input.begin_object();
    while (input.next_key(&field)) {
      if (field == "content") {
        token.content = input.read_string();
      } else if (field == "special") {
        token.special = input.read_boolean();
      } else if (field == "single_word" || field == "lstrip" || field == "rstrip") {
        if (input.read_boolean()) input.refuse(where + " › " + field + ": true");
      } else {
        input.skip_value();
      }
    }
    check_token(input, token.content, token.id, where);
    out->push_back(std::move(token));
  }
}

}  // namespace

void read_tokenizer_json(std::string_view text, TokenizerTables* tables) {
  Loader(text, tables).load();
}

void read_tokenizer_config_json(std::string_view text, TokenizerTables* tables,
                                TokenizerConfigFields* fields) {
  read_special_tokens(text, "tokenizer_config.json", tables, fields);
}

void read_special_tokens(std::string_view text, std::string_view file, TokenizerTables* tables,
                         TokenizerConfigFields* fields) {
  JsonInput input(text, file);
  if (input.peek() != JsonKind::Object) input.fail("expected an object");
  std::string key;
  input.begin_object();
  while (input.next_key(&key)) {
    if (names_special_token(key)) {
      const std::string name = read_token_text(input);
      if (key == "bos_token") tables->bos_text = name;
      if (key == "eos_token") tables->eos_text = name;
      if (fields != nullptr && !name.empty()) fields->special_names.push_back(name);
    } else if (fields != nullptr && input.peek() == JsonKind::Array &&
               (key == "additional_special_tokens" || key == "extra_special_tokens")) {
      input.begin_array();
      while (input.next_element()) fields->special_names.push_back(read_token_text(input));
    } else if (key == "add_bos_token" && input.peek() == JsonKind::Boolean) {
      tables->adds_bos = input.read_boolean();
    } else if (key == "tokenizer_class" && fields != nullptr && input.peek() == JsonKind::String) {
      fields->tokenizer_class = input.read_string();
    } else if (key == "added_tokens_decoder" && fields != nullptr &&
               input.peek() == JsonKind::Object) {
      fields->lists_added = true;
      read_listed_tokens(input, &fields->added);
    } else {
      input.skip_value();
    }
  }
  input.finish();
}

}  // namespace engine
