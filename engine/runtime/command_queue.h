// CommandQueue: what waits for the engine thread, and the stop switch of what runs. The only state
// the two threads share; every member function may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "engine/base/result.h"
#include "engine/runtime/events.h"

namespace engine {

struct LoadCommand {
  std::string path;
  LoadOptions options;
};
struct UnloadCommand {};
struct GenerateCommand {
  GenerationRequest request;
};

struct Command {
  std::variant<LoadCommand, UnloadCommand, GenerateCommand> what;
  std::stop_source stop;  // its own, made when it was posted
};

class CommandQueue {
 public:
  /// LimitExceeded when 64 commands wait.
  Result<void> push(Command command);
  /// Stops every running and waiting command of that kind; they stay in line and report themselves
  /// cancelled.
  template <class Kind>
  void stop_all();
  void push_inspection(InspectRequest request);
  /// The newest waiting inspection, if any.
  std::optional<InspectRequest> take_inspection();
  /// Puts an interrupted inspection back, unless a newer one waits.
  void return_inspection(InspectRequest request);

  /// Waits for a command, an inspection, or the end. A command comes before an inspection.
  struct Work {
    std::optional<Command> command;
    std::optional<InspectRequest> inspection;
    bool closed = false;
  };
  Work wait();
  /// The command that `wait` handed out last is done.
  void finish_command();
  /// Stops everything; `wait` returns closed from now on.
  void close();
  std::stop_token close_token() const { return close_stop_.get_token(); }

 private:
  static constexpr std::size_t kMostCommands = 64;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Command> waiting_;
  std::optional<Command> running_;
  std::optional<InspectRequest> inspection_;
  std::stop_source close_stop_;
  bool closed_ = false;
};

template <class Kind>
void CommandQueue::stop_all() {
  const std::lock_guard lock(mutex_);
  const auto stop = [](Command& command) {
    if (std::holds_alternative<Kind>(command.what)) command.stop.request_stop();
  };
  if (running_) stop(*running_);
  for (Command& command : waiting_) stop(command);
}

}  // namespace engine
