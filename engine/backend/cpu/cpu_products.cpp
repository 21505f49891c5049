// Products with weights of any type and the SwiGLU block made of three of them, split over the
// threads. One chunk is a block of weight rows: it is read once, for all tokens. Block types take
// rounded activations, the others float32.
#include <algorithm>

#include "engine/backend/cpu/cpu_ops.h"
#include "engine/base/check.h"

namespace engine {

namespace {

using kernels::kRoundedBlock;
using kernels::Out;
using kernels::record_bytes;

// Below this a product costs less than waking a worker.
constexpr std::int64_t kInlineProducts = 32 * 1024;
// A chunk of a product of few rows: large enough to run at memory speed, small enough to balance.
constexpr std::int64_t kMinChunkBytes = 32 * 1024;
// Rounding so many elements costs less than waking a worker.
constexpr std::int64_t kInlineRounding = 32 * 1024;
// From so many tokens on a product of block types is asked for whole groups of its kernels' rows,
// as long as every thread still gets so many.
constexpr std::int64_t kManyTokens = 16;
constexpr std::int64_t kGroupsPerThread = 4;

unsigned char* records_of(const ScratchArea& area) {
  return reinterpret_cast<unsigned char*>(area.part(0));
}

std::int64_t record_floats(std::int64_t n_rows, std::int64_t cols) {
  return n_rows * record_bytes(cols) / static_cast<std::int64_t>(sizeof(float));
}

std::int64_t float_step(const CpuContext& cpu, const WeightView& w, std::int64_t n_x) {
  const std::int64_t n_threads = cpu.pool.n_threads();
  if (n_x <= kernels::kMaxFewRows) {
    const std::int64_t row_bytes = std::max<std::int64_t>(w.row_bytes(), 1);
    const std::int64_t least = kMinChunkBytes / row_bytes;
    const std::int64_t wanted = std::max(least, w.rows / (n_threads * 8));
    if (splits_rows(cpu, w)) return split_step(cpu, wanted);
    return std::max<std::int64_t>(wanted / 4 * 4, 4);
  }
  if (splits_rows(cpu, w)) return split_step(cpu, w.rows / (n_threads * 2));
  const std::int64_t balanced = (w.rows / (n_threads * 4) + 3) / 4 * 4;
  return std::clamp<std::int64_t>(balanced, 4, kernels::kPanelRows);
}

/// Whole groups of rows; about kMinChunkBytes read for one token; a whole number of rounds of all
/// threads.
std::int64_t int_step(const CpuContext& cpu, const WeightView& w, std::int64_t n_x) {
  const std::int64_t n_threads = cpu.pool.n_threads();
  const std::int64_t group = row_group(cpu, w.rows, n_x);
  const std::int64_t n_groups = (w.rows + group - 1) / group;
  const std::int64_t work = group * w.row_bytes() * n_x;
  const std::int64_t wanted = std::max<std::int64_t>(n_groups * work / kMinChunkBytes, 1);
  const std::int64_t n_chunks = (wanted + n_threads - 1) / n_threads * n_threads;
  return std::max<std::int64_t>((n_groups + n_chunks - 1) / n_chunks, 1) * group;
}

}  // namespace

std::int64_t row_group(const CpuContext& cpu, std::int64_t n_rows, std::int64_t n_x) {
  const std::int64_t group = cpu.ints.group_rows;
  const bool many = n_x >= kManyTokens && n_rows >= kGroupsPerThread * cpu.pool.n_threads() * group;
  return many ? group : kRoundedBlock;
}

bool reads_rounded(const WeightView& w) { return is_block_quantised(w.dtype); }

InputRows make_input(const CpuContext& cpu, ConstMatView x, ScratchArea& records, bool rounded) {
  InputRows input{{x.data, x.stride, nullptr}, {nullptr, x.cols, nullptr}};
  if (!rounded || x.rows == 0) return input;
  records.ensure(1, record_floats(x.rows, x.cols));
  unsigned char* to = records_of(records);
  input.rounded.data = to;
  const auto round = [&](std::int64_t row, int) {
    cpu.ints.round_row(x.row(row), 0, x.cols, x.cols, to + row * record_bytes(x.cols));
  };
  if (x.rows * x.cols <= kInlineRounding) {
    for (std::int64_t row = 0; row < x.rows; ++row) round(row, 0);
  } else {
    cpu.pool.run(x.rows, round);
  }
  return input;
}

std::int64_t product_step(const CpuContext& cpu, const WeightView& w, std::int64_t n_x) {
  if (w.rows * w.cols * n_x <= kInlineProducts) {
    return std::max<std::int64_t>((w.rows + kRoundedBlock - 1) / kRoundedBlock, 1) * kRoundedBlock;
  }
  return reads_rounded(w) ? int_step(cpu, w, n_x) : float_step(cpu, w, n_x);
}

void any_product(const CpuContext& cpu, int thread, const WeightView& w, std::int64_t first_row,
                 std::int64_t n_rows, const InputRows& x, std::int64_t n_x, const float* bias,
                 const Out& out, const std::byte* ahead) {
  if (reads_rounded(w)) {
    cpu.ints.product(kernel_weight(w), first_row, n_rows, x.rounded, n_x, bias, out,
                     reinterpret_cast<const unsigned char*>(ahead));
  } else {
    product_block(cpu, thread, w, first_row, n_rows, x.floats, n_x, bias, out, ahead);
  }
}

InnerRows InnerRows::from(std::int64_t row) const {
  InnerRows rows = *this;
  rows.floats += row * stride;
  rows.records += row * record_bytes(width);
  return rows;
}

InputRows InnerRows::input() const {
  return {{floats, stride, nullptr}, {records, width, nullptr}};
}

InnerRows ensure_inner(const CpuContext& cpu, std::int64_t n_rows, std::int64_t width,
                       bool rounded) {
  CpuScratch& s = cpu.scratch;
  s.inner.ensure(1, n_rows * padded(width));
  if (rounded) s.rounded_inner.ensure(1, record_floats(n_rows, width));
  return {s.inner.part(0), padded(width), records_of(s.rounded_inner), width};
}

void gate_up_block(const CpuContext& cpu, int thread, const MlpWeights& mlp, std::int64_t first,
                   std::int64_t n, const InputRows& x, std::int64_t n_x, const InnerRows& inner,
                   const std::byte* ahead) {
  float* up = cpu.scratch.strip.part(thread);
  const bool rounded = reads_rounded(mlp.down);
  const Out gate = rounded ? Out{up + n_x * n, n} : Out{inner.floats + first, inner.stride};
  any_product(cpu, thread, mlp.gate, first, n, x, n_x, nullptr, gate,
              mlp.up.data + first * mlp.up.row_bytes());
  any_product(cpu, thread, mlp.up, first, n, x, n_x, nullptr, {up, n}, ahead);
  for (std::int64_t t = 0; t < n_x; ++t) {
    float* row = gate.data + t * gate.stride;
    cpu.kernels.silu_mul(row, up + t * n, n);
    if (!rounded) continue;
    cpu.ints.round_row(row, first, first + n, inner.width,
                       inner.records + t * record_bytes(inner.width));
  }
}

namespace {

void run_product(const CpuContext& cpu, const WeightView& w, const InputRows& x, std::int64_t n_x,
                 const float* bias, MatView out) {
  const std::int64_t step = product_step(cpu, w, n_x);
  ensure_product_scratch(cpu, w.cols);
  const std::int64_t n_chunks = (w.rows + step - 1) / step;
  cpu.pool.run(n_chunks, [&](std::int64_t chunk, int thread) {
    const std::int64_t first = chunk * step;
    const std::int64_t next = std::min(cpu.pool.likely_next(chunk, n_chunks) * step, w.rows - 1);
    any_product(cpu, thread, w, first, std::min(step, w.rows - first), x, n_x,
                bias == nullptr ? nullptr : bias + first, {out.data + first, out.stride},
                w.data + next * w.row_bytes());
  });
}

}  // namespace

void cpu_matmul(const CpuContext& cpu, ConstMatView x, const WeightView& w, const float* bias,
                MatView out) {
  const InputRows input = make_input(cpu, x, cpu.scratch.rounded, reads_rounded(w));
  run_product(cpu, w, input, x.rows, bias, out);
}

void cpu_gated_mlp(const CpuContext& cpu, ConstMatView x, const MlpWeights& mlp, MatView out) {
  const std::int64_t width = mlp.gate.rows;
  const bool rounded = reads_rounded(mlp.gate) || reads_rounded(mlp.up);
  const InputRows input = make_input(cpu, x, cpu.scratch.rounded, rounded);
  const InnerRows inner = ensure_inner(cpu, x.rows, width, reads_rounded(mlp.down));
  const std::int64_t wanted = product_step(cpu, mlp.gate, x.rows);
  const std::int64_t step = reads_rounded(mlp.down)
                                ? (wanted + kRoundedBlock - 1) / kRoundedBlock * kRoundedBlock
                                : wanted;
  ensure_product_scratch(cpu, x.cols);
  cpu.scratch.strip.ensure(cpu.pool.n_threads(), 2 * x.rows * step);
  const std::int64_t n_chunks = (width + step - 1) / step;
  cpu.pool.run(n_chunks, [&](std::int64_t chunk, int thread) {
    const std::int64_t first = chunk * step;
    const std::int64_t next = std::min(cpu.pool.likely_next(chunk, n_chunks) * step, width - 1);
    gate_up_block(cpu, thread, mlp, first, std::min(step, width - first), input, x.rows, inner,
                  mlp.gate.data + next * mlp.gate.row_bytes());
  });
  run_product(cpu, mlp.down, inner.input(), x.rows, nullptr, out);
}

}  // namespace engine
