#include "engine/tokenizer/jinja/value.h"

#include <algorithm>

#include "engine/tokenizer/utf8.h"

namespace engine::jinja {

std::int64_t Value::integer() const {
  return is(ValueKind::Boolean) ? (boolean() ? 1 : 0) : std::get<std::int64_t>(data_);
}

double Value::number() const {
  return is(ValueKind::Float) ? std::get<double>(data_) : static_cast<double>(integer());
}

bool Value::truth() const {
  switch (kind()) {
    case ValueKind::Undefined:
    case ValueKind::None:
      return false;
    case ValueKind::Boolean:
      return boolean();
    case ValueKind::Integer:
      return integer() != 0;
    case ValueKind::Float:
      return number() != 0.0;
    case ValueKind::String:
      return !text().empty();
    case ValueKind::List:
      return list().is_generator || !list().items.empty();
    case ValueKind::Dict:
      return !dict().items.empty();
    default:
      return true;
  }
}

int Value::depth() const {
  if (is(ValueKind::List)) return list().depth;
  return is(ValueKind::Dict) ? dict().depth : 0;
}

std::string_view Value::type_name() const {
  switch (kind()) {
    case ValueKind::Undefined:
      return "Undefined";
    case ValueKind::None:
      return "NoneType";
    case ValueKind::Boolean:
      return "bool";
    case ValueKind::Integer:
      return "int";
    case ValueKind::Float:
      return "float";
    case ValueKind::String:
      return "str";
    case ValueKind::List:
      return list().is_generator ? "generator" : list().is_tuple ? "tuple" : "list";
    case ValueKind::Dict:
      return "dict";
    case ValueKind::Namespace:
      return "namespace";
    case ValueKind::Loop:
      return "loop";
    case ValueKind::Callable:
      return "function";
  }
  return "value";
}

namespace {

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Value& x, const Value& y) { return equal(x, y); });
}

bool equal_dicts(const DictData& a, const DictData& b) {
  if (a.items.size() != b.items.size()) return false;
  return std::all_of(a.items.begin(), a.items.end(), [&b](const auto& item) {
    const Value* const other = find_key(b, item.first);
    return other != nullptr && equal(item.second, *other);
  });
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  if (a.is_whole() && b.is_whole()) return a.integer() == b.integer();
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::String:
      return a.bytes() == b.bytes();
    case ValueKind::List:
      return a.list().is_tuple == b.list().is_tuple && equal_items(a.list().items, b.list().items);
    case ValueKind::Dict:
      return equal_dicts(a.dict(), b.dict());
    case ValueKind::Namespace:
      return &a.attributes() == &b.attributes();
    case ValueKind::Loop:
      return &a.loop() == &b.loop();
    case ValueKind::Callable:
      return &a.callable() == &b.callable();
    default:
      return true;  // undefined and undefined, none and none
  }
}

bool less(const Value& a, const Value& b, bool* comparable) {
  *comparable = true;
  if (a.is_whole() && b.is_whole()) return a.integer() < b.integer();
  if (a.is_number() && b.is_number()) return a.number() < b.number();
  if (a.is_string() && b.is_string())
    return a.bytes() < b.bytes();  // UTF-8 order is code point order
  if (a.is(ValueKind::List) && b.is(ValueKind::List) && a.list().is_tuple == b.list().is_tuple) {
    const auto& x = a.list().items;
    const auto& y = b.list().items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i])) return less(x[i], y[i], comparable);
    }
    return x.size() < y.size();
  }
  *comparable = false;
  return false;
}

const Value* find_key(const DictData& dict, const Value& key) {
  for (const auto& [name, value] : dict.items) {
    if (equal(name, key)) return &value;
  }
  return nullptr;
}

const Value* find_key(const DictData& dict, std::string_view key) {
  for (const auto& [name, value] : dict.items) {
    if (name.is_string() && name.bytes() == key) return &value;
  }
  return nullptr;
}

std::size_t count_characters(std::string_view bytes) {
  std::size_t n = 0;
  for (std::size_t at = 0; at < bytes.size(); ++n) at += decode_utf8(bytes, at).length;
  return n;
}

std::size_t character_offset(std::string_view bytes, std::size_t n, std::size_t from) {
  for (; n > 0 && from < bytes.size(); --n) from += decode_utf8(bytes, from).length;
  return from;
}

}  // namespace engine::jinja
