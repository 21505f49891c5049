#include "app/cli/progress.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <utility>

namespace app::cli {

namespace {

// What a signal handler may touch.
volatile std::sig_atomic_t interrupted = 0;

void onInterrupt(int) { interrupted = 1; }

}  // namespace

Progress::Progress(std::string doing, ProgressUnit unit)
    : doing_(std::move(doing)), unit_(unit), terminal_(::isatty(STDERR_FILENO) == 1) {
  interrupted = 0;
  std::signal(SIGINT, onInterrupt);
  std::signal(SIGTERM, onInterrupt);
}

Progress::~Progress() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (terminal_ && shown_ >= 0) std::cerr << '\n';
}

void Progress::update(std::int64_t done, std::int64_t total) {
  if (interrupted != 0) stop_.request_stop();
  if (total <= 0) return;
  const std::int64_t step = done * (terminal_ ? 1000 : 10) / total;
  if (step == shown_ || (!terminal_ && step == 0)) return;
  shown_ = step;
  constexpr double kGigabyte = 1e9;
  if (terminal_) std::cerr << '\r';
  std::cerr << doing_ << ": " << done * 100 / total << " %, ";
  if (unit_ == ProgressUnit::Tokens) {
    std::cerr << done << " of " << total << " tokens";
  } else {
    std::cerr << std::fixed << std::setprecision(2) << static_cast<double>(done) / kGigabyte
              << " of " << static_cast<double>(total) / kGigabyte << " GB";
  }
  std::cerr << (terminal_ ? "   " : "\n") << std::flush;
}

engine::Result<void> checkMayWrite(const std::string& path, bool force) {
  std::error_code error;
  if (force || !std::filesystem::exists(path, error)) return {};
  return engine::fail(engine::ErrorCode::InvalidArgument,
                      path + " is there already; --force replaces it");
}

}  // namespace app::cli
