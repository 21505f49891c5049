// Filters, tests, attributes and methods: the names a template can call, as tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/jinja/value.h"

namespace engine::jinja {

class Interpreter;

struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
  /// The argument at `index` or called `name`; null when it was not given.
  const Value* find(std::size_t index, std::string_view name) const;
};

struct FilterEntry {
  std::string_view name;
  Value (*apply)(Interpreter&, const Value& input, const Args&);
};
struct TestEntry {
  std::string_view name;
  bool (*holds)(Interpreter&, const Value& input, const Args&);
};

const FilterEntry* find_filter(std::string_view name);  // null when unknown
const TestEntry* find_test(std::string_view name);
std::span<const FilterEntry> list_filters();
std::span<const FilterEntry> string_filters();

/// object.name and object[key]: undefined when there is no such thing.
Value get_attribute(Interpreter& in, const Value& object, const std::string& name);
Value get_item(Interpreter& in, const Value& object, const Value& key);
/// "a.b.0", as filters take it.
Value get_path(Interpreter& in, Value object, const Value& path);
Value slice(Interpreter& in, const Value& object, const Value* start, const Value* stop,
            const Value* step);

bool is_string_method(std::string_view name);
Value call_string_method(Interpreter& in, const Text& self, const std::string& name,
                         const Args& args);
Value call_method(Interpreter& in, const Value& self, const std::string& name, const Args& args);

// Shared by string filters and string methods.
enum class Side { Left = 1, Right = 2, Both = 3 };
Text strip(const Text& text, const std::string* characters, Side side);
Text replace(Interpreter& in, const Text& text, const Text& old, const Text& with,
             std::int64_t count);
Text map_case(const Text& text, std::string (*map)(std::string_view));

}  // namespace engine::jinja
