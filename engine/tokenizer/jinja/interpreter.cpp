#include "engine/tokenizer/jinja/interpreter.h"

#include <algorithm>

namespace engine::jinja {
namespace {

// Work and time that message text may cost beyond the fixed budgets.
constexpr std::size_t kMessageBytesPerMillisecond = 20'000;
constexpr std::size_t kTotalBytes = std::size_t{64} << 20;
constexpr int kLevelsPerDepth = 4;  // nested statements and expressions for each level of nesting

}  // namespace

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get()) {
    for (const auto& [known, value] : scope->variables) {
      if (known == name) return &value;
    }
  }
  return nullptr;
}

void Scope::set(const std::string& name, Value value) {
  for (auto& [known, old] : variables) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(name, std::move(value));
}

Interpreter::Deeper::Deeper(Interpreter* interpreter) : interpreter_(*interpreter) {
  if (++interpreter_.depth_ > interpreter_.limits_.max_depth * kLevelsPerDepth) {
    --interpreter_.depth_;
    interpreter_.limit("nested too deeply while it runs");
  }
}

Interpreter::Interpreter(const TemplateLimits& limits, std::size_t message_bytes, std::int64_t now)
    : limits_(limits),
      max_steps_(limits.max_steps + static_cast<std::int64_t>(message_bytes)),
      max_text_bytes_(limits.max_output_bytes + message_bytes),
      max_total_bytes_(kTotalBytes + 32 * message_bytes),
      deadline_(std::chrono::steady_clock::now() +
                std::chrono::milliseconds(
                    limits.max_milliseconds +
                    static_cast<std::int64_t>(message_bytes / kMessageBytesPerMillisecond))),
      now_(now),
      root_(std::make_shared<Scope>()) {}

void Interpreter::error(const std::string& problem) const {
  throw TemplateError{ErrorCode::InvalidFile, problem, line_};
}

void Interpreter::unsupported(const std::string& problem) const {
  throw TemplateError{ErrorCode::Unsupported, problem, line_};
}

void Interpreter::limit(const std::string& problem) const {
  throw TemplateError{ErrorCode::LimitExceeded, problem, line_};
}

void Interpreter::charge(std::int64_t steps) {
  steps_ += steps;
  if (steps_ > max_steps_) limit("more than " + std::to_string(max_steps_) + " steps");
  if (steps_ < next_clock_check_) return;
  next_clock_check_ = steps_ + 512;
  if (std::chrono::steady_clock::now() > deadline_) {
    limit("longer than " + std::to_string(limits_.max_milliseconds) + " ms");
  }
}

void Interpreter::charge_bytes(std::size_t n_bytes) {
  total_bytes_ += n_bytes;
  if (n_bytes > max_text_bytes_ || total_bytes_ > max_total_bytes_) {
    limit("makes more text than allowed (" + std::to_string(max_text_bytes_) + " bytes at once, " +
          std::to_string(max_total_bytes_) + " in all)");
  }
  charge(1 + static_cast<std::int64_t>(n_bytes / 64));
}

void Interpreter::require_defined(const Value& value) const {
  if (!value.is(ValueKind::Undefined)) return;
  const auto& reason = value.undefined().reason;
  error(reason ? *reason : "an undefined value is used");
}

Value Interpreter::undefined(std::string reason) const {
  return Value(Undefined{std::make_shared<const std::string>(std::move(reason))});
}

Value Interpreter::make(Text text) {
  charge_bytes(text.size());
  return Value(std::move(text));
}

Value Interpreter::make_list(std::vector<Value> items, bool is_tuple) {
  charge_bytes(items.size() * sizeof(Value));
  auto list = std::make_shared<ListData>();
  for (const Value& item : items) list->depth = std::max(list->depth, item.depth() + 1);
  if (list->depth > limits_.max_depth) limit("lists nested too deeply");
  list->items = std::move(items);
  list->is_tuple = is_tuple;
  return Value(std::shared_ptr<const ListData>(std::move(list)));
}

Value Interpreter::make_generator(std::vector<Value> items) {
  const Value list = make_list(std::move(items));
  auto generator = std::make_shared<ListData>(list.list());
  generator->is_generator = true;
  return Value(std::shared_ptr<const ListData>(std::move(generator)));
}

Value Interpreter::make_dict(std::vector<std::pair<Value, Value>> items) {
  charge_bytes(items.size() * 2 * sizeof(Value));
  auto dict = std::make_shared<DictData>();
  for (auto& [key, value] : items) {
    charge();
    dict->depth = std::max({dict->depth, key.depth() + 1, value.depth() + 1});
    const auto same =
        std::find_if(dict->items.begin(), dict->items.end(),
                     [&key = key](const auto& item) { return equal(item.first, key); });
    if (same == dict->items.end()) {
      dict->items.emplace_back(std::move(key), std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
  if (dict->depth > limits_.max_depth) limit("dicts nested too deeply");
  return Value(std::shared_ptr<const DictData>(std::move(dict)));
}

Text Interpreter::run(const Body& body) {
  Text out;
  execute(body, root_, &out);
  return out;
}

void Interpreter::write(Text* out, const Text& text) {
  if (out->size() + text.size() > max_text_bytes_) {
    limit("writes more than " + std::to_string(max_text_bytes_) + " bytes");
  }
  charge_bytes(text.size());
  out->append(text);
}

Text Interpreter::execute_to_text(const Body& body, const ScopePtr& scope) {
  Text out;
  execute(body, scope, &out);
  return out;
}

Interpreter::Flow Interpreter::execute(const Body& body, const ScopePtr& scope, Text* out) {
  const Deeper deeper(this);
  for (const Stmt& statement : body) {
    line_ = statement.line;
    charge();
    const Flow flow = execute_statement(statement, scope, out);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_statement(const Stmt& statement, const ScopePtr& scope,
                                                 Text* out) {
  switch (statement.kind) {
    case StmtKind::Data:
      write(out, Text(statement.data));
      break;
    case StmtKind::Output:
      write(out, to_text(evaluate(*statement.expr, scope)));
      break;
    case StmtKind::If:
      return execute_if(statement, scope, out);
    case StmtKind::For:
      return execute_for(statement, scope, out);
    case StmtKind::Set:
      assign(statement.target, evaluate(*statement.expr, scope), scope);
      break;
    case StmtKind::SetBlock:
      execute_set_block(statement, scope);
      break;
    case StmtKind::Macro:
      scope->set(statement.macro->name, make_macro(*statement.macro, scope));
      break;
    case StmtKind::CallBlock:
      execute_call_block(statement, scope, out);
      break;
    case StmtKind::FilterBlock: {
      const auto inner = std::make_shared<Scope>(Scope{scope, {}});
      const Value text = make(execute_to_text(statement.body, inner));
      write(out, to_text(evaluate_filter(*statement.expr, scope, &text)));
      break;
    }
    case StmtKind::With:
      return execute_with(statement, scope, out);
    case StmtKind::Scope:
      return execute(statement.body, std::make_shared<Scope>(Scope{scope, {}}), out);
    case StmtKind::Break:
      return Flow::Break;
    case StmtKind::Continue:
      return Flow::Continue;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_if(const Stmt& statement, const ScopePtr& scope, Text* out) {
  for (const Branch& branch : statement.branches) {
    if (!branch.condition || evaluate(*branch.condition, scope).truth()) {
      return execute(branch.body, scope, out);
    }
  }
  return Flow::Normal;
}

std::shared_ptr<const ListData> Interpreter::loop_items(const Stmt& statement,
                                                        const ScopePtr& scope) {
  std::vector<Value> items = iterate(evaluate(*statement.expr, scope));
  auto list = std::make_shared<ListData>();
  if (!statement.condition) {
    list->items = std::move(items);
    return list;
  }
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  for (Value& item : items) {
    charge();
    assign(statement.target, item, inner);
    if (evaluate(*statement.condition, inner).truth()) list->items.push_back(std::move(item));
  }
  return list;
}

Interpreter::Flow Interpreter::execute_for(const Stmt& statement, const ScopePtr& scope,
                                           Text* out) {
  auto loop = std::make_shared<LoopData>();
  loop->items = loop_items(statement, scope);
  loop->depth = loop_depth_;
  if (loop->items->items.empty()) return execute(statement.else_body, scope, out);
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  ++loop_depth_;
  for (; loop->index < loop->items->items.size(); ++loop->index) {
    charge();
    inner->variables.clear();
    inner->set("loop", Value(loop));
    assign(statement.target, loop->items->items[loop->index], inner);
    if (execute(statement.body, inner, out) == Flow::Break) break;
  }
  --loop_depth_;
  inner->variables.clear();  // the loop's own variable must not keep its scope alive
  return Flow::Normal;
}

void Interpreter::assign(const Target& target, const Value& value, const ScopePtr& scope) {
  if (!target.items.empty()) {
    const std::vector<Value> values = iterate(value);
    if (values.size() != target.items.size()) {
      error("expected " + std::to_string(target.items.size()) + " values to unpack, found " +
            std::to_string(values.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) assign(target.items[i], values[i], scope);
    return;
  }
  if (target.attribute.empty()) return scope->set(target.name, value);
  const Value object = evaluate_name(target.name, scope);
  if (!object.is(ValueKind::Namespace)) {
    error("cannot assign to '" + target.name + "." + target.attribute + "': not a namespace");
  }
  auto& attributes = object.attributes().attributes;
  const auto known = std::find_if(attributes.begin(), attributes.end(), [&](const auto& attribute) {
    return attribute.first == target.attribute;
  });
  if (known != attributes.end()) {
    known->second = value;
  } else {
    attributes.emplace_back(target.attribute, value);
  }
}

void Interpreter::execute_set_block(const Stmt& statement, const ScopePtr& scope) {
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  Value value = make(execute_to_text(statement.body, inner));
  if (statement.expr) value = evaluate_filter(*statement.expr, scope, &value);
  assign(statement.target, value, scope);
}

void Interpreter::execute_call_block(const Stmt& statement, const ScopePtr& scope, Text* out) {
  const Expr& call_expr = *statement.expr;
  const Value callee = evaluate(*call_expr.args[0], scope);
  Args args = evaluate_arguments(call_expr, scope);
  args.named.emplace_back("caller", make_macro(*statement.macro, scope));
  write(out, to_text(call(callee, args)));
}

Interpreter::Flow Interpreter::execute_with(const Stmt& statement, const ScopePtr& scope,
                                            Text* out) {
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  for (std::size_t i = 0; i < statement.with_targets.size(); ++i) {
    assign(statement.with_targets[i], evaluate(*statement.with_values[i], scope), inner);
  }
  return execute(statement.body, inner, out);
}

Value Interpreter::make_macro(const MacroNode& node, const ScopePtr& scope) const {
  auto callable = std::make_shared<Callable>();
  callable->kind = Callable::Kind::Macro;
  callable->name = node.name;
  callable->macro = &node;
  callable->scope = scope;
  return Value(std::shared_ptr<const Callable>(std::move(callable)));
}

Value Interpreter::call_macro(const Callable& macro, const Args& args) {
  const MacroNode& node = *macro.macro;
  if (++macro_depth_ > limits_.max_depth) {
    limit("the macro '" + node.name + "' calls itself more than " +
          std::to_string(limits_.max_depth) + " times");
  }
  ScopePtr outer = macro.scope.lock();
  const auto inner = std::make_shared<Scope>(Scope{outer ? outer : root_, {}});
  if (args.positional.size() > node.parameters.size()) {
    error("the macro '" + node.name + "' takes " + std::to_string(node.parameters.size()) +
          " arguments, found " + std::to_string(args.positional.size()));
  }
  inner->set("caller", undefined("'caller' is undefined"));
  for (const auto& [name, value] : args.named) {
    const bool known = name == "caller" ||
                       std::any_of(node.parameters.begin(), node.parameters.end(),
                                   [&name = name](const Parameter& p) { return p.name == name; });
    if (!known) error("the macro '" + node.name + "' has no parameter '" + name + "'");
    inner->set(name, value);
  }
  for (std::size_t i = 0; i < node.parameters.size(); ++i) {
    const Parameter& parameter = node.parameters[i];
    const Value* const given = args.find(i, parameter.name);
    inner->set(parameter.name,
               given != nullptr ? *given
               : parameter.default_value
                   ? evaluate(*parameter.default_value, inner)
                   : undefined("parameter '" + parameter.name + "' was not provided"));
  }
  Value result = make(execute_to_text(node.body, inner));
  --macro_depth_;
  return result;
}

}  // namespace engine::jinja
