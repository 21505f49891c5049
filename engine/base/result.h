// Result<T>: how every operation that can fail reports it (files, shapes, memory, devices).
// Used at every fallible edge of the engine; nothing in the engine throws across a public function.
#pragma once

#include <source_location>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace engine {

/// Stable classes of failure. The name (see `error_code_name`) is shown to the user beside the
/// message.
enum class ErrorCode {
  InvalidArgument,  // the caller asked for something that cannot be (a token id outside the
                    // vocabulary)
  NotFound,         // a file, tensor, key or setting that must be there is absent
  InvalidFile,      // a file breaks the rules of its format
  InvalidConfig,    // a configuration value breaks a rule
  Unsupported,      // well-formed, known, but not something this program runs
  OutOfMemory,      // the memory needed is not there
  ContextFull,      // more tokens than the context holds
  Cancelled,        // the user asked to stop
  LimitExceeded,    // a guard against hostile input stepped in (steps, depth, output size)
  Io,               // reading or writing failed
  Device,           // a backend device failed
  Internal,         // caught foreign exception
};

/// "invalid-file" and the like: stable, lower case, for messages and scripts.
const char* error_code_name(ErrorCode code);

/// A failure as a value. `message` follows `file › section › key: found VALUE, allowed LIMIT` and,
/// where there is one, ends with the remedy.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::source_location where = std::source_location::current();
};

template <class T = void>
using Result = tl::expected<T, Error>;

using tl::unexpected;

/// `return fail(ErrorCode::InvalidFile, "…");`
[[nodiscard]] inline tl::unexpected<Error> fail(
    ErrorCode code, std::string message,
    std::source_location where = std::source_location::current()) {
  return tl::unexpected<Error>(Error{code, std::move(message), where});
}

}  // namespace engine

#define BATHYSCOPE_CONCAT_INNER(a, b) a##b
#define BATHYSCOPE_CONCAT(a, b) BATHYSCOPE_CONCAT_INNER(a, b)

/// Propagates the error of a Result-valued expression; ignores its value.
#define RETURN_IF_ERROR(expr)                                           \
  do {                                                                  \
    auto&& return_if_error_result = (expr);                             \
    if (!return_if_error_result.has_value()) {                          \
      return tl::unexpected(std::move(return_if_error_result.error())); \
    }                                                                   \
  } while (false)

/// `ASSIGN_OR_RETURN(auto file, SafetensorsFile::open(path));`
#define ASSIGN_OR_RETURN(decl, expr) \
  ASSIGN_OR_RETURN_INNER(BATHYSCOPE_CONCAT(assign_or_return_, __LINE__), decl, expr)
#define ASSIGN_OR_RETURN_INNER(name, decl, expr)    \
  auto&& name = (expr);                             \
  if (!name.has_value()) {                          \
    return tl::unexpected(std::move(name.error())); \
  }                                                 \
  decl = std::move(*name)
