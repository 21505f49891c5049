// Parser: tokens → statements and expressions, with Jinja's grammar and its precedences. What the
// subset does not know is refused here, with its line, before anything runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/jinja/ast.h"
#include "engine/tokenizer/jinja/lexer.h"

namespace engine::jinja {

/// Throws TemplateError.
Body parse_template(std::string_view source, int max_depth);

/// Expressions only; the statement parser builds on it.
class ExpressionParser {
 public:
  ExpressionParser(std::vector<Token> tokens, int max_depth)
      : tokens_(std::move(tokens)), max_depth_(max_depth) {}

 protected:
  // A level of nesting for as long as it lives.
  class Nested {
   public:
    explicit Nested(ExpressionParser* parser);
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    ExpressionParser& parser_;
  };

  enum class Conditionals { Allowed, NotAllowed };  // `a if b`: not after `for x in`

  ExprPtr parse_expression(Conditionals conditionals = Conditionals::Allowed);
  /// One expression, or several with commas as a tuple.
  ExprPtr parse_tuple(Conditionals conditionals = Conditionals::Allowed);
  ExprPtr parse_unary(bool with_filters = true);
  ExprPtr parse_filter(ExprPtr input);  // at the filter's name
  void parse_call_arguments(Expr* call);

  const Token& current() const { return tokens_[at_]; }
  const Token& peek() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is_operator(std::string_view op) const;
  bool is_name(std::string_view name) const;
  bool skip_operator(std::string_view op);
  bool skip_name(std::string_view name);
  void expect_operator(std::string_view op);
  std::string expect_identifier(const char* what);
  void next() { at_ += at_ + 1 < tokens_.size() ? 1u : 0u; }
  [[noreturn]] void error(const std::string& problem) const;
  [[noreturn]] void unsupported(const std::string& problem) const;
  std::string describe_current() const;

 private:
  friend class Nested;
  ExprPtr make(ExprKind kind) const;
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  ExprPtr parse_sum();
  ExprPtr parse_concatenation();
  ExprPtr parse_product();
  ExprPtr parse_power();
  ExprPtr parse_primary();
  ExprPtr parse_name();
  ExprPtr parse_list();
  ExprPtr parse_dict();
  ExprPtr parse_postfix(ExprPtr node);
  ExprPtr parse_filters_and_tests(ExprPtr node);
  ExprPtr parse_call(ExprPtr callee);
  ExprPtr parse_attribute(ExprPtr object);
  ExprPtr parse_item(ExprPtr object);
  ExprPtr parse_index();
  ExprPtr parse_test(ExprPtr node);
  bool at_expression_end() const;
  void check_chain(int* length) const;
  bool take_comparison(Op* op);
  template <class ParsePart>
  ExprPtr parse_chain(ParsePart part, std::initializer_list<std::pair<std::string_view, Op>> ops);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int max_depth_;
};

}  // namespace engine::jinja
