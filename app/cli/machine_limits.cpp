// Loops that do nothing but read, or nothing but multiply and add. Each instruction set is chosen
// at run time; none is touched on a processor without it.
#include "app/cli/machine_limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "engine/backend/cpu/amx_support.h"
#include "engine/base/thread_pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace app::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTrials = 5;
constexpr std::int64_t kReadBytes = std::int64_t{256} << 20;
constexpr std::int64_t kReadChunk = std::int64_t{1} << 19;
constexpr int kRounds = 400'000;

/// A loop in registers and the operations of one call.
struct Loop {
  void (*run)(int rounds) = nullptr;
  double opsPerRound = 0;
  const char* kind = "";
};

/// A value the compiler must believe is needed.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

void plainFloats(int rounds) {
  float sums[16] = {};
  float factor = 0.999F;
  asm volatile("" : "+x"(factor));
  for (int i = 0; i < rounds; ++i) {
    for (float& sum : sums) sum = sum * factor + 0.5F;
  }
  keep(sums);
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) void avx2Floats(int rounds) {
  __m256 sums[12];
  for (auto& sum : sums) sum = _mm256_setzero_ps();
  __m256 a = _mm256_set1_ps(0.5F);
  __m256 b = _mm256_set1_ps(0.25F);
  for (int i = 0; i < rounds; ++i) {
    asm volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm256_fmadd_ps(a, b, sum);
  }
  keep(sums);
}

__attribute__((target("avx512f"))) void avx512Floats(int rounds) {
  __m512 sums[12];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  __m512 a = _mm512_set1_ps(0.5F);
  __m512 b = _mm512_set1_ps(0.25F);
  for (int i = 0; i < rounds; ++i) {
    asm volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm512_fmadd_ps(a, b, sum);
  }
  keep(sums);
}

/// Products of bytes, pairs added to 16 bits, pairs of those to 32 bits: three instructions.
__attribute__((target("avx2"))) void avx2Bytes(int rounds) {
  __m256i sums[8];
  for (auto& sum : sums) sum = _mm256_setzero_si256();
  __m256i a = _mm256_set1_epi8(3);
  __m256i b = _mm256_set1_epi8(5);
  const __m256i ones = _mm256_set1_epi16(1);
  for (int i = 0; i < rounds; ++i) {
    for (auto& sum : sums) {
      asm volatile("" : "+x"(a), "+x"(b));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones));
    }
  }
  keep(sums);
}

__attribute__((target("avx512f,avx512vnni"))) void vnniBytes(int rounds) {
  __m512i sums[12];
  for (auto& sum : sums) sum = _mm512_setzero_si512();
  __m512i a = _mm512_set1_epi8(3);
  __m512i b = _mm512_set1_epi8(5);
  for (int i = 0; i < rounds; ++i) {
    asm volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm512_dpbusd_epi32(sum, a, b);
  }
  keep(sums);
}

/// Eight tiles of 16 rows of 64 bytes. Written as instructions, because g++ 12 lets stores to the
/// configuration be dropped in front of its own _tile_loadconfig.
void amxBytes(int rounds) {
  alignas(64) unsigned char config[64] = {1};
  for (int tile = 0; tile < 8; ++tile) {
    config[16 + 2 * tile] = 64;
    config[48 + tile] = 16;
  }
  asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
  asm volatile(
      "tilezero %%tmm0\n tilezero %%tmm1\n tilezero %%tmm2\n tilezero %%tmm3\n"
      "tilezero %%tmm4\n tilezero %%tmm5\n tilezero %%tmm6\n tilezero %%tmm7\n"
      "1:\n"
      "tdpbssd %%tmm6, %%tmm4, %%tmm0\n tdpbssd %%tmm7, %%tmm4, %%tmm1\n"
      "tdpbssd %%tmm6, %%tmm5, %%tmm2\n tdpbssd %%tmm7, %%tmm5, %%tmm3\n"
      "dec %0\n jnz 1b\n"
      "tilerelease\n"
      : "+r"(rounds)
      :
      : "cc", "memory");
}

#endif

Loop floatLoop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {avx512Floats, 12.0 * 16 * 2, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {avx2Floats, 12.0 * 8 * 2, "AVX2"};
  }
#endif
  return {plainFloats, 16.0 * 2, "generic"};
}

Loop byteLoop() {
#if defined(__x86_64__)
  if (engine::amx_support().refusal.empty()) return {amxBytes, 4.0 * 16 * 16 * 64 * 2, "AMX"};
  if (__builtin_cpu_supports("avx512vnni")) return {vnniBytes, 12.0 * 64 * 2, "AVX-512 VNNI"};
  if (__builtin_cpu_supports("avx2")) return {avx2Bytes, 8.0 * 32 * 2, "AVX2"};
#endif
  return {};
}

/// Returns with every thread of the pool awake: one that was only just started may take longer to
/// come than a measurement lasts, and the others would do its part. Not for ever: it may be held.
void wakeAll(engine::ThreadPool& pool) {
  const int nThreads = pool.n_threads();
  std::atomic<int> nAwake{0};
  const auto end = Clock::now() + std::chrono::seconds(1);
  pool.run(nThreads, [&](std::int64_t, int) {
    ++nAwake;
    while (nAwake.load() < nThreads && Clock::now() < end) std::this_thread::yield();
  });
}

/// The best of the trials: work per second. They go on for a while: two threads may share one
/// processor until the system moves one of them.
double bestRate(double work, const std::function<void()>& run) {
  double best = 0;
  const auto end = Clock::now() + std::chrono::milliseconds(60);
  for (int trial = 0; trial < kTrials || Clock::now() < end; ++trial) {
    const auto begin = Clock::now();
    run();
    const std::chrono::duration<double> elapsed = Clock::now() - begin;
    best = std::max(best, work / std::max(elapsed.count(), 1e-9));
  }
  return best;
}

double loopRate(const Loop& loop, engine::ThreadPool& pool) {
  if (loop.run == nullptr) return 0;
  const int nThreads = pool.n_threads();
  const int rounds = loop.run == plainFloats ? kRounds / 8 : kRounds;
  return bestRate(loop.opsPerRound * rounds * nThreads,
                  [&] { pool.run(nThreads, [&](std::int64_t, int) { loop.run(rounds); }); });
}

double readRate(engine::ThreadPool& pool) {
  const std::vector<std::uint64_t> data(static_cast<std::size_t>(kReadBytes) / 8, 1);
  const std::int64_t nChunks = kReadBytes / kReadChunk;
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(nChunks));
  const auto read = [&](std::int64_t chunk, int) {
    const std::uint64_t* p = data.data() + chunk * (kReadChunk / 8);
    const std::uint64_t* const end = p + kReadChunk / 8;
    std::uint64_t sum[8] = {};
    for (; p < end; p += 8) {
      for (int i = 0; i < 8; ++i) sum[i] ^= p[i];
    }
    for (const std::uint64_t s : sum) sums[static_cast<std::size_t>(chunk)] ^= s;
  };
  const double rate = bestRate(static_cast<double>(kReadBytes), [&] { pool.run(nChunks, read); });
  keep(sums);
  return rate;
}

double forkJoin(engine::ThreadPool& pool) {
  constexpr int kJobs = 2000;
  const double jobsPerSecond = bestRate(kJobs, [&] {
    for (int i = 0; i < kJobs; ++i) {
      pool.run(pool.n_threads() * 2, [](std::int64_t chunk, int) { keep(chunk); });
    }
  });
  return 1e6 / jobsPerSecond;
}

}  // namespace

engine::Result<MachineLimits> measureMachineLimits(int nThreads) {
  ASSIGN_OR_RETURN(const auto pool, engine::ThreadPool::create(nThreads));
  const Loop floats = floatLoop();
  const Loop bytes = byteLoop();
  wakeAll(*pool);
  MachineLimits limits;
  limits.floatKind = floats.kind;
  limits.int8Kind = bytes.kind;
  limits.forkJoinMicroseconds = forkJoin(*pool);
  limits.floatOpsPerSecond = loopRate(floats, *pool);
  limits.int8OpsPerSecond = loopRate(bytes, *pool);
  limits.readBytesPerSecond = readRate(*pool);
  return limits;
}

}  // namespace app::cli
