// Names, literals, and what may follow them: attributes, items, calls, filters and tests.
#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/parser.h"

namespace engine::jinja {

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
