#include "engine/tokenizer/piece_merger.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace engine {
namespace {

constexpr std::size_t kShort = 48;  // up to here a scan for the lowest rank beats any queue
constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace

struct PieceMerger::Chain {
  std::vector<std::uint32_t> next, previous;
  std::vector<Joint> joints;  // of each part with the next one; none for dead parts
};

void PieceMerger::set_rank(std::int32_t id, std::uint32_t rank, std::size_t spelling_bytes) {
  const auto at = static_cast<std::size_t>(id);
  if (at >= ranks_.size()) ranks_.resize(std::max(at + 1, ranks_.size() * 2), kNotAPiece);
  ranks_[at] = rank;
  longest_ = std::max(longest_, spelling_bytes);
}

std::int32_t PieceMerger::piece(const Vocabulary& vocabulary, std::string_view spelling) const {
  const auto id = vocabulary.find(spelling);
  if (!id || static_cast<std::size_t>(*id) >= ranks_.size()) return -1;
  return ranks_[static_cast<std::size_t>(*id)] == kNotAPiece ? -1 : *id;
}

PieceMerger::Joint PieceMerger::joint(const Vocabulary& vocabulary, std::string_view text,
                                      const Part& left, const Part& right) const {
  const std::size_t length = std::size_t{left.length} + right.length;
  if (length > longest_) return {};
  const std::int32_t id = piece(vocabulary, text.substr(left.begin, length));
  return id < 0 ? Joint{} : Joint{ranks_[static_cast<std::size_t>(id)], id};
}

void PieceMerger::merge(const Vocabulary& vocabulary, std::string_view text,
                        std::vector<Part>* parts) const {
  for (Part& part : *parts) part.id = piece(vocabulary, text.substr(part.begin, part.length));
  if (parts->size() <= kShort) {
    merge_short(vocabulary, text, parts);
  } else {
    merge_long(vocabulary, text, parts);
  }
}

void PieceMerger::merge_short(const Vocabulary& vocabulary, std::string_view text,
                              std::vector<Part>* parts) const {
  Joint joints[kShort];
  auto& p = *parts;
  const auto join = [&](std::size_t i) { return joint(vocabulary, text, p[i], p[i + 1]); };
  for (std::size_t i = 0; i + 1 < p.size(); ++i) joints[i] = join(i);
  while (p.size() > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < p.size(); ++i) {
      if (joints[i].rank < joints[best].rank) best = i;
    }
    if (joints[best].rank == kNotAPiece) break;
    p[best].length += p[best + 1].length;
    p[best].id = joints[best].id;
    std::move(joints + best + 1, joints + p.size() - 1, joints + best);
    p.erase(p.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    if (best > 0) joints[best - 1] = join(best - 1);
    if (best + 1 < p.size()) joints[best] = join(best);
  }
}

void PieceMerger::merge_long(const Vocabulary& vocabulary, std::string_view text,
                             std::vector<Part>* parts) const {
  auto& p = *parts;
  const auto n = static_cast<std::uint32_t>(p.size());
  Chain chain;
  chain.next.resize(n);
  chain.previous.resize(n);
  chain.joints.resize(n);
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> queue;
  const auto note = [&](std::uint32_t at) {
    const std::uint32_t right = chain.next[at];
    chain.joints[at] = right == kNone ? Joint{} : joint(vocabulary, text, p[at], p[right]);
    if (chain.joints[at].rank != kNotAPiece) {
      queue.push((std::uint64_t{chain.joints[at].rank} << 32) | at);
    }
  };
  for (std::uint32_t i = 0; i < n; ++i) {
    chain.next[i] = i + 1 < n ? i + 1 : kNone;
    chain.previous[i] = i > 0 ? i - 1 : kNone;
  }
  for (std::uint32_t i = 0; i < n; ++i) note(i);
  while (!queue.empty()) {
    const std::uint64_t top = queue.top();
    queue.pop();
    const auto at = static_cast<std::uint32_t>(top);
    if (chain.joints[at].rank != top >> 32)
      continue;  // joined meanwhile, or with another neighbour
    const std::uint32_t right = chain.next[at];
    p[at].length += p[right].length;
    p[at].id = chain.joints[at].id;
    p[right].length = 0;
    chain.joints[right] = {};
    chain.next[at] = chain.next[right];
    if (chain.next[at] != kNone) chain.previous[chain.next[at]] = at;
    note(at);
    if (chain.previous[at] != kNone) note(chain.previous[at]);
  }
  std::erase_if(p, [](const Part& part) { return part.length == 0; });
}

}  // namespace engine
