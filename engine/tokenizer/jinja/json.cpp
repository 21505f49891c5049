#include "engine/tokenizer/jinja/json.h"

#include <algorithm>
#include <cmath>

#include "engine/tokenizer/jinja/format.h"
#include "engine/tokenizer/json_input.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

void append_hex4(char32_t value, std::string* out) {
  constexpr const char* kHex = "0123456789abcdef";
  *out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[(value >> shift) & 15]);
}

// The escape of a character, or "" when it stands for itself.
std::string json_escape(char32_t c, bool ensure_ascii) {
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  if (c < 0x80) {
    const std::size_t which = kPlain.find(static_cast<char>(c));
    if (which != kPlain.npos) return {'\\', kNames[which]};
  }
  std::string out;
  if (c >= 0x20 && (c < 0x7F || !ensure_ascii)) return out;
  if (c < 0x10000) {
    append_hex4(c, &out);
  } else {
    append_hex4(0xD7C0 + (c >> 10), &out);
    append_hex4(0xDC00 + (c & 0x3FF), &out);
  }
  return out;
}

class Writer {
 public:
  Writer(Interpreter& in, const JsonOptions& options) : in_(in), options_(options) {}

  void write(const Value& value, int level) {
    in_.charge();
    switch (value.kind()) {
      case ValueKind::None:
        return out_.append("null");
      case ValueKind::Boolean:
        return out_.append(value.boolean() ? "true" : "false");
      case ValueKind::Integer:
        return out_.append(std::to_string(value.integer()));
      case ValueKind::Float:
        return out_.append(float_text(value.number()));
      case ValueKind::String:
        return write_string(value.text());
      case ValueKind::List:
        return write_list(value.list(), level);
      case ValueKind::Dict:
        return write_dict(value.dict(), level);
      default:
        in_.error(std::string(value.type_name()) + " has no JSON form");
    }
  }

  Text take() { return std::move(out_); }

 private:
  static std::string float_text(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    return float_repr(number);
  }

  void write_string(const Text& text) {
    in_.charge_bytes(text.size());
    const std::string& bytes = text.bytes();
    out_.append("\"");
    std::size_t copied = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const Utf8Unit unit = decode_utf8(bytes, at);
      const std::string escape = json_escape(unit.code_point, options_.ensure_ascii);
      if (!escape.empty()) {
        out_.append_slice(text, copied, at);
        out_.append_derived(escape, text, at, at + unit.length);
        copied = at + unit.length;
      }
      at += unit.length;
    }
    out_.append_slice(text, copied, bytes.size());
    out_.append("\"");
  }

  void new_line(int level) {
    if (options_.indent < 0) return;
    const auto width = static_cast<std::size_t>(level) * static_cast<std::size_t>(options_.indent);
    in_.charge_bytes(width);
    out_.append("\n" + std::string(width, ' '));
  }

  void separate(std::size_t index, int level) {
    if (index > 0) out_.append(options_.indent < 0 ? options_.item_separator : item_end());
    new_line(level + 1);
  }

  // With an indent Python ends lines without a space, unless told otherwise.
  std::string item_end() const {
    return options_.item_separator == ", " ? "," : options_.item_separator;
  }

  void write_list(const ListData& list, int level) {
    if (list.items.empty()) return out_.append("[]");
    out_.append("[");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      separate(i, level);
      write(list.items[i], level + 1);
    }
    new_line(level);
    out_.append("]");
  }

  void write_key(const Value& key) {
    if (key.is_string()) return write_string(key.text());
    out_.append("\"");
    write(key, 0);
    out_.append("\"");
  }

  void write_dict(const DictData& dict, int level) {
    if (dict.items.empty()) return out_.append("{}");
    std::vector<const std::pair<Value, Value>*> items;
    for (const auto& item : dict.items) items.push_back(&item);
    if (options_.sort_keys) {
      std::stable_sort(items.begin(), items.end(), [](const auto* a, const auto* b) {
        bool comparable = true;
        return less(a->first, b->first, &comparable);
      });
    }
    out_.append("{");
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i, level);
      write_key(items[i]->first);
      out_.append(options_.key_separator);
      write(items[i]->second, level + 1);
    }
    new_line(level);
    out_.append("}");
  }

  Interpreter& in_;
  const JsonOptions& options_;
  Text out_;
};

// Everything a document says came from where the document came from; which part is not kept.
class Reader {
 public:
  Reader(Interpreter& in, const Text& text) : in_(in), text_(text), input_(text.bytes(), "value") {}

  Value read_document() {
    Value value = read();
    input_.finish();
    return value;
  }

 private:
  Value read() {
    in_.charge();
    switch (input_.peek()) {
      case JsonKind::Null:
        input_.read_null();
        return Value(None{});
      case JsonKind::Boolean:
        return Value(input_.read_boolean());
      case JsonKind::Number: {
        const std::string_view spelling = input_.read_spelling();
        if (const auto integer = json_integer(spelling)) return Value(*integer);
        const auto number = json_double(spelling);
        if (!number) input_.fail("the number does not fit in 64 bits");
        return Value(*number);
      }
      case JsonKind::String:
        return derived(input_.read_string());
      case JsonKind::Array: {
        std::vector<Value> items;
        input_.begin_array();
        while (input_.next_element()) items.push_back(read());
        return in_.make_list(std::move(items));
      }
      case JsonKind::Object: {
        std::vector<std::pair<Value, Value>> items;
        std::string key;
        input_.begin_object();
        while (input_.next_key(&key)) {
          const Value name = derived(key);
          items.emplace_back(name, read());
        }
        return in_.make_dict(std::move(items));
      }
    }
    return {};
  }

  Value derived(std::string_view bytes) {
    Text out;
    out.append_derived(bytes, text_, 0, text_.size());
    return in_.make(std::move(out));
  }

  Interpreter& in_;
  const Text& text_;
  JsonInput input_;
};

}  // namespace

Text to_json(Interpreter& in, const Value& value, const JsonOptions& options) {
  Writer writer(in, options);
  writer.write(value, 0);
  return writer.take();
}

Value from_json(Interpreter& in, const Text& text) {
  try {
    return Reader(in, text).read_document();
  } catch (const TokenizerFault& error) {
    in.error("from_json: " + error.message);
  }
}

}  // namespace engine::jinja
