// Filters on text, and what they share with string methods.
#include <algorithm>

#include "engine/tokenizer/jinja/case_mapping.h"
#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/format.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

bool is_stripped(std::string_view text, const Utf8Unit& unit, std::size_t at,
                 const std::string* characters) {
  if (characters == nullptr) return unit.valid && is_python_space(unit.code_point);
  const std::string_view character = text.substr(at, unit.length);
  for (std::size_t i = 0; i < characters->size();) {
    const std::uint32_t length = decode_utf8(*characters, i).length;
    if (std::string_view(*characters).substr(i, length) == character) return true;
    i += length;
  }
  return false;
}

// Start of the character that ends at `end`.
std::size_t previous_character(std::string_view text, std::size_t end) {
  for (std::size_t back = std::min<std::size_t>(4, end); back > 1; --back) {
    const Utf8Unit unit = decode_utf8(text, end - back);
    if (unit.valid && unit.length == back) return end - back;
  }
  return end - 1;
}

Text text_of(Interpreter& in, const Value& input) {
  Text text = in.to_text(input);
  in.charge_bytes(text.size());
  return text;
}

Value upper_filter(Interpreter& in, const Value& input, const Args&) {
  return in.make(map_case(text_of(in, input), to_upper));
}
Value lower_filter(Interpreter& in, const Value& input, const Args&) {
  return in.make(map_case(text_of(in, input), to_lower));
}
Value capitalize_filter(Interpreter& in, const Value& input, const Args&) {
  return in.make(map_case(text_of(in, input), to_capitalized));
}

// Not str.title: words start after white space or one of -({[<.
Value title_filter(Interpreter& in, const Value& input, const Args&) {
  const Text text = text_of(in, input);
  const std::string& bytes = text.bytes();
  Text out;
  std::size_t word = 0;
  for (std::size_t at = 0; at <= bytes.size();) {
    const bool ended = at == bytes.size();
    const Utf8Unit unit = ended ? Utf8Unit{} : decode_utf8(bytes, at);
    const bool breaks = ended || is_python_space(unit.code_point) ||
                        (unit.code_point < 0x80 && std::string_view("-({[<").find(static_cast<char>(
                                                       unit.code_point)) != std::string_view::npos);
    if (breaks) {
      out.append(map_case(text.slice(word, at), to_capitalized));
      word = ended ? at : at + unit.length;
      out.append_slice(text, at, word);
    }
    if (ended) break;
    at += unit.length;
  }
  return in.make(std::move(out));
}

Value trim_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const characters = args.find(0, "chars");
  const bool given = characters != nullptr && characters->is_string();
  return in.make(strip(text_of(in, input), given ? &characters->bytes() : nullptr, Side::Both));
}

Value replace_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const old = args.find(0, "old");
  const Value* const with = args.find(1, "new");
  const Value* const count = args.find(2, "count");
  if (old == nullptr || with == nullptr) in.error("replace takes two strings");
  return in.make(replace(in, text_of(in, input), in.to_text(*old), in.to_text(*with),
                         count != nullptr && count->is_whole() ? count->integer() : -1));
}

Value indent_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const width = args.find(0, "width");
  const Value* const first = args.find(1, "first");
  const Value* const blank = args.find(2, "blank");
  Text space("    ");
  if (width != nullptr && width->is_string()) space = width->text();
  if (width != nullptr && width->is_whole()) {
    const auto n = static_cast<std::size_t>(std::clamp<std::int64_t>(width->integer(), 0, 4096));
    space = Text(std::string(n, ' '));
  }
  const bool indents_blank = blank != nullptr && blank->truth();
  const Text text = text_of(in, input);
  const std::string& bytes = text.bytes();
  Text out;
  if (first != nullptr && first->truth()) out.append(space);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t line_break = bytes.find('\n', at);
    const std::size_t end = line_break == std::string::npos ? bytes.size() : line_break + 1;
    const bool is_blank = at + 1 == end && bytes[at] == '\n';
    in.charge_bytes(space.size());
    if (at > 0 && (!is_blank || indents_blank)) out.append(space);
    out.append_slice(text, at, end);
    at = end;
  }
  return in.make(std::move(out));
}

Value escape_filter(Interpreter& in, const Value& input, const Args&) {
  const Text text = text_of(in, input);
  Text out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text.bytes()[at];
    const char* const entity = c == '&'    ? "&amp;"
                               : c == '<'  ? "&lt;"
                               : c == '>'  ? "&gt;"
                               : c == '"'  ? "&#34;"
                               : c == '\'' ? "&#39;"
                                           : nullptr;
    if (entity != nullptr) {
      out.append_derived(entity, text, at, at + 1);
    } else {
      out.append_slice(text, at, at + 1);
    }
  }
  return in.make(std::move(out));
}

Value format_filter(Interpreter& in, const Value& input, const Args& args) {
  return in.make(percent_format(in, in.to_text(input), in.make_list(args.positional, true)));
}

Value wordcount_filter(Interpreter& in, const Value& input, const Args&) {
  const Text text = text_of(in, input);
  std::int64_t n = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Unit unit = decode_utf8(text.bytes(), at);
    const bool is_word = unit.code_point == '_' || is_alphabetic(unit.code_point) ||
                         is_decimal_digit(unit.code_point);
    if (is_word && !inside) ++n;
    inside = is_word;
    at += unit.length;
  }
  return Value(n);
}

Value truncate_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const length_value = args.find(0, "length");
  const Value* const kill_words = args.find(1, "killwords");
  const Value* const end_value = args.find(2, "end");
  const Value* const leeway_value = args.find(3, "leeway");
  const auto number = [&in](const Value* value, std::int64_t otherwise) {
    if (value == nullptr || !value->is_whole()) return static_cast<std::size_t>(otherwise);
    if (value->integer() < 0) in.error("truncate takes a length from 0");
    return static_cast<std::size_t>(value->integer());
  };
  const Text end = end_value != nullptr ? in.to_text(*end_value) : Text("...");
  const std::size_t length = number(length_value, 255);
  const std::size_t leeway = number(leeway_value, 5);
  const Text text = text_of(in, input);
  const std::size_t end_length = count_characters(end.bytes());
  if (length < end_length) in.error("truncate to less than its own end mark");
  if (count_characters(text.bytes()) <= length + leeway) return in.make(text);
  Text out = text.slice(0, character_offset(text.bytes(), length - end_length));
  if (kill_words == nullptr || !kill_words->truth()) {
    const std::size_t space = out.bytes().rfind(' ');
    if (space != std::string::npos) out = out.slice(0, space);
  }
  out.append(end);
  return in.make(std::move(out));
}

constexpr FilterEntry kFilters[] = {
    {"upper", upper_filter},        {"lower", lower_filter},   {"capitalize", capitalize_filter},
    {"title", title_filter},        {"trim", trim_filter},     {"replace", replace_filter},
    {"indent", indent_filter},      {"escape", escape_filter}, {"e", escape_filter},
    {"forceescape", escape_filter}, {"format", format_filter}, {"wordcount", wordcount_filter},
    {"truncate", truncate_filter},
};

}  // namespace

std::span<const FilterEntry> string_filters() { return kFilters; }

Text strip(const Text& text, const std::string* characters, Side side) {
  const std::string& bytes = text.bytes();
  std::size_t begin = 0;
  std::size_t end = bytes.size();
  while (begin < end && side != Side::Right) {
    const Utf8Unit unit = decode_utf8(bytes, begin);
    if (!is_stripped(bytes, unit, begin, characters)) break;
    begin += unit.length;
  }
  while (begin < end && side != Side::Left) {
    const std::size_t start = previous_character(bytes, end);
    if (!is_stripped(bytes, decode_utf8(bytes, start), start, characters)) break;
    end = start;
  }
  return text.slice(begin, end);
}

Text replace(Interpreter& in, const Text& text, const Text& old, const Text& with,
             std::int64_t count) {
  const std::string& bytes = text.bytes();
  Text out;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (count != 0 && at <= bytes.size()) {
    const std::size_t hit = old.empty() ? at : bytes.find(old.bytes(), at);
    if (hit == std::string::npos) break;
    in.charge_bytes(with.size());
    out.append_slice(text, copied, hit);
    out.append(with);
    copied = hit + old.size();
    at = old.empty() && hit < bytes.size() ? hit + decode_utf8(bytes, hit).length
                                           : hit + std::max<std::size_t>(old.size(), 1);
    --count;
  }
  out.append_slice(text, copied, bytes.size());
  return out;
}

// Run by run, so that every run keeps its origin.
Text map_case(const Text& text, std::string (*map)(std::string_view)) {
  Text out;
  std::size_t at = 0;
  for (const Run& run : text.runs()) {
    const std::string_view part = std::string_view(text.bytes()).substr(at, run.length);
    const std::string mapped = at == 0 || map != to_capitalized ? map(part) : to_lower(part);
    if (mapped == part) {
      out.append_slice(text, at, at + run.length);
    } else {
      out.append_derived(mapped, text, at, at + run.length);
    }
    at += run.length;
  }
  return out;
}

}  // namespace engine::jinja
