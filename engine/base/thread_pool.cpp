// ThreadPool: fork–join over numbered chunks for the CPU backend's kernels. Workers spin briefly
// for the next job, then sleep: an idle pool uses no processor time.
#include "engine/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <limits>
#include <string>
#include <system_error>

#include "engine/base/check.h"
#include "engine/base/processor_quota.h"

namespace engine {

namespace {

// The pause between two ops of one decoded token is a few microseconds, between two tokens some
// hundred; a worker that sleeps costs the caller a system call and the worker tens of microseconds
// to come back.
constexpr int kSpinRounds = 16000;
// With more threads than processors whoever spins keeps somebody else from working.
constexpr int kSpinRoundsCrowded = 20;

// A thread takes 1 / (kRunsPerThread · threads) of the chunks that are left.
constexpr int kRunsPerThread = 4;

constexpr std::uint64_t kLeftMask = 0xFFFFFFFFU;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int n = static_cast<int>(std::thread::hardware_concurrency());  // with more than 1024 processors
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) n = CPU_COUNT(&set);
  return std::max(1, std::min(n, processor_quota().value_or(n)));
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::create(int n_threads) {
  CHECK_LE(1, n_threads);
  const bool crowded = n_threads > usable_processors();
  std::unique_ptr<ThreadPool> pool(new ThreadPool(crowded ? kSpinRoundsCrowded : kSpinRounds));
  try {
    for (int thread = 1; thread < n_threads; ++thread) {
      pool->workers_.emplace_back([p = pool.get(), thread] { p->work(thread); });
    }
  } catch (const std::system_error& error) {
    return fail(ErrorCode::OutOfMemory, "thread " + std::to_string(pool->workers_.size() + 1) +
                                            " of " + std::to_string(n_threads) +
                                            " could not be started (" + error.what() +
                                            "); choose fewer threads");
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  stopping_.store(true);
  wakes_.fetch_add(1);
  wakes_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

std::int64_t ThreadPool::likely_next(std::int64_t chunk, std::int64_t n_chunks) const {
  const bool in_run = n_chunks - chunk >= 2 * kRunsPerThread * n_threads();
  return std::min<std::int64_t>(chunk + (in_run ? 1 : n_threads()), n_chunks);
}

void ThreadPool::run_erased(std::int64_t n_chunks, Function function, const void* context) {
  CHECK_LE(n_chunks, std::int64_t{std::numeric_limits<int>::max()});
  if (workers_.empty() || n_chunks <= 1) {
    for (std::int64_t chunk = 0; chunk < n_chunks; ++chunk) function(context, chunk, 0);
    return;
  }
  const int n = static_cast<int>(n_chunks);
  function_.store(function, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  n_chunks_.store(n, std::memory_order_relaxed);
  n_done_.store(0, std::memory_order_relaxed);
  const std::uint64_t job = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  ticket_.store(job << 32 | static_cast<std::uint64_t>(n), std::memory_order_seq_cst);
  wakes_.fetch_add(1, std::memory_order_seq_cst);
  if (n > static_cast<int>(workers_.size())) {
    wakes_.notify_all();
  } else {
    for (int i = 1; i < n; ++i) wakes_.notify_one();
  }
  while (take_some(0)) {
  }
  wait_until_done(n);
}

void ThreadPool::wait_until_done(int n_chunks) {
  for (int round = 0; round < spin_rounds_; ++round) {
    if (n_done_.load(std::memory_order_acquire) == n_chunks) return;
    pause();
  }
  for (int done = n_done_.load(std::memory_order_acquire); done != n_chunks;
       done = n_done_.load(std::memory_order_acquire)) {
    n_done_.wait(done, std::memory_order_acquire);
  }
}

// Runs of chunks, long ones first: an exchange moves a cache line between the cores, and chunks
// beside each other read memory beside each other. The last ones go one by one, for balance.
bool ThreadPool::take_some(int thread) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while ((ticket & kLeftMask) != 0) {
    const Function function = function_.load(std::memory_order_relaxed);
    const void* context = context_.load(std::memory_order_relaxed);
    const int n_chunks = n_chunks_.load(std::memory_order_relaxed);
    const int left = static_cast<int>(ticket & kLeftMask);
    const int n = std::max(left / (kRunsPerThread * n_threads()), 1);
    const std::uint64_t rest = ticket - static_cast<std::uint64_t>(n);
    if (!ticket_.compare_exchange_weak(ticket, rest, std::memory_order_acq_rel)) continue;
    const int first = n_chunks - left;
    for (int chunk = first; chunk < first + n; ++chunk) function(context, chunk, thread);
    if (n_done_.fetch_add(n, std::memory_order_acq_rel) + n == n_chunks) n_done_.notify_one();
    return true;
  }
  return false;
}

bool ThreadPool::spin_for_ticket() const {
  for (int round = 0; round < spin_rounds_; ++round) {
    if ((ticket_.load(std::memory_order_acquire) & kLeftMask) != 0) return true;
    pause();
  }
  return false;
}

void ThreadPool::work(int thread) {
  while (!stopping_.load()) {
    if (take_some(thread) || spin_for_ticket()) continue;
    const int wakes = wakes_.load(std::memory_order_seq_cst);
    // A job published before this load of wakes_ is seen here; one published after changes wakes_.
    if ((ticket_.load(std::memory_order_seq_cst) & kLeftMask) != 0 || stopping_.load()) continue;
    wakes_.wait(wakes, std::memory_order_seq_cst);
  }
}

}  // namespace engine
