#include "engine/tokenizer/jinja/parser.h"

#include <algorithm>
#include <initializer_list>

namespace engine::jinja {
namespace {

class Parser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Body parse() {
    Body body = parse_body({});
    if (current().kind != TokenKind::End) error("unexpected " + describe_current());
    return body;
  }

 private:
  // Statements up to a block whose name is in `ends` (left at that name), or the template's end.
  Body parse_body(std::initializer_list<std::string_view> ends) {
    const Nested nested(this);
    Body body;
    while (current().kind != TokenKind::End) {
      const TokenKind kind = current().kind;
      if (kind == TokenKind::BlockBegin && peek().kind == TokenKind::Name &&
          std::find(ends.begin(), ends.end(), peek().text) != ends.end()) {
        next();
        return body;
      }
      Stmt statement;
      statement.line = current().line;
      if (kind == TokenKind::Data) {
        statement.data = current().text;
        next();
      } else if (kind == TokenKind::VariableBegin) {
        next();
        statement.kind = StmtKind::Output;
        statement.expr = parse_tuple();
        expect(TokenKind::VariableEnd, "'}}'");
      } else {
        next();
        parse_block(&statement);
      }
      body.push_back(std::move(statement));
    }
    if (ends.size() != 0) error("expected '" + std::string(*ends.begin()) + "' before the end");
    return body;
  }

  void expect(TokenKind kind, const char* what) {
    if (current().kind != kind) {
      error(std::string("expected ") + what + ", found " + describe_current());
    }
    next();
  }

  void end_block() { expect(TokenKind::BlockEnd, "'%}'"); }

  // `{% … %}` body `{% end %}`
  Body parse_enclosed(std::string_view end) {
    end_block();
    Body body = parse_body({end});
    next();
    end_block();
    return body;
  }

  void parse_block(Stmt* statement) {
    const std::string tag = current().kind == TokenKind::Name ? current().text : "";
    if (tag.empty()) error("expected the name of a tag, found " + describe_current());
    if (tag == "if") {
      parse_if(statement);
    } else if (tag == "for") {
      parse_for(statement);
    } else if (tag == "set") {
      parse_set(statement);
    } else if (tag == "macro") {
      parse_macro(statement);
    } else if (tag == "call") {
      parse_call_block(statement);
    } else if (tag == "filter") {
      parse_filter_block(statement);
    } else if (tag == "with") {
      parse_with(statement);
    } else if (tag == "generation") {
      next();
      statement->kind = StmtKind::Scope;
      statement->body = parse_enclosed("endgeneration");
    } else if (tag == "break" || tag == "continue") {
      if (loops_ == 0) error("'" + tag + "' outside of a loop");
      next();
      statement->kind = tag == "break" ? StmtKind::Break : StmtKind::Continue;
      end_block();
    } else if (tag.starts_with("end") || tag == "else" || tag == "elif") {
      error("unexpected '" + tag + "'");
    } else {
      unsupported("the tag '" + tag + "' is not supported");
    }
  }

  void parse_if(Stmt* statement) {
    statement->kind = StmtKind::If;
    while (true) {
      Branch branch;
      const bool is_else = is_name("else");
      next();
      if (!is_else) branch.condition = parse_tuple(Conditionals::NotAllowed);
      end_block();
      if (is_else) {
        branch.body = parse_body({"endif"});
      } else {
        branch.body = parse_body({"endif", "else", "elif"});
      }
      statement->branches.push_back(std::move(branch));
      if (skip_name("endif")) break;
    }
    end_block();
  }

  void parse_for(Stmt* statement) {
    next();
    statement->kind = StmtKind::For;
    statement->target = parse_target(false);
    if (!skip_name("in")) error("expected 'in', found " + describe_current());
    statement->expr = parse_tuple(Conditionals::NotAllowed);
    if (skip_name("if")) statement->condition = parse_expression();
    if (is_name("recursive")) unsupported("recursive loops are not supported");
    end_block();
    ++loops_;
    statement->body = parse_body({"endfor", "else"});
    --loops_;
    if (skip_name("else")) {
      end_block();
      statement->else_body = parse_body({"endfor"});
    }
    next();
    end_block();
  }

  Target parse_target_item(bool with_namespace) {
    Target target;
    if (skip_operator("(")) {
      const Nested nested(this);
      target = parse_target(false);
      expect_operator(")");
      return target;
    }
    target.name = expect_identifier("a name to assign to");
    if (with_namespace && skip_operator(".")) target.attribute = expect_identifier("an attribute");
    return target;
  }

  Target parse_target(bool with_namespace) {
    Target first = parse_target_item(with_namespace);
    if (!is_operator(",")) return first;
    Target tuple;
    tuple.items.push_back(std::move(first));
    while (skip_operator(",")) {
      if (current().kind != TokenKind::Name && !is_operator("(")) break;
      if (is_name("in")) break;
      tuple.items.push_back(parse_target_item(with_namespace));
    }
    return tuple;
  }

  void parse_set(Stmt* statement) {
    next();
    statement->target = parse_target(true);
    if (skip_operator("=")) {
      statement->kind = StmtKind::Set;
      statement->expr = parse_tuple();
      end_block();
      return;
    }
    statement->kind = StmtKind::SetBlock;
    if (skip_operator("|")) statement->expr = parse_filter_chain();
    statement->body = parse_enclosed("endset");
  }

  // filter|filter…, on the text of a block.
  ExprPtr parse_filter_chain() {
    ExprPtr node = parse_filter(nullptr);
    for (int length = 0; skip_operator("|"); ++length) {
      if (length > 16) error("more than 16 filters on one block");
      node = parse_filter(std::move(node));
    }
    return node;
  }

  void parse_parameters(MacroNode* macro) {
    expect_operator("(");
    while (!is_operator(")")) {
      if (!macro->parameters.empty()) expect_operator(",");
      Parameter parameter;
      parameter.name = expect_identifier("the name of a parameter");
      if (skip_operator("=")) {
        parameter.default_value = parse_expression();
      } else if (!macro->parameters.empty() && macro->parameters.back().default_value) {
        error("a parameter without a default after one with a default");
      }
      macro->parameters.push_back(std::move(parameter));
    }
    expect_operator(")");
  }

  Body parse_macro_body(std::string_view end) {
    const int loops = loops_;
    loops_ = 0;
    Body body = parse_enclosed(end);
    loops_ = loops;
    return body;
  }

  void parse_macro(Stmt* statement) {
    next();
    statement->kind = StmtKind::Macro;
    statement->macro = std::make_unique<MacroNode>();
    statement->macro->name = expect_identifier("the name of a macro");
    parse_parameters(statement->macro.get());
    statement->macro->body = parse_macro_body("endmacro");
  }

  void parse_call_block(Stmt* statement) {
    next();
    statement->kind = StmtKind::CallBlock;
    statement->macro = std::make_unique<MacroNode>();
    statement->macro->name = "caller";
    if (is_operator("(")) parse_parameters(statement->macro.get());
    statement->expr = parse_expression();
    if (statement->expr->kind != ExprKind::Call) error("expected a call after 'call'");
    statement->macro->body = parse_macro_body("endcall");
  }

  void parse_filter_block(Stmt* statement) {
    next();
    statement->kind = StmtKind::FilterBlock;
    statement->expr = parse_filter_chain();
    statement->body = parse_enclosed("endfilter");
  }

  void parse_with(Stmt* statement) {
    next();
    statement->kind = StmtKind::With;
    while (current().kind != TokenKind::BlockEnd) {
      if (!statement->with_targets.empty()) expect_operator(",");
      statement->with_targets.push_back(parse_target(false));
      expect_operator("=");
      statement->with_values.push_back(parse_expression());
    }
    statement->body = parse_enclosed("endwith");
  }

  int loops_ = 0;  // around the current statement, inside its macro
};

}  // namespace

Body parse_template(std::string_view source, int max_depth) {
  return Parser(tokenize(source), max_depth).parse();
}

}  // namespace engine::jinja
