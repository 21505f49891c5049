// Fibres: a stack and a place to go on. x86-64 changes by hand (a system call per change would make
// the tests crawl), other processors through ucontext.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace simt {

class Fibre {
 public:
  Fibre() = default;
  Fibre(const Fibre&) = delete;
  Fibre& operator=(const Fibre&) = delete;
  /// Gets ready to run `entry` from its beginning; the stack is kept for the next time.
  void prepare(const std::function<void()>* entry);
  /// Runs until the fibre suspends or ends.
  void resume();
  /// Back to whoever resumed. From inside the fibre.
  void suspend();
  bool ended() const { return ended_; }

 private:
  static void start(Fibre* self);
  friend void fibre_main(Fibre* self);
  static constexpr std::size_t kStackBytes = 48 << 10;

  std::unique_ptr<std::byte[]> stack_;
  const std::function<void()>* entry_ = nullptr;
  bool ended_ = true;
  void* fake_stack_ = nullptr;
  void* caller_fake_stack_ = nullptr;
  const void* caller_stack_ = nullptr;
  std::size_t caller_stack_bytes_ = 0;
#if defined(__x86_64__)
  void* own_sp_ = nullptr;
  void* caller_sp_ = nullptr;
#else
  ucontext_t own_{};
  ucontext_t caller_{};
#endif
};

}  // namespace simt
