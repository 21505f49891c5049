#include <algorithm>
#include <initializer_list>

#include "engine/tokenizer/jinja/filters.h"
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

ExprPtr ExpressionParser::parse_primary() {
  const Token& token = current();
  if (token.kind == TokenKind::Name) return parse_name();
  ExprPtr node = make(ExprKind::Literal);
  if (token.kind == TokenKind::String) {
    std::string value;
    for (; current().kind == TokenKind::String; next()) value += current().text;
    node->literal = Value::string(std::move(value));
    return node;
  }
  if (token.kind == TokenKind::Integer || token.kind == TokenKind::Float) {
    node->literal = token.kind == TokenKind::Integer ? Value(token.integer) : Value(token.number);
    next();
    return node;
  }
  if (skip_operator("(")) {
    if (skip_operator(")")) {
      node->kind = ExprKind::Tuple;
      return node;
    }
    node = parse_tuple();
    expect_operator(")");
    return node;
  }
  if (is_operator("[")) return parse_list();
  if (is_operator("{")) return parse_dict();
  error("expected an expression, found " + describe_current());
}

ExprPtr ExpressionParser::parse_name() {
  ExprPtr node = make(ExprKind::Literal);
  const std::string name = current().text;
  next();
  if (name == "true" || name == "True") {
    node->literal = Value(true);
  } else if (name == "false" || name == "False") {
    node->literal = Value(false);
  } else if (name == "none" || name == "None") {
    node->literal = Value(None{});
  } else {
    node->kind = ExprKind::Name;
    node->name = name;
  }
  return node;
}

ExprPtr ExpressionParser::parse_list() {
  ExprPtr node = make(ExprKind::List);
  expect_operator("[");
  while (!is_operator("]")) {
    if (!node->args.empty()) expect_operator(",");
    if (is_operator("]")) break;
    node->args.push_back(parse_expression());
  }
  expect_operator("]");
  return node;
}

ExprPtr ExpressionParser::parse_dict() {
  ExprPtr node = make(ExprKind::Dict);
  expect_operator("{");
  while (!is_operator("}")) {
    if (!node->args.empty()) expect_operator(",");
    if (is_operator("}")) break;
    node->args.push_back(parse_expression());
    expect_operator(":");
    node->args.push_back(parse_expression());
  }
  expect_operator("}");
  return node;
}

// a.b.c…: each link is a level of the tree.
void ExpressionParser::check_chain(int* length) const {
  if (++*length > max_depth_) {
    throw TemplateError{ErrorCode::LimitExceeded,
                        "more than " + std::to_string(max_depth_) + " links in one expression",
                        current().line};
  }
}

ExprPtr ExpressionParser::parse_postfix(ExprPtr node) {
  for (int length = 0;; check_chain(&length)) {
    if (is_operator(".")) {
      node = parse_attribute(std::move(node));
    } else if (is_operator("[")) {
      node = parse_item(std::move(node));
    } else if (is_operator("(")) {
      node = parse_call(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::parse_filters_and_tests(ExprPtr node) {
  for (int length = 0;; check_chain(&length)) {
    if (skip_operator("|")) {
      node = parse_filter(std::move(node));
    } else if (is_name("is")) {
      node = parse_test(std::move(node));
    } else if (is_operator("(")) {
      node = parse_call(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::parse_attribute(ExprPtr object) {
  ExprPtr node = make(ExprKind::Attribute);
  expect_operator(".");
  node->args.push_back(std::move(object));
  if (current().kind == TokenKind::Integer) {
    node->kind = ExprKind::Item;
    ExprPtr index = make(ExprKind::Literal);
    index->literal = Value(current().integer);
    node->args.push_back(std::move(index));
    next();
  } else {
    node->name = expect_identifier("a name after '.'");
  }
  return node;
}

ExprPtr ExpressionParser::parse_item(ExprPtr object) {
  ExprPtr node = make(ExprKind::Item);
  expect_operator("[");
  node->args.push_back(std::move(object));
  ExprPtr index = parse_index();
  if (is_operator(",")) {
    ExprPtr tuple = make(ExprKind::Tuple);
    tuple->args.push_back(std::move(index));
    while (skip_operator(",")) tuple->args.push_back(parse_index());
    index = std::move(tuple);
  }
  expect_operator("]");
  node->args.push_back(std::move(index));
  return node;
}

ExprPtr ExpressionParser::parse_index() {
  ExprPtr first;
  if (!is_operator(":")) {
    first = parse_expression();
    if (!is_operator(":")) return first;
  }
  ExprPtr slice = make(ExprKind::Slice);
  slice->args.push_back(std::move(first));
  for (int part = 1; part < 3; ++part) {
    const bool present =
        skip_operator(":") && !is_operator(":") && !is_operator("]") && !is_operator(",");
    slice->args.push_back(present ? parse_expression() : nullptr);
  }
  return slice;
}

void ExpressionParser::parse_call_arguments(Expr* call) {
  expect_operator("(");
  bool first = true;
  while (!is_operator(")")) {
    if (!first) expect_operator(",");
    first = false;
    if (is_operator(")")) break;
    if (is_operator("*") || is_operator("**")) {
      unsupported("'" + current().text + "' arguments are not supported");
    }
    if (current().kind == TokenKind::Name && peek().kind == TokenKind::Operator &&
        peek().text == "=") {
      std::string name = current().text;
      next();
      next();
      call->keywords.push_back({std::move(name), parse_expression()});
    } else {
      if (!call->keywords.empty()) error("a positional argument after a keyword argument");
      call->args.push_back(parse_expression());
    }
  }
  expect_operator(")");
}

ExprPtr ExpressionParser::parse_call(ExprPtr callee) {
  ExprPtr node = make(ExprKind::Call);
  node->args.push_back(std::move(callee));
  parse_call_arguments(node.get());
  return node;
}

ExprPtr ExpressionParser::parse_filter(ExprPtr input) {
  ExprPtr node = make(ExprKind::Filter);
  node->name = expect_identifier("the name of a filter");
  while (skip_operator(".")) node->name += "." + expect_identifier("the name of a filter");
  node->filter = find_filter(node->name);
  if (node->filter == nullptr) {
    throw TemplateError{ErrorCode::Unsupported, "the filter '" + node->name + "' is not supported",
                        node->line};
  }
  node->args.push_back(std::move(input));
  if (is_operator("(")) parse_call_arguments(node.get());
  return node;
}

ExprPtr ExpressionParser::parse_test(ExprPtr input) {
  ExprPtr node = make(ExprKind::Test);
  next();
  if (skip_name("not")) node->op = Op::Not;
  node->name = expect_identifier("the name of a test");
  while (skip_operator(".")) node->name += "." + expect_identifier("the name of a test");
  node->test = find_test(node->name);
  if (node->test == nullptr) {
    throw TemplateError{ErrorCode::Unsupported, "the test '" + node->name + "' is not supported",
                        node->line};
  }
  node->args.push_back(std::move(input));
  const Token& token = current();
  const bool starts_value = token.kind == TokenKind::String || token.kind == TokenKind::Integer ||
                            token.kind == TokenKind::Float || is_operator("[") || is_operator("{");
  const bool starts_name = token.kind == TokenKind::Name && token.text != "else" &&
                           token.text != "or" && token.text != "and" && token.text != "is" &&
                           token.text != "if" && token.text != "in" && token.text != "not";
  if (is_operator("(")) {
    parse_call_arguments(node.get());
  } else if (starts_value || starts_name) {
    const Nested nested(this);
    node->args.push_back(parse_postfix(parse_primary()));
  }
  return node;
}

}  // namespace engine::jinja
