// EventRecorder: a sink that keeps events and lets a test wait for one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/runtime/event_sink.h"

namespace support {

class EventRecorder : public engine::EventSink {
 public:
  using Watcher = std::function<void(const engine::Event&)>;
  explicit EventRecorder(Watcher watcher = {}) : watcher_(std::move(watcher)) {}

  void on_event(engine::Event event) override {
    if (watcher_) watcher_(event);
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  /// The events of one kind so far.
  template <class Kind>
  std::vector<Kind> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Kind> found;
    for (const engine::Event& event : events_) {
      if (const Kind* e = std::get_if<Kind>(&event)) found.push_back(*e);
    }
    return found;
  }
  std::vector<engine::Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  /// Waits until there are `n` of a kind; false after a minute.
  template <class Kind>
  bool wait_for(std::size_t n = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      std::size_t count = 0;
      for (const engine::Event& event : events_) {
        count += std::holds_alternative<Kind>(event) ? 1U : 0U;
      }
      return count >= n;
    });
  }

 private:
  const Watcher watcher_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<engine::Event> events_;
};

/// Holds the engine's thread at its first event of a kind: what is asked meanwhile comes in the
/// middle of things, whichever thread is quicker. Give watcher() to an EventRecorder.
template <class Kind>
class HeldAt {
 public:
  EventRecorder::Watcher watcher() {
    return [this](const engine::Event& event) {
      if (!std::holds_alternative<Kind>(event)) return;
      std::unique_lock lock(mutex_);
      reached_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::seconds(60), [this] { return released_; });
    };
  }
  /// Waits until the thread is held; false after a minute.
  bool reached() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [this] { return reached_; });
  }
  /// The thread goes on, and is not held again.
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool released_ = false;
};

}  // namespace support
