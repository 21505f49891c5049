// Expressions: the second half of Interpreter.
#include <algorithm>

#include "engine/tokenizer/jinja/arithmetic.h"
#include "engine/tokenizer/jinja/format.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

constexpr std::int64_t kMaxRange = 100'000;  // as Jinja's sandbox

constexpr std::string_view kFunctions[] = {"range", "dict", "namespace", "raise_exception",
                                           "strftime_now"};

Value function_value(const std::string& name) {
  auto callable = std::make_shared<Callable>();
  callable->name = name;
  return Value(std::shared_ptr<const Callable>(std::move(callable)));
}

Value make_range(Interpreter& in, const Args& args) {
  std::vector<std::int64_t> numbers;
  for (const Value& value : args.positional) {
    in.require_defined(value);
    if (!value.is_whole()) in.error("range takes whole numbers");
    numbers.push_back(value.integer());
  }
  if (numbers.empty() || numbers.size() > 3) in.error("range takes one to three numbers");
  const std::int64_t start = numbers.size() > 1 ? numbers[0] : 0;
  const std::int64_t stop = numbers.size() > 1 ? numbers[1] : numbers[0];
  const std::int64_t step = numbers.size() > 2 ? numbers[2] : 1;
  if (step == 0) in.error("range with a step of 0");
  const double length =
      (static_cast<double>(stop) - static_cast<double>(start)) / static_cast<double>(step);
  if (length > static_cast<double>(kMaxRange)) {
    in.limit("range of more than " + std::to_string(kMaxRange) + " numbers");
  }
  std::vector<Value> items;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    in.charge();
    items.emplace_back(i);
    if (std::int64_t next = 0; __builtin_add_overflow(i, step, &next)) break;
  }
  return in.make_list(std::move(items));
}

// dict(…) and namespace(…): the items of a dict, then the keywords.
std::vector<std::pair<Value, Value>> keyword_items(Interpreter& in, const Args& args) {
  std::vector<std::pair<Value, Value>> items;
  for (const Value& value : args.positional) {
    if (!value.is(ValueKind::Dict)) in.error("expected a dict or keywords");
    items.insert(items.end(), value.dict().items.begin(), value.dict().items.end());
  }
  for (const auto& [name, value] : args.named) items.emplace_back(Value::string(name), value);
  return items;
}

}  // namespace

Value Interpreter::evaluate(const Expr& expr, const ScopePtr& scope) {
  const Deeper deeper(this);
  line_ = expr.line;
  charge();
  return evaluate_node(expr, scope);
}

Value Interpreter::evaluate_node(const Expr& expr, const ScopePtr& scope) {
  switch (expr.kind) {
    case ExprKind::Literal:
      return expr.literal;
    case ExprKind::Name:
      return evaluate_name(expr.name, scope);
    case ExprKind::List:
    case ExprKind::Tuple:
    case ExprKind::Dict:
      return evaluate_container(expr, scope);
    case ExprKind::Attribute:
      return get_attribute(*this, evaluate(*expr.args[0], scope), expr.name);
    case ExprKind::Item:
      return evaluate_item(expr, scope);
    case ExprKind::Slice:
      error("a slice outside of []");
    case ExprKind::Call: {
      const Value callee = evaluate(*expr.args[0], scope);
      const Args args = evaluate_arguments(expr, scope);
      line_ = expr.line;
      return call(callee, args);
    }
    case ExprKind::Filter:
      return evaluate_filter(expr, scope, nullptr);
    case ExprKind::Test: {
      const Value value = evaluate(*expr.args[0], scope);
      const Args args = evaluate_arguments(expr, scope);
      line_ = expr.line;
      return Value(expr.test->holds(*this, value, args) != (expr.op == Op::Not));
    }
    case ExprKind::Unary:
      return evaluate_unary(expr, scope);
    case ExprKind::Chain:
      return evaluate_chain(expr, scope);
    case ExprKind::Compare:
      return evaluate_compare(expr, scope);
    case ExprKind::And:
    case ExprKind::Or:
      return evaluate_logic(expr, scope);
    case ExprKind::Conditional:
      if (evaluate(*expr.args[1], scope).truth()) return evaluate(*expr.args[0], scope);
      if (expr.args[2]) return evaluate(*expr.args[2], scope);
      return undefined("a conditional without else gave nothing");
  }
  return {};
}

Value Interpreter::evaluate_name(const std::string& name, const ScopePtr& scope) {
  if (const Value* const value = scope->find(name)) return *value;
  const bool is_function =
      std::find(std::begin(kFunctions), std::end(kFunctions), name) != std::end(kFunctions);
  return is_function ? function_value(name) : undefined("'" + name + "' is undefined");
}

Value Interpreter::evaluate_container(const Expr& expr, const ScopePtr& scope) {
  if (expr.kind == ExprKind::Dict) {
    std::vector<std::pair<Value, Value>> items;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      Value key = evaluate(*expr.args[i], scope);
      if (key.is(ValueKind::Dict) || (key.is(ValueKind::List) && !key.list().is_tuple)) {
        error(std::string(key.type_name()) + " cannot be a key");
      }
      items.emplace_back(std::move(key), evaluate(*expr.args[i + 1], scope));
    }
    return make_dict(std::move(items));
  }
  std::vector<Value> items;
  for (const ExprPtr& arg : expr.args) items.push_back(evaluate(*arg, scope));
  return make_list(std::move(items), expr.kind == ExprKind::Tuple);
}

Value Interpreter::evaluate_item(const Expr& expr, const ScopePtr& scope) {
  const Value object = evaluate(*expr.args[0], scope);
  const Expr& index = *expr.args[1];
  if (index.kind != ExprKind::Slice) {
    const Value key = evaluate(index, scope);
    line_ = expr.line;
    return get_item(*this, object, key);
  }
  Value parts[3];
  const Value* given[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    if (!index.args[i]) continue;
    parts[i] = evaluate(*index.args[i], scope);
    if (!parts[i].is(ValueKind::None)) given[i] = &parts[i];
  }
  line_ = expr.line;
  return slice(*this, object, given[0], given[1], given[2]);
}

Value Interpreter::evaluate_chain(const Expr& expr, const ScopePtr& scope) {
  if (expr.ops[0] == Op::Concatenate) {  // then all are: a ~ b ~ c is one text
    Text out;
    for (const ExprPtr& arg : expr.args) {
      const Text part = to_text(evaluate(*arg, scope));
      charge_bytes(part.size());
      out.append(part);
    }
    return make(std::move(out));
  }
  Value value = evaluate(*expr.args[0], scope);
  for (std::size_t i = 0; i < expr.ops.size(); ++i) {
    const Value right = evaluate(*expr.args[i + 1], scope);
    line_ = expr.line;
    value = apply_operator(*this, expr.ops[i], value, right);
  }
  return value;
}

Value Interpreter::evaluate_compare(const Expr& expr, const ScopePtr& scope) {
  Value left = evaluate(*expr.args[0], scope);
  for (std::size_t i = 0; i < expr.ops.size(); ++i) {
    Value right = evaluate(*expr.args[i + 1], scope);
    line_ = expr.line;
    if (!compare(*this, expr.ops[i], left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::evaluate_logic(const Expr& expr, const ScopePtr& scope) {
  Value value;
  for (const ExprPtr& arg : expr.args) {
    value = evaluate(*arg, scope);
    if (value.truth() == (expr.kind == ExprKind::Or)) break;
  }
  return value;
}

Value Interpreter::evaluate_unary(const Expr& expr, const ScopePtr& scope) {
  const Value value = evaluate(*expr.args[0], scope);
  line_ = expr.line;
  if (expr.op == Op::Not) return Value(!value.truth());
  if (expr.op == Op::Negate) return negate(*this, value);
  require_defined(value);
  if (!value.is_number()) error("'+' does not take " + std::string(value.type_name()));
  return value.is(ValueKind::Float) ? value : Value(value.integer());
}

Args Interpreter::evaluate_arguments(const Expr& expr, const ScopePtr& scope) {
  Args args;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    args.positional.push_back(evaluate(*expr.args[i], scope));
  }
  for (const Keyword& keyword : expr.keywords) {
    args.named.emplace_back(keyword.name, evaluate(*keyword.value, scope));
  }
  return args;
}

Value Interpreter::evaluate_filter(const Expr& expr, const ScopePtr& scope,
                                   const Value* block_text) {
  const Deeper deeper(this);
  const bool is_innermost = expr.args[0] == nullptr;
  const bool passes_block =
      block_text != nullptr && !is_innermost && expr.args[0]->kind == ExprKind::Filter;
  const Value input = is_innermost   ? (block_text != nullptr ? *block_text : Value())
                      : passes_block ? evaluate_filter(*expr.args[0], scope, block_text)
                                     : evaluate(*expr.args[0], scope);
  const Args args = evaluate_arguments(expr, scope);
  line_ = expr.line;
  charge();
  return expr.filter->apply(*this, input, args);
}

std::vector<Value> Interpreter::iterate(const Value& value) {
  std::vector<Value> out;
  switch (value.kind()) {
    case ValueKind::Undefined:
      return out;
    case ValueKind::List:
      charge_bytes(value.list().items.size() * sizeof(Value));
      return value.list().items;
    case ValueKind::Dict:
      for (const auto& [key, item] : value.dict().items) out.push_back(key);
      charge_bytes(out.size() * sizeof(Value));
      return out;
    case ValueKind::String: {
      const std::string& bytes = value.bytes();
      for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t end = at + decode_utf8(bytes, at).length;
        out.push_back(make(value.text().slice(at, end)));
        total_bytes_ += sizeof(Value) + sizeof(Text);
        at = end;
      }
      return out;
    }
    default:
      error(std::string(value.type_name()) + " cannot be iterated over");
  }
}

Value Interpreter::call(const Value& callee, const Args& args) {
  require_defined(callee);
  charge();
  if (!callee.is(ValueKind::Callable)) {
    error(std::string(callee.type_name()) + " cannot be called");
  }
  const Callable& callable = callee.callable();
  switch (callable.kind) {
    case Callable::Kind::Macro:
      return call_macro(callable, args);
    case Callable::Kind::Method:
      return call_method(*this, callable.self, callable.name, args);
    case Callable::Kind::Function:
      return call_function(callable.name, args);
  }
  return {};
}

Value Interpreter::call_function(const std::string& name, const Args& args) {
  if (name == "range") return make_range(*this, args);
  if (name == "dict") return make_dict(keyword_items(*this, args));
  if (name == "namespace") {
    charge_bytes(sizeof(NamespaceData));
    NamespaceData& made = namespaces_.emplace_back();
    for (const auto& [key, value] : keyword_items(*this, args)) {
      made.attributes.emplace_back(key.is_string() ? key.bytes() : to_text(key).bytes(), value);
    }
    return Value(&made);
  }
  if (args.positional.size() != 1) error(name + " takes one argument");
  const Text text = to_text(args.positional[0]);
  if (name == "raise_exception") {
    throw TemplateError{ErrorCode::InvalidArgument, text.bytes(), 0};
  }
  return Value::string(format_time(*this, text.bytes(), now_));
}

}  // namespace engine::jinja
