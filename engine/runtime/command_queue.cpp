#include "engine/runtime/command_queue.h"

#include <utility>

namespace engine {

Result<void> CommandQueue::push(Command command) {
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(ErrorCode::Cancelled, "the engine is shutting down");
  if (waiting_.size() >= kMostCommands) {
    return fail(ErrorCode::LimitExceeded,
                "the engine's queue is full: found " + std::to_string(waiting_.size()) +
                    " waiting commands, allowed " + std::to_string(kMostCommands));
  }
  waiting_.push_back(std::move(command));
  changed_.notify_one();
  return {};
}

void CommandQueue::push_inspection(InspectRequest request) {
  const std::lock_guard lock(mutex_);
  inspection_ = std::move(request);
  changed_.notify_one();
}

std::optional<InspectRequest> CommandQueue::take_inspection() {
  const std::lock_guard lock(mutex_);
  return std::exchange(inspection_, std::nullopt);
}

void CommandQueue::return_inspection(InspectRequest request) {
  const std::lock_guard lock(mutex_);
  if (!inspection_) inspection_ = std::move(request);
}

CommandQueue::Work CommandQueue::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !waiting_.empty() || inspection_; });
  Work work;
  work.closed = closed_;
  if (closed_) return work;
  if (waiting_.empty()) {
    work.inspection = std::exchange(inspection_, std::nullopt);
    return work;
  }
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  work.command = running_;
  return work;
}

void CommandQueue::finish_command() {
  const std::lock_guard lock(mutex_);
  running_.reset();
}

void CommandQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  close_stop_.request_stop();
  if (running_) running_->stop.request_stop();
  for (Command& command : waiting_) command.stop.request_stop();
  changed_.notify_all();
}

}  // namespace engine
