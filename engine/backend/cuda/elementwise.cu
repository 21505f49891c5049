// Norms, rotation, embedding rows, sums and copies; float32 into bf16 terms.
// Everything here is bound by memory: one pass, neighbouring threads on neighbouring elements.
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;

__device__ __forceinline__ void write_terms(const Terms& terms, std::int64_t row, std::int64_t col,
                                            float value) {
  const Bf16Terms s = split_bf16(value);
  const Global<std::uint16_t> out(terms.data);
  out[row * 2 * terms.padded_cols + col] = s.high;
  out[(row * 2 + 1) * terms.padded_cols + col] = s.low;
}

/// Grid: rows. Block: kThreads; thread i owns columns i, i + kThreads, … Shared: the warps' sums.
__global__ void __launch_bounds__(kThreads) rms_norm(const NormArgs args) {
  DEVICE_SHARED(float, parts, kWarps);
  const std::int64_t row = blockIdx.x;
  const Global<const float> x(args.x.data + row * args.x.stride);
  const Global<const float> gamma(args.gamma);
  const Global<float> out(first_row(args.out) + row * args.out.stride);
  const Global<float> x_out(args.x_out == nullptr ? nullptr : args.x_out + row * args.x.stride);
  const Global<const float> added(args.added == nullptr ? nullptr
                                                        : args.added + row * args.added_stride);
  const auto value = [&](std::int64_t c) {
    const float v = x[c];
    return args.added == nullptr ? v : v + added[c];
  };
  float squares = 0.0F;
  for (std::int64_t c = threadIdx.x; c < args.x.cols; c += kThreads) {
    const float v = value(c);
    squares = fmaf(v, v, squares);
  }
  const float mean = block_sum<kWarps>(squares, parts) / static_cast<float>(args.x.cols);
  const float inverse = 1.0F / sqrtf(mean + args.eps);
  const std::int64_t end = args.terms.data == nullptr ? args.x.cols : args.terms.padded_cols;
  for (std::int64_t c = threadIdx.x; c < end; c += kThreads) {
    float normed = 0.0F;
    if (c < args.x.cols) {
      const float v = value(c);
      normed = v * inverse * gamma[c];
      if (args.added != nullptr) x_out[c] = v;
      out[c] = normed;
    }
    if (args.terms.data != nullptr) write_terms(args.terms, row, c, normed);
  }
}

/// As rms_norm; the variance is summed around the mean.
__global__ void __launch_bounds__(kThreads) layer_norm(const NormArgs args) {
  DEVICE_SHARED(float, parts, kWarps);
  const std::int64_t row = blockIdx.x;
  const Global<const float> x(first_row(args.x) + row * args.x.stride);
  const Global<const float> gamma(args.gamma);
  const Global<const float> beta(args.beta);
  const Global<float> out(first_row(args.out) + row * args.out.stride);
  const auto n = static_cast<float>(args.x.cols);
  float sum = 0.0F;
  for (std::int64_t c = threadIdx.x; c < args.x.cols; c += kThreads) sum += x[c];
  const float mean = block_sum<kWarps>(sum, parts) / n;
  float squares = 0.0F;
  for (std::int64_t c = threadIdx.x; c < args.x.cols; c += kThreads) {
    const float d = x[c] - mean;
    squares = fmaf(d, d, squares);
  }
  const float inverse = 1.0F / sqrtf(block_sum<kWarps>(squares, parts) / n + args.eps);
  for (std::int64_t c = threadIdx.x; c < args.x.cols; c += kThreads) {
    out[c] = (x[c] - mean) * inverse * gamma[c] + beta[c];
  }
}

/// Grid: enough blocks for one element per thread; thread owns element (row, column).
struct Element {
  std::int64_t row, col;
  bool inside;
};
__device__ __forceinline__ Element element_of(std::int64_t rows, std::int64_t cols) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  return {i / cols, i % cols, i < rows * cols};
}

__global__ void __launch_bounds__(kThreads) add_rows(const ConstRows a, const Rows out) {
  const Element e = element_of(out.rows, out.cols);
  if (!e.inside) return;
  const Global<const float> from(a.data);
  const Global<float> to(out.data);
  to[e.row * out.stride + e.col] += from[e.row * a.stride + e.col];
}

__global__ void __launch_bounds__(kThreads) copy_rows(const ConstRows a, const Rows out) {
  const Element e = element_of(out.rows, out.cols);
  if (!e.inside) return;
  const Global<const float> from(a.data);
  const Global<float> to(first_row(out));
  to[e.row * out.stride + e.col] = from[e.row * a.stride + e.col];
}

__global__ void __launch_bounds__(kThreads)
    embed(const PlacedWeight table, const std::int32_t* tokens, const Rows out) {
  const Element e = element_of(out.rows, out.cols);
  if (!e.inside) return;
  const Global<const std::int32_t> ids(tokens);
  const Global<float> to(out.data);
  to[e.row * out.stride + e.col] = weight_value(table, ids[e.row], e.col);
}

/// Thread owns pair i of one head of one row.
__global__ void __launch_bounds__(kThreads) rope(const RopeArgs args) {
  const std::int64_t half = args.dim / 2;
  const Element e = element_of(args.x.rows, args.n_heads * half);
  if (!e.inside) return;
  const std::int64_t i = e.col % half;
  const Global<float> head(first_row(args.x) + e.row * args.x.stride + args.offset +
                           e.col / half * args.head_stride);
  const std::int64_t at = (args.first_position + moved_by(args.moved) + e.row) * half + i;
  const float cos = Global<const float>(args.cos)[at];
  const float sin = Global<const float>(args.sin)[at];
  const std::int64_t first = args.interleaved ? 2 * i : i;
  const std::int64_t second = args.interleaved ? 2 * i + 1 : i + half;
  const float a = head[first];
  const float b = head[second];
  head[first] = fmaf(a, cos, -(b * sin));
  head[second] = fmaf(b, cos, a * sin);
}

/// Thread owns one element of a row of terms, padding included.
__global__ void __launch_bounds__(kThreads) split(const SplitArgs args) {
  const Element e = element_of(args.x.rows * args.parts, args.out.padded_cols);
  if (!e.inside) return;
  const Global<const float> x(args.x.data + e.row / args.parts * args.x.stride +
                              e.row % args.parts * args.part_stride);
  write_terms(args.out, e.row, e.col, e.col < args.x.cols ? x[e.col] : 0.0F);
}

__global__ void __launch_bounds__(kThreads)
    silu_product(const float* gate, const float* up, const std::int64_t rows,
                 const std::int64_t cols, const Terms out) {
  const Element e = element_of(rows, out.padded_cols);
  if (!e.inside) return;
  float value = 0.0F;
  if (e.col < cols) {
    const std::int64_t at = e.row * cols + e.col;
    value = silu(Global<const float>(gate)[at]) * Global<const float>(up)[at];
  }
  write_terms(out, e.row, e.col, value);
}

dim3 blocks_for(std::int64_t n) {
  return dim3(static_cast<unsigned>((n + kThreads - 1) / kThreads));
}

}  // namespace

void launch_rms_norm(const NormArgs& args, Stream stream) {
  if (args.x.rows == 0) return;
  DEVICE_LAUNCH(rms_norm, dim3(static_cast<unsigned>(args.x.rows)), dim3(kThreads), stream, args);
}

void launch_layer_norm(const NormArgs& args, Stream stream) {
  if (args.x.rows == 0) return;
  DEVICE_LAUNCH(layer_norm, dim3(static_cast<unsigned>(args.x.rows)), dim3(kThreads), stream, args);
}

void launch_add(const ConstRows& a, const Rows& out, Stream stream) {
  if (out.rows == 0) return;
  DEVICE_LAUNCH(add_rows, blocks_for(out.rows * out.cols), dim3(kThreads), stream, a, out);
}

void launch_copy(const ConstRows& a, const Rows& out, Stream stream) {
  if (out.rows == 0) return;
  DEVICE_LAUNCH(copy_rows, blocks_for(out.rows * out.cols), dim3(kThreads), stream, a, out);
}

void launch_embed(const PlacedWeight& table, const std::int32_t* tokens, const Rows& out,
                  Stream stream) {
  if (out.rows == 0) return;
  DEVICE_LAUNCH(embed, blocks_for(out.rows * out.cols), dim3(kThreads), stream, table, tokens, out);
}

void launch_rope(const RopeArgs& args, Stream stream) {
  const std::int64_t n = args.x.rows * args.n_heads * (args.dim / 2);
  if (n == 0) return;
  DEVICE_LAUNCH(rope, blocks_for(n), dim3(kThreads), stream, args);
}

void launch_split(const SplitArgs& args, Stream stream) {
  const std::int64_t n = args.x.rows * args.parts * args.out.padded_cols;
  if (n == 0) return;
  DEVICE_LAUNCH(split, blocks_for(n), dim3(kThreads), stream, args);
}

void launch_silu_product(const float* gate, const float* up, std::int64_t rows, std::int64_t cols,
                         const Terms& out, Stream stream) {
  if (rows == 0) return;
  DEVICE_LAUNCH(silu_product, blocks_for(rows * out.padded_cols), dim3(kThreads), stream, gate, up,
                rows, cols, out);
}

}  // namespace engine::cuda
