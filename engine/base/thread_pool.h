// ThreadPool: fork–join over numbered chunks for the CPU backend's kernels. Workers spin briefly
// for the next job, then sleep: an idle pool uses no processor time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/result.h"

namespace engine {

/// The processors this process may keep busy (its affinity mask and its control groups' quota), at
/// least 1.
int usable_processors();

/// Who computes a chunk is decided at run time, so a chunk's result must not depend on it: a task
/// writes only what its chunk owns. The calling thread takes part. One job at a time, from one
/// thread; tasks must not throw and must not start jobs.
///
/// A job's chunks are dealt out as one range per thread, so that a thread reads memory in order;
/// whoever has none left takes the later half of another's. A range is one 64-bit word {job number,
/// begin, end}. A thread takes chunks by exchanging the word; success proves that the job is still
/// open, so the job's fields it read belong to it. A sleeping or preempted worker is never waited
/// for unless it holds a chunk.
class ThreadPool {
 public:
  /// n_threads ≥ 1 counts the calling thread; n_threads - 1 workers are started. Fails when the
  /// system refuses a thread.
  static Result<std::unique_ptr<ThreadPool>> create(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int n_threads() const { return n_threads_; }

  /// The chunk that the thread which runs `chunk` of n_chunks will probably run next: what it may
  /// have memory fetched for. n_chunks where there is none.
  std::int64_t likely_next(std::int64_t chunk, std::int64_t n_chunks) const;

  /// Runs task(chunk, thread) for every chunk in [0, n_chunks), thread in [0, n_threads()): no two
  /// chunks run at once under one thread number, so it can select scratch memory. Returns when all
  /// are done.
  template <class Task>
  void run(std::int64_t n_chunks, const Task& task) {
    run_erased(
        n_chunks,
        [](const void* context, std::int64_t chunk, int thread) {
          (*static_cast<const Task*>(context))(chunk, thread);
        },
        &task);
  }

 private:
  using Function = void (*)(const void* context, std::int64_t chunk, int thread);

  ThreadPool(int n_threads, int spin_rounds)
      : n_threads_(n_threads),
        spin_rounds_(spin_rounds),
        ranges_(std::make_unique<Range[]>(static_cast<std::size_t>(n_threads))) {}
  void run_erased(std::int64_t n_chunks, Function function, const void* context);
  void work(int thread);
  void take_part(int thread);
  int run_range(int thread);
  bool take_half(int thread);
  void wait_until_done(int n_chunks);
  bool spin_for_job(std::uint64_t last) const;

  /// Units [begin, end): job number << 32 | end << 16 | begin.
  struct alignas(64) Range {
    std::atomic<std::uint64_t> word{0};
  };

  std::atomic<std::uint64_t>& range(int thread) const {
    return ranges_[static_cast<std::size_t>(thread)].word;
  }

  const int n_threads_;  // workers ask before all of them are started
  const int spin_rounds_;
  std::unique_ptr<Range[]> ranges_;  // one a thread
  alignas(64) std::atomic<std::uint64_t> job_{0};
  alignas(64) std::atomic<int> n_done_{0};
  alignas(64) std::atomic<int> wakes_{0};  // sleepers wait for a change
  // The open job; written only while no chunk is left, valid for whoever takes one.
  alignas(64) std::atomic<Function> function_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int> n_chunks_{0};
  std::atomic<int> unit_{1};  // chunks; more than one where a word could not number them
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace engine
