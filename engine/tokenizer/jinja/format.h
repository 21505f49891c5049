// Values as text: str, repr, % formatting, dates.
#pragma once

#include <cstdint>
#include <string>

#include "engine/tokenizer/jinja/interpreter.h"

namespace engine::jinja {

std::string float_repr(double number);  // Python's: shortest text that reads back the same
/// Appends repr(value); strings keep their origin.
void append_repr(Interpreter& in, const Value& value, Text* out);
/// "%s and %d" % values
Text percent_format(Interpreter& in, const Text& format, const Value& values);
/// "{} and {name}".format(…): plain fields only.
Text brace_format(Interpreter& in, const Text& format, const Args& args);
/// strftime in the C locale; `unix_seconds` is taken as it is (no time zone).
std::string format_time(Interpreter& in, const std::string& format, std::int64_t unix_seconds);

}  // namespace engine::jinja
