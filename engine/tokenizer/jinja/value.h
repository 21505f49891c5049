// Value: what a template's expressions compute with. Python's values as far as chat templates see
// them; strings carry their origin, containers are immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/tokenizer/jinja/text.h"

namespace engine::jinja {

class Value;
struct MacroNode;
struct Scope;

/// Thrown inside the template engine only; ChatTemplate turns it into an Error.
struct TemplateError {
  ErrorCode code = ErrorCode::InvalidFile;
  std::string message;
  int line = 0;  // 0: the message stands alone (raise_exception)
};

struct None {};
struct Undefined {
  std::shared_ptr<const std::string> reason;  // "'x' is undefined"
};

struct ListData {
  std::vector<Value> items;
  bool is_tuple = false;
  bool is_generator = false;  // what Python gives lazily (map, select, …): true even when empty
  int depth = 1;  // of containers inside containers, bounded so that walking never overflows
};
struct DictData {
  std::vector<std::pair<Value, Value>> items;  // in order of insertion
  int depth = 1;
};
/// `namespace(…)`: the one thing a template may change. Owned by the interpreter, so that it can
/// hold itself without leaking.
struct NamespaceData {
  std::vector<std::pair<std::string, Value>> attributes;
};
/// The `loop` variable.
struct LoopData;
/// Anything that can be called.
struct Callable;

enum class ValueKind {
  Undefined,
  None,
  Boolean,
  Integer,
  Float,
  String,
  List,
  Dict,
  Namespace,
  Loop,
  Callable
};

class Value {
 public:
  Value() : data_(Undefined{}) {}
  Value(None none) : data_(none) {}
  Value(Undefined undefined) : data_(std::move(undefined)) {}
  explicit Value(bool boolean) : data_(boolean) {}
  explicit Value(std::int64_t integer) : data_(integer) {}
  explicit Value(double number) : data_(number) {}
  explicit Value(Text text) : data_(std::make_shared<const Text>(std::move(text))) {}
  explicit Value(std::shared_ptr<const ListData> list) : data_(std::move(list)) {}
  explicit Value(std::shared_ptr<const DictData> dict) : data_(std::move(dict)) {}
  explicit Value(NamespaceData* attributes) : data_(attributes) {}
  explicit Value(std::shared_ptr<LoopData> loop) : data_(std::move(loop)) {}
  explicit Value(std::shared_ptr<const Callable> callable) : data_(std::move(callable)) {}
  static Value string(std::string template_text) { return Value(Text(std::move(template_text))); }

  ValueKind kind() const { return static_cast<ValueKind>(data_.index()); }
  bool is(ValueKind kind) const { return this->kind() == kind; }
  bool is_string() const { return is(ValueKind::String); }
  bool is_number() const {  // as Python: booleans are numbers
    return is(ValueKind::Integer) || is(ValueKind::Float) || is(ValueKind::Boolean);
  }
  bool is_whole() const { return is(ValueKind::Integer) || is(ValueKind::Boolean); }

  // Each of these only for its kind.
  bool boolean() const { return std::get<bool>(data_); }
  const Text& text() const { return *std::get<std::shared_ptr<const Text>>(data_); }
  const std::string& bytes() const { return text().bytes(); }
  const ListData& list() const { return *std::get<std::shared_ptr<const ListData>>(data_); }
  const DictData& dict() const { return *std::get<std::shared_ptr<const DictData>>(data_); }
  NamespaceData& attributes() const { return *std::get<NamespaceData*>(data_); }
  LoopData& loop() const { return *std::get<std::shared_ptr<LoopData>>(data_); }
  const Callable& callable() const { return *std::get<std::shared_ptr<const Callable>>(data_); }
  const Undefined& undefined() const { return std::get<Undefined>(data_); }
  std::int64_t integer() const;  // Integer or Boolean
  double number() const;         // any number

  bool truth() const;
  int depth() const;  // 0 unless a container
  /// "str", "dict", … as Python names them.
  std::string_view type_name() const;

 private:
  // In the order of ValueKind.
  std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
               std::shared_ptr<const ListData>, std::shared_ptr<const DictData>, NamespaceData*,
               std::shared_ptr<LoopData>, std::shared_ptr<const Callable>>
      data_;
};

struct LoopData {
  std::shared_ptr<const ListData> items;
  std::size_t index = 0;       // from 0
  int depth = 0;               // of loops around this one
  std::vector<Value> changed;  // the arguments of the last loop.changed(…)
  bool has_changed = false;
};

struct Callable {
  enum class Kind { Function, Method, Macro };
  Kind kind = Kind::Function;
  std::string name;
  Value self;                        // Method: of what
  const MacroNode* macro = nullptr;  // Macro: its definition, owned by the template
  std::weak_ptr<Scope> scope;        // Macro: where it was defined
};

/// Python's ==; never fails.
bool equal(const Value& a, const Value& b);
/// Python's < for numbers, strings, lists of those; false in `*comparable` otherwise.
bool less(const Value& a, const Value& b, bool* comparable);

const Value* find_key(const DictData& dict, const Value& key);
const Value* find_key(const DictData& dict, std::string_view key);

/// Code points (invalid bytes count one per maximal subpart).
std::size_t count_characters(std::string_view bytes);
/// Byte offset of character `n` from `from`; the end when there are fewer.
std::size_t character_offset(std::string_view bytes, std::size_t n, std::size_t from = 0);

}  // namespace engine::jinja
