// Operators on values, as Python defines them.
#pragma once

#include "engine/tokenizer/jinja/ast.h"
#include "engine/tokenizer/jinja/interpreter.h"

namespace engine::jinja {

Value apply_operator(Interpreter& in, Op op, const Value& a, const Value& b);
bool compare(Interpreter& in, Op op, const Value& a, const Value& b);
bool contains(Interpreter& in, const Value& container, const Value& item);
Value negate(Interpreter& in, const Value& value);

}  // namespace engine::jinja
