// Gathering the cache rows a token may read, and spreading its observed numbers over all slots.
#include "engine/backend/picked_slots.h"

#include "engine/base/check.h"

namespace engine {

namespace {

void gather_rows(ConstMatView from, std::span<const std::int32_t> slots, std::vector<float>* to) {
  to->resize(slots.size() * static_cast<std::size_t>(from.cols));
  float* row = to->data();
  for (const std::int32_t slot : slots) row = std::copy_n(from.row(slot), from.cols, row);
}

}  // namespace

std::span<const std::int32_t> picked_slots_of(const MlaAttentionArgs& args, std::int64_t t) {
  const std::int64_t n = std::min(args.index_topk, args.first_position + t + 1);
  return args.picked_slots.subspan(static_cast<std::size_t>(t * args.index_topk),
                                   static_cast<std::size_t>(n));
}

MlaAttentionArgs gather_picked(const MlaAttentionArgs& args, std::int64_t t,
                               PickedScratch* scratch) {
  const std::span<const std::int32_t> slots = picked_slots_of(args, t);
  for (const std::int32_t slot : slots) {
    CHECK_LE(0, slot);
    CHECK_LE(slot, args.first_position + t);
  }
  gather_rows(args.c_kv, slots, &scratch->c_kv);
  gather_rows(args.k_rope, slots, &scratch->k_rope);
  const auto n = static_cast<std::int64_t>(slots.size());
  MlaAttentionArgs one = args;
  one.picked_slots = {};
  one.kept = {};
  one.first_position = n - 1;
  one.q = {args.q.row(t), 1, args.q.cols, args.q.stride};
  one.c_kv = {scratch->c_kv.data(), n, args.c_kv.cols, args.c_kv.cols};
  one.k_rope = {scratch->k_rope.data(), n, args.k_rope.cols, args.k_rope.cols};
  return one;
}

void spread_rows(const float* from, std::span<const std::int32_t> slots, std::int64_t n_heads,
                 std::int64_t n_slots, float absent, float* to) {
  if (to == nullptr) return;
  std::fill_n(to, n_heads * n_slots, absent);
  for (std::int64_t head = 0; head < n_heads; ++head) {
    for (const std::int32_t slot : slots) to[head * n_slots + slot] = *from++;
  }
}

}  // namespace engine
