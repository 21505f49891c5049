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

constexpr std::uint64_t kMostUnits = 0xFFFFU;

std::uint64_t begin_of(std::uint64_t word) { return word & kMostUnits; }
std::uint64_t end_of(std::uint64_t word) { return word >> 16 & kMostUnits; }
bool is_empty(std::uint64_t word) { return begin_of(word) == end_of(word); }
bool is_same_job(std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; }
/// The units [begin, end) of the job that `word` belongs to.
std::uint64_t range_of(std::uint64_t word, std::uint64_t begin, std::uint64_t end) {
  return word >> 32 << 32 | end << 16 | begin;
}

/// Where the range of thread t begins.
std::int64_t first_of(std::int64_t t, std::int64_t n, std::int64_t n_threads) {
  return (t * n + n_threads - 1) / n_threads;
}

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
  std::unique_ptr<ThreadPool> pool(
      new ThreadPool(n_threads, crowded ? kSpinRoundsCrowded : kSpinRounds));
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
  const std::int64_t next = chunk + 1;
  if (next >= n_chunks) return n_chunks;
  const bool ends_range = first_of(next * n_threads() / n_chunks, n_chunks, n_threads()) == next;
  return ends_range ? n_chunks : next;
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
  const auto most = static_cast<std::int64_t>(kMostUnits);
  const std::int64_t unit = (n_chunks + most - 1) / most;
  const std::int64_t n_units = (n_chunks + unit - 1) / unit;
  unit_.store(static_cast<int>(unit), std::memory_order_relaxed);
  n_done_.store(0, std::memory_order_relaxed);
  const std::uint64_t job = job_.load(std::memory_order_relaxed) + 1;
  for (int t = n_threads() - 1; t >= 0; --t) {
    const auto begin = static_cast<std::uint64_t>(first_of(t, n_units, n_threads()));
    const auto end = static_cast<std::uint64_t>(first_of(t + 1, n_units, n_threads()));
    range(t).store(job << 32 | end << 16 | begin, std::memory_order_release);
  }
  job_.store(job, std::memory_order_seq_cst);
  wakes_.fetch_add(1, std::memory_order_seq_cst);
  if (n > static_cast<int>(workers_.size())) {
    wakes_.notify_all();
  } else {
    for (int i = 1; i < n; ++i) wakes_.notify_one();
  }
  take_part(0);
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

/// Works on the open job until nothing is left to take.
void ThreadPool::take_part(int thread) {
  do {
    const int n = run_range(thread);
    if (n == 0) continue;
    // The job is open until this is counted, and n_chunks_ with it.
    const int n_chunks = n_chunks_.load(std::memory_order_relaxed);
    if (n_done_.fetch_add(n, std::memory_order_acq_rel) + n == n_chunks) n_done_.notify_one();
  } while (take_half(thread));
}

/// Runs what is left of the thread's own range, from its front; returns how many chunks it ran.
int ThreadPool::run_range(int thread) {
  std::atomic<std::uint64_t>& own = range(thread);
  int n_run = 0;
  std::uint64_t word = own.load(std::memory_order_acquire);
  while (!is_empty(word)) {
    const Function function = function_.load(std::memory_order_relaxed);
    const void* context = context_.load(std::memory_order_relaxed);
    const int n_chunks = n_chunks_.load(std::memory_order_relaxed);
    const int unit = unit_.load(std::memory_order_relaxed);
    const std::uint64_t rest = range_of(word, begin_of(word) + 1, end_of(word));
    if (!own.compare_exchange_weak(word, rest, std::memory_order_acq_rel)) continue;
    const int first = static_cast<int>(begin_of(word)) * unit;
    const int end = n_chunks - first < unit ? n_chunks : first + unit;
    for (int chunk = first; chunk < end; ++chunk) function(context, chunk, thread);
    n_run += end - first;
    word = own.load(std::memory_order_acquire);
  }
  return n_run;
}

/// The later half of somebody's range becomes the thread's own, which was empty and of the same
/// job: so nobody else writes that one while the job is open, and these chunks keep it open. A
/// range of another job belongs to one that is just being published. False: nothing is left.
bool ThreadPool::take_half(int thread) {
  std::atomic<std::uint64_t>& own = range(thread);
  const std::uint64_t mine = own.load(std::memory_order_acquire);
  if (!is_empty(mine)) return true;
  for (int i = 1; i < n_threads(); ++i) {
    std::atomic<std::uint64_t>& other = range((thread + i) % n_threads());
    std::uint64_t word = other.load(std::memory_order_acquire);
    while (!is_empty(word) && is_same_job(word, mine)) {
      const std::uint64_t middle = (begin_of(word) + end_of(word)) / 2;
      const std::uint64_t rest = range_of(word, begin_of(word), middle);
      if (!other.compare_exchange_weak(word, rest, std::memory_order_acq_rel)) continue;
      own.store(range_of(word, middle, end_of(word)), std::memory_order_release);
      return true;
    }
  }
  return false;
}

bool ThreadPool::spin_for_job(std::uint64_t last) const {
  for (int round = 0; round < spin_rounds_; ++round) {
    if (job_.load(std::memory_order_acquire) != last) return true;
    pause();
  }
  return false;
}

void ThreadPool::work(int thread) {
  while (!stopping_.load()) {
    const std::uint64_t job = job_.load(std::memory_order_acquire);
    take_part(thread);
    if (spin_for_job(job)) continue;
    const int wakes = wakes_.load(std::memory_order_seq_cst);
    // A job published before this load of wakes_ is seen here; one published after changes wakes_.
    if (job_.load(std::memory_order_seq_cst) != job || stopping_.load()) continue;
    wakes_.wait(wakes, std::memory_order_seq_cst);
  }
}

}  // namespace engine
