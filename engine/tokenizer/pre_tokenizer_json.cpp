// The "pre_tokenizer" component of tokenizer.json → PreTokenizer. What is not known is refused by
// name: a similar cut would give other tokens than the model was trained on.
#include <optional>

#include "engine/tokenizer/pre_tokenizer.h"

namespace engine {
namespace {

constexpr const char* kCannot = "; this program cannot reproduce this tokenizer exactly";

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 80;
  if (text.size() <= kShown) return std::string(text);
  std::size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "… (" + std::to_string(text.size()) + " bytes)";
}

// Every field that any supported component has; which of them matter depends on `type`.
struct Fields {
  std::string type, behavior, regex, literal;
  bool has_regex = false, has_literal = false;
  bool invert = false, add_prefix_space = true, use_regex = true, individual_digits = false;
};

struct Steps {
  std::vector<SplitStep> list;
  bool byte_level = false;
};

void read_pattern(JsonReader& reader, Fields* fields) {
  std::string key;
  reader.begin_object();
  while (reader.next_key(&key)) {
    if (key == "Regex") {
      fields->regex = reader.read_string();
      fields->has_regex = true;
    } else if (key == "String") {
      fields->literal = reader.read_string();
      fields->has_literal = true;
    } else {
      reader.fail("pre_tokenizer › Split › pattern: unknown kind '" + key + "'" + kCannot);
    }
  }
}

void add_split(JsonReader& reader, const Fields& fields, Steps* steps) {
  if (fields.behavior != "Isolated") {
    reader.fail("pre_tokenizer › Split › behavior: '" + fields.behavior +
                "' is not supported, only 'Isolated'" + kCannot);
  }
  if (fields.invert) reader.fail(std::string("pre_tokenizer › Split › invert: true") + kCannot);
  if (fields.has_literal && !fields.literal.empty()) {
    steps->list.push_back({SplitKind::Literal, fields.literal});
    return;
  }
  const auto kind =
      fields.has_regex ? known_split_pattern(fields.regex) : std::optional<SplitKind>{};
  if (!kind) {
    reader.fail("pre_tokenizer › Split › pattern: unknown pattern '" + shortened(fields.regex) +
                "'" + kCannot);
  }
  steps->list.push_back({*kind, {}});
}

void add_component(JsonReader& reader, const Fields& fields, Steps* steps) {
  if (steps->byte_level) {
    reader.fail(std::string("pre_tokenizer: a component after ByteLevel") + kCannot);
  }
  if (fields.type == "Split") {
    add_split(reader, fields, steps);
  } else if (fields.type == "Digits") {
    steps->list.push_back(
        {fields.individual_digits ? SplitKind::IndividualDigits : SplitKind::Digits, {}});
  } else if (fields.type == "ByteLevel") {
    if (fields.add_prefix_space) {
      reader.fail(std::string("pre_tokenizer › ByteLevel › add_prefix_space: true") + kCannot);
    }
    if (fields.use_regex) steps->list.push_back({SplitKind::Gpt2Words, {}});
    steps->byte_level = true;
  } else {
    reader.fail("pre_tokenizer: unknown component '" + fields.type + "'" + kCannot);
  }
}

void read_component(JsonReader& reader, Steps* steps) {
  if (reader.peek() != JsonReaderKind::Object) reader.fail("pre_tokenizer: expected a component");
  Fields fields;
  bool is_sequence = false;
  std::string key;
  reader.begin_object();
  while (reader.next_key(&key)) {
    if (key == "type") {
      fields.type = reader.read_string();
    } else if (key == "pattern") {
      read_pattern(reader, &fields);
    } else if (key == "behavior") {
      fields.behavior = reader.read_string();
    } else if (key == "invert") {
      fields.invert = reader.read_boolean();
    } else if (key == "add_prefix_space") {
      fields.add_prefix_space = reader.read_boolean();
    } else if (key == "use_regex") {
      fields.use_regex = reader.read_boolean();
    } else if (key == "individual_digits") {
      fields.individual_digits = reader.read_boolean();
    } else if (key == "pretokenizers") {
      is_sequence = true;
      reader.begin_array();
      while (reader.next_element()) read_component(reader, steps);
    } else {
      reader.skip_value();
    }
  }
  if (is_sequence && (fields.type == "Sequence" || fields.type.empty())) return;
  if (fields.type == "Sequence") return;  // an empty one
  add_component(reader, fields, steps);
}

}  // namespace

PreTokenizer PreTokenizer::from_json(JsonReader& reader) {
  if (reader.peek() == JsonReaderKind::Null) {
    reader.fail(std::string("pre_tokenizer: null, where byte-level tokenizers have ByteLevel") +
                kCannot);
  }
  Steps steps;
  read_component(reader, &steps);
  if (!steps.byte_level) {
    reader.fail(std::string("pre_tokenizer: no ByteLevel component") + kCannot);
  }
  return PreTokenizer(std::move(steps.list));
}

}  // namespace engine
