// Routed experts: the (token, choice) pairs are sorted by expert, so that every chosen expert's
// weights are read once for all of its tokens; the sum over a token's choices runs in their order.
#include <algorithm>

#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

namespace {

using kernels::Rows;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// Below this many pairs the products are few_rows and a chunk should be a fair share of one expert.
constexpr std::int64_t kMinChunkRows = 16;

/// Counting sort of the pairs by expert, tokens in order within an expert.
void sort_pairs(std::span<const std::int32_t> ids, std::int64_t n_experts, std::int64_t top_k,
                CpuScratch& s) {
  s.expert_begin.assign(at(n_experts + 1), 0);
  for (const std::int32_t id : ids) ++s.expert_begin[at(id + 1)];
  s.chosen.clear();
  for (std::int64_t e = 0; e < n_experts; ++e) {
    if (s.expert_begin[at(e + 1)] > 0) s.chosen.push_back(static_cast<std::int32_t>(e));
    s.expert_begin[at(e + 1)] += s.expert_begin[at(e)];
  }
  s.expert_next.assign(s.expert_begin.begin(), s.expert_begin.end() - 1);
  s.pair_token.resize(ids.size());
  s.pair_of.resize(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int32_t place = s.expert_next[at(ids[i])]++;
    s.pair_token[at(place)] = static_cast<std::int32_t>(static_cast<std::int64_t>(i) / top_k);
    s.pair_of[i] = place;
  }
}

/// The pairs of the expert with the most.
std::int64_t largest_share(const CpuScratch& s) {
  std::int64_t largest = 0;
  for (const std::int32_t e : s.chosen) {
    largest = std::max<std::int64_t>(largest, s.expert_begin[at(e + 1)] - s.expert_begin[at(e)]);
  }
  return largest;
}

/// Runs task(expert, first pair, n pairs, first row, n rows, thread) for every row block of every
/// chosen expert.
template <class Task>
void for_expert_blocks(const CpuContext& cpu, std::int64_t n_rows, const Task& task) {
  const CpuScratch& s = cpu.scratch;
  const auto n_chosen = static_cast<std::int64_t>(s.chosen.size());
  const std::int64_t wanted = n_rows * n_chosen / (cpu.pool.n_threads() * 8) / 4 * 4;
  const std::int64_t step = std::clamp(wanted, kMinChunkRows, kernels::kPanelRows);
  const std::int64_t n_blocks = (n_rows + step - 1) / step;
  cpu.pool.run(n_chosen * n_blocks, [&](std::int64_t chunk, int thread) {
    const std::int64_t expert = s.chosen[at(chunk / n_blocks)];
    const std::int64_t begin = s.expert_begin[at(expert)];
    const std::int64_t end = s.expert_begin[at(expert + 1)];
    const std::int64_t first = chunk % n_blocks * step;
    task(expert, begin, end - begin, first, std::min(step, n_rows - first), thread);
  });
}

}  // namespace

void cpu_moe(const CpuContext& cpu, ConstMatView x, std::span<const MlpWeights> experts,
             std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
             MatView out) {
  if (x.rows == 0) return;
  CpuScratch& s = cpu.scratch;
  sort_pairs(ids, static_cast<std::int64_t>(experts.size()), top_k, s);
  const std::int64_t n_pairs = x.rows * top_k;
  const std::int64_t width = experts[at(ids[0])].gate.rows;
  const std::int64_t n_threads = cpu.pool.n_threads();
  s.inner.ensure(1, n_pairs * width);
  s.expert_out.ensure(1, n_pairs * out.cols);
  ensure_product_scratch(cpu);
  s.strip.ensure(n_threads, largest_share(s) * kernels::kPanelRows);
  float* inner = s.inner.part(0);
  float* expert_out = s.expert_out.part(0);

  for_expert_blocks(cpu, width,
                    [&](std::int64_t expert, std::int64_t pair, std::int64_t n, std::int64_t first,
                        std::int64_t n_rows, int thread) {
                      const Rows tokens{x.data, x.stride, s.pair_token.data() + pair};
                      gate_up_block(cpu, thread, experts[at(expert)], first, n_rows, tokens, n,
                                    {inner + pair * width + first, width});
                    });
  for_expert_blocks(cpu, out.cols,
                    [&](std::int64_t expert, std::int64_t pair, std::int64_t n, std::int64_t first,
                        std::int64_t n_rows, int thread) {
                      const Rows pairs{inner + pair * width, width, nullptr};
                      product_block(cpu, thread, experts[at(expert)].down, first, n_rows, pairs, n,
                                    nullptr, {expert_out + pair * out.cols + first, out.cols});
                    });
  cpu.pool.run(x.rows, [&](std::int64_t t, int) {
    for (std::int64_t j = 0; j < top_k; ++j) {
      const std::size_t choice = at(t * top_k + j);
      cpu.kernels.add_scaled(expert_out + s.pair_of[choice] * out.cols, weights[choice], j == 0,
                             out.cols, out.row(t));
    }
  });
}

}  // namespace engine
