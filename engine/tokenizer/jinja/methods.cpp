// Attributes, items, slices and the methods of everything that is not a string.
#include <algorithm>

#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_method(const Value& object, std::string_view name) {
  switch (object.kind()) {
    case ValueKind::String:
      return is_string_method(name);
    case ValueKind::Dict:
      return is_one_of(name, {"get", "items", "keys", "values", "copy"});
    case ValueKind::List:
      return is_one_of(name, {"index", "count", "copy"});
    case ValueKind::Loop:
      return is_one_of(name, {"cycle", "changed"});
    default:
      return false;
  }
}

Value bind_method(const Value& object, const std::string& name) {
  auto callable = std::make_shared<Callable>();
  callable->kind = Callable::Kind::Method;
  callable->name = name;
  callable->self = object;
  return Value(std::shared_ptr<const Callable>(std::move(callable)));
}

Value loop_attribute(Interpreter& in, const LoopData& loop, const std::string& name) {
  const auto index = static_cast<std::int64_t>(loop.index);
  const auto& items = loop.items->items;
  const auto length = static_cast<std::int64_t>(items.size());
  if (name == "index") return Value(index + 1);
  if (name == "index0") return Value(index);
  if (name == "revindex") return Value(length - index);
  if (name == "revindex0") return Value(length - index - 1);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return Value(length);
  if (name == "depth") return Value(static_cast<std::int64_t>(loop.depth + 1));
  if (name == "depth0") return Value(static_cast<std::int64_t>(loop.depth));
  if (name == "previtem") {
    return loop.index > 0 ? items[loop.index - 1] : in.undefined("there is no previous item");
  }
  if (name == "nextitem") {
    return index + 1 < length ? items[loop.index + 1] : in.undefined("there is no next item");
  }
  return in.undefined("unknown attribute '" + name + "' of loop");
}

const Value* find_attribute(const NamespaceData& data, std::string_view name) {
  for (const auto& [known, value] : data.attributes) {
    if (known == name) return &value;
  }
  return nullptr;
}

// What stands at `key` in a container; null when nothing does.
Value item_of(Interpreter& in, const Value& object, const Value& key, bool* found) {
  *found = true;
  if (object.is(ValueKind::Dict)) {
    in.charge(static_cast<std::int64_t>(object.dict().items.size() / 8));
    if (const Value* const value = find_key(object.dict(), key)) return *value;
  } else if (object.is(ValueKind::Namespace) && key.is_string()) {
    if (const Value* const value = find_attribute(object.attributes(), key.bytes())) return *value;
  } else if (object.is(ValueKind::List) && key.is_whole() && !object.list().is_generator) {
    const auto& items = object.list().items;
    const auto length = static_cast<std::int64_t>(items.size());
    const std::int64_t index = key.integer() < 0 ? key.integer() + length : key.integer();
    if (index >= 0 && index < length) return items[static_cast<std::size_t>(index)];
  } else if (object.is_string() && key.is_whole()) {
    const std::string& bytes = object.bytes();
    in.charge(static_cast<std::int64_t>(bytes.size() / 64));
    std::int64_t index = key.integer();
    if (index < 0) index += static_cast<std::int64_t>(count_characters(bytes));
    if (index >= 0) {
      const std::size_t begin = character_offset(bytes, static_cast<std::size_t>(index));
      if (begin < bytes.size()) {
        return in.make(object.text().slice(begin, character_offset(bytes, 1, begin)));
      }
    }
  }
  *found = false;
  return {};
}

Value unknown(Interpreter& in, const Value& object, const std::string& name) {
  return in.undefined("unknown attribute '" + name + "' of " + std::string(object.type_name()));
}

// Nothing of the host is reachable; names that would reach for it are an error at once.
void refuse_internal(Interpreter& in, const std::string& name) {
  if (name.starts_with("__")) in.error("unknown attribute '" + name + "'");
}

}  // namespace

Value get_attribute(Interpreter& in, const Value& object, const std::string& name) {
  if (object.is(ValueKind::Undefined)) {
    const auto& reason = object.undefined().reason;
    in.error("unknown attribute '" + name + "': " + (reason ? *reason : "the value is undefined"));
  }
  refuse_internal(in, name);
  if (object.is(ValueKind::Loop) && !has_method(object, name)) {
    return loop_attribute(in, object.loop(), name);
  }
  if (has_method(object, name)) return bind_method(object, name);
  if (object.is(ValueKind::Callable) && object.callable().kind == Callable::Kind::Macro &&
      name == "name") {
    return Value::string(object.callable().name);
  }
  bool found = false;
  Value value = item_of(in, object, Value::string(name), &found);
  return found ? value : unknown(in, object, name);
}

Value get_item(Interpreter& in, const Value& object, const Value& key) {
  if (object.is(ValueKind::Undefined)) {
    const auto& reason = object.undefined().reason;
    in.error("unknown item '" + in.to_text(key).bytes() +
             "': " + (reason ? *reason : "the value is undefined"));
  }
  bool found = false;
  Value value = item_of(in, object, key, &found);
  if (found) return value;
  if (!key.is_string()) {
    return in.undefined("no item '" + in.to_text(key).bytes() + "' in " +
                        std::string(object.type_name()));
  }
  refuse_internal(in, key.bytes());
  if (object.is(ValueKind::Loop) || has_method(object, key.bytes())) {
    return get_attribute(in, object, key.bytes());
  }
  return unknown(in, object, key.bytes());
}

Value get_path(Interpreter& in, Value object, const Value& path) {
  if (!path.is_string()) return get_item(in, object, path);
  const std::string& bytes = path.bytes();
  for (std::size_t at = 0; at <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('.', at), bytes.size());
    const std::string part = bytes.substr(at, end - at);
    const bool is_index = !part.empty() && part.size() < 10 &&
                          part.find_first_not_of("0123456789") == std::string::npos;
    in.charge();
    object = get_item(in, object,
                      is_index ? Value(std::int64_t{std::stoll(part)}) : Value::string(part));
    at = end + 1;
  }
  return object;
}

Value slice(Interpreter& in, const Value& object, const Value* start, const Value* stop,
            const Value* step) {
  in.require_defined(object);
  const auto whole = [&in](const Value* value, std::int64_t otherwise) {
    if (value == nullptr) return otherwise;
    in.require_defined(*value);
    if (!value->is_whole()) in.error("a slice takes whole numbers");
    return value->integer();
  };
  const std::int64_t stride = whole(step, 1);
  if (stride == 0) in.error("a slice with a step of 0");
  const bool is_list = object.is(ValueKind::List) && !object.list().is_generator;
  if (!is_list && !object.is_string()) {
    in.error(std::string(object.type_name()) + " cannot be sliced");
  }
  const bool forward_text = object.is_string() && stride == 1;
  const std::vector<Value> items = forward_text ? std::vector<Value>() : in.iterate(object);
  if (forward_text) in.charge_bytes(object.text().size());
  const auto length =
      static_cast<std::int64_t>(forward_text ? count_characters(object.bytes()) : items.size());
  const auto clamp = [&](std::int64_t at) {  // as Python's slice.indices
    if (at < 0) at = at < -length ? (stride < 0 ? -1 : 0) : at + length;
    return std::min(at, stride < 0 ? length - 1 : length);
  };
  const std::int64_t from = start != nullptr ? clamp(whole(start, 0)) : stride < 0 ? length - 1 : 0;
  const std::int64_t to = stop != nullptr ? clamp(whole(stop, 0)) : stride < 0 ? -1 : length;
  if (forward_text) {
    if (from >= to) return Value::string("");
    const std::size_t begin = character_offset(object.bytes(), static_cast<std::size_t>(from));
    const std::size_t end =
        character_offset(object.bytes(), static_cast<std::size_t>(to - from), begin);
    return in.make(object.text().slice(begin, end));
  }
  std::vector<Value> out;
  for (std::int64_t i = from; stride < 0 ? i > to : i < to;) {
    out.push_back(items[static_cast<std::size_t>(i)]);
    if (__builtin_add_overflow(i, stride, &i)) break;
  }
  if (is_list) return in.make_list(std::move(out), object.list().is_tuple);
  Text text;
  for (const Value& character : out) text.append(character.text());
  return in.make(std::move(text));
}

namespace {

Value call_dict_method(Interpreter& in, const DictData& dict, const std::string& name,
                       const Args& args) {
  if (name == "get") {
    const Value* const key = args.find(0, "key");
    const Value* const otherwise = args.find(1, "default");
    if (key == nullptr) in.error("get takes a key");
    in.charge(static_cast<std::int64_t>(dict.items.size() / 8));
    if (const Value* const value = find_key(dict, *key)) return *value;
    return otherwise != nullptr ? *otherwise : Value(None{});
  }
  std::vector<Value> out;
  for (const auto& [key, value] : dict.items) {
    if (name == "items") {
      out.push_back(in.make_list({key, value}, true));
    } else {
      out.push_back(name == "keys" ? key : value);
    }
  }
  return in.make_list(std::move(out));
}

Value call_list_method(Interpreter& in, const ListData& list, const std::string& name,
                       const Args& args) {
  const Value* const wanted = args.find(0, "value");
  if (wanted == nullptr) in.error(name + " takes a value");
  std::int64_t count = 0;
  in.charge(static_cast<std::int64_t>(list.items.size() / 4));
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (!equal(list.items[i], *wanted)) continue;
    if (name == "index") return Value(static_cast<std::int64_t>(i));
    ++count;
  }
  if (name == "index") in.error("the value is not in the list");
  return Value(count);
}

Value call_loop_method(Interpreter& in, LoopData& loop, const std::string& name, const Args& args) {
  const auto& values = args.positional;
  if (name == "cycle") {
    if (values.empty()) in.error("cycle takes values");
    return values[loop.index % values.size()];
  }
  for (const Value& value : values) {
    if (value.is(ValueKind::Loop)) in.error("changed does not take a loop");
  }
  const bool same =
      loop.has_changed &&
      std::equal(values.begin(), values.end(), loop.changed.begin(), loop.changed.end(),
                 [](const Value& a, const Value& b) { return equal(a, b); });
  loop.has_changed = true;
  loop.changed = values;
  return Value(!same);
}

}  // namespace

Value call_method(Interpreter& in, const Value& self, const std::string& name, const Args& args) {
  if (self.is_string()) return call_string_method(in, self.text(), name, args);
  if (name == "copy") return self;
  if (self.is(ValueKind::Dict)) return call_dict_method(in, self.dict(), name, args);
  if (self.is(ValueKind::List)) return call_list_method(in, self.list(), name, args);
  return call_loop_method(in, self.loop(), name, args);
}

}  // namespace engine::jinja
