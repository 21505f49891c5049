#include "engine/base/result.h"

namespace engine {

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid-argument";
    case ErrorCode::NotFound:
      return "not-found";
    case ErrorCode::InvalidFile:
      return "invalid-file";
    case ErrorCode::InvalidConfig:
      return "invalid-config";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::OutOfMemory:
      return "out-of-memory";
    case ErrorCode::ContextFull:
      return "context-full";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::LimitExceeded:
      return "limit-exceeded";
    case ErrorCode::Io:
      return "io";
    case ErrorCode::Device:
      return "device";
    case ErrorCode::Internal:
      return "internal";
  }
  return "unknown";
}

}  // namespace engine
