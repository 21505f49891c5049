// JSON inside templates: tojson as transformers configures it, and from_json.
#pragma once

#include "engine/tokenizer/jinja/interpreter.h"

namespace engine::jinja {

struct JsonOptions {
  bool ensure_ascii = false;
  bool sort_keys = false;
  int indent = -1;  // -1: on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

Text to_json(Interpreter& in, const Value& value, const JsonOptions& options);
Value from_json(Interpreter& in, const Text& text);

}  // namespace engine::jinja
