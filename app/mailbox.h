// Mailbox: values from another thread to the GUI thread, with one queued wake-up per batch.
// Used by engine_bridge and conversation_store: the only two places where threads meet.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace app {

/// `wake` is called, outside the lock, by the push that finds the box empty. A slow receiver gets
/// larger batches, not a longer queue of wake-ups.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Any thread. `merge(std::vector<T>& waiting, T& value)` may fold the value into what waits and
  /// returns true when it did.
  template <class Merge>
  void push(T value, Merge merge) {
    bool wasEmpty = false;
    {
      const std::lock_guard lock(mutex_);
      wasEmpty = waiting_.empty();
      if (!wasEmpty && merge(waiting_, value)) return;
      waiting_.push_back(std::move(value));
    }
    if (wasEmpty) wake_();
  }
  void push(T value) {
    push(std::move(value), [](std::vector<T>&, T&) { return false; });
  }

  /// Receiver's thread: everything that waits, in order.
  std::vector<T> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<T> waiting_;
};

}  // namespace app
