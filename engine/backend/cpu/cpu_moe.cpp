// Routed experts: the (token, choice) pairs are sorted by expert, so that every chosen expert's
// weights are read once for all of its tokens; the sum over a token's choices runs in their order.
#include <algorithm>

#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// Below this many pairs the products are few_rows and a chunk should be a fair share of one expert.
constexpr std::int64_t kMinChunkRows = 16;
// Of block types a chunk reads about so much for one token.
constexpr std::int64_t kBlockBytes = 32 * 1024;

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

bool any_reads_rounded(std::span<const MlpWeights> experts, const CpuScratch& s,
                       WeightView MlpWeights::*which) {
  return std::any_of(s.chosen.begin(), s.chosen.end(),
                     [&](std::int32_t e) { return reads_rounded(experts[at(e)].*which); });
}

/// One row block of one chosen expert.
struct ExpertBlock {
  std::int64_t expert;
  std::int64_t pair;  // its first
  std::int64_t n_pairs;
  std::int64_t row;  // its first
  std::int64_t n_rows;
};

/// All row blocks of all chosen experts as one list.
class ExpertBlocks {
 public:
  /// `step` rows a block.
  ExpertBlocks(const CpuScratch& s, std::int64_t n_rows, std::int64_t step)
      : s_(s), n_rows_(n_rows), step_(step), per_expert_((n_rows + step - 1) / step) {}
  std::int64_t size() const { return static_cast<std::int64_t>(s_.chosen.size()) * per_expert_; }
  ExpertBlock operator[](std::int64_t i) const {
    const std::int64_t expert = s_.chosen[at(i / per_expert_)];
    const std::int64_t begin = s_.expert_begin[at(expert)];
    const std::int64_t row = i % per_expert_ * step_;
    return {expert, begin, s_.expert_begin[at(expert + 1)] - begin, row,
            std::min(step_, n_rows_ - row)};
  }

 private:
  const CpuScratch& s_;
  std::int64_t n_rows_;
  std::int64_t step_;
  std::int64_t per_expert_;
};

/// Rows per block: a fair share, and for block types whole groups of about kBlockBytes.
std::int64_t block_step(const CpuContext& cpu, const WeightView& w, bool grouped,
                        std::int64_t n_pairs) {
  const auto n_chosen = static_cast<std::int64_t>(cpu.scratch.chosen.size());
  if (!grouped) {
    const std::int64_t wanted = w.rows * n_chosen / (cpu.pool.n_threads() * 8) / 4 * 4;
    if (splits_rows(cpu, w)) return split_step(cpu, wanted);
    return std::clamp(wanted, kMinChunkRows, kernels::kPanelRows);
  }
  const std::int64_t tokens = std::max<std::int64_t>(n_pairs / n_chosen, 1);
  const std::int64_t group = row_group(cpu, w.rows * n_chosen, tokens);
  return group * std::clamp<std::int64_t>(kBlockBytes / (group * w.row_bytes() * tokens), 1, 8);
}

/// Runs task(block, what the thread will probably read next, thread) for all blocks of `which`.
template <class Task>
void for_expert_blocks(const CpuContext& cpu, std::span<const MlpWeights> experts,
                       WeightView MlpWeights::*which, std::int64_t step, const Task& task) {
  const CpuScratch& s = cpu.scratch;
  const ExpertBlocks blocks(s, (experts[at(s.chosen[0])].*which).rows, step);
  cpu.pool.run(blocks.size(), [&](std::int64_t chunk, int thread) {
    const ExpertBlock next =
        blocks[std::min(cpu.pool.likely_next(chunk, blocks.size()), blocks.size() - 1)];
    const WeightView& w = experts[at(next.expert)].*which;
    task(blocks[chunk], w.data + next.row * w.row_bytes(), thread);
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
  const MlpWeights& some = experts[at(s.chosen[0])];
  const bool rounded_x = any_reads_rounded(experts, s, &MlpWeights::gate) ||
                         any_reads_rounded(experts, s, &MlpWeights::up);
  const bool rounded_inner = any_reads_rounded(experts, s, &MlpWeights::down);
  InputRows tokens = make_input(cpu, x, s.rounded, rounded_x);
  const InnerRows inner = ensure_inner(cpu, n_pairs, some.gate.rows, rounded_inner);
  const std::int64_t step = block_step(cpu, some.gate, rounded_x || rounded_inner, n_pairs);
  s.expert_out.ensure(1, n_pairs * out.cols);
  ensure_product_scratch(cpu, std::max(x.cols, some.gate.rows));
  s.strip.ensure(cpu.pool.n_threads(), 2 * largest_share(s) * step);
  float* expert_out = s.expert_out.part(0);

  for_expert_blocks(cpu, experts, &MlpWeights::gate, step,
                    [&](const ExpertBlock& b, const std::byte* ahead, int thread) {
                      InputRows x_rows = tokens;
                      x_rows.floats.index = s.pair_token.data() + b.pair;
                      x_rows.rounded.index = x_rows.floats.index;
                      gate_up_block(cpu, thread, experts[at(b.expert)], b.row, b.n_rows, x_rows,
                                    b.n_pairs, inner.from(b.pair), ahead);
                    });
  for_expert_blocks(cpu, experts, &MlpWeights::down,
                    block_step(cpu, some.down, rounded_inner, n_pairs),
                    [&](const ExpertBlock& b, const std::byte* ahead, int thread) {
                      any_product(cpu, thread, experts[at(b.expert)].down, b.row, b.n_rows,
                                  inner.from(b.pair).input(), b.n_pairs, nullptr,
                                  {expert_out + b.pair * out.cols + b.row, out.cols}, ahead);
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
