// Interpreter: runs a parsed template within budgets: steps, time, output, depth and memory.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/jinja/ast.h"
#include "engine/tokenizer/jinja/filters.h"

namespace engine::jinja {

/// Names visible to statements; an inner scope hides its parent's names and never changes them.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> variables;

  const Value* find(std::string_view name) const;  // here or in a parent
  void set(const std::string& name, Value value);  // here
};

class Interpreter {
 public:
  /// `message_bytes`: what the messages bring along; every budget is for what comes on top of it.
  Interpreter(const TemplateLimits& limits, std::size_t message_bytes, std::int64_t now);

  void set_variable(const std::string& name, Value value) { root_->set(name, std::move(value)); }
  Text run(const Body& body);

  // What filters, tests and methods need.
  void charge(std::int64_t steps = 1);
  void charge_bytes(std::size_t n_bytes);
  [[noreturn]] void error(const std::string& problem) const;
  [[noreturn]] void unsupported(const std::string& problem) const;
  [[noreturn]] void limit(const std::string& problem) const;
  /// An undefined value that is used for anything but printing and testing.
  void require_defined(const Value& value) const;
  std::int64_t now() const { return now_; }

  Value make(Text text);  // charged and bounded
  Value make_list(std::vector<Value> items, bool is_tuple = false);
  Value make_generator(std::vector<Value> items);
  Value make_dict(std::vector<std::pair<Value, Value>> items);
  Value undefined(std::string reason) const;
  /// The items of anything that can be iterated over.
  std::vector<Value> iterate(const Value& value);
  Text to_text(const Value& value);  // str(value)
  Value call(const Value& callee, const Args& args);

 private:
  enum class Flow { Normal, Break, Continue };
  // A level of recursion for as long as it lives.
  class Deeper {
   public:
    explicit Deeper(Interpreter* interpreter);
    ~Deeper() { --interpreter_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Interpreter& interpreter_;
  };
  using ScopePtr = std::shared_ptr<Scope>;

  Flow execute(const Body& body, const ScopePtr& scope, Text* out);
  Flow execute_statement(const Stmt& statement, const ScopePtr& scope, Text* out);
  Flow execute_if(const Stmt& statement, const ScopePtr& scope, Text* out);
  Flow execute_for(const Stmt& statement, const ScopePtr& scope, Text* out);
  void execute_set_block(const Stmt& statement, const ScopePtr& scope);
  void execute_call_block(const Stmt& statement, const ScopePtr& scope, Text* out);
  Flow execute_with(const Stmt& statement, const ScopePtr& scope, Text* out);
  Text execute_to_text(const Body& body, const ScopePtr& scope);
  std::shared_ptr<const ListData> loop_items(const Stmt& statement, const ScopePtr& scope);
  void assign(const Target& target, const Value& value, const ScopePtr& scope);
  void write(Text* out, const Text& text);

  Value evaluate(const Expr& expr, const ScopePtr& scope);
  Value evaluate_node(const Expr& expr, const ScopePtr& scope);
  Value evaluate_name(const std::string& name, const ScopePtr& scope);
  Value evaluate_container(const Expr& expr, const ScopePtr& scope);
  Value evaluate_item(const Expr& expr, const ScopePtr& scope);
  Value evaluate_chain(const Expr& expr, const ScopePtr& scope);
  Value evaluate_compare(const Expr& expr, const ScopePtr& scope);
  Value evaluate_logic(const Expr& expr, const ScopePtr& scope);
  Value evaluate_unary(const Expr& expr, const ScopePtr& scope);
  Value evaluate_filter(const Expr& expr, const ScopePtr& scope, const Value* block_text);
  Args evaluate_arguments(const Expr& expr, const ScopePtr& scope);
  Value call_function(const std::string& name, const Args& args);
  Value call_macro(const Callable& macro, const Args& args);
  Value make_macro(const MacroNode& node, const ScopePtr& scope) const;

  const TemplateLimits limits_;
  const std::int64_t max_steps_;
  const std::size_t max_text_bytes_;   // of the output and of any one string
  const std::size_t max_total_bytes_;  // of everything ever made
  const std::chrono::steady_clock::time_point deadline_;
  const std::int64_t now_;
  std::int64_t steps_ = 0;
  std::int64_t next_clock_check_ = 0;
  std::size_t total_bytes_ = 0;
  int depth_ = 0;
  int macro_depth_ = 0;
  int loop_depth_ = 0;
  int line_ = 0;
  std::shared_ptr<Scope> root_;
  std::deque<NamespaceData> namespaces_;
};

}  // namespace engine::jinja
