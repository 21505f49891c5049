// Attention as matrix products: how tokens, heads and spans of slots become tasks, and one task's
// way through its blocks.
#include "engine/backend/cpu/cpu_attend.h"

#include <algorithm>
#include <cmath>

#include "engine/backend/cpu/cpu_attend_rounded.h"
#include "engine/base/check.h"

namespace engine {

namespace {

using kernels::SlotBlock;
using kernels::SoftmaxState;

// So few tokens may be split over spans; more are dealt out as tiles of tokens.
constexpr std::int64_t kSplitTokens = 4;
// Spans whose sums wait at once to be joined.
constexpr std::int64_t kWaveSpans = 32;
constexpr std::int64_t kScoreStride = kBlockSlots + 16;  // rows 256 bytes apart share cache sets
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// A row of sums: the columns, then its SoftmaxState.
std::int64_t sums_stride(std::int64_t value_dim) { return padded(value_dim) + 16; }

SoftmaxState* state_of(float* sums, std::int64_t value_dim) {
  return reinterpret_cast<SoftmaxState*>(sums + padded(value_dim));
}

std::int64_t gathered_elements(std::int64_t dims) { return kBlockSlots * padded(dims); }

/// Scratch of one thread, in floats: scores, two sets of sums, whole numbers, gathered slots.
std::int64_t thread_elements(std::int64_t tile_rows, std::int64_t value_dim, std::int64_t whole,
                             std::int64_t gathered_dims) {
  return tile_rows * (3 * kScoreStride + 2 * sums_stride(value_dim)) + whole +
         gathered_elements(gathered_dims);
}

class Attend {
 public:
  Attend(const CpuContext& cpu, const AttendJob& job)
      : cpu_(cpu),
        job_(job),
        stride_(sums_stride(job.value_dim)),
        tile_rows_(job.rounded ? kRoundedTileRows : kTileRows) {}

  void run();

 private:
  void run_tiles();
  void run_spans();
  void attend_tile(const Tile& tile, int thread);
  void attend_span(const Tile& tile, std::int64_t span, float* sums, int thread);
  void attend_block(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                    const SlotRange& slots, float* sums, int thread);
  void attend_whole_block(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                          const SlotRange& slots, float* sums, int thread);
  WholeBlock whole_block(std::int64_t token, const SlotRange& slots, int thread) const;
  void score_floats(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                    const SlotBlock& keys, const SlotRange& slots, int thread) const;
  void finish_row(std::int64_t token, std::int64_t head, float* sums);
  SlotBlock block_of(ConstMatView cache, std::int64_t dim, const Tile& tile, std::int64_t token,
                     const SlotRange& slots, float* gathered) const;
  void observe_block(std::int64_t head, const SlotRange& slots, const float* content,
                     const float* rope) const;
  void prepare_observer() const;
  void check_picks() const;

  bool is_observed(std::int64_t token) const {
    return job_.probe != nullptr && job_.probe->token_row == token;
  }
  std::int64_t next_head(std::int64_t h) const { return cpu_.pool.likely_next(h, job_.n_heads); }
  bool has_picks() const { return job_.picked_slots != nullptr; }
  std::int64_t n_positions(std::int64_t token) const { return job_.first_position + token + 1; }
  SlotRange visible(std::int64_t token) const {
    const std::int64_t n = n_positions(token);
    if (has_picks()) return {0, std::min(n, job_.index_topk)};
    return {job_.window > 0 ? std::max<std::int64_t>(n - job_.window, 0) : 0, n};
  }
  std::int64_t group() const { return job_.n_heads / job_.n_kv_heads; }
  float* thread_scores(int thread) const { return cpu_.scratch.attend.part(thread); }
  float* thread_sums(int thread, std::int64_t which) const {
    return thread_scores(thread) + tile_rows_ * (3 * kScoreStride + which * stride_);
  }
  WholeTile thread_whole(int thread) const {
    return {thread_sums(thread, 2), job_.key_dim, job_.rope_dim};
  }
  std::int64_t n_whole() const {
    return job_.rounded ? WholeTile::elements(job_.key_dim, job_.rope_dim) : 0;
  }
  float* thread_gathered(int thread) const { return thread_sums(thread, 2) + n_whole(); }

  const CpuContext& cpu_;
  const AttendJob& job_;
  const std::int64_t stride_;
  const std::int64_t tile_rows_;
  WholeCache whole_;
};

/// One part of the cache for a range of slots; picked slots are copied together first.
SlotBlock Attend::block_of(ConstMatView cache, std::int64_t dim, const Tile& tile,
                           std::int64_t token, const SlotRange& slots, float* gathered) const {
  const std::int64_t n = slots.end - slots.first;
  const std::int64_t column = tile.kv_head * dim;
  if (!has_picks()) return {cache.row(slots.first) + column, cache.stride, n, dim};
  const std::int32_t* picked = job_.picked_slots + token * job_.index_topk + slots.first;
  for (std::int64_t j = 0; j < n; ++j) {
    std::copy_n(cache.row(picked[j]) + column, dim, gathered + j * padded(dim));
  }
  return {gathered, padded(dim), n, dim};
}

/// The observer's rows of one head: scaled scores, their sum where the weight will be.
void Attend::observe_block(std::int64_t head, const SlotRange& slots, const float* content,
                           const float* rope) const {
  const AttentionProbe& probe = *job_.probe;
  const std::int64_t row = head * n_positions(probe.token_row);
  for (std::int64_t j = 0; j < slots.end - slots.first; ++j) {
    std::int64_t slot = slots.first + j;
    if (has_picks()) slot = job_.picked_slots[probe.token_row * job_.index_topk + slot];
    if (probe.content_scores != nullptr) probe.content_scores[row + slot] = content[j];
    if (rope != nullptr && probe.rope_scores != nullptr) probe.rope_scores[row + slot] = rope[j];
    if (probe.weights != nullptr) {
      probe.weights[row + slot] = rope == nullptr ? content[j] : content[j] + rope[j];
    }
  }
}

/// Slots the token does not read: scores -∞, and so weights 0 in the end.
void Attend::prepare_observer() const {
  if (job_.probe == nullptr || (job_.window == 0 && !has_picks())) return;
  const std::int64_t n = job_.n_heads * n_positions(job_.probe->token_row);
  for (float* rows : {job_.probe->weights, job_.probe->content_scores}) {
    if (rows != nullptr) std::fill_n(rows, n, -INFINITY);
  }
  if (job_.rope_dim > 0 && job_.probe->rope_scores != nullptr) {
    std::fill_n(job_.probe->rope_scores, n, -INFINITY);
  }
}

/// Whole numbers of slots that rows of this token read; picked slots are copied together first.
WholeBlock Attend::whole_block(std::int64_t token, const SlotRange& slots, int thread) const {
  const std::int64_t n = slots.end - slots.first;
  if (!has_picks()) {
    // Of use where memory is what few rows wait for; beside many it would not find room in the
    // cache.
    const std::int64_t ahead = job_.q.rows <= kSplitTokens ? kBlockSlots : 0;
    return {whole_.latents(slots.first, n, ahead), whole_.rope_keys(slots.first, n, ahead)};
  }
  const WholeCache gathered = thread_whole(thread).gathered;
  gather_slots(whole_, job_.picked_slots + token * job_.index_topk + slots.first, n, gathered);
  return {gathered.latents(0, n), gathered.rope_keys(0, n)};
}

/// Content and rope scores of rows [first_row, first_row + n_rows) in float32.
void Attend::score_floats(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                          const SlotBlock& keys, const SlotRange& slots, int thread) const {
  const float* q[kTileRows];
  const float* q_rope[kTileRows];
  for (std::int64_t r = 0; r < n_rows; ++r) {
    const std::int64_t t = tile.token + (first_row + r) / tile.n_heads;
    const std::int64_t h = tile.head + (first_row + r) % tile.n_heads;
    q[r] = job_.q.row(t) + h * job_.q_head_stride;
    if (job_.rope_dim > 0) q_rope[r] = job_.q_rope.row(t) + h * job_.q_rope_head_stride;
  }
  float* content = thread_scores(thread);
  cpu_.attention.scores(q, n_rows, keys, content, kScoreStride);
  if (job_.rope_dim == 0) return;
  const std::int64_t token = tile.token + first_row / tile.n_heads;
  float* behind = thread_gathered(thread) + gathered_elements(job_.key_dim);
  const SlotBlock rope_keys = block_of(job_.rope_keys, job_.rope_dim, tile, token, slots, behind);
  cpu_.attention.scores(q_rope, n_rows, rope_keys, content + tile_rows_ * kScoreStride,
                        kScoreStride);
}

/// Rows [first_row, first_row + n_rows) of the tile, which all read exactly these slots of a block.
void Attend::attend_block(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                          const SlotRange& slots, float* sums, int thread) {
  const std::int64_t n = slots.end - slots.first;
  const std::int64_t token = tile.token + first_row / tile.n_heads;
  float* content = thread_scores(thread);
  float* rope = job_.rope_dim > 0 ? content + tile_rows_ * kScoreStride : nullptr;
  float* weights = content + 2 * tile_rows_ * kScoreStride;
  const SlotBlock keys =
      block_of(job_.keys, job_.key_dim, tile, token, slots, thread_gathered(thread));
  score_floats(tile, first_row, n_rows, keys, slots, thread);
  float factors[kTileRows];
  float* row_sums = sums + first_row * stride_;
  for (std::int64_t r = 0; r < n_rows; ++r) {
    float* row_rope = rope == nullptr ? nullptr : rope + r * kScoreStride;
    factors[r] = cpu_.attention.soften(content + r * kScoreStride, row_rope, job_.scale, n,
                                       state_of(row_sums + r * stride_, job_.value_dim),
                                       weights + r * kScoreStride);
    if (!is_observed(tile.token + (first_row + r) / tile.n_heads)) continue;
    observe_block(tile.head + (first_row + r) % tile.n_heads, slots, content + r * kScoreStride,
                  row_rope);
  }
  const bool same_rows = job_.keys.data == job_.values.data && job_.key_dim == job_.value_dim;
  const SlotBlock values = same_rows ? keys
                                     : block_of(job_.values, job_.value_dim, tile, token, slots,
                                                thread_gathered(thread));
  cpu_.attention.combine(weights, kScoreStride, factors, n_rows, values, row_sums, stride_);
}

/// The same in whole numbers.
void Attend::attend_whole_block(const Tile& tile, std::int64_t first_row, std::int64_t n_rows,
                                const SlotRange& slots, float* sums, int thread) {
  const WholeTile whole = thread_whole(thread);
  const WholeBlock block = whole_block(tile.token + first_row / tile.n_heads, slots, thread);
  float* content = thread_scores(thread);
  const ScoreGroups rows{first_row, n_rows, content, content + tile_rows_ * kScoreStride};
  score_rounded(cpu_, whole, block, rows);
  soften_rounded(cpu_, whole, block, rows, job_.scale, sums + padded(job_.value_dim), stride_);
  for (std::int64_t r = first_row; job_.probe != nullptr && r < first_row + n_rows; ++r) {
    if (!is_observed(tile.token + r / tile.n_heads)) continue;
    float parts[2][kBlockSlots];
    copy_scores(rows.content, r, slots.end - slots.first, parts[0]);
    copy_scores(rows.rope, r, slots.end - slots.first, parts[1]);
    observe_block(tile.head + r % tile.n_heads, slots, parts[0], parts[1]);
  }
  combine_rounded(cpu_, whole, block, rows, sums, stride_);
}

/// The sums of a tile's rows over one span, from nothing.
void Attend::attend_span(const Tile& tile, std::int64_t span, float* sums, int thread) {
  for (std::int64_t r = 0; r < tile.n_rows(); ++r) {
    *state_of(sums + r * stride_, job_.value_dim) = {-INFINITY, 0.0F};
  }
  const std::int64_t begin = span * kSpanSlots;
  for (std::int64_t block = begin; block < begin + kSpanSlots; block += kBlockSlots) {
    const auto part = [&](std::int64_t t) {
      const SlotRange all = visible(tile.token + t);
      return SlotRange{std::max(all.first, block), std::min(all.end, block + kBlockSlots)};
    };
    for (std::int64_t t = 0; t < tile.n_tokens;) {
      const SlotRange slots = part(t);
      const std::int64_t first = t++;
      while (!has_picks() && t < tile.n_tokens && part(t) == slots) ++t;
      if (slots.first >= slots.end) continue;
      const std::int64_t row = first * tile.n_heads, n_rows = (t - first) * tile.n_heads;
      if (job_.rounded) {
        attend_whole_block(tile, row, n_rows, slots, sums, thread);
      } else {
        attend_block(tile, row, n_rows, slots, sums, thread);
      }
    }
  }
}

void Attend::finish_row(std::int64_t token, std::int64_t head, float* sums) {
  const SoftmaxState& state = *state_of(sums, job_.value_dim);
  cpu_.attention.finish(state, sums, job_.value_dim,
                        job_.out.row(token) + head * job_.out_head_stride);
  if (!is_observed(token) || job_.probe->weights == nullptr) return;
  cpu_.attention.weigh(state, n_positions(token), job_.probe->weights + head * n_positions(token));
}

/// Many tokens: a task takes a tile through all spans.
void Attend::attend_tile(const Tile& tile, int thread) {
  float* sums = thread_sums(thread, 0);
  float* span_sums = thread_sums(thread, 1);
  const std::int64_t first = visible(tile.token).first / kSpanSlots;
  const std::int64_t end = ceil_div(visible(tile.token + tile.n_tokens - 1).end, kSpanSlots);
  if (job_.rounded) round_queries(cpu_, job_, tile, thread_whole(thread));
  attend_span(tile, first, sums, thread);
  for (std::int64_t span = first + 1; span < end; ++span) {
    attend_span(tile, span, span_sums, thread);
    for (std::int64_t r = 0; r < tile.n_rows(); ++r) {
      float* row = span_sums + r * stride_;
      cpu_.attention.merge(*state_of(row, job_.value_dim), row, job_.value_dim,
                           state_of(sums + r * stride_, job_.value_dim), sums + r * stride_);
    }
  }
  for (std::int64_t r = 0; r < tile.n_rows(); ++r) {
    finish_row(tile.token + r / tile.n_heads, tile.head + r % tile.n_heads, sums + r * stride_);
  }
}

void Attend::run_tiles() {
  const std::int64_t heads = std::min(group(), tile_rows_);
  const std::int64_t per_kv_head = ceil_div(group(), heads);
  const std::int64_t head_groups = per_kv_head * job_.n_kv_heads;
  const std::int64_t fair = job_.q.rows * head_groups / (2 * cpu_.pool.n_threads());
  const std::int64_t most = std::max<std::int64_t>(tile_rows_ / heads, 1);
  const std::int64_t tokens = has_picks() ? 1 : std::clamp<std::int64_t>(fair, 1, most);
  const std::int64_t n_token_tiles = ceil_div(job_.q.rows, tokens);
  cpu_.pool.run(n_token_tiles * head_groups, [&](std::int64_t chunk, int thread) {
    // The last tokens read the most slots: they begin.
    const std::int64_t token = (n_token_tiles - 1 - chunk / head_groups) * tokens;
    const std::int64_t kv_head = chunk % head_groups / per_kv_head;
    const std::int64_t head = chunk % head_groups % per_kv_head * heads;
    attend_tile({token, std::min(tokens, job_.q.rows - token), kv_head * group() + head,
                 std::min(heads, group() - head), kv_head},
                thread);
  });
  if (job_.then.run == nullptr) return;
  cpu_.pool.run(job_.n_heads,
                [&](std::int64_t head, int thread) { job_.then(head, next_head(head), thread); });
}

/// Few tokens: tasks are spans, whose sums are then joined in order.
void Attend::run_spans() {
  const std::int64_t n_tokens = job_.q.rows;
  const std::int64_t row = job_.n_heads * n_tokens;  // rows of sums: [n_heads, n_tokens]
  const std::int64_t first = visible(0).first / kSpanSlots;
  const std::int64_t end = ceil_div(visible(n_tokens - 1).end, kSpanSlots);
  const std::int64_t wave = std::min(end - first, kWaveSpans);
  // Fewer heads per task where there are too few spans; each task of a rounded job turns its slots.
  const std::int64_t tasks = (job_.rounded ? 1 : 2) * cpu_.pool.n_threads();
  const std::int64_t wanted = ceil_div(tasks, wave * job_.n_kv_heads);
  const std::int64_t most = std::max<std::int64_t>(tile_rows_ / n_tokens, 1);
  const std::int64_t heads =
      std::clamp<std::int64_t>((group() / wanted + 3) / 4 * 4, 1, std::min(group(), most));
  const std::int64_t per_kv_head = ceil_div(group(), heads);
  const std::int64_t n_tiles = per_kv_head * job_.n_kv_heads;
  cpu_.scratch.span_sums.ensure(1, (wave + 1) * row * stride_);
  float* joined = cpu_.scratch.span_sums.part(0);
  float* waiting = joined + row * stride_;
  for (std::int64_t begin = first; begin < end; begin += wave) {
    const std::int64_t n_spans = std::min(wave, end - begin);
    cpu_.pool.run(n_spans * n_tiles, [&](std::int64_t chunk, int thread) {
      const std::int64_t span = chunk / n_tiles;
      const std::int64_t kv_head = chunk % n_tiles / per_kv_head;
      const std::int64_t head = chunk % per_kv_head * heads;
      const Tile tile{0, n_tokens, kv_head * group() + head, std::min(heads, group() - head),
                      kv_head};
      if (job_.rounded) round_queries(cpu_, job_, tile, thread_whole(thread));
      // In memory of its own: lines beside another thread's sums would wander between the two.
      float* own = thread_sums(thread, 0);
      attend_span(tile, begin + span, own, thread);
      std::copy_n(own, tile.n_rows() * stride_,
                  waiting + (span * row + tile.head * n_tokens) * stride_);
    });
    const bool last = begin + n_spans == end;
    cpu_.pool.run(job_.n_heads, [&](std::int64_t head, int thread) {
      // A tile's rows lie token by token, so a row's place depends on the tile of its head.
      const std::int64_t in_group = head % group();
      const std::int64_t tile_head = head - in_group % heads;
      const std::int64_t tile_heads = std::min(heads, group() - in_group / heads * heads);
      for (std::int64_t t = 0; t < n_tokens; ++t) {
        const std::int64_t place = tile_head * n_tokens + t * tile_heads + (head - tile_head);
        float* to = joined + place * stride_;
        if (begin == first) *state_of(to, job_.value_dim) = {-INFINITY, 0.0F};
        for (std::int64_t span = 0; span < n_spans; ++span) {
          float* from = waiting + (span * row + place) * stride_;
          cpu_.attention.merge(*state_of(from, job_.value_dim), from, job_.value_dim,
                               state_of(to, job_.value_dim), to);
        }
        if (last) finish_row(t, head, to);
      }
      if (last) job_.then(head, next_head(head), thread);
    });
  }
}

/// The picks are read straight from the cache: one outside it would be somebody else's memory.
void Attend::check_picks() const {
  for (std::int64_t t = 0; has_picks() && t < job_.q.rows; ++t) {
    for (std::int64_t j = 0; j < visible(t).end; ++j) {
      const std::int32_t slot = job_.picked_slots[t * job_.index_topk + j];
      CHECK_LE(0, slot);
      CHECK_LT(slot, n_positions(t));
    }
  }
}

void Attend::run() {
  if (job_.q.rows == 0) return;
  check_picks();
  if (job_.rounded) whole_ = whole_slots(cpu_, job_, n_positions(job_.q.rows - 1));
  cpu_.scratch.attend.ensure(
      cpu_.pool.n_threads(),
      thread_elements(
          tile_rows_, job_.value_dim, n_whole(),
          has_picks() && !job_.rounded ? padded(job_.key_dim) + padded(job_.rope_dim) : 0));
  prepare_observer();
  if (job_.q.rows <= kSplitTokens) {
    run_spans();
  } else {
    run_tiles();
  }
}

}  // namespace

void cpu_attend(const CpuContext& cpu, const AttendJob& job) { Attend(cpu, job).run(); }

Result<void> reserve_attend(CpuScratch& scratch, std::int64_t n_threads, std::int64_t n_heads,
                            std::int64_t max_dim, std::int64_t max_context) {
  const std::int64_t whole_dim = std::min(max_dim, kernels::kMaxRoundedDim);
  const std::int64_t most = thread_elements(
      kRoundedTileRows, max_dim, WholeTile::elements(whole_dim, whole_dim), padded(max_dim) + 16);
  RETURN_IF_ERROR(scratch.attend.reserve(n_threads, most));
  const std::int64_t wave = std::min(ceil_div(max_context, kSpanSlots), kWaveSpans);
  return scratch.span_sums.reserve(1, (wave + 1) * n_heads * kSplitTokens * sums_stride(max_dim));
}

}  // namespace engine
