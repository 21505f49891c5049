#include "engine/tokenizer/jinja/format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

void append_string_repr(const Text& text, Text* out) {
  const std::string& bytes = text.bytes();
  const bool double_quoted =
      bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos;
  const char quote = double_quoted ? '"' : '\'';
  out->append(std::string_view(&quote, 1));
  std::size_t copied = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Unit unit = decode_utf8(bytes, at);
    const char c = bytes[at];
    std::string escape;
    if (c == '\\' || c == quote) {
      escape = {'\\', c};
    } else if (c == '\n' || c == '\r' || c == '\t') {
      escape = {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : 't'};
    } else if (unit.code_point < 0x20 || (unit.code_point >= 0x7F && unit.code_point < 0xA1) ||
               unit.code_point == 0xAD) {
      constexpr const char* kHex = "0123456789abcdef";
      escape = {'\\', 'x', kHex[unit.code_point >> 4], kHex[unit.code_point & 15]};
    }
    if (!escape.empty()) {
      out->append_slice(text, copied, at);
      out->append_derived(escape, text, at, at + unit.length);
      copied = at + unit.length;
    }
    at += unit.length;
  }
  out->append_slice(text, copied, bytes.size());
  out->append(std::string_view(&quote, 1));
}

void append_list_repr(Interpreter& in, const ListData& list, Text* out) {
  out->append(list.is_tuple ? "(" : "[");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out->append(", ");
    append_repr(in, list.items[i], out);
  }
  out->append(!list.is_tuple ? "]" : list.items.size() == 1 ? ",)" : ")");
}

void append_dict_repr(Interpreter& in, const DictData& dict, Text* out) {
  out->append("{");
  for (std::size_t i = 0; i < dict.items.size(); ++i) {
    if (i > 0) out->append(", ");
    append_repr(in, dict.items[i].first, out);
    out->append(": ");
    append_repr(in, dict.items[i].second, out);
  }
  out->append("}");
}

// One %-directive's value: `kind` is its letter, `spec` what stands before it ("%5.2").
void append_directive(Interpreter& in, const std::string& spec, char kind, const Value& value,
                      Text* out) {
  if (kind == 's' || kind == 'r') {
    if (spec != "%") in.unsupported("widths in '%s' are not supported");
    if (kind == 's') return out->append(in.to_text(value));
    return append_repr(in, value, out);
  }
  in.require_defined(value);
  if (!value.is_number()) in.error("'%" + std::string(1, kind) + "' takes a number");
  std::array<char, 512> buffer{};
  int length = 0;
  if (kind == 'd' || kind == 'i' || kind == 'x' || kind == 'X') {
    const long long whole =
        value.is_whole() ? value.integer() : static_cast<long long>(std::trunc(value.number()));
    const std::string format = spec + "ll" + kind;
    length = std::snprintf(buffer.data(), buffer.size(), format.c_str(), whole);
  } else {
    const std::string format = spec + kind;
    length = std::snprintf(buffer.data(), buffer.size(), format.c_str(), value.number());
  }
  if (length < 0 || static_cast<std::size_t>(length) >= buffer.size()) {
    in.limit("a formatted number longer than 512 characters");
  }
  out->append(std::string_view(buffer.data(), static_cast<std::size_t>(length)));
}

}  // namespace

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string shortest(buffer.data(), end);
  const std::size_t e = shortest.find('e');
  const int exponent = std::stoi(shortest.substr(e + 1));
  if (exponent < -4 || exponent >= 16) return shortest;
  const auto fixed =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  std::string out(buffer.data(), fixed.ptr);
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

void append_repr(Interpreter& in, const Value& value, Text* out) {
  in.charge();
  switch (value.kind()) {
    case ValueKind::String:
      in.charge_bytes(value.text().size());
      return append_string_repr(value.text(), out);
    case ValueKind::List:
      return append_list_repr(in, value.list(), out);
    case ValueKind::Dict:
      return append_dict_repr(in, value.dict(), out);
    case ValueKind::Undefined:
      return out->append("Undefined");
    default:
      return out->append(in.to_text(value));
  }
}

Text Interpreter::to_text(const Value& value) {
  switch (value.kind()) {
    case ValueKind::Undefined:
      return {};
    case ValueKind::None:
      return Text("None");
    case ValueKind::Boolean:
      return Text(value.boolean() ? "True" : "False");
    case ValueKind::Integer:
      return Text(std::to_string(value.integer()));
    case ValueKind::Float:
      return Text(float_repr(value.number()));
    case ValueKind::String:
      return value.text();
    case ValueKind::List:
    case ValueKind::Dict: {
      Text out;
      append_repr(*this, value, &out);
      return out;
    }
    case ValueKind::Namespace:
      return Text("<Namespace>");
    case ValueKind::Loop:
      return Text("<LoopContext>");
    case ValueKind::Callable:
      return Text("<function " + value.callable().name + ">");
  }
  return {};
}

Text percent_format(Interpreter& in, const Text& format, const Value& values) {
  const bool is_tuple = values.is(ValueKind::List) && values.list().is_tuple;
  const std::vector<Value> list = is_tuple ? values.list().items : std::vector<Value>{values};
  const std::string& bytes = format.bytes();
  std::size_t used = 0;
  Text out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t percent = std::min(bytes.find('%', at), bytes.size());
    out.append_slice(format, at, percent);
    if (percent == bytes.size()) break;
    const std::size_t kind_at = bytes.find_first_not_of("0123456789.-+ ", percent + 1);
    if (kind_at == std::string::npos) in.error("'%' at the end of a format");
    const char kind = bytes[kind_at];
    at = kind_at + 1;
    if (kind == '%') {
      out.append("%");
      continue;
    }
    if (std::string_view("srdixXfFeEgG").find(kind) == std::string_view::npos) {
      in.unsupported(std::string("the format '%") + kind + "' is not supported");
    }
    if (used >= list.size()) in.error("not enough arguments for a format");
    append_directive(in, bytes.substr(percent, kind_at - percent), kind, list[used++], &out);
  }
  const bool all_used = used == list.size() || (!is_tuple && values.is(ValueKind::Dict));
  if (!all_used) in.error("not all arguments of a format are used");
  return out;
}

Text brace_format(Interpreter& in, const Text& format, const Args& args) {
  const std::string& bytes = format.bytes();
  std::size_t automatic = 0;
  Text out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t brace = std::min(bytes.find_first_of("{}", at), bytes.size());
    out.append_slice(format, at, brace);
    if (brace == bytes.size()) break;
    if (brace + 1 < bytes.size() && bytes[brace + 1] == bytes[brace]) {
      out.append_slice(format, brace, brace + 1);
      at = brace + 2;
      continue;
    }
    const std::size_t close = bytes.find('}', brace);
    if (bytes[brace] == '}' || close == std::string::npos) in.error("a single brace in a format");
    const std::string field = bytes.substr(brace + 1, close - brace - 1);
    at = close + 1;
    if (field.find_first_of(".[!:{") != std::string::npos) {
      in.unsupported("the format field '{" + field + "}' is not supported");
    }
    std::size_t index = automatic;
    if (field.empty()) ++automatic;
    const bool is_index = field.find_first_not_of("0123456789") == std::string::npos;
    if (!field.empty() && is_index && field.size() < 9) index = std::stoul(field);
    const Value* const value =
        is_index ? (index < args.positional.size() ? &args.positional[index] : nullptr)
                 : args.find(args.positional.size(), field);
    if (value == nullptr) in.error("no argument for the format field '{" + field + "}'");
    out.append(in.to_text(*value));
  }
  return out;
}

std::string format_time(Interpreter& in, const std::string& format, std::int64_t unix_seconds) {
  if (format.size() > 1024) in.limit("a date format longer than 1024 bytes");
  std::tm parts{};
  const std::time_t seconds = unix_seconds;
  if (gmtime_r(&seconds, &parts) == nullptr) in.error("a date that cannot be shown");
  std::string out;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%' || at + 1 >= format.size()) {
      out.push_back(format[at]);
      continue;
    }
    const bool unpadded = format[at + 1] == '-' && at + 2 < format.size();
    at += unpadded ? 2 : 1;
    if (std::string_view("aAbBcdDeFHIjklmMnpPrRSStTuUwVWxXyYZ%").find(format[at]) ==
        std::string_view::npos) {
      in.unsupported(std::string("the date format '%") + format[at] + "' is not supported");
    }
    const char one[3] = {'%', format[at], '\0'};
    std::array<char, 128> buffer{};
    std::string part(buffer.data(), std::strftime(buffer.data(), buffer.size(), one, &parts));
    if (unpadded) {
      while (part.size() > 1 && part.front() == '0') part.erase(0, 1);
    }
    out += part;
  }
  return out;
}

}  // namespace engine::jinja
