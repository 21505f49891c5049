// The table of guarded mappings and the SIGBUS handler that reads it.
#include "engine/base/mapping_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <utility>

namespace engine {

namespace {

constexpr int kMostRanges = 4096;

/// Written by threads, read by the handler: begin is set last and cleared first, so a range that
/// the handler sees is whole.
struct Slot {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> lost{false};
  std::atomic<bool> taken{false};
};

struct Guard {
  std::array<Slot, kMostRanges> slots;
  std::atomic<int> n_used{0};  // slots from here on were never taken
  struct sigaction before {};
};

// Constant-initialised and trivially destroyed: it is there whenever a signal comes.
constinit Guard guard;
constinit std::uintptr_t page_bytes = 4096;  // apart: the table stays out of the program's file
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

Slot* slot_at(std::uintptr_t address) {
  const int n = guard.n_used.load(std::memory_order_acquire);
  for (int i = 0; i < n; ++i) {
    Slot& slot = guard.slots[static_cast<std::size_t>(i)];
    const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin != 0 && begin <= address && address < slot.end.load(std::memory_order_relaxed)) {
      return &slot;
    }
  }
  return nullptr;
}

/// Zeros from the faulting page to the end of the range: bytes behind the first that is gone are
/// worth nothing, and one mapping is one fault and not one per page.
bool replace_by_zeros(const Slot& slot, std::uintptr_t address) {
  const std::uintptr_t from = address & ~(page_bytes - 1);
  const std::size_t n = slot.end.load(std::memory_order_relaxed) - from;
  return ::mmap(reinterpret_cast<void*>(from), n, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& before = guard.before;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    // The faulting instruction runs again and ends the process as it would have.
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigaction(SIGBUS, &standard, nullptr);
    if (info->si_code <= 0) ::raise(SIGBUS);  // sent by somebody: nothing runs again
  }
}

/// Only atomics and mmap(2), which is a plain system call here.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  if (info->si_code > 0) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    Slot* slot = slot_at(address);
    if (slot != nullptr && replace_by_zeros(*slot, address)) {
      slot->lost.store(true, std::memory_order_release);
      return;
    }
  }
  pass_on(signal, info, context);
}

int take_slot() {
  for (int i = 0; i < kMostRanges; ++i) {
    if (guard.slots[static_cast<std::size_t>(i)].taken.exchange(true)) continue;
    int n = guard.n_used.load();
    while (n <= i && !guard.n_used.compare_exchange_weak(n, i + 1)) {
    }
    return i;
  }
  return -1;
}

}  // namespace

void install_mapping_guard() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &guard.before);
  });
}

GuardedRange::GuardedRange(const void* data, std::size_t n_bytes) {
  if (data == nullptr || n_bytes == 0) return;
  slot_ = take_slot();
  if (slot_ < 0) return;
  Slot& slot = guard.slots[static_cast<std::size_t>(slot_)];
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  slot.lost.store(false);
  slot.end.store((begin + n_bytes + page_bytes - 1) & ~(page_bytes - 1), std::memory_order_relaxed);
  slot.begin.store(begin, std::memory_order_release);
}

GuardedRange::~GuardedRange() {
  if (slot_ < 0) return;
  Slot& slot = guard.slots[static_cast<std::size_t>(slot_)];
  slot.begin.store(0, std::memory_order_release);
  slot.taken.store(false, std::memory_order_release);
}

bool GuardedRange::lost() const {
  return slot_ >= 0 &&
         guard.slots[static_cast<std::size_t>(slot_)].lost.load(std::memory_order_acquire);
}

void GuardedRange::swap(GuardedRange& other) noexcept { std::swap(slot_, other.slot_); }

}  // namespace engine
