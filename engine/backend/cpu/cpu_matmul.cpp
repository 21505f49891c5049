// Products of float32 activations with a block of weight rows on one thread: straight from the
// stored bytes for few rows, through panels of decoded weights for many.
#include <algorithm>

#include "engine/backend/cpu/cpu_ops.h"
#include "engine/base/check.h"

namespace engine {

namespace {

using kernels::Out;
using kernels::Rows;

Rows rows_from(const Rows& m, std::int64_t i) {
  if (m.index != nullptr) return {m.data, m.stride, m.index + i};
  return {m.data + i * m.stride, m.stride, nullptr};
}

/// A product by panels: float_rows(row, n, begin, end) gives weight rows [row, row + n) from column
/// `begin` to `end` as float32.
template <class FloatRows>
void panel_product(const CpuContext& cpu, int thread, std::int64_t n_rows, std::int64_t n_cols,
                   const Rows& x, std::int64_t n_x, const float* bias, const Out& out,
                   const FloatRows& float_rows) {
  float* carry = cpu.scratch.carry.part(thread);
  for (std::int64_t t = 0; t < n_x; t += kCarryTokens) {
    const std::int64_t n_t = std::min(kCarryTokens, n_x - t);
    for (std::int64_t row = 0; row < n_rows; row += kernels::kPanelRows) {
      const std::int64_t n = std::min(kernels::kPanelRows, n_rows - row);
      for (std::int64_t begin = 0; begin < n_cols; begin += kernels::kPanelCols) {
        const std::int64_t end = std::min(begin + kernels::kPanelCols, n_cols);
        cpu.kernels.panel(float_rows(row, n, begin, end), n, rows_from(x, t), n_t, begin, end,
                          n_cols, bias == nullptr ? nullptr : bias + row,
                          {out.data + t * out.stride + row, out.stride}, carry);
      }
    }
  }
}

// Activation rows rounded at a time by product_block.
constexpr std::int64_t kRoundedRows = 64;

/// product_block for block types: rounds the rows it reads.
void rounded_product(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                     std::int64_t n_rows, const Rows& x, std::int64_t n_x, const float* bias,
                     const Out& out, const std::byte* ahead) {
  auto* records = reinterpret_cast<unsigned char*>(cpu.scratch.rounded_block.part(thread));
  for (std::int64_t t = 0; t < n_x; t += kRoundedRows) {
    const std::int64_t n = std::min(kRoundedRows, n_x - t);
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t row = x.index == nullptr ? t + i : x.index[t + i];
      cpu.ints.round_row(x.data + row * x.stride, 0, w.cols, w.cols,
                         records + i * kernels::record_bytes(w.cols));
    }
    cpu.ints.product(kernel_weight(w), first_row, n_rows, {records, w.cols, nullptr}, n, bias,
                     {out.data + t * out.stride, out.stride},
                     reinterpret_cast<const unsigned char*>(ahead));
  }
}

kernels::WeightType weight_type(DType dtype) {
  using kernels::WeightType;
  switch (dtype) {
    case DType::F32:
      return WeightType::F32;
    case DType::F16:
      return WeightType::F16;
    case DType::BF16:
      return WeightType::BF16;
    case DType::F8_E4M3:
      return WeightType::F8E4M3;
    default: {
      CHECK(is_block_quantised(dtype));  // in the same order from Q4_0 on
      const int first = static_cast<int>(WeightType::Q4_0);
      return static_cast<WeightType>(first + static_cast<int>(dtype) -
                                     static_cast<int>(DType::Q4_0));
    }
  }
}

}  // namespace

kernels::Weight kernel_weight(const WeightView& w) {
  return {reinterpret_cast<const unsigned char*>(w.data), weight_type(w.dtype), w.cols, w.scale_inv,
          w.scale_cols};
}

void ensure_product_scratch(const CpuContext& cpu, std::int64_t cols) {
  if (cpu.split != nullptr) {
    cpu.scratch.split.ensure(cpu.pool.n_threads(), kernels::split_elements(cols));
  }
  cpu.scratch.panel.ensure(cpu.pool.n_threads(), kPanelElements);
  cpu.scratch.carry.ensure(cpu.pool.n_threads(), kCarryElements);
}

bool splits_rows(const CpuContext& cpu, const WeightView& w) {
  return cpu.split != nullptr && w.dtype == DType::BF16;
}

std::int64_t split_step(const CpuContext& cpu, std::int64_t wanted) {
  const std::int64_t group = cpu.split->group_rows;
  return std::clamp((wanted + group - 1) / group * group, group, kSplitRows);
}

std::int64_t rounded_block_elements(std::int64_t cols) {
  const std::int64_t bytes = kRoundedRows * kernels::record_bytes((cols + 31) / 32 * 32);
  return bytes / static_cast<std::int64_t>(sizeof(float));
}

void product_block(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                   std::int64_t n_rows, const Rows& x, std::int64_t n_x, const float* bias,
                   const Out& out, const std::byte* ahead) {
  if (reads_rounded(w)) {
    rounded_product(cpu, thread, w, first_row, n_rows, x, n_x, bias, out, ahead);
    return;
  }
  const kernels::Weight weight = kernel_weight(w);
  if (splits_rows(cpu, w)) {
    cpu.split->product(weight, first_row, n_rows, x, n_x, bias, out,
                       cpu.scratch.split.part(thread));
    return;
  }
  if (n_x <= kernels::kMaxFewRows) {
    cpu.kernels.few_rows(weight, first_row, n_rows, x, n_x, bias, out);
    return;
  }
  if (w.dtype == DType::F32) {
    const float* first = reinterpret_cast<const float*>(w.data) + first_row * w.cols;
    panel_product(cpu, thread, n_rows, w.cols, x, n_x, bias, out,
                  [&](std::int64_t row, std::int64_t, std::int64_t begin, std::int64_t) {
                    return Rows{first + row * w.cols + begin, w.cols, nullptr};
                  });
    return;
  }
  float* panel = cpu.scratch.panel.part(thread);
  panel_product(
      cpu, thread, n_rows, w.cols, x, n_x, bias, out,
      [&](std::int64_t row, std::int64_t n, std::int64_t begin, std::int64_t end) {
        cpu.kernels.decode_rows(weight, first_row + row, n, begin, end, {panel, kPanelStride});
        return Rows{panel, kPanelStride, nullptr};
      });
}

void float_product(const CpuContext& cpu, int thread, const Rows& w, std::int64_t n_rows,
                   std::int64_t n_cols, const Rows& x, std::int64_t n_x, const Out& out) {
  panel_product(cpu, thread, n_rows, n_cols, x, n_x, nullptr, out,
                [&](std::int64_t row, std::int64_t, std::int64_t begin, std::int64_t) {
                  return Rows{w.data + row * w.stride + begin, w.stride, nullptr};
                });
}

}  // namespace engine
