// Norms, rotation, embedding rows, sums and copies; float32 into bf16 terms.
// Everything here is bound by memory: one pass, neighbouring threads on neighbouring elements.
#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
// A decoded token has one row: a block of many threads reads it at once.
constexpr int kRowThreads = 1024;
constexpr int kRowWarps = kRowThreads / kWarpSize;

/// One row, by a block of kRowThreads; thread i owns columns i, i + kRowThreads, … `parts`: shared
/// memory for the warps' sums.
template <class Parts>
__device__ __forceinline__ void norm_row(const NormArgs& args, std::int64_t row, Parts& parts) {
  const Global<const float> x(args.x.data + row * args.x.stride);
  const Global<const float> gamma(args.gamma);
  const Global<float> out(first_row(args.out) + row * args.out.stride);
  const Global<float> x_out(args.added == nullptr ? nullptr : args.x_out + row * args.x.stride);
  const Global<float> added(args.added == nullptr ? nullptr : args.added + row * args.added_stride);
  float squares = 0.0F;
  for (std::int64_t c = threadIdx.x; c < args.x.cols; c += kRowThreads) {
    float v = x[c];
    if (args.added != nullptr) {
      float a = 0.0F;
      if (args.experts.pairs != nullptr) {
        a = expert_sum(args.experts, row, c, args.x.cols);
        added[c] = a;
      } else {
        a = added[c];
      }
      v += a;
      x_out[c] = v;
    }
    squares = fmaf(v, v, squares);
  }
  const float mean = block_sum<kRowWarps>(squares, parts) / static_cast<float>(args.x.cols);
  const float inverse = 1.0F / sqrtf(mean + args.eps);
  const std::int64_t end = args.terms.data == nullptr ? args.x.cols : args.terms.padded_cols;
  for (std::int64_t c = threadIdx.x; c < end; c += kRowThreads) {
    float normed = 0.0F;
    if (c < args.x.cols) {
      normed = x[c] * inverse * gamma[c];  // x as this thread left it
      out[c] = normed;
    }
    if (args.terms.data != nullptr) write_terms(args.terms, row, c, normed);
  }
}

/// Grid: rows.
__global__ void __launch_bounds__(kRowThreads) rms_norm(const NormArgs args) {
  DEVICE_SHARED(float, parts, kRowWarps);
  norm_row(args, blockIdx.x, parts);
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

/// Thread `i` of all owns one pair of one head of one row.
__device__ __forceinline__ void rotate_pair(const RopeArgs& args, std::int64_t thread) {
  const std::int64_t half = args.dim / 2;
  const std::int64_t pairs = args.n_heads * half;
  if (thread >= args.x.rows * pairs) return;
  const std::int64_t row = thread / pairs;
  const std::int64_t i = thread % pairs % half;
  const std::int64_t head = args.offset + thread % pairs / half * args.head_stride;
  const Global<float> to(first_row(args.x) + row * args.x.stride + head);
  const Global<const float> from(args.from.data == nullptr
                                     ? first_row(args.x) + row * args.x.stride + head
                                     : args.from.data + row * args.from.stride + head);
  const std::int64_t at = (args.first_position + moved_by(args.moved) + row) * half + i;
  const float cos = Global<const float>(args.cos)[at];
  const float sin = Global<const float>(args.sin)[at];
  const std::int64_t first = args.interleaved ? 2 * i : i;
  const std::int64_t second = args.interleaved ? 2 * i + 1 : i + half;
  const float a = from[first];
  const float b = from[second];
  to[first] = fmaf(a, cos, -(b * sin));
  to[second] = fmaf(b, cos, a * sin);
}

/// Thread `i` of all owns one element of a row of terms, padding included.
__device__ __forceinline__ void split_element(const SplitArgs& args, std::int64_t thread) {
  const std::int64_t row = thread / args.out.padded_cols;
  const std::int64_t col = thread % args.out.padded_cols;
  if (row >= args.x.rows * args.parts) return;
  const Global<const float> x(args.x.data + row / args.parts * args.x.stride +
                              row % args.parts * args.part_stride);
  write_terms(args.out, row, col, col < args.x.cols ? x[col] : 0.0F);
}

std::int64_t row_blocks(std::int64_t n) { return (n + kRowThreads - 1) / kRowThreads; }
std::int64_t rope_blocks(const RopeArgs& args) {
  return row_blocks(args.x.rows * args.n_heads * (args.dim / 2));
}

/// Where in the grid the kinds of row_ops begin: the norm's rows first, a block each.
struct RowGrid {
  std::int64_t ropes[kMostRopes];
  std::int64_t split;
};

/// Grid: blocks of the norm, the ropes, the split, one kind after the other. Block: kRowThreads.
/// Shared: the warps' sums of the norm.
__global__ void __launch_bounds__(kRowThreads) row_ops(const RowOps ops, const RowGrid grid) {
  DEVICE_SHARED(float, parts, kRowWarps);
  const std::int64_t block = blockIdx.x;
  if (block < grid.ropes[0]) return norm_row(ops.norm, block, parts);
  if (block >= grid.split) {
    return split_element(ops.split, (block - grid.split) * kRowThreads + threadIdx.x);
  }
  const bool second = block >= grid.ropes[1];
  rotate_pair(second ? ops.ropes[1] : ops.ropes[0],
              (block - (second ? grid.ropes[1] : grid.ropes[0])) * kRowThreads + threadIdx.x);
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
  DEVICE_LAUNCH(rms_norm, dim3(static_cast<unsigned>(args.x.rows)), dim3(kRowThreads), stream,
                args);
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

void launch_row_ops(const RowOps& ops, Stream stream) {
  RowGrid grid{};
  grid.ropes[0] = ops.norm.x.rows;
  grid.ropes[1] = grid.ropes[0] + rope_blocks(ops.ropes[0]);
  grid.split = grid.ropes[1] + rope_blocks(ops.ropes[1]);
  const std::int64_t n =
      grid.split + row_blocks(ops.split.x.rows * ops.split.parts * ops.split.out.padded_cols);
  if (n == 0) return;
  DEVICE_LAUNCH(row_ops, dim3(static_cast<unsigned>(n)), dim3(kRowThreads), stream, ops, grid);
}

void launch_split(const SplitArgs& args, Stream stream) {
  RowOps ops;
  ops.split = args;
  launch_row_ops(ops, stream);
}

void launch_silu_product(const float* gate, const float* up, std::int64_t rows, std::int64_t cols,
                         const Terms& out, Stream stream) {
  if (rows == 0) return;
  DEVICE_LAUNCH(silu_product, blocks_for(rows * out.padded_cols), dim3(kThreads), stream, gate, up,
                rows, cols, out);
}

}  // namespace engine::cuda
