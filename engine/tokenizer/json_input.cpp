#include "engine/tokenizer/json_input.h"

namespace engine {

double JsonInput::read_number() {
  const auto number = json_double(get(cursor_.read_number()));
  if (!number) fail("expected a number that fits in 64 bits");
  return *number;
}

std::int64_t JsonInput::read_integer() {
  const auto integer = json_integer(get(cursor_.read_number()));
  if (!integer) fail("expected an integer");
  return *integer;
}

void JsonInput::fail(const std::string& problem) {
  throw TokenizerFault(ErrorCode::InvalidFile, cursor_.error_here(problem).value().message);
}

void JsonInput::refuse(const std::string& problem) {
  throw TokenizerFault(ErrorCode::Unsupported,
                       cursor_.error_here(problem + kCannotReproduce).value().message);
}

}  // namespace engine
