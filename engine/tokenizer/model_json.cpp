#include "engine/tokenizer/model_json.h"

#include <optional>

namespace engine {
namespace {

class ModelReader {
 public:
  ModelReader(JsonInput& input, TokenizerTables* tables, BpeModel* bpe)
      : input_(input), tables_(*tables), bpe_(*bpe) {}

  ModelFields read() {
    std::optional<JsonInput> merges;  // read after the vocabulary, wherever they stand
    bool has_vocab = false;
    std::string key;
    input_.begin_object();
    while (input_.next_key(&key)) {
      if (key == "type") {
        fields_.type = input_.read_string();
      } else if (key == "vocab") {
        check_type();
        has_vocab = true;
        read_vocab();
      } else if (key == "merges") {
        check_type();
        if (has_vocab) {
          read_merges(input_);
        } else {
          merges = input_;
          input_.skip_value();
        }
      } else {
        read_setting(key);
      }
    }
    check_type();
    if (!has_vocab) input_.fail("model › vocab: missing");
    if (merges) read_merges(*merges);
    return fields_;
  }

 private:
  void check_type() {
    if (fields_.type == "BPE") return;
    input_.refuse("model › type: '" + fields_.type.substr(0, 64) + "' is not supported, only BPE");
  }

  void read_setting(const std::string& key) {
    if (input_.peek() == JsonKind::Null) return input_.read_null();
    if (key == "unk_token") {
      fields_.unk_token = input_.read_string();
    } else if (key == "byte_fallback") {
      fields_.byte_fallback = input_.read_boolean();
    } else if (key == "fuse_unk") {
      fields_.fuse_unk = input_.read_boolean();
    } else if (key == "ignore_merges") {
      fields_.ignore_merges = input_.read_boolean();
    } else if (key == "continuing_subword_prefix" || key == "end_of_word_suffix") {
      if (!input_.read_string().empty()) input_.refuse("model › " + key + ": not empty");
    } else if (key == "dropout") {
      if (input_.read_number() != 0.0) input_.refuse("model › dropout: not 0");
    } else {
      input_.skip_value();
    }
  }

  void read_vocab() {
    if (input_.peek() != JsonKind::Object) input_.fail("model › vocab: expected an object");
    tables_.vocabulary.reserve(1 << 17);
    std::string token;
    input_.begin_object();
    while (input_.next_key(&token)) {
      const std::int64_t id = input_.read_integer();
      check_token(input_, token, id, "model › vocab");
      if (!tables_.vocabulary.add(token, static_cast<std::int32_t>(id))) {
        input_.fail("model › vocab: token '" + token + "' with id " + std::to_string(id) +
                    " repeats a token or the id of '" +
                    std::string(tables_.vocabulary.spelling(static_cast<std::int32_t>(id))) + "'");
      }
      tables_.set_flags(static_cast<std::int32_t>(id), TokenizerTables::kInModel);
    }
  }

  static std::string merge_name(std::size_t index) {
    return "model › merges[" + std::to_string(index) + "]";
  }

  std::int32_t merge_part(JsonInput& input, std::string_view token, std::size_t index) {
    const auto id = tables_.vocabulary.find(token);
    if (!id) {
      input.fail(merge_name(index) + ": token '" + std::string(token.substr(0, 200)) +
                 "' is not in the vocabulary");
    }
    return *id;
  }

  // Both forms: "a b" (split at its one space) and ["a", "b"] (whose parts may hold spaces).
  void read_merges(JsonInput& input) {
    if (input.peek() != JsonKind::Array) input.fail("model › merges: expected an array");
    bpe_.reserve_merges(1 << 17);
    input.begin_array();
    for (std::size_t index = 0; input.next_element(); ++index) {
      if (input.peek() == JsonKind::Array) {
        read_merge_pair(input, index);
        add_merge(input, index, left_, right_);
        continue;
      }
      const std::string_view line = input.read_string();
      const std::size_t space = line.find(' ');
      if (space == line.npos || line.find(' ', space + 1) != line.npos) {
        input.fail(merge_name(index) + ": '" + std::string(line.substr(0, 200)) +
                   "' is not two tokens with one space between them");
      }
      add_merge(input, index, line.substr(0, space), line.substr(space + 1));
    }
  }

  void read_merge_pair(JsonInput& input, std::size_t index) {
    std::size_t n = 0;
    input.begin_array();
    while (input.next_element()) {
      if (input.peek() != JsonKind::String || ++n > 2) {
        input.fail(merge_name(index) + ": expected two tokens");
      }
      (n == 1 ? left_ : right_) = input.read_string();
    }
    if (n != 2) input.fail(merge_name(index) + ": expected two tokens");
  }

  void add_merge(JsonInput& input, std::size_t index, std::string_view left,
                 std::string_view right) {
    const std::int32_t a = merge_part(input, left, index);
    const std::int32_t b = merge_part(input, right, index);
    joined_.assign(left);
    joined_ += right;
    if (const auto earlier = bpe_.add_merge(a, b, merge_part(input, joined_, index))) {
      input.fail(merge_name(index) + ": '" + std::string(left) + " " + std::string(right) +
                 "' repeats merges[" + std::to_string(*earlier) + "]");
    }
  }

  JsonInput& input_;
  TokenizerTables& tables_;
  BpeModel& bpe_;
  ModelFields fields_;
  std::string left_, right_, joined_;
};

}  // namespace

ModelFields read_model(JsonInput& input, TokenizerTables* tables, BpeModel* bpe) {
  return ModelReader(input, tables, bpe).read();
}

void check_token(JsonInput& input, std::string_view token, std::int64_t id,
                 const std::string& where) {
  if (id < 0 || id > kMaxTokenId) {
    input.fail(where + ": '" + std::string(token.substr(0, 64)) + "' has id " + std::to_string(id) +
               ", allowed 0 to " + std::to_string(kMaxTokenId));
  }
  if (token.size() > kMaxTokenBytes) {
    input.fail(where + ": the token with id " + std::to_string(id) + " has " +
               std::to_string(token.size()) + " bytes, allowed " + std::to_string(kMaxTokenBytes));
  }
}

}  // namespace engine
