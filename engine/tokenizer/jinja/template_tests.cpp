// Tests: what may stand after `is`.
#include <algorithm>

#include "engine/tokenizer/jinja/arithmetic.h"
#include "engine/tokenizer/jinja/case_mapping.h"
#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/interpreter.h"

namespace engine::jinja {
namespace {

const Value& operand(Interpreter& in, const Args& args) {
  const Value* const value = args.find(0, "other");
  if (value == nullptr) in.error("this test takes a value");
  return *value;
}

std::int64_t whole(Interpreter& in, const Value& value) {
  in.require_defined(value);
  if (!value.is_whole()) in.error("this test takes a whole number");
  return value.integer();
}

template <ValueKind kind>
bool is_kind(Interpreter&, const Value& value, const Args&) {
  return value.is(kind);
}

template <Op op>
bool holds_operator(Interpreter& in, const Value& value, const Args& args) {
  return compare(in, op, value, operand(in, args));
}

bool is_defined(Interpreter&, const Value& value, const Args&) {
  return !value.is(ValueKind::Undefined);
}
bool is_true(Interpreter&, const Value& value, const Args&) {
  return value.is(ValueKind::Boolean) && value.boolean();
}
bool is_false(Interpreter&, const Value& value, const Args&) {
  return value.is(ValueKind::Boolean) && !value.boolean();
}
bool is_number(Interpreter&, const Value& value, const Args&) { return value.is_number(); }
bool is_iterable(Interpreter&, const Value& value, const Args&) {
  return value.is(ValueKind::Undefined) || value.is_string() || value.is(ValueKind::List) ||
         value.is(ValueKind::Dict) || value.is(ValueKind::Loop);
}
bool is_sequence(Interpreter&, const Value& value, const Args&) {
  return value.is(ValueKind::Undefined) || value.is_string() || value.is(ValueKind::Dict) ||
         (value.is(ValueKind::List) && !value.list().is_generator);
}
bool is_sameas(Interpreter& in, const Value& value, const Args& args) {
  const Value& other = operand(in, args);
  return value.kind() == other.kind() && equal(value, other);
}
bool is_even(Interpreter& in, const Value& value, const Args&) { return whole(in, value) % 2 == 0; }
bool is_odd(Interpreter& in, const Value& value, const Args&) { return whole(in, value) % 2 != 0; }
bool is_divisible(Interpreter& in, const Value& value, const Args& args) {
  const Value* const by = args.find(0, "num");
  const std::int64_t divisor = by != nullptr ? whole(in, *by) : 0;
  if (divisor == 0) in.error("divisibleby takes a number other than 0");
  return divisor == -1 || whole(in, value) % divisor == 0;
}
bool is_upper_text(Interpreter& in, const Value& value, const Args&) {
  return call_string_method(in, in.to_text(value), "isupper", {}).truth();
}
bool is_lower_text(Interpreter& in, const Value& value, const Args&) {
  return call_string_method(in, in.to_text(value), "islower", {}).truth();
}
bool is_filter(Interpreter& in, const Value& value, const Args&) {
  return find_filter(in.to_text(value).bytes()) != nullptr;
}
bool is_test(Interpreter& in, const Value& value, const Args&) {
  return find_test(in.to_text(value).bytes()) != nullptr;
}
bool is_in(Interpreter& in, const Value& value, const Args& args) {
  const Value* const container = args.find(0, "seq");
  if (container == nullptr) in.error("the test 'in' takes a value");
  return contains(in, *container, value);
}

constexpr TestEntry kTests[] = {
    {"defined", is_defined},
    {"undefined", is_kind<ValueKind::Undefined>},
    {"none", is_kind<ValueKind::None>},
    {"boolean", is_kind<ValueKind::Boolean>},
    {"integer", is_kind<ValueKind::Integer>},
    {"float", is_kind<ValueKind::Float>},
    {"string", is_kind<ValueKind::String>},
    {"mapping", is_kind<ValueKind::Dict>},
    {"callable", is_kind<ValueKind::Callable>},
    {"number", is_number},
    {"true", is_true},
    {"false", is_false},
    {"iterable", is_iterable},
    {"sequence", is_sequence},
    {"sameas", is_sameas},
    {"even", is_even},
    {"odd", is_odd},
    {"divisibleby", is_divisible},
    {"upper", is_upper_text},
    {"lower", is_lower_text},
    {"filter", is_filter},
    {"test", is_test},
    {"in", is_in},
    {"eq", holds_operator<Op::Equal>},
    {"equalto", holds_operator<Op::Equal>},
    {"==", holds_operator<Op::Equal>},
    {"ne", holds_operator<Op::NotEqual>},
    {"!=", holds_operator<Op::NotEqual>},
    {"lt", holds_operator<Op::Less>},
    {"lessthan", holds_operator<Op::Less>},
    {"<", holds_operator<Op::Less>},
    {"le", holds_operator<Op::LessEqual>},
    {"<=", holds_operator<Op::LessEqual>},
    {"gt", holds_operator<Op::Greater>},
    {"greaterthan", holds_operator<Op::Greater>},
    {">", holds_operator<Op::Greater>},
    {"ge", holds_operator<Op::GreaterEqual>},
    {">=", holds_operator<Op::GreaterEqual>},
};

}  // namespace

const TestEntry* find_test(std::string_view name) {
  const auto entry = std::find_if(std::begin(kTests), std::end(kTests),
                                  [name](const TestEntry& known) { return known.name == name; });
  return entry != std::end(kTests) ? entry : nullptr;
}

}  // namespace engine::jinja
