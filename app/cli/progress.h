// Progress: how far a long command is, on standard error; and Ctrl-C as a polite stop, so that no
// half-written file stays behind.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "engine/base/result.h"

namespace app::cli {

enum class ProgressUnit { Gigabytes, Tokens };

class Progress {
 public:
  /// `doing` is shown before the numbers: "Writing v2.gguf".
  explicit Progress(std::string doing, ProgressUnit unit = ProgressUnit::Gigabytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// On a terminal one line that is written over, elsewhere a line for every tenth. Asks for the
  /// stop when Ctrl-C was pressed.
  void update(std::int64_t done, std::int64_t total);
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::string doing_;
  ProgressUnit unit_;
  std::stop_source stop_;
  bool terminal_ = false;
  std::int64_t shown_ = -1;  // per mille, or tenths
};

/// InvalidArgument when the file exists and --force was not given.
engine::Result<void> checkMayWrite(const std::string& path, bool force);

}  // namespace app::cli
