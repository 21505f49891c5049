// ThreadPool: every chunk once, thread numbers usable as scratch indices, no processor time when
// idle.
#include "engine/base/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/processor_quota.h"

namespace engine {
namespace {

std::unique_ptr<ThreadPool> make_pool(int n_threads) {
  auto pool = ThreadPool::create(n_threads);
  EXPECT_TRUE(pool.has_value());
  return std::move(*pool);
}

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEveryChunkOnce) {
  const auto pool = make_pool(GetParam());
  EXPECT_EQ(pool->n_threads(), GetParam());
  for (const std::int64_t n : {0, 1, 2, 3, 7, 64, 1000, 200'003}) {
    std::vector<int> count(static_cast<std::size_t>(n), 0);
    pool->run(n, [&](std::int64_t chunk, int) { ++count[static_cast<std::size_t>(chunk)]; });
    EXPECT_EQ(count, std::vector<int>(static_cast<std::size_t>(n), 1));
  }
}

TEST_P(ThreadPoolTest, ThreadNumbersSelectPrivateScratch) {
  const auto pool = make_pool(GetParam());
  // Not atomic on purpose: two chunks under one thread number at once would be a race.
  std::vector<std::int64_t> per_thread(static_cast<std::size_t>(GetParam()), 0);
  constexpr std::int64_t kChunks = 2000;
  pool->run(kChunks,
            [&](std::int64_t, int thread) { ++per_thread[static_cast<std::size_t>(thread)]; });
  std::int64_t sum = 0;
  for (const std::int64_t n : per_thread) sum += n;
  EXPECT_EQ(sum, kChunks);
}

TEST_P(ThreadPoolTest, ManyTinyJobs) {
  const auto pool = make_pool(GetParam());
  std::vector<std::int64_t> sums(5, 0);
  const int n_jobs = 3000;
  for (int job = 0; job < n_jobs; ++job) {
    // The job's state lives on this stack frame: a worker that came late must not touch it.
    const std::int64_t step = job;
    const std::int64_t n = 2 + job % 4;
    pool->run(n, [&sums, step](std::int64_t chunk, int) {
      sums[static_cast<std::size_t>(chunk)] += step;
    });
  }
  EXPECT_EQ(sums[0], std::int64_t{n_jobs} * (n_jobs - 1) / 2);
  EXPECT_EQ(sums[1], sums[0]);
}

TEST_P(ThreadPoolTest, SleepsBetweenJobsAndComesBack) {
  const auto pool = make_pool(GetParam());
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> n{0};
    pool->run(16, [&](std::int64_t, int) { n.fetch_add(1); });
    EXPECT_EQ(n.load(), 16);
  }
}

// The first chunk lasts until the others are done: somebody must take those of its thread.
TEST_P(ThreadPoolTest, OthersTakeWhatABusyThreadHasLeft) {
  const auto pool = make_pool(GetParam());
  constexpr int kChunks = 40;
  std::atomic<int> n_others{0};
  pool->run(kChunks, [&](std::int64_t chunk, int) {
    if (chunk > 0) {
      n_others.fetch_add(1);
      return;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (GetParam() > 1 && n_others.load() < kChunks - 1 &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(GetParam() == 1 || n_others.load() == kChunks - 1);
  });
}

TEST_P(ThreadPoolTest, TheLikelyNextChunkStaysInTheThreadsRange) {
  const auto pool = make_pool(GetParam());
  for (const std::int64_t n : {1, 2, 5, 8, 100}) {
    std::int64_t n_ends = 0;
    for (std::int64_t chunk = 0; chunk < n; ++chunk) {
      const std::int64_t next = pool->likely_next(chunk, n);
      EXPECT_TRUE(next == chunk + 1 || next == n);
      n_ends += next == n ? 1 : 0;
    }
    EXPECT_EQ(n_ends, std::min<std::int64_t>(n, GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 8));

std::set<std::string> thread_folders() {
  std::set<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    folders.insert(entry.path().string());
  }
  return folders;
}

// "S (sleeping)" and the like, and how often the thread was put to sleep so far.
struct ThreadLife {
  std::string state;
  std::string n_sleeps;
  bool operator==(const ThreadLife&) const = default;
};

ThreadLife life_of(const std::string& folder) {
  std::ifstream status(folder + "/status");
  ThreadLife life;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) life.state = line.substr(7);
    if (line.starts_with("voluntary_ctxt_switches:")) life.n_sleeps = line;
  }
  return life;
}

// A worker that spins is never asleep, one that polls goes to sleep again and again. Neither
// depends on how much of the processor the machine gives to this process.
TEST(ThreadPoolIdle, SleepsAndIsNotWoken) {
  make_pool(2);  // a sanitizer starts a thread of its own with the first
  const std::set<std::string> before = thread_folders();
  const auto pool = make_pool(8);
  pool->run(64, [](std::int64_t, int) {});
  std::vector<std::string> workers;
  for (const std::string& folder : thread_folders()) {
    if (!before.contains(folder)) workers.push_back(folder);
  }
  ASSERT_EQ(workers.size(), 7U);
  const auto asleep = [&] {
    std::vector<ThreadLife> lives;
    for (const std::string& worker : workers) {
      lives.push_back(life_of(worker));
      if (!lives.back().state.starts_with('S')) lives.back().n_sleeps = "awake";
    }
    return lives;
  };
  // They spin for a moment first: waited for until nothing happens for a fifth of a second.
  bool undisturbed = false;
  for (int i = 0; i < 300 && !undisturbed; ++i) {
    const auto begin = asleep();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    undisturbed = begin == asleep() && std::none_of(begin.begin(), begin.end(), [](const auto& l) {
                    return l.n_sleeps == "awake";
                  });
  }
  EXPECT_TRUE(undisturbed);
}

TEST(UsableProcessors, FollowsTheAffinityMask) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  const int n = CPU_COUNT(&all);
  EXPECT_EQ(usable_processors(), std::min(n, processor_quota().value_or(n)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_processors(), 1);
  sched_setaffinity(0, sizeof all, &all);
}

}  // namespace
}  // namespace engine
