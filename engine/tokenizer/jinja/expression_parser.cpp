// Operators by precedence: from `a if b else c` down to the unary ones.
#include <algorithm>
#include <initializer_list>

#include "engine/tokenizer/jinja/parser.h"

namespace engine::jinja {

ExpressionParser::Nested::Nested(ExpressionParser* parser) : parser_(*parser) {
  if (++parser_.depth_ > parser_.max_depth_) {
    --parser_.depth_;
    throw TemplateError{ErrorCode::LimitExceeded,
                        "nested deeper than " + std::to_string(parser_.max_depth_) + " levels",
                        parser_.current().line};
  }
}

void ExpressionParser::error(const std::string& problem) const {
  throw TemplateError{ErrorCode::InvalidFile, problem, current().line};
}

void ExpressionParser::unsupported(const std::string& problem) const {
  throw TemplateError{ErrorCode::Unsupported, problem, current().line};
}

std::string ExpressionParser::describe_current() const {
  switch (current().kind) {
    case TokenKind::End:
      return "the end of the template";
    case TokenKind::VariableEnd:
      return "'}}'";
    case TokenKind::BlockEnd:
      return "'%}'";
    case TokenKind::String:
      return "a string";
    default:
      return "'" + current().text + "'";
  }
}

bool ExpressionParser::is_operator(std::string_view op) const {
  return current().kind == TokenKind::Operator && current().text == op;
}

bool ExpressionParser::is_name(std::string_view name) const {
  return current().kind == TokenKind::Name && current().text == name;
}

bool ExpressionParser::skip_operator(std::string_view op) {
  const bool found = is_operator(op);
  if (found) next();
  return found;
}

bool ExpressionParser::skip_name(std::string_view name) {
  const bool found = is_name(name);
  if (found) next();
  return found;
}

void ExpressionParser::expect_operator(std::string_view op) {
  if (!skip_operator(op)) {
    error("expected '" + std::string(op) + "', found " + describe_current());
  }
}

std::string ExpressionParser::expect_identifier(const char* what) {
  if (current().kind != TokenKind::Name) {
    error(std::string("expected ") + what + ", found " + describe_current());
  }
  std::string name = current().text;
  next();
  return name;
}

ExprPtr ExpressionParser::make(ExprKind kind) const {
  auto node = std::make_unique<Expr>();
  node->kind = kind;
  node->line = current().line;
  return node;
}

ExprPtr ExpressionParser::parse_expression(Conditionals conditionals) {
  ExprPtr node = parse_or();
  while (conditionals == Conditionals::Allowed && is_name("if")) {
    ExprPtr conditional = make(ExprKind::Conditional);
    next();
    conditional->args.push_back(std::move(node));
    conditional->args.push_back(parse_or());
    if (skip_name("else")) {
      const Nested nested(this);
      conditional->args.push_back(parse_expression());
    } else {
      conditional->args.push_back(nullptr);
    }
    node = std::move(conditional);
  }
  return node;
}

bool ExpressionParser::at_expression_end() const {
  const Token& token = current();
  if (token.kind == TokenKind::VariableEnd || token.kind == TokenKind::BlockEnd) return true;
  if (token.kind == TokenKind::Operator) {
    return token.text == ")" || token.text == "]" || token.text == "}" || token.text == "=";
  }
  return token.kind == TokenKind::Name && token.text == "recursive";
}

ExprPtr ExpressionParser::parse_tuple(Conditionals conditionals) {
  ExprPtr first = parse_expression(conditionals);
  if (!is_operator(",")) return first;
  ExprPtr tuple = make(ExprKind::Tuple);
  tuple->args.push_back(std::move(first));
  while (skip_operator(",")) {
    if (at_expression_end()) break;
    tuple->args.push_back(parse_expression(conditionals));
  }
  return tuple;
}

template <class ParsePart>
ExprPtr ExpressionParser::parse_chain(ParsePart part,
                                      std::initializer_list<std::pair<std::string_view, Op>> ops) {
  ExprPtr first = part();
  ExprPtr chain;
  while (true) {
    const auto found = std::find_if(ops.begin(), ops.end(),
                                    [this](const auto& op) { return is_operator(op.first); });
    if (found == ops.end()) break;
    if (!chain) {
      chain = make(ExprKind::Chain);
      chain->args.push_back(std::move(first));
    }
    next();
    chain->ops.push_back(found->second);
    chain->args.push_back(part());
  }
  return chain ? std::move(chain) : std::move(first);
}

ExprPtr ExpressionParser::parse_or() {
  ExprPtr first = parse_and();
  if (!is_name("or")) return first;
  ExprPtr node = make(ExprKind::Or);
  node->args.push_back(std::move(first));
  while (skip_name("or")) node->args.push_back(parse_and());
  return node;
}

ExprPtr ExpressionParser::parse_and() {
  ExprPtr first = parse_not();
  if (!is_name("and")) return first;
  ExprPtr node = make(ExprKind::And);
  node->args.push_back(std::move(first));
  while (skip_name("and")) node->args.push_back(parse_not());
  return node;
}

ExprPtr ExpressionParser::parse_not() {
  if (!is_name("not")) return parse_compare();
  const Nested nested(this);
  ExprPtr node = make(ExprKind::Unary);
  next();
  node->op = Op::Not;
  node->args.push_back(parse_not());
  return node;
}

bool ExpressionParser::take_comparison(Op* op) {
  struct Comparison {
    std::string_view text;
    Op op;
  };
  constexpr Comparison kComparisons[] = {{"==", Op::Equal},     {"!=", Op::NotEqual},
                                         {"<=", Op::LessEqual}, {">=", Op::GreaterEqual},
                                         {"<", Op::Less},       {">", Op::Greater}};
  for (const Comparison& comparison : kComparisons) {
    if (skip_operator(comparison.text)) {
      *op = comparison.op;
      return true;
    }
  }
  if (skip_name("in")) {
    *op = Op::In;
    return true;
  }
  if (is_name("not") && peek().kind == TokenKind::Name && peek().text == "in") {
    next();
    next();
    *op = Op::NotIn;
    return true;
  }
  return false;
}

ExprPtr ExpressionParser::parse_compare() {
  ExprPtr first = parse_sum();
  ExprPtr node;
  Op op = Op::Equal;
  while (take_comparison(&op)) {
    if (!node) {
      node = make(ExprKind::Compare);
      node->args.push_back(std::move(first));
    }
    node->ops.push_back(op);
    node->args.push_back(parse_sum());
  }
  return node ? std::move(node) : std::move(first);
}

ExprPtr ExpressionParser::parse_sum() {
  return parse_chain([this] { return parse_concatenation(); },
                     {{"+", Op::Add}, {"-", Op::Subtract}});
}

ExprPtr ExpressionParser::parse_concatenation() {
  return parse_chain([this] { return parse_product(); }, {{"~", Op::Concatenate}});
}

ExprPtr ExpressionParser::parse_product() {
  return parse_chain(
      [this] { return parse_power(); },
      {{"*", Op::Multiply}, {"//", Op::FloorDivide}, {"/", Op::Divide}, {"%", Op::Modulo}});
}

ExprPtr ExpressionParser::parse_power() {
  return parse_chain([this] { return parse_unary(); }, {{"**", Op::Power}});
}

ExprPtr ExpressionParser::parse_unary(bool with_filters) {
  const Nested nested(this);
  ExprPtr node;
  if (is_operator("-") || is_operator("+")) {
    node = make(ExprKind::Unary);
    node->op = is_operator("-") ? Op::Negate : Op::Plus;
    next();
    node->args.push_back(parse_unary(false));
  } else {
    node = parse_primary();
  }
  node = parse_postfix(std::move(node));
  return with_filters ? parse_filters_and_tests(std::move(node)) : std::move(node);
}

}  // namespace engine::jinja
