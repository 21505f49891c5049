// TokenizerFault: how loaders inside this layer give up; the public functions turn it into an
// Error.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "engine/base/result.h"

namespace engine {

struct TokenizerFault : std::exception {
  TokenizerFault(ErrorCode c, std::string text) : code(c), message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  ErrorCode code;
  std::string message;
};

/// Ends every message about a tokenizer that another program could read and this one cannot.
inline constexpr const char* kCannotReproduce =
    "; this program cannot reproduce this tokenizer exactly";

}  // namespace engine
