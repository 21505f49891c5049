// str's methods, as far as chat templates and their authors use them.
#include <algorithm>

#include "engine/tokenizer/jinja/case_mapping.h"
#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/format.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

struct Call {
  Interpreter& in;
  const Text& self;
  const std::string& name;
  const Args& args;

  const Value* given(std::size_t index, std::string_view keyword) const {
    const Value* const value = args.find(index, keyword);
    return value != nullptr && !value->is(ValueKind::None) ? value : nullptr;
  }
  const Text& string(std::size_t index, std::string_view keyword) const {
    const Value* const value = given(index, keyword);
    if (value == nullptr) in.error("the method '" + name + "' takes a string");
    in.require_defined(*value);
    if (!value->is_string()) {
      in.error("the method '" + name + "' takes a string, found " +
               std::string(value->type_name()));
    }
    return value->text();
  }
  std::int64_t whole(std::size_t index, std::string_view keyword, std::int64_t otherwise) const {
    const Value* const value = given(index, keyword);
    if (value == nullptr) return otherwise;
    in.require_defined(*value);
    if (!value->is_whole()) in.error("the method '" + name + "' takes a whole number");
    return value->integer();
  }
};

using Pieces = std::vector<std::pair<std::size_t, std::size_t>>;  // byte ranges

Pieces split_at_space(const std::string& bytes, std::int64_t limit) {
  Pieces out;
  std::size_t at = 0;
  const auto skip = [&](bool spaces) {
    while (at < bytes.size()) {
      const Utf8Unit unit = decode_utf8(bytes, at);
      if ((unit.valid && is_python_space(unit.code_point)) != spaces) break;
      at += unit.length;
    }
  };
  skip(true);
  while (at < bytes.size()) {
    const std::size_t begin = at;
    if (limit >= 0 && static_cast<std::int64_t>(out.size()) == limit) {
      out.emplace_back(begin, bytes.size());
      break;
    }
    skip(false);
    out.emplace_back(begin, at);
    skip(true);
  }
  return out;
}

Pieces split_at(const std::string& bytes, const std::string& separator, std::int64_t limit) {
  Pieces out;
  std::size_t at = 0;
  while (limit < 0 || static_cast<std::int64_t>(out.size()) < limit) {
    const std::size_t hit = bytes.find(separator, at);
    if (hit == std::string::npos) break;
    out.emplace_back(at, hit);
    at = hit + separator.size();
  }
  out.emplace_back(at, bytes.size());
  return out;
}

Pieces split_from_right(const std::string& bytes, const std::string& separator,
                        std::int64_t limit) {
  Pieces out;
  std::size_t end = bytes.size();
  while (limit < 0 || static_cast<std::int64_t>(out.size()) < limit) {
    if (end < separator.size()) break;
    const std::size_t hit = bytes.rfind(separator, end - separator.size());
    if (hit == std::string::npos) break;
    out.emplace_back(hit + separator.size(), end);
    end = hit;
  }
  out.emplace_back(0, end);
  std::reverse(out.begin(), out.end());
  return out;
}

Value pieces_to_list(const Call& call, const Pieces& pieces) {
  std::vector<Value> out;
  for (const auto& [begin, end] : pieces) out.push_back(call.in.make(call.self.slice(begin, end)));
  return call.in.make_list(std::move(out));
}

Value split(const Call& call) {
  const std::int64_t limit = call.whole(1, "maxsplit", -1);
  const bool from_right = call.name == "rsplit";
  if (call.given(0, "sep") == nullptr) {
    if (from_right && limit >= 0) call.in.unsupported("rsplit at white space with a limit");
    return pieces_to_list(call, split_at_space(call.self.bytes(), limit));
  }
  const Text& separator = call.string(0, "sep");
  if (separator.empty()) call.in.error("split with an empty separator");
  return pieces_to_list(call, from_right
                                  ? split_from_right(call.self.bytes(), separator.bytes(), limit)
                                  : split_at(call.self.bytes(), separator.bytes(), limit));
}

Value partition(const Call& call) {
  const Text& separator = call.string(0, "sep");
  if (separator.empty()) call.in.error("partition with an empty separator");
  const std::string& bytes = call.self.bytes();
  const bool from_right = call.name == "rpartition";
  const std::size_t hit =
      from_right ? bytes.rfind(separator.bytes()) : bytes.find(separator.bytes());
  std::vector<Value> parts(3, Value::string(""));
  if (hit == std::string::npos) {
    parts[from_right ? 2 : 0] = Value(call.self);
  } else {
    const std::size_t after = hit + separator.size();
    parts[0] = call.in.make(call.self.slice(0, hit));
    parts[1] = call.in.make(call.self.slice(hit, after));
    parts[2] = call.in.make(call.self.slice(after, bytes.size()));
  }
  return call.in.make_list(std::move(parts), true);
}

Value split_lines(const Call& call) {
  const std::string& bytes = call.self.bytes();
  const Value* const keep_value = call.given(0, "keepends");
  const bool keep = keep_value != nullptr && keep_value->truth();
  Pieces out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Unit unit = decode_utf8(bytes, at);
    const char32_t c = unit.code_point;
    const bool breaks = (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
                        c == 0x2028 || c == 0x2029;
    std::size_t end = at + unit.length;
    if (breaks) {
      if (c == '\r' && end < bytes.size() && bytes[end] == '\n') ++end;
      out.emplace_back(begin, keep ? end : at);
      begin = end;
    }
    at = end;
  }
  if (begin < bytes.size()) out.emplace_back(begin, bytes.size());
  return pieces_to_list(call, out);
}

Value strip_method(const Call& call) {
  const Value* const characters = call.given(0, "chars");
  const std::string* const set = characters != nullptr ? &call.string(0, "chars").bytes() : nullptr;
  const Side side = call.name == "lstrip"   ? Side::Left
                    : call.name == "rstrip" ? Side::Right
                                            : Side::Both;
  return call.in.make(strip(call.self, set, side));
}

// startswith, endswith: one string or a tuple of them, in self[start:end].
Value affix(const Call& call) {
  const Value* const affixes = call.given(0, "prefix");
  if (affixes == nullptr) call.in.error("the method '" + call.name + "' takes a string");
  call.in.require_defined(*affixes);
  const Value start(call.whole(1, "start", 0));
  const Value* const stop = call.given(2, "end");
  const bool whole_text = start.integer() == 0 && stop == nullptr;
  const Value part =
      whole_text ? Value(call.self) : slice(call.in, Value(call.self), &start, stop, nullptr);
  const bool is_list = affixes->is(ValueKind::List);
  const std::vector<Value> list = is_list ? affixes->list().items : std::vector<Value>{*affixes};
  for (const Value& value : list) {
    if (!value.is_string()) call.in.error("the method '" + call.name + "' takes strings");
    const bool holds = call.name == "startswith" ? part.bytes().starts_with(value.bytes())
                                                 : part.bytes().ends_with(value.bytes());
    if (holds) return Value(true);
  }
  return Value(false);
}

// find, rfind, index, rindex, count; places are in characters.
Value search(const Call& call) {
  const std::string& needle = call.string(0, "sub").bytes();
  const std::string& bytes = call.self.bytes();
  const auto length = static_cast<std::int64_t>(count_characters(bytes));
  const auto place = [length](std::int64_t at) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length));
  };
  const std::size_t begin = character_offset(bytes, place(call.whole(1, "start", 0)));
  const std::size_t end = character_offset(bytes, place(call.whole(2, "end", length)));
  const std::string_view part = std::string_view(bytes).substr(0, std::max(begin, end));
  if (call.name == "count") {
    std::int64_t n = 0;
    if (needle.empty()) {
      return Value(static_cast<std::int64_t>(count_characters(part.substr(begin)) + 1));
    }
    for (std::size_t at = part.find(needle, begin); at != part.npos;
         at = part.find(needle, at + needle.size())) {
      ++n;
    }
    return Value(n);
  }
  const bool from_right = call.name.starts_with("r");
  std::size_t hit = from_right ? part.rfind(needle) : part.find(needle, begin);
  if (hit != part.npos && hit < begin) hit = part.npos;
  if (hit == part.npos) {
    if (call.name.ends_with("index")) call.in.error("the text is not found");
    return Value(std::int64_t{-1});
  }
  return Value(static_cast<std::int64_t>(count_characters(part.substr(0, hit))));
}

Value join(const Call& call) {
  const Value* const items = call.given(0, "iterable");
  if (items == nullptr) call.in.error("join takes a list");
  Text out;
  bool first = true;
  for (const Value& item : call.in.iterate(*items)) {
    call.in.require_defined(item);
    if (!item.is_string()) {
      call.in.error("join takes strings, found " + std::string(item.type_name()));
    }
    call.in.charge_bytes(item.text().size() + call.self.size());
    if (!first) out.append(call.self);
    out.append(item.text());
    first = false;
  }
  return call.in.make(std::move(out));
}

// isdigit, isspace, …: every character, and at least one.
Value all_characters(const Call& call) {
  const auto holds = [&call](char32_t c) {
    if (call.name == "isspace") return is_python_space(c);
    if (call.name == "isalpha") return is_alphabetic(c);
    if (call.name == "isalnum") return is_alphabetic(c) || is_decimal_digit(c);
    return is_decimal_digit(c);
  };
  const std::string& bytes = call.self.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Unit unit = decode_utf8(bytes, at);
    if (!unit.valid || !holds(unit.code_point)) return Value(false);
    at += unit.length;
  }
  return Value(!bytes.empty());
}

// isupper, islower: no character of the other case, and at least one of this one.
Value has_case(const Call& call) {
  const bool upper = call.name == "isupper";
  bool any = false;
  const std::string& bytes = call.self.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Unit unit = decode_utf8(bytes, at);
    if (upper ? is_lower(unit.code_point) : is_upper(unit.code_point)) return Value(false);
    any = any || (upper ? is_upper(unit.code_point) : is_lower(unit.code_point));
    at += unit.length;
  }
  return Value(any);
}

// center, ljust, rjust, zfill
Value pad(const Call& call) {
  const std::int64_t width = call.whole(0, "width", 0);
  const auto length = static_cast<std::int64_t>(count_characters(call.self.bytes()));
  if (width <= length) return Value(call.self);
  if (width > (1 << 20)) call.in.limit("a text padded to more than a million characters");
  const bool is_zfill = call.name == "zfill";
  const Text fill = is_zfill                               ? Text("0")
                    : call.given(1, "fillchar") != nullptr ? call.string(1, "fillchar")
                                                           : Text(" ");
  const std::int64_t missing = width - length;
  const std::int64_t left = call.name == "ljust"    ? 0
                            : call.name != "center" ? missing
                                                    : missing / 2 + (missing & width & 1);
  const std::string& bytes = call.self.bytes();
  const std::size_t sign =
      is_zfill && !bytes.empty() && (bytes[0] == '-' || bytes[0] == '+') ? 1 : 0;
  Text out = call.self.slice(0, sign);
  for (std::int64_t i = 0; i < left; ++i) out.append(fill);
  out.append_slice(call.self, sign, bytes.size());
  for (std::int64_t i = left; i < missing; ++i) out.append(fill);
  return call.in.make(std::move(out));
}

Value case_method(const Call& call) {
  return call.in.make(map_case(call.self, call.name == "upper"        ? to_upper
                                          : call.name == "title"      ? to_title
                                          : call.name == "capitalize" ? to_capitalized
                                                                      : to_lower));
}

Value replace_method(const Call& call) {
  return call.in.make(replace(call.in, call.self, call.string(0, "old"), call.string(1, "new"),
                              call.whole(2, "count", -1)));
}

Value remove_affix(const Call& call) {
  const std::string& bytes = call.self.bytes();
  if (call.name == "removeprefix") {
    const Text& prefix = call.string(0, "prefix");
    const std::size_t begin = bytes.starts_with(prefix.bytes()) ? prefix.size() : 0;
    return call.in.make(call.self.slice(begin, bytes.size()));
  }
  const Text& suffix = call.string(0, "suffix");
  const std::size_t cut = bytes.ends_with(suffix.bytes()) ? suffix.size() : 0;
  return call.in.make(call.self.slice(0, bytes.size() - cut));
}

Value format_method(const Call& call) {
  return call.in.make(brace_format(call.in, call.self, call.args));
}

struct MethodEntry {
  std::string_view name;
  Value (*apply)(const Call&);
};

constexpr MethodEntry kMethods[] = {
    {"split", split},
    {"rsplit", split},
    {"splitlines", split_lines},
    {"partition", partition},
    {"rpartition", partition},
    {"strip", strip_method},
    {"lstrip", strip_method},
    {"rstrip", strip_method},
    {"startswith", affix},
    {"endswith", affix},
    {"find", search},
    {"rfind", search},
    {"index", search},
    {"rindex", search},
    {"count", search},
    {"join", join},
    {"replace", replace_method},
    {"upper", case_method},
    {"lower", case_method},
    {"title", case_method},
    {"capitalize", case_method},
    {"isdigit", all_characters},
    {"isdecimal", all_characters},
    {"isspace", all_characters},
    {"isalpha", all_characters},
    {"isalnum", all_characters},
    {"isupper", has_case},
    {"islower", has_case},
    {"center", pad},
    {"ljust", pad},
    {"rjust", pad},
    {"zfill", pad},
    {"removeprefix", remove_affix},
    {"removesuffix", remove_affix},
    {"format", format_method},
};

const MethodEntry* find_method(std::string_view name) {
  const auto entry = std::find_if(std::begin(kMethods), std::end(kMethods),
                                  [name](const MethodEntry& known) { return known.name == name; });
  return entry != std::end(kMethods) ? entry : nullptr;
}

}  // namespace

bool is_string_method(std::string_view name) { return find_method(name) != nullptr; }

Value call_string_method(Interpreter& in, const Text& self, const std::string& name,
                         const Args& args) {
  const MethodEntry* const method = find_method(name);
  if (method == nullptr) in.error("unknown attribute '" + name + "' of str");
  in.charge_bytes(self.size());
  return method->apply({in, self, name, args});
}

}  // namespace engine::jinja
