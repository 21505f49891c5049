// What the GPU of this machine can do (copy bandwidth, bf16 matrix peak) and what the kernels make
// of it at V2-Lite's sizes. Prints one line per kernel: microseconds, and the share of the
// bandwidth its fewest bytes ask for. Run by tests/gpu/run.sh.
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "engine/backend/cuda/kernels.h"

namespace {

using namespace engine::cuda;  // NOLINT(google-build-using-namespace): one file, one purpose

void must(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(status));
  std::exit(1);
}

/// Device memory of n elements with values that are neither zero nor alike.
template <class T>
T* filled(std::int64_t n, std::uint32_t seed) {
  std::vector<T> host(static_cast<std::size_t>(n));
  std::uint32_t state = seed * 2654435761U + 1U;
  for (T& v : host) {
    state = state * 1664525U + 1013904223U;
    if constexpr (sizeof(T) == 4) {
      v = static_cast<T>(static_cast<float>(state >> 8) / 16777216.0F - 0.5F);
    } else {
      v = static_cast<T>((state >> 16 & 0x80FFU) | 0x3C00U);  // bf16 of about ±0.01
    }
  }
  T* device = nullptr;
  must(cudaMalloc(reinterpret_cast<void**>(&device), host.size() * sizeof(T)), "memory");
  must(cudaMemcpy(device, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice), "copy");
  return device;
}

/// Median microseconds of one run out of `repeats`, five times measured.
double microseconds(const std::function<void(int)>& run, int repeats) {
  cudaEvent_t begin{};
  cudaEvent_t end{};
  must(cudaEventCreate(&begin), "event");
  must(cudaEventCreate(&end), "event");
  std::vector<double> times;
  for (int measured = 0; measured < 6; ++measured) {
    must(cudaEventRecord(begin, nullptr), "event");
    for (int i = 0; i < repeats; ++i) run(i);
    must(cudaEventRecord(end, nullptr), "event");
    must(cudaEventSynchronize(end), "wait");
    must(cudaGetLastError(), "launch");
    float ms = 0;
    must(cudaEventElapsedTime(&ms, begin, end), "time");
    if (measured > 0) times.push_back(1000.0 * ms / repeats);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

double copy_bytes_per_second() {
  constexpr std::int64_t kBytes = std::int64_t{4} << 30;
  void* a = nullptr;
  void* b = nullptr;
  must(cudaMalloc(&a, kBytes), "memory");
  must(cudaMalloc(&b, kBytes), "memory");
  must(cudaMemset(a, 0x5A, kBytes), "set");
  const double us = microseconds(
      [&](int) { must(cudaMemcpyAsync(b, a, kBytes, cudaMemcpyDeviceToDevice), "copy"); }, 5);
  cudaFree(a);
  cudaFree(b);
  return 2.0 * kBytes / us * 1e6;
}

/// cuBLAS where the machine has it: nothing else needs it, so it is not linked.
struct Cublas {
  using Create = int (*)(void**);
  using Gemm = int (*)(void*, int, int, int, int, int, const void*, const void*, int, int,
                       const void*, int, int, const void*, void*, int, int, int, int);
  void* handle = nullptr;
  Gemm gemm = nullptr;

  Cublas() {
    void* library = nullptr;
    for (const char* name : {"libcublas.so." CUBLAS_VERSION, CUBLAS_FOLDER "/libcublas.so",
                             "libcublas.so.13", "libcublas.so.12"}) {
      if (library == nullptr) library = dlopen(name, RTLD_NOW);
    }
    if (library == nullptr) return;
    const auto create = reinterpret_cast<Create>(dlsym(library, "cublasCreate_v2"));
    if (create == nullptr || create(&handle) != 0) return;
    gemm = reinterpret_cast<Gemm>(dlsym(library, "cublasGemmEx"));
  }
};

/// What cuBLAS makes of a product of bf16 values with float32 sums; 0 without it.
double bf16_flops() {
  const Cublas cublas;
  if (cublas.gemm == nullptr) return 0;
  constexpr int kSide = 8192;
  constexpr int kTransposed = 1, kAsItIs = 0, kBf16 = 14, kFloatSums = 68, kAnyKernel = -1;
  auto* a = filled<std::uint16_t>(std::int64_t{kSide} * kSide, 1);
  auto* b = filled<std::uint16_t>(std::int64_t{kSide} * kSide, 2);
  auto* c = filled<std::uint16_t>(std::int64_t{kSide} * kSide, 3);
  const float one = 1;
  const float zero = 0;
  int failed = 0;
  const double us = microseconds(
      [&](int) {
        failed |=
            cublas.gemm(cublas.handle, kTransposed, kAsItIs, kSide, kSide, kSide, &one, a, kBf16,
                        kSide, b, kBf16, kSide, &zero, c, kBf16, kSide, kFloatSums, kAnyKernel);
      },
      5);
  cudaFree(a);
  cudaFree(b);
  cudaFree(c);
  return failed != 0 ? 0 : 2.0 * kSide * kSide * kSide / us * 1e6;
}

void report(const char* name, double us, double bytes, double flops, double peak_bytes,
            double peak_flops) {
  std::printf("%-44s %10.1f us  %5.1f %% of bandwidth", name, us,
              100.0 * bytes / us * 1e6 / peak_bytes);
  if (peak_flops > 0) std::printf("  %5.1f %% of bf16 peak", 100.0 * flops / us * 1e6 / peak_flops);
  std::printf("\n");
}

// Many copies of the weight, so that no run finds the last one's in the cache.
void bench_products(engine::DType dtype, const char* type, std::int64_t n_tokens, bool gated,
                    double peak_bytes, double peak_flops) {
  constexpr std::int64_t kRows = 8192;
  constexpr std::int64_t kCols = 2048;
  constexpr int kCopies = 8;
  const std::int64_t bytes = kRows * placed_row_bytes(weight_layout(dtype), kCols);
  std::vector<std::uint8_t*> weights;
  for (std::uint32_t i = 0; i < kCopies; ++i) {
    weights.push_back(reinterpret_cast<std::uint8_t*>(filled<std::uint16_t>(bytes / 2, i)));
  }
  MatmulArgs args;
  args.weight = {weights[0], nullptr, kRows, kCols, 0, dtype};
  args.n_rows = n_tokens;
  args.tile_rows = n_tokens <= 2 * kFewRows ? kFewRows : n_tokens < 512 ? kManyRows : kLargeRows;
  args.x = {filled<std::uint16_t>(n_tokens * 2 * kCols, 77), kCols};
  args.out = {filled<float>(n_tokens * kRows, 5), n_tokens, kRows, kRows};
  if (gated) {
    args.up = args.weight;
    args.out_terms = {filled<std::uint16_t>(n_tokens * 2 * kRows, 6), kRows};
  }
  const double us = microseconds(
      [&](int i) {
        args.weight.data = weights[static_cast<std::size_t>(i % kCopies)];
        if (gated) args.up.data = weights[static_cast<std::size_t>((i + 1) % kCopies)];
        launch_matmul(args, nullptr);
      },
      40);
  char name[96];
  std::snprintf(name, sizeof name, "%s %s %lld tokens, 8192 x 2048", gated ? "gate+up" : "product",
                type, static_cast<long long>(n_tokens));
  const double passes = gated ? 2 : 1;
  report(name, us, passes * static_cast<double>(bytes),
         passes * 2.0 * kRows * kCols * static_cast<double>(n_tokens), peak_bytes, peak_flops);
  for (std::uint8_t* w : weights) cudaFree(w);
  cudaFree(args.x.data);
  cudaFree(args.out.data);
  if (gated) cudaFree(args.out_terms.data);
}

void bench_attention(std::int64_t context, std::int64_t n_tokens, double peak_bytes,
                     double peak_flops) {
  constexpr std::int64_t kHeads = 16, kRank = 512, kRope = 64;
  AttentionArgs a;
  a.n_tokens = n_tokens;
  a.n_heads = a.heads_per_kv = kHeads;
  a.key_dim = a.value_dim = kRank;
  a.rope_dim = kRope;
  a.scale = 0.07F;
  a.first_position = context - n_tokens;
  a.q = filled<float>(n_tokens * kHeads * kRank, 1);
  a.q_token_stride = kHeads * kRank;
  a.q_head_stride = kRank;
  a.q_rope = filled<float>(n_tokens * kHeads * kRope, 2);
  a.q_rope_token_stride = kHeads * kRope;
  a.q_rope_head_stride = kRope;
  a.k = a.v = filled<float>(context * kRank, 3);
  a.k_stride = a.v_stride = kRank;
  a.k_rope = filled<float>(context * kRope, 4);
  a.k_rope_stride = kRope;
  a.side_by_side = n_tokens <= 4;
  a.n_splits = a.side_by_side ? (context + kSplitSlots - 1) / kSplitSlots : 1;
  int n_multiprocessors = 0;
  cudaDeviceGetAttribute(&n_multiprocessors, cudaDevAttrMultiProcessorCount, 0);
  a.n_multiprocessors = n_multiprocessors;
  const std::int64_t heads = n_tokens * kHeads;
  a.partial = filled<float>(heads * a.n_splits * kRank, 5);
  a.partial_max = filled<float>(heads * a.n_splits, 6);
  a.partial_sum = filled<float>(heads * a.n_splits, 7);
  a.totals = filled<float>(heads * 2, 8);
  a.out_terms = {filled<std::uint16_t>(heads * 2 * kRank, 9), kRank};
  const double us = microseconds([&](int) { launch_attention(a, nullptr); }, 20);
  char name[96];
  std::snprintf(name, sizeof name, "MLA attention %lld tokens at %lld, 16 heads",
                static_cast<long long>(n_tokens), static_cast<long long>(context));
  const double pairs = static_cast<double>(n_tokens) * static_cast<double>(context);
  report(name, us, 4.0 * static_cast<double>(context * (kRank + kRope)),
         2.0 * pairs * kHeads * (2 * kRank + kRope), peak_bytes, peak_flops);
  for (const float* p : {a.q, a.q_rope, a.k, a.k_rope}) cudaFree(const_cast<float*>(p));
  for (float* p : {a.partial, a.partial_max, a.partial_sum, a.totals}) cudaFree(p);
  cudaFree(a.out_terms.data);
}

void bench_small(double peak_bytes, double peak_flops) {
  float* logits = filled<float>(64, 1);
  RouteArgs route;
  route.logits = {logits, 1, 64, 64};
  route.sigmoid = false;
  route.top_k = 6;
  void* ids = nullptr;
  must(cudaMalloc(&ids, 4096), "memory");
  route.ids = static_cast<std::int32_t*>(ids);
  route.weights = filled<float>(64, 2);
  report("router, 64 experts", microseconds([&](int) { launch_route(route, nullptr); }, 50), 512, 0,
         peak_bytes, peak_flops);
  NormArgs norm;
  norm.x = {filled<float>(2048, 3), 1, 2048, 2048};
  norm.gamma = filled<float>(2048, 4);
  norm.eps = 1e-6F;
  norm.out = {filled<float>(2048, 5), 1, 2048, 2048};
  norm.terms = {filled<std::uint16_t>(4096, 6), 2048};
  report("norm, 2048", microseconds([&](int) { launch_rms_norm(norm, nullptr); }, 50), 32768, 0,
         peak_bytes, peak_flops);
}

}  // namespace

int main() {
  cudaDeviceProp p{};
  must(cudaGetDeviceProperties(&p, 0), "device");
  const double bytes = copy_bytes_per_second();
  const double flops = bf16_flops();
  std::printf("device %s, compute capability %d.%d\n", p.name, p.major, p.minor);
  std::printf("copy %.0f GB/s (read and written), ", bytes / 1e9);
  if (flops > 0) {
    std::printf("bf16 %.0f TFLOP/s\n", flops / 1e12);
  } else {
    std::puts("no cuBLAS here: bf16 peak unknown");
  }
  const std::pair<engine::DType, const char*> types[] = {
      {engine::DType::BF16, "BF16"}, {engine::DType::F16, "F16"},   {engine::DType::Q8_0, "Q8_0"},
      {engine::DType::Q4_K, "Q4_K"}, {engine::DType::Q6_K, "Q6_K"}, {engine::DType::Q5_0, "Q5_0"}};
  for (const auto& [dtype, name] : types) {
    for (const std::int64_t n : {1, 4, 32, 512}) {
      bench_products(dtype, name, n, false, bytes, flops);
    }
    bench_products(dtype, name, 1, true, bytes, flops);
  }
  for (const std::int64_t context : {512, 8192, 32768}) bench_attention(context, 1, bytes, flops);
  bench_attention(4096, 512, bytes, flops);
  bench_small(bytes, flops);
  return 0;
}
