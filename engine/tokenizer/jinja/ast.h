// The parsed template: expressions and statements, with the line each one stands on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/tokenizer/jinja/value.h"

namespace engine::jinja {

struct FilterEntry;
struct TestEntry;
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind {
  Literal,  // literal
  Name,     // name
  List,
  Tuple,      // args
  Dict,       // args: key, value, key, value, …
  Attribute,  // args[0] . name
  Item,       // args[0] [ args[1] ]
  Slice,      // args[0] : args[1] : args[2], each may be null; only inside Item
  Call,       // args[0] ( args[1…], keywords )
  Filter,     // args[0] | filter ( args[1…], keywords ); args[0] null: the block's text
  Test,       // args[0] is test ( args[1…], keywords ); op Not: is not
  Unary,      // op args[0]
  Chain,      // args[0] ops[0] args[1] ops[1] …, from the left
  Compare,    // the same with comparisons: a < b < c
  And,
  Or,           // args, in order, until one decides
  Conditional,  // args[0] if args[1] else args[2] (null: undefined)
};

enum class Op {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Concatenate,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  NotIn,
  Not,
  Negate,
  Plus,
};

struct Keyword {
  std::string name;
  ExprPtr value;
};

struct Expr {
  ExprKind kind = ExprKind::Literal;
  int line = 0;
  Op op = Op::Plus;
  Value literal;
  std::string name;
  std::vector<ExprPtr> args;
  std::vector<Op> ops;
  std::vector<Keyword> keywords;
  const FilterEntry* filter = nullptr;
  const TestEntry* test = nullptr;
};

/// What `set` and `for` assign to: a name, `ns.attribute`, or a tuple of targets.
struct Target {
  std::string name;
  std::string attribute;
  std::vector<Target> items;
};

struct Stmt;
using Body = std::vector<Stmt>;

struct Parameter {
  std::string name;
  ExprPtr default_value;  // may be null
};

struct MacroNode {
  std::string name;
  std::vector<Parameter> parameters;
  Body body;
};

struct Branch {
  ExprPtr condition;  // null: else
  Body body;
};

enum class StmtKind {
  Data,         // data
  Output,       // expr
  If,           // branches
  For,          // target in expr if condition: body else_body
  Set,          // target = expr
  SetBlock,     // target = body | expr (a Filter chain, may be null)
  Macro,        // macro
  CallBlock,    // expr is a Call; macro is the caller
  FilterBlock,  // body | expr
  With,         // with_targets = with_values: body
  Scope,        // body in a scope of its own (generation)
  Break,
  Continue,
};

struct Stmt {
  StmtKind kind = StmtKind::Data;
  int line = 0;
  std::string data;
  ExprPtr expr;
  ExprPtr condition;
  Target target;
  Body body, else_body;
  std::vector<Branch> branches;
  std::unique_ptr<MacroNode> macro;
  std::vector<Target> with_targets;
  std::vector<ExprPtr> with_values;
};

}  // namespace engine::jinja
