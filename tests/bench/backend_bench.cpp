// Speed of the CPU backend's ops beside what the machine can do at most: bytes/s against a plain
// read of memory, FLOP/s against registers-only multiply-adds. Run it on an idle machine:
// backend_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/thread_pool.h"

namespace engine {
namespace {

struct Bytes {
  std::vector<std::byte> data;
  std::vector<float> scales;
  WeightView view;
  Bytes(DType dtype, std::int64_t rows, std::int64_t cols)
      : data(static_cast<std::size_t>(rows * dtype_bytes(dtype, cols))) {
    // Bits that are small normal numbers in every format.
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::byte(0x30 + i % 7);
    scales.assign(static_cast<std::size_t>((rows + 127) / 128 * ((cols + 127) / 128)), 0.5F);
    view = {data.data(), dtype, rows, cols, scales.data(), (cols + 127) / 128};
  }
};

/// Null, and the benchmark skipped, where the processor lacks the instruction set.
std::unique_ptr<Backend> cpu(benchmark::State& state, const char* instruction_set = "",
                             int n_threads = 0) {
  auto backend = make_backend({BackendKind::Cpu, n_threads, instruction_set});
  if (backend) return std::move(*backend);
  state.SkipWithError(backend.error().message.c_str());
  return nullptr;
}

std::vector<float> floats(std::int64_t n) {
  std::vector<float> v(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = 0.01F * static_cast<float>(i % 97) - 0.4F;
  return v;
}

void rate(benchmark::State& state, const char* name, double per_iteration) {
  state.counters[name] = benchmark::Counter(
      per_iteration, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

void ReadMemory(benchmark::State& state) {
  const auto pool = std::move(*ThreadPool::create(usable_processors()));
  const std::vector<std::uint64_t> data(std::size_t{64} << 20, 1);  // 512 MiB
  constexpr std::int64_t kChunk = 1 << 16;
  const auto n_chunks = static_cast<std::int64_t>(data.size()) / kChunk;
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(n_chunks));
  for (auto _ : state) {
    pool->run(n_chunks, [&](std::int64_t chunk, int) {
      std::uint64_t sum[8] = {};
      for (const std::uint64_t* p = data.data() + chunk * kChunk;
           p < data.data() + (chunk + 1) * kChunk; p += 8) {
        for (int i = 0; i < 8; ++i) sum[i] ^= p[i];
      }
      for (const std::uint64_t s : sum) sums[static_cast<std::size_t>(chunk)] ^= s;
    });
    benchmark::DoNotOptimize(sums.data());
  }
  rate(state, "bytes/s", static_cast<double>(data.size() * 8));
}
BENCHMARK(ReadMemory)->UseRealTime();

// Decode: one token against a matrix far larger than the caches.
void DecodeMatmul(benchmark::State& state, const char* instruction_set, DType dtype) {
  const auto backend = cpu(state, instruction_set);
  if (backend == nullptr) return;
  constexpr std::int64_t kIn = 2048;
  const std::int64_t n_out = (std::int64_t{256} << 20) / dtype_bytes(dtype, kIn);
  const Bytes w(dtype, n_out, kIn);
  const std::vector<float> x = floats(kIn);
  std::vector<float> out(static_cast<std::size_t>(n_out));
  for (auto _ : state) {
    backend->matmul({x.data(), 1, kIn, kIn}, w.view, nullptr, {out.data(), 1, n_out, n_out});
  }
  rate(state, "bytes/s", static_cast<double>(w.data.size()));
}

// Prefill: many tokens against one projection.
void PrefillMatmul(benchmark::State& state, const char* instruction_set, DType dtype) {
  const auto backend = cpu(state, instruction_set);
  if (backend == nullptr) return;
  const std::int64_t n_tokens = state.range(0);
  const std::int64_t n_in = state.range(1);
  constexpr std::int64_t kOut = 2048;
  const Bytes w(dtype, kOut, n_in);
  const std::vector<float> x = floats(n_tokens * n_in);
  std::vector<float> out(static_cast<std::size_t>(n_tokens * kOut));
  for (auto _ : state) {
    backend->matmul({x.data(), n_tokens, n_in, n_in}, w.view, nullptr,
                    {out.data(), n_tokens, kOut, kOut});
  }
  rate(state, "FLOP/s", 2.0 * static_cast<double>(n_tokens * n_in * kOut));
}

// One token, 6 of 64 experts of V2-Lite's shape.
void DecodeMoe(benchmark::State& state) {
  const auto backend = cpu(state);
  constexpr std::int64_t kHidden = 2048;
  constexpr std::int64_t kWidth = 1408;
  const Bytes up(DType::BF16, 64 * kWidth, kHidden);
  const Bytes gate(DType::BF16, 64 * kWidth, kHidden);
  const Bytes down(DType::BF16, 64 * kHidden, kWidth);
  const auto part = [](const Bytes& all, std::int64_t expert, std::int64_t rows) {
    WeightView view = all.view;
    view.rows = rows;
    view.data += expert * rows * view.cols * 2;
    return view;
  };
  std::vector<MlpWeights> experts;
  for (std::int64_t e = 0; e < 64; ++e) {
    experts.push_back({part(gate, e, kWidth), part(up, e, kWidth), part(down, e, kHidden)});
  }
  const std::vector<float> x = floats(kHidden);
  const std::vector<float> weights(6, 0.2F);
  std::vector<float> out(kHidden);
  std::int32_t round = 0;
  for (auto _ : state) {
    std::vector<std::int32_t> ids;
    for (std::int32_t j = 0; j < 6; ++j) ids.push_back((round + 11 * j) % 64);
    ++round;
    backend->moe({x.data(), 1, kHidden, kHidden}, experts, ids, weights, 6,
                 {out.data(), 1, kHidden, kHidden});
  }
  rate(state, "bytes/s", 6.0 * 3.0 * kWidth * kHidden * 2.0);
}
BENCHMARK(DecodeMoe)->UseRealTime();

// V2-Lite's heads over a context of so many slots; on one thread its processor time tells the
// kernels' speed on a busy machine too.
void Attention(benchmark::State& state, AttentionForm form, int n_threads) {
  const auto backend = cpu(state, "", n_threads);
  const std::int64_t n_tokens = state.range(0);
  const std::int64_t n_slots = state.range(1);
  constexpr std::int64_t kHeads = 16;
  const Bytes w(DType::BF16, kHeads * 256, 512);
  const std::vector<float> q = floats(n_tokens * kHeads * 192);
  const std::vector<float> c_kv = floats(n_slots * 512);
  const std::vector<float> k_rope = floats(n_slots * 64);
  std::vector<float> out(static_cast<std::size_t>(n_tokens * kHeads * 128));
  const MlaAttentionArgs args{kHeads,
                              512,
                              128,
                              64,
                              128,
                              0.07F,
                              n_slots - n_tokens,
                              {q.data(), n_tokens, kHeads * 192, kHeads * 192},
                              {.w_ukv = w.view, .w_uk_t = {}, .w_uv = {}},
                              {c_kv.data(), n_slots, 512, 512},
                              {k_rope.data(), n_slots, 64, 64}};
  for (auto _ : state) {
    backend->mla_attention(args, form, nullptr, {out.data(), n_tokens, kHeads * 128, kHeads * 128});
  }
  rate(state, "FLOP/s",
       2.0 * static_cast<double>(n_tokens * kHeads) *
           (static_cast<double>(n_slots) * (512 + 512 + 64) + 256 * 512));
}
#define ATTENTION_ARGS ->Args({1, 512})->Args({1, 4096})->Args({1, 32768})->Args({64, 4096})
BENCHMARK_CAPTURE(Attention, absorbed, AttentionForm::Absorbed, 0) ATTENTION_ARGS->UseRealTime();
BENCHMARK_CAPTURE(Attention, absorbed_one_thread, AttentionForm::Absorbed, 1) ATTENTION_ARGS;
BENCHMARK_CAPTURE(Attention, expanded, AttentionForm::Expanded, 0)->Args({64, 4096})->UseRealTime();

// The cost of handing an op to the workers.
void ForkJoin(benchmark::State& state) {
  const auto pool = std::move(*ThreadPool::create(static_cast<int>(state.range(0))));
  std::atomic<int> n{0};
  for (auto _ : state) pool->run(16, [&](std::int64_t, int) { n.fetch_add(1); });
}
BENCHMARK(ForkJoin)->Arg(1)->Arg(2)->Arg(8)->UseRealTime();

#define BENCH_SETS(function, type)                                                \
  BENCHMARK_CAPTURE(function, generic_##type, "generic", DType::type) BENCH_ARGS; \
  BENCHMARK_CAPTURE(function, avx2_##type, "avx2", DType::type) BENCH_ARGS;       \
  BENCHMARK_CAPTURE(function, avx512_##type, "avx512", DType::type) BENCH_ARGS
#define BENCH_BLOCK_TYPE(function, type)                                                  \
  BENCH_SETS(function, type);                                                             \
  BENCHMARK_CAPTURE(function, avx2_vnni_##type, "avx2-vnni", DType::type) BENCH_ARGS;     \
  BENCHMARK_CAPTURE(function, avx512_vnni_##type, "avx512-vnni", DType::type) BENCH_ARGS; \
  BENCHMARK_CAPTURE(function, amx_##type, "amx-int8", DType::type) BENCH_ARGS
#define BENCH_BLOCK_TYPES(function)   \
  BENCH_BLOCK_TYPE(function, Q8_0);   \
  BENCH_BLOCK_TYPE(function, Q4_K);   \
  BENCH_BLOCK_TYPE(function, Q6_K);   \
  BENCH_BLOCK_TYPE(function, Q5_K);   \
  BENCH_BLOCK_TYPE(function, Q4_0);   \
  BENCH_BLOCK_TYPE(function, Q4_1);   \
  BENCH_BLOCK_TYPE(function, Q5_0);   \
  BENCH_BLOCK_TYPE(function, Q5_1);   \
  BENCH_BLOCK_TYPE(function, IQ4_NL); \
  BENCH_BLOCK_TYPE(function, IQ4_XS); \
  BENCH_BLOCK_TYPE(function, Q2_K);   \
  BENCH_BLOCK_TYPE(function, Q3_K)
#define BENCH_ARGS ->UseRealTime()
BENCH_SETS(DecodeMatmul, F32);
BENCH_SETS(DecodeMatmul, F16);
BENCH_SETS(DecodeMatmul, BF16);
BENCH_SETS(DecodeMatmul, F8_E4M3);
BENCH_BLOCK_TYPES(DecodeMatmul);
#undef BENCH_ARGS
#define BENCH_ARGS ->Args({512, 2048})->Args({16, 2048})->Args({512, 7168})->UseRealTime()
BENCH_SETS(PrefillMatmul, BF16);
BENCH_SETS(PrefillMatmul, F32);
BENCH_BLOCK_TYPES(PrefillMatmul);

}  // namespace
}  // namespace engine

BENCHMARK_MAIN();
