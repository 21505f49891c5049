// The whole numbers of a rounded attention job: the cache of them, a thread's scratch, and the way
// there from float32.
#include "engine/backend/cpu/cpu_attend_rounded.h"

#include <algorithm>

namespace engine {

namespace {

// Rows that are worth a task of their own.
constexpr std::int64_t kRoundedAtOnce = 16;
constexpr std::int64_t kTileGroups = kRoundedTileRows / kernels::kTurnedRows;

}  // namespace

bool can_round(std::int64_t dim) {
  return dim <= kernels::kMaxRoundedDim && dim % kernels::kRoundedStep == 0;
}

std::int64_t WholeCache::elements(std::int64_t n_slots, std::int64_t dim, std::int64_t rope_dim) {
  return n_slots * ((dim + rope_dim) / 2 + 2);
}

WholeCache::WholeCache(float* at, std::int64_t n_slots, std::int64_t cols, std::int64_t rope_cols)
    : rows(reinterpret_cast<std::int16_t*>(at)),
      scales(at + n_slots * (cols + rope_cols) / 2),
      rope_scales(scales + n_slots),
      dim(cols),
      rope_dim(rope_cols) {}

kernels::WholeSlots WholeCache::latents(std::int64_t first, std::int64_t n,
                                        std::int64_t ahead) const {
  return {rows + first * stride(), stride(), scales + first, n, ahead};
}

kernels::WholeSlots WholeCache::rope_keys(std::int64_t first, std::int64_t n,
                                          std::int64_t ahead) const {
  return {rows + first * stride() + dim, stride(), rope_scales + first, n, ahead};
}

void round_slots(const CpuContext& cpu, ConstMatView latents, ConstMatView rope_keys,
                 std::int64_t first, const WholeCache& to) {
  const auto& round_row = cpu.rounded_attention->round_row;
  const auto round_some = [&](std::int64_t begin, std::int64_t n) {
    for (std::int64_t t = begin; t < begin + n; ++t) {
      std::int16_t* row = to.rows + (first + t) * to.stride();
      round_row(latents.row(t), to.dim, row, to.scales + first + t);
      round_row(rope_keys.row(t), to.rope_dim, row + to.dim, to.rope_scales + first + t);
    }
  };
  const std::int64_t n = latents.rows;
  if (n <= kRoundedAtOnce) return round_some(0, n);
  cpu.pool.run((n + kRoundedAtOnce - 1) / kRoundedAtOnce, [&](std::int64_t chunk, int) {
    const std::int64_t begin = chunk * kRoundedAtOnce;
    round_some(begin, std::min(kRoundedAtOnce, n - begin));
  });
}

WholeCache whole_slots(const CpuContext& cpu, const AttendJob& job, std::int64_t n_slots) {
  if (job.kept.data != nullptr) {
    return {job.kept.data, job.kept.n_slots, job.key_dim, job.rope_dim};
  }
  cpu.scratch.whole_slots.ensure(1, WholeCache::elements(n_slots, job.key_dim, job.rope_dim));
  const WholeCache made(cpu.scratch.whole_slots.part(0), n_slots, job.key_dim, job.rope_dim);
  round_slots(cpu, {job.keys.data, n_slots, job.key_dim, job.keys.stride},
              {job.rope_keys.data, n_slots, job.rope_dim, job.rope_keys.stride}, 0, made);
  return made;
}

std::int64_t WholeTile::elements(std::int64_t dim, std::int64_t rope_dim) {
  const std::int64_t q_words =
      kTileGroups * (kernels::turned_words(dim) + kernels::turned_words(rope_dim));
  const std::int64_t row_words = kernels::kTurnedRows * std::max(dim, rope_dim) / 2;
  return 4 * kRoundedTileRows + q_words + row_words + kRoundedTileRows * kBlockSlots / 2 +
         WholeCache::elements(kBlockSlots, dim, rope_dim);
}

WholeTile::WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim)
    : weight_scales(at + 2 * kRoundedTileRows), factors(at + 3 * kRoundedTileRows) {
  float* behind = at + 4 * kRoundedTileRows;
  q = {reinterpret_cast<std::int32_t*>(behind), at, dim};
  q_rope = {q.words + kTileGroups * kernels::turned_words(dim), at + kRoundedTileRows, rope_dim};
  behind += kTileGroups * (kernels::turned_words(dim) + kernels::turned_words(rope_dim));
  rows = reinterpret_cast<std::int16_t*>(behind);
  weights = rows + kernels::kTurnedRows * std::max(dim, rope_dim);
  gathered = {reinterpret_cast<float*>(weights + kRoundedTileRows * kBlockSlots), kBlockSlots, dim,
              rope_dim};
}

void round_queries(const CpuContext& cpu, const AttendJob& job, const Tile& tile,
                   const WholeTile& whole) {
  const auto turn = [&](ConstMatView q, std::int64_t head_stride, const kernels::TurnedRows& to) {
    for (std::int64_t first = 0; first < tile.n_rows(); first += kernels::kTurnedRows) {
      const std::int64_t n = std::min(kernels::kTurnedRows, tile.n_rows() - first);
      for (std::int64_t r = 0; r < n; ++r) {
        const std::int64_t t = tile.token + (first + r) / tile.n_heads;
        const std::int64_t h = tile.head + (first + r) % tile.n_heads;
        cpu.rounded_attention->round_row(q.row(t) + h * head_stride, to.dim,
                                         whole.rows + r * to.dim, to.scales + first + r);
      }
      cpu.rounded_attention->turn_rows(
          whole.rows, n, to.dim,
          to.words + first / kernels::kTurnedRows * kernels::turned_words(to.dim));
    }
  };
  turn(job.q, job.q_head_stride, whole.q);
  turn(job.q_rope, job.q_rope_head_stride, whole.q_rope);
}

void gather_slots(const WholeCache& from, const std::int32_t* picked, std::int64_t n,
                  const WholeCache& to) {
  for (std::int64_t j = 0; j < n; ++j) {
    std::copy_n(from.rows + picked[j] * from.stride(), from.stride(), to.rows + j * to.stride());
    to.scales[j] = from.scales[picked[j]];
    to.rope_scales[j] = from.rope_scales[picked[j]];
  }
}

namespace {

/// task(group) for the groups that some of these rows are in.
template <class Task>
void for_groups(const ScoreGroups& rows, const Task& task) {
  const std::int64_t end = rows.first_row + rows.n_rows;
  for (std::int64_t g = rows.first_row / kernels::kTurnedRows; g * kernels::kTurnedRows < end;
       ++g) {
    task(g);
  }
}

}  // namespace

void score_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                   const ScoreGroups& rows) {
  const std::int64_t first = rows.first_row / kernels::kTurnedRows;
  const std::int64_t n = (rows.first_row + rows.n_rows - 1) / kernels::kTurnedRows + 1 - first;
  cpu.rounded_attention->scores(whole.q, first, n, slots.latents, rows.content);
  cpu.rounded_attention->scores(whole.q_rope, first, n, slots.rope_keys, rows.rope);
}

void soften_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                    const ScoreGroups& rows, float scale, float* state, std::int64_t stride) {
  constexpr std::int64_t kGroup = kernels::kTurnedRows;
  for_groups(rows, [&](std::int64_t g) {
    // Rows of the group that are not asked for run along: their states are left alone.
    float largest[kGroup] = {};
    float total[kGroup] = {};
    const std::int64_t begin = std::max(rows.first_row - g * kGroup, std::int64_t{0});
    const std::int64_t end = std::min(rows.first_row + rows.n_rows - g * kGroup, kGroup);
    const auto state_of = [&](std::int64_t lane) {
      return reinterpret_cast<kernels::SoftmaxState*>(state + (g * kGroup + lane) * stride);
    };
    for (std::int64_t lane = begin; lane < end; ++lane) {
      largest[lane] = state_of(lane)->largest;
      total[lane] = state_of(lane)->total;
    }
    cpu.rounded_attention->soften(
        rows.content + g * kernels::kGroupScores, rows.rope + g * kernels::kGroupScores, scale,
        slots.latents,
        {largest, total, whole.factors + g * kGroup, whole.weights + g * kGroup * kBlockSlots,
         whole.weight_scales + g * kGroup});
    for (std::int64_t lane = begin; lane < end; ++lane) {
      *state_of(lane) = {largest[lane], total[lane]};
    }
  });
}

void combine_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                     const ScoreGroups& rows, float* sums, std::int64_t stride) {
  const std::int64_t r = rows.first_row;
  cpu.rounded_attention->combine(whole.weights + r * kBlockSlots, whole.weight_scales + r,
                                 whole.factors + r, rows.n_rows, slots.latents, whole.q.dim,
                                 sums + r * stride, stride);
}

void copy_scores(const float* groups, std::int64_t row, std::int64_t n, float* to) {
  const float* from =
      groups + row / kernels::kTurnedRows * kernels::kGroupScores + row % kernels::kTurnedRows;
  for (std::int64_t j = 0; j < n; ++j) to[j] = from[j * kernels::kTurnedRows];
}

}  // namespace engine
