// Components of tokenizer.json. What is not known is refused by name: a similar cut would give
// other tokens than the model was trained on.
#include "engine/tokenizer/components_json.h"

#include "engine/tokenizer/token_spelling.h"

namespace engine {
namespace {

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 80;
  if (text.size() <= kShown) return std::string(text);
  std::size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "… (" + std::to_string(text.size()) + " bytes)";
}

// Every field that any supported component has; which of them matter depends on `type`.
struct Fields {
  std::string type, behavior, regex, literal, prepend, content, replacement, prepend_scheme;
  bool has_regex = false, has_literal = false, is_sequence = false, has_prepend_scheme = false;
  bool invert = false, add_prefix_space = true, use_regex = true, individual_digits = false;
  bool split = true;
  std::int64_t start = 0, stop = 0;
};

void read_pattern(JsonInput& input, const char* where, Fields* fields) {
  std::string key;
  input.begin_object();
  while (input.next_key(&key)) {
    if (key == "Regex") {
      fields->regex = input.read_string();
      fields->has_regex = true;
    } else if (key == "String") {
      fields->literal = input.read_string();
      fields->has_literal = true;
    } else {
      input.refuse(std::string(where) + " › pattern: unknown kind '" + key + "'");
    }
  }
}

std::string* text_field(const std::string& key, Fields* fields) {
  if (key == "type") return &fields->type;
  if (key == "behavior") return &fields->behavior;
  if (key == "prepend") return &fields->prepend;
  if (key == "content") return &fields->content;
  if (key == "replacement") return &fields->replacement;
  return nullptr;
}

bool* flag_field(const std::string& key, Fields* fields) {
  if (key == "invert") return &fields->invert;
  if (key == "add_prefix_space") return &fields->add_prefix_space;
  if (key == "use_regex") return &fields->use_regex;
  if (key == "individual_digits") return &fields->individual_digits;
  if (key == "split") return &fields->split;
  return nullptr;
}

// One component's own fields; `nested(input)` is called for each member of a Sequence.
template <class Nested>
Fields read_fields(JsonInput& input, const char* where, const char* list, Nested nested) {
  if (input.peek() != JsonKind::Object) {
    input.fail(std::string(where) + ": expected a component");
  }
  Fields fields;
  std::string key;
  input.begin_object();
  while (input.next_key(&key)) {
    if (input.peek() == JsonKind::Null) {
      input.read_null();
    } else if (std::string* const text = text_field(key, &fields)) {
      *text = input.read_string();
    } else if (bool* const flag = flag_field(key, &fields)) {
      *flag = input.read_boolean();
    } else if (key == "prepend_scheme") {
      fields.prepend_scheme = input.read_string();
      fields.has_prepend_scheme = true;
    } else if (key == "start" || key == "stop") {
      (key == "start" ? fields.start : fields.stop) = input.read_integer();
    } else if (key == "pattern") {
      read_pattern(input, where, &fields);
    } else if (key == list) {
      fields.is_sequence = true;
      input.begin_array();
      while (input.next_element()) nested(input);
    } else {
      input.skip_value();
    }
  }
  if (fields.type == "Sequence" || (fields.is_sequence && fields.type.empty())) {
    fields.is_sequence = true;
  } else if (fields.type.empty()) {
    input.fail(std::string(where) + " › type: missing");
  }
  return fields;
}

[[noreturn]] void refuse_component(JsonInput& input, const char* where, const Fields& fields) {
  input.refuse(std::string(where) + ": unknown component '" + shortened(fields.type) + "'");
}

void add_split(JsonInput& input, const Fields& fields, PreTokenizerFields* out) {
  if (fields.behavior != "Isolated") {
    input.refuse("pre_tokenizer › Split › behavior: '" + shortened(fields.behavior) +
                 "' is not supported, only 'Isolated'");
  }
  if (fields.invert) input.refuse("pre_tokenizer › Split › invert: true");
  if (fields.has_literal && !fields.literal.empty()) {
    out->steps.push_back({SplitKind::Literal, fields.literal});
    return;
  }
  const auto kind =
      fields.has_regex ? known_split_pattern(fields.regex) : std::optional<SplitKind>{};
  if (!kind) {
    input.refuse("pre_tokenizer › Split › pattern: unknown pattern '" + shortened(fields.regex) +
                 "'");
  }
  out->steps.push_back({*kind, {}});
}

MetaspaceCoder::Prefix prefix_of(JsonInput& input, const char* where, const Fields& fields) {
  using enum MetaspaceCoder::Prefix;
  if (fields.replacement != kMetaspace) {
    input.refuse(std::string(where) + " › Metaspace › replacement: '" +
                 shortened(fields.replacement) + "', not U+2581");
  }
  if (!fields.has_prepend_scheme) return fields.add_prefix_space ? UnlessSpace : Never;
  if (fields.prepend_scheme == "always") return UnlessSpace;
  if (fields.prepend_scheme == "first") return FirstUnlessSpace;
  if (fields.prepend_scheme == "never") return Never;
  input.refuse(std::string(where) + " › Metaspace › prepend_scheme: unknown scheme '" +
               shortened(fields.prepend_scheme) + "'");
}

void add_component(JsonInput& input, const Fields& fields, PreTokenizerFields* out) {
  if (out->byte_level || out->metaspace) {
    input.refuse("pre_tokenizer: the component '" + shortened(fields.type) + "' after " +
                 (out->byte_level ? "ByteLevel" : "Metaspace"));
  }
  if (fields.type == "Split") {
    add_split(input, fields, out);
  } else if (fields.type == "Digits") {
    out->steps.push_back(
        {fields.individual_digits ? SplitKind::IndividualDigits : SplitKind::Digits, {}});
  } else if (fields.type == "ByteLevel") {
    if (fields.add_prefix_space) input.refuse("pre_tokenizer › ByteLevel › add_prefix_space: true");
    if (fields.use_regex) out->steps.push_back({SplitKind::Gpt2Words, {}});
    out->byte_level = true;
  } else if (fields.type == "Metaspace") {
    if (!out->steps.empty()) input.refuse("pre_tokenizer: Metaspace after another component");
    out->metaspace = true;
    out->prefix = prefix_of(input, "pre_tokenizer", fields);
    out->split = fields.split;
  } else {
    refuse_component(input, "pre_tokenizer", fields);
  }
}

void read_pre_tokenizer_into(JsonInput& input, PreTokenizerFields* out) {
  const Fields fields = read_fields(input, "pre_tokenizer", "pretokenizers",
                                    [out](JsonInput& in) { read_pre_tokenizer_into(in, out); });
  if (!fields.is_sequence) add_component(input, fields, out);
}

void read_normalizer_into(JsonInput& input, NormalizerFields* out) {
  const Fields fields = read_fields(input, "normalizer", "normalizers",
                                    [out](JsonInput& in) { read_normalizer_into(in, out); });
  if (fields.is_sequence) return;
  if (fields.type == "Prepend") {
    if (fields.prepend != kMetaspace || out->prepends) {
      input.refuse("normalizer › Prepend › prepend: '" + shortened(fields.prepend) +
                   "', not one U+2581");
    }
    out->prepends = true;
  } else if (fields.type == "Replace") {
    if (fields.has_regex || fields.literal != " " || fields.content != kMetaspace) {
      input.refuse("normalizer › Replace: not of a space by U+2581");
    }
    out->replaces = true;
  } else {
    refuse_component(input, "normalizer", fields);
  }
}

void read_decoder_into(JsonInput& input, DecoderFields* out) {
  const Fields fields = read_fields(input, "decoder", "decoders",
                                    [out](JsonInput& in) { read_decoder_into(in, out); });
  if (fields.is_sequence || fields.type == "Fuse") return;
  if (fields.type == "ByteLevel") {
    out->byte_level = true;
  } else if (fields.type == "ByteFallback") {
    out->byte_fallback = true;
  } else if (fields.type == "Metaspace") {
    out->metaspace = true;
    out->drops_first_space = prefix_of(input, "decoder", fields) != MetaspaceCoder::Prefix::Never;
  } else if (fields.type == "Replace" && fields.literal == kMetaspace && fields.content == " ") {
    out->metaspace = true;
  } else if (fields.type == "Strip" && fields.content == " " && fields.start == 1 &&
             fields.stop == 0) {
    out->drops_first_space = true;
  } else {
    refuse_component(input, "decoder", fields);
  }
}

}  // namespace

NormalizerFields read_normalizer(JsonInput& input) {
  NormalizerFields out;
  if (input.peek() == JsonKind::Null) {
    input.read_null();
    return out;
  }
  read_normalizer_into(input, &out);
  if (out.prepends && !out.replaces) input.refuse("normalizer › Prepend without Replace");
  return out;
}

PreTokenizerFields read_pre_tokenizer(JsonInput& input) {
  PreTokenizerFields out;
  if (input.peek() == JsonKind::Null) {
    input.read_null();
    out.is_null = true;
    return out;
  }
  read_pre_tokenizer_into(input, &out);
  return out;
}

DecoderFields read_decoder(JsonInput& input) {
  if (input.peek() == JsonKind::Null) input.refuse("decoder: null");
  DecoderFields out;
  read_decoder_into(input, &out);
  if (out.byte_level && (out.metaspace || out.byte_fallback || out.drops_first_space)) {
    input.refuse("decoder: ByteLevel together with other components");
  }
  return out;
}

}  // namespace engine
