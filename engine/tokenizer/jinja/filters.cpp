// Filters on any value, and the way to all filters by name.
#include "engine/tokenizer/jinja/filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/tokenizer/jinja/format.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/jinja/json.h"

namespace engine::jinja {
namespace {

Value default_filter(Interpreter&, const Value& input, const Args& args) {
  const Value* const fallback = args.find(0, "default_value");
  const Value* const boolean = args.find(1, "boolean");
  const bool missing =
      input.is(ValueKind::Undefined) || (boolean != nullptr && boolean->truth() && !input.truth());
  if (!missing) return input;
  return fallback != nullptr ? *fallback : Value::string("");
}

Value tojson_filter(Interpreter& in, const Value& input, const Args& args) {
  JsonOptions options;
  if (const Value* const ascii = args.find(0, "ensure_ascii"))
    options.ensure_ascii = ascii->truth();
  const Value* const indent = args.find(1, "indent");
  if (indent != nullptr && indent->is_whole()) {
    options.indent = static_cast<int>(std::clamp<std::int64_t>(indent->integer(), 0, 64));
  }
  const Value* const separators = args.find(2, "separators");
  if (separators != nullptr && separators->is(ValueKind::List) &&
      separators->list().items.size() == 2) {
    options.item_separator = in.to_text(separators->list().items[0]).bytes();
    options.key_separator = in.to_text(separators->list().items[1]).bytes();
  }
  if (const Value* const sort = args.find(3, "sort_keys")) options.sort_keys = sort->truth();
  in.require_defined(input);
  return in.make(to_json(in, input, options));
}

Value from_json_filter(Interpreter& in, const Value& input, const Args&) {
  in.require_defined(input);
  if (!input.is_string()) in.error("from_json takes a string");
  return from_json(in, input.text());
}

Value string_filter(Interpreter& in, const Value& input, const Args&) {
  return in.make(in.to_text(input));
}

// Python's float(text); false when it is not a number.
bool parse_float(std::string text, double* number) {
  std::erase(text, '_');
  const std::size_t begin = text.find_first_not_of(" \t\n\r\f\v");
  if (begin == std::string::npos) return false;
  const std::size_t end = text.find_last_not_of(" \t\n\r\f\v") + 1;
  const std::size_t sign = text[begin] == '+' ? 1 : 0;
  const char* const last = text.data() + end;
  const auto result = std::from_chars(text.data() + begin + sign, last, *number);
  return result.ec == std::errc{} && result.ptr == last;
}

bool parse_integer(std::string text, int base, std::int64_t* number) {
  std::erase(text, '_');
  const std::size_t begin = text.find_first_not_of(" \t\n\r\f\v");
  if (begin == std::string::npos) return false;
  const std::size_t end = text.find_last_not_of(" \t\n\r\f\v") + 1;
  const bool negative = text[begin] == '-';
  std::size_t digits = begin + (negative || text[begin] == '+' ? 1 : 0);
  // "0x1f" with base 16 or 0, and the like.
  const bool prefixed = digits + 2 < end && text[digits] == '0';
  const char kind = prefixed ? static_cast<char>(text[digits + 1] | 0x20) : '\0';
  const int prefix_base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
  if (prefix_base != 0 && (base == 0 || base == prefix_base)) {
    digits += 2;
    base = prefix_base;
  }
  const char* const last = text.data() + end;
  const auto result = std::from_chars(text.data() + digits, last, *number, base == 0 ? 10 : base);
  if (negative) *number = -*number;
  return result.ec == std::errc{} && result.ptr == last && text[digits] != '-';
}

Value int_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const fallback = args.find(0, "default");
  const Value* const base_value = args.find(1, "base");
  const std::int64_t base =
      base_value != nullptr && base_value->is_whole() ? base_value->integer() : 10;
  if (base != 0 && (base < 2 || base > 36)) in.error("int takes a base from 2 to 36");
  double number = 0;
  std::int64_t integer = 0;
  if (input.is_whole()) return Value(input.integer());
  const bool parsed = input.is_string();
  if (parsed && parse_integer(input.bytes(), static_cast<int>(base), &integer)) {
    return Value(integer);
  }
  const bool is_float = input.is(ValueKind::Float);
  if (is_float) number = input.number();
  if ((is_float || (parsed && parse_float(input.bytes(), &number))) && std::abs(number) < 9.2e18) {
    return Value(static_cast<std::int64_t>(number));
  }
  return fallback != nullptr ? *fallback : Value(std::int64_t{0});
}

Value float_filter(Interpreter&, const Value& input, const Args& args) {
  if (input.is_number()) return Value(input.number());
  double number = 0;
  if (input.is_string() && parse_float(input.bytes(), &number)) return Value(number);
  const Value* const fallback = args.find(0, "default");
  return fallback != nullptr ? *fallback : Value(0.0);
}

Value abs_filter(Interpreter& in, const Value& input, const Args&) {
  in.require_defined(input);
  if (!input.is_number()) in.error("abs takes a number");
  if (input.is(ValueKind::Float)) return Value(std::abs(input.number()));
  const std::int64_t number = input.integer();
  if (number == INT64_MIN) in.limit("a whole number beyond 64 bits");
  return Value(number < 0 ? -number : number);
}

Value round_filter(Interpreter& in, const Value& input, const Args& args) {
  in.require_defined(input);
  if (!input.is_number()) in.error("round takes a number");
  const Value* const precision_value = args.find(0, "precision");
  const Value* const method_value = args.find(1, "method");
  const std::int64_t precision =
      precision_value != nullptr && precision_value->is_whole() ? precision_value->integer() : 0;
  const std::string method = method_value != nullptr ? in.to_text(*method_value).bytes() : "common";
  if (precision < -300 || precision > 300) in.error("round takes a precision from -300 to 300");
  const double number = input.number();
  const double factor = std::pow(10.0, static_cast<double>(precision));
  if (method == "ceil") return Value(std::ceil(number * factor) / factor);
  if (method == "floor") return Value(std::floor(number * factor) / factor);
  if (method != "common") in.error("round takes 'common', 'ceil' or 'floor'");
  if (input.is_whole() && precision >= 0) return Value(input.integer());
  if (precision < 0) return Value(std::nearbyint(number * factor) / factor);
  std::array<char, 700> buffer{};  // decimal rounding of the exact value, ties to even
  std::snprintf(buffer.data(), buffer.size(), "%.*f", static_cast<int>(precision), number);
  double rounded = 0;
  return parse_float(buffer.data(), &rounded) ? Value(rounded) : input;
}

Value attr_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const name = args.find(0, "name");
  if (name == nullptr) in.error("attr takes a name");
  return get_attribute(in, input, in.to_text(*name).bytes());
}

constexpr FilterEntry kFilters[] = {
    {"default", default_filter},    {"d", default_filter},
    {"tojson", tojson_filter},      {"from_json", from_json_filter},
    {"fromjson", from_json_filter}, {"string", string_filter},
    {"safe", string_filter},        {"int", int_filter},
    {"float", float_filter},        {"abs", abs_filter},
    {"round", round_filter},        {"attr", attr_filter},
};

}  // namespace

const Value* Args::find(std::size_t index, std::string_view name) const {
  if (index < positional.size()) return &positional[index];
  for (const auto& [known, value] : named) {
    if (known == name) return &value;
  }
  return nullptr;
}

const FilterEntry* find_filter(std::string_view name) {
  for (const auto table :
       {std::span<const FilterEntry>(kFilters), list_filters(), string_filters()}) {
    for (const FilterEntry& entry : table) {
      if (entry.name == name) return &entry;
    }
  }
  return nullptr;
}

}  // namespace engine::jinja
