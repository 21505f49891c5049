// Products of activations with stored weights, and the SwiGLU block made of three of them. One
// chunk is a block of weight rows: it is read once, for all tokens.
#include <algorithm>

#include "engine/backend/cpu/cpu_ops.h"
#include "engine/base/check.h"

namespace engine {

namespace {

using kernels::Out;
using kernels::Rows;

// Below this a product costs less than waking a worker.
constexpr std::int64_t kInlineProducts = 32 * 1024;
// A chunk of a product of few rows: large enough to run at memory speed, small enough to balance.
constexpr std::int64_t kMinChunkBytes = 32 * 1024;

/// Weight rows per chunk.
std::int64_t chunk_rows(const CpuContext& cpu, const WeightView& w, std::int64_t n_x) {
  if (w.rows * w.cols * n_x <= kInlineProducts) return std::max<std::int64_t>(w.rows, 1);
  const std::int64_t n_threads = cpu.pool.n_threads();
  if (n_x <= kernels::kMaxFewRows) {
    const std::int64_t row_bytes = std::max<std::int64_t>(w.cols * dtype_bits(w.dtype) / 8, 1);
    const std::int64_t least = kMinChunkBytes / row_bytes;
    return std::max<std::int64_t>(std::max(least, w.rows / (n_threads * 8)) / 4 * 4, 4);
  }
  const std::int64_t balanced = (w.rows / (n_threads * 4) + 3) / 4 * 4;
  return std::clamp<std::int64_t>(balanced, 4, panel_rows(w.cols));
}

Rows rows_of(ConstMatView m) { return {m.data, m.stride, nullptr}; }

}  // namespace

kernels::Weight kernel_weight(const WeightView& w) {
  using kernels::WeightType;
  const auto type = w.dtype == DType::F32    ? WeightType::F32
                    : w.dtype == DType::F16  ? WeightType::F16
                    : w.dtype == DType::BF16 ? WeightType::BF16
                                             : WeightType::F8E4M3;
  return {reinterpret_cast<const unsigned char*>(w.data), type, w.cols, w.scale_inv, w.scale_cols};
}

void product_block(const CpuContext& cpu, float* panel, const WeightView& w, std::int64_t first_row,
                   std::int64_t n_rows, const Rows& x, std::int64_t n_x, const float* bias,
                   const Out& out) {
  const kernels::Weight weight = kernel_weight(w);
  if (n_x <= kernels::kMaxFewRows) {
    cpu.kernels.few_rows(weight, first_row, n_rows, x, n_x, bias, out);
    return;
  }
  const std::int64_t step = panel_rows(w.cols);
  for (std::int64_t j = 0; j < n_rows; j += step) {
    const std::int64_t n = std::min(step, n_rows - j);
    Rows rows{panel, padded(w.cols), nullptr};
    if (w.dtype == DType::F32) {
      rows = {reinterpret_cast<const float*>(w.data) + (first_row + j) * w.cols, w.cols, nullptr};
    } else {
      cpu.kernels.decode_rows(weight, first_row + j, n, {panel, rows.stride});
    }
    cpu.kernels.panel(rows, n, w.cols, x, n_x, bias == nullptr ? nullptr : bias + j,
                      {out.data + j, out.stride});
  }
}

void cpu_matmul(const CpuContext& cpu, ConstMatView x, const WeightView& w, const float* bias,
                MatView out) {
  const std::int64_t step = chunk_rows(cpu, w, x.rows);
  cpu.scratch.panel.ensure(cpu.pool.n_threads(), panel_elements(w.cols));
  cpu.pool.run((w.rows + step - 1) / step, [&](std::int64_t chunk, int thread) {
    const std::int64_t first = chunk * step;
    product_block(cpu, cpu.scratch.panel.part(thread), w, first, std::min(step, w.rows - first),
                  rows_of(x), x.rows, bias == nullptr ? nullptr : bias + first,
                  {out.data + first, out.stride});
  });
}

void cpu_gated_mlp(const CpuContext& cpu, ConstMatView x, const MlpWeights& mlp, MatView out) {
  const std::int64_t width = mlp.gate.rows;
  cpu.scratch.inner.ensure(1, x.rows * padded(width));
  float* inner = cpu.scratch.inner.part(0);
  const MatView inner_view{inner, x.rows, width, padded(width)};
  const std::int64_t step = std::min(chunk_rows(cpu, mlp.gate, x.rows), kMaxPanelRows);
  cpu.scratch.panel.ensure(cpu.pool.n_threads(), panel_elements(x.cols));
  cpu.scratch.strip.ensure(cpu.pool.n_threads(), x.rows * step);
  cpu.pool.run((width + step - 1) / step, [&](std::int64_t chunk, int thread) {
    const std::int64_t first = chunk * step;
    gate_up_block(cpu, thread, mlp, first, std::min(step, width - first), rows_of(x), x.rows,
                  {inner + first, inner_view.stride});
  });
  cpu_matmul(cpu, inner_view, mlp.down, nullptr, out);
}

void gate_up_block(const CpuContext& cpu, int thread, const MlpWeights& mlp, std::int64_t first_row,
                   std::int64_t n_rows, const Rows& x, std::int64_t n_x, const Out& out) {
  float* panel = cpu.scratch.panel.part(thread);
  float* up = cpu.scratch.strip.part(thread);
  product_block(cpu, panel, mlp.gate, first_row, n_rows, x, n_x, nullptr, out);
  product_block(cpu, panel, mlp.up, first_row, n_rows, x, n_x, nullptr, {up, n_rows});
  for (std::int64_t t = 0; t < n_x; ++t) {
    cpu.kernels.silu_mul(out.data + t * out.stride, up + t * n_rows, n_rows);
  }
}

}  // namespace engine
