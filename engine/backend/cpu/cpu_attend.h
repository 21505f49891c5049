// Attention as matrix products: query rows (token, head) against blocks of cached slots, the
// softmax running along, each slot read once for all rows that share it. cpu_attention.cpp (MLA)
// and cpu_gqa.cpp describe their caches to it.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

/// What follows for a head as soon as all of its rows are in `out`, if anything; `next`: the head
/// that this thread will probably have next, or n_heads. std::function would allocate.
struct HeadTask {
  void (*run)(const void* context, std::int64_t head, std::int64_t next, int thread) = nullptr;
  const void* context = nullptr;

  void operator()(std::int64_t head, std::int64_t next, int thread) const {
    if (run != nullptr) run(context, head, next, thread);
  }
};

/// Head h of token t: query at q.row(t) + h·q_head_stride, result at out.row(t) + h·out_head_stride
/// (out may be q). Heads share the slots of KV head h · n_kv_heads / n_heads, whose part of a cache
/// row begins at that KV head's number times the part's width.
///
/// The order of every sum is given by slot numbers alone: within a span of kSpanSlots slots, blocks
/// of kBlockSlots in order, softmax and weighted sum running along; then the spans in order. How
/// tokens, heads and spans are dealt to calls and threads cannot change a bit. A rounded job
/// (attention_rounded.h) has the same order; a softmax weight is rounded beside those of its block.
struct AttendJob {
  std::int64_t n_heads = 0;
  std::int64_t n_kv_heads = 1;
  float scale = 1.0F;
  std::int64_t first_position = 0;
  std::int64_t window = 0;  // 0: all slots up to the token's own
  std::int64_t key_dim = 0;
  std::int64_t rope_dim = 0;  // 0: a score has one part
  std::int64_t value_dim = 0;
  ConstMatView q;
  std::int64_t q_head_stride = 0;
  ConstMatView q_rope;
  std::int64_t q_rope_head_stride = 0;
  ConstMatView keys;
  ConstMatView rope_keys;
  ConstMatView values;
  MatView out;
  std::int64_t out_head_stride = 0;
  const std::int32_t* picked_slots = nullptr;  // [n_tokens, index_topk], or all slots
  std::int64_t index_topk = 0;
  /// Queries and slots as whole numbers: keys are values, can_round holds for both parts.
  bool rounded = false;
  KeptLatents kept = {};  // of a rounded job: its slots as whole numbers, or none
  HeadTask then = {};
  const AttentionProbe* probe = nullptr;  // its token_row counts from this job's first token
};

/// Slots whose scores and weighted sums are made at a time: small enough for a second-level cache.
constexpr std::int64_t kBlockSlots = 64;
/// Query rows of one task: their sums (128 KiB at 512 columns) stay in a second-level cache beside
/// a block of slots.
constexpr std::int64_t kTileRows = 64;
/// Slots of one span: what a thread takes at a time when few tokens read many slots.
constexpr std::int64_t kSpanSlots = 256;

/// Consecutive tokens × consecutive heads of one KV head; row r is token r / n_heads of them.
struct Tile {
  std::int64_t token, n_tokens;
  std::int64_t head, n_heads;
  std::int64_t kv_head;
  std::int64_t n_rows() const { return n_tokens * n_heads; }
};

/// Slots [first, end), or of a token's picks so many from the first on.
struct SlotRange {
  std::int64_t first, end;
  bool operator==(const SlotRange&) const = default;
};

void cpu_attend(const CpuContext& cpu, const AttendJob& job);

/// Takes the scratch of jobs within these sizes.
Result<void> reserve_attend(CpuScratch& scratch, std::int64_t n_threads, std::int64_t n_heads,
                            std::int64_t max_dim, std::int64_t max_context);

}  // namespace engine
