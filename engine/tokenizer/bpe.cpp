#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <queue>
#include <unordered_map>

namespace engine {
namespace {

constexpr std::size_t kShortPiece = 48;  // up to here a scan for the lowest rank beats any queue
constexpr std::uint32_t kNone = ~std::uint32_t{0};

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
         static_cast<std::uint32_t>(right);
}

std::size_t hash_pair(std::uint64_t key) {
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> 29);
}

}  // namespace

// A long piece as a doubly linked list of symbols in arrays; a dead symbol has id -1.
struct BpeModel::Chain {
  std::vector<BpeToken> symbols;
  std::vector<std::uint32_t> next, previous;
};

void BpeModel::reserve_merges(std::size_t n_merges) {
  const std::size_t wanted = std::bit_ceil(n_merges * 2 + 16);
  if (wanted <= slots_.size()) return;
  std::vector<Merge> old(wanted);
  old.swap(slots_);
  for (const Merge& merge : old) {
    if (merge.pair == ~std::uint64_t{0}) continue;
    std::size_t slot = hash_pair(merge.pair) & (wanted - 1);
    while (slots_[slot].pair != ~std::uint64_t{0}) slot = (slot + 1) & (wanted - 1);
    slots_[slot] = merge;
  }
}

void BpeModel::note_use(std::int32_t id) {
  const auto at = static_cast<std::size_t>(id);
  if (at >= used_as_part_.size()) used_as_part_.resize(std::bit_ceil(at + 1), 0);
  used_as_part_[at] = 1;
}

std::optional<std::uint32_t> BpeModel::add_merge(std::int32_t left, std::int32_t right,
                                                 std::int32_t merged) {
  if ((std::size_t{n_merges_} + 1) * 2 > slots_.size()) reserve_merges(std::size_t{n_merges_} * 2);
  const std::uint64_t key = pair_key(left, right);
  std::size_t slot = hash_pair(key) & (slots_.size() - 1);
  while (slots_[slot].pair != ~std::uint64_t{0}) {
    if (slots_[slot].pair == key) return slots_[slot].rank;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  const auto made = static_cast<std::size_t>(merged);
  if (made < used_as_part_.size() && used_as_part_[made] != 0) ranks_increase_ = false;
  note_use(left);
  note_use(right);
  slots_[slot] = {key, n_merges_++, merged};
  return std::nullopt;
}

const BpeModel::Merge* BpeModel::find(std::int32_t left, std::int32_t right) const {
  if (slots_.empty()) return nullptr;
  const std::uint64_t key = pair_key(left, right);
  std::size_t slot = hash_pair(key) & (slots_.size() - 1);
  while (slots_[slot].pair != key) {
    if (slots_[slot].pair == ~std::uint64_t{0}) return nullptr;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return &slots_[slot];
}

void BpeModel::merge_short(BpeToken* symbols, std::size_t n, std::vector<BpeToken>* out) const {
  const Merge* merges[kShortPiece];  // of each symbol with the next one
  for (std::size_t i = 0; i + 1 < n; ++i) merges[i] = find(symbols[i].id, symbols[i + 1].id);
  while (n > 1) {
    std::size_t best = 0;
    std::uint32_t best_rank = kNone;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      if (merges[i] != nullptr && merges[i]->rank < best_rank) {
        best_rank = merges[i]->rank;
        best = i;
      }
    }
    if (best_rank == kNone) break;
    symbols[best] = {merges[best]->merged, symbols[best].length + symbols[best + 1].length};
    std::move(symbols + best + 2, symbols + n, symbols + best + 1);
    if (best + 2 < n) std::move(merges + best + 2, merges + n - 1, merges + best + 1);
    --n;
    if (best > 0) merges[best - 1] = find(symbols[best - 1].id, symbols[best].id);
    if (best + 1 < n) merges[best] = find(symbols[best].id, symbols[best + 1].id);
  }
  out->insert(out->end(), symbols, symbols + n);
}

const BpeModel::Merge* BpeModel::find_next(const Chain& chain, std::uint32_t at) const {
  if (chain.symbols[at].id < 0 || chain.next[at] == kNone) return nullptr;
  return find(chain.symbols[at].id, chain.symbols[chain.next[at]].id);
}

void BpeModel::merge_at(Chain* chain, std::uint32_t at, std::int32_t merged) const {
  const std::uint32_t right = chain->next[at];
  chain->symbols[at].id = merged;
  chain->symbols[at].length += chain->symbols[right].length;
  chain->symbols[right].id = -1;
  chain->next[at] = chain->next[right];
  if (chain->next[at] != kNone) chain->previous[chain->next[at]] = at;
}

// Linear: every rank has a list of places. Merging only makes pairs of higher rank, so each list is
// complete when its turn comes. Order within a list matters only where places overlap, which takes
// two equal symbols; a symbol is always made at the same rank (nothing crosses its ends before), in
// one pass from left to right, so those lists are in order as they are.
void BpeModel::merge_in_rank_order(Chain* chain) const {
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> places;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ranks;
  const auto note = [&](std::uint32_t at) {
    const Merge* const merge = find_next(*chain, at);
    if (merge == nullptr) return;
    auto& list = places[merge->rank];
    if (list.empty()) ranks.push(merge->rank);
    list.push_back(at);
  };
  for (std::uint32_t at = 0; at < chain->symbols.size(); ++at) note(at);
  while (!ranks.empty()) {
    const std::uint32_t rank = ranks.top();
    ranks.pop();
    auto node = places.extract(rank);
    for (const std::uint32_t at : node.mapped()) {
      const Merge* const merge = find_next(*chain, at);
      if (merge == nullptr || merge->rank != rank) continue;
      merge_at(chain, at, merge->merged);
      if (chain->previous[at] != kNone) note(chain->previous[at]);
      note(at);
    }
  }
}

// For vocabularies whose ranks may step back: a heap of (rank, place).
void BpeModel::merge_with_heap(Chain* chain) const {
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> queue;
  const auto note = [&](std::uint32_t at) {
    const Merge* const merge = find_next(*chain, at);
    if (merge != nullptr) queue.push((std::uint64_t{merge->rank} << 32) | at);
  };
  for (std::uint32_t at = 0; at < chain->symbols.size(); ++at) note(at);
  while (!queue.empty()) {
    const std::uint64_t top = queue.top();
    queue.pop();
    const auto at = static_cast<std::uint32_t>(top);
    const Merge* const merge = find_next(*chain, at);
    if (merge == nullptr || merge->rank != top >> 32) continue;
    merge_at(chain, at, merge->merged);
    if (chain->previous[at] != kNone) note(chain->previous[at]);
    note(at);
  }
}

void BpeModel::encode(std::string_view piece, std::vector<BpeToken>* out) const {
  std::array<BpeToken, kShortPiece> short_symbols;
  std::vector<BpeToken> long_symbols;
  const bool is_short = piece.size() <= kShortPiece;
  if (!is_short) long_symbols.resize(piece.size());
  BpeToken* const symbols = is_short ? short_symbols.data() : long_symbols.data();
  std::size_t n = 0;
  std::uint32_t skipped = 0;
  for (const char c : piece) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(c)];
    if (id < 0) {
      if (n > 0) {
        ++symbols[n - 1].length;
      } else {
        ++skipped;
      }
      continue;
    }
    symbols[n++] = {id, 1 + skipped};
    skipped = 0;
  }
  if (is_short) return merge_short(symbols, n, out);
  long_symbols.resize(n);
  merge_long(std::move(long_symbols), out);
}

void BpeModel::merge(std::vector<BpeToken> symbols, std::vector<BpeToken>* out) const {
  if (symbols.size() <= kShortPiece) return merge_short(symbols.data(), symbols.size(), out);
  merge_long(std::move(symbols), out);
}

void BpeModel::merge_long(std::vector<BpeToken> symbols, std::vector<BpeToken>* out) const {
  Chain chain;
  chain.symbols = std::move(symbols);
  const std::size_t n = chain.symbols.size();
  chain.next.resize(n);
  chain.previous.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    chain.next[i] = i + 1 < n ? i + 1 : kNone;
    chain.previous[i] = i > 0 ? i - 1 : kNone;
  }
  if (ranks_increase_) {
    merge_in_rank_order(&chain);
  } else {
    merge_with_heap(&chain);
  }
  for (std::uint32_t at = n > 0 ? 0 : kNone; at != kNone; at = chain.next[at]) {
    out->push_back(chain.symbols[at]);
  }
}

void PieceCache::grow() {
  std::vector<Entry> old(slots_.size() * 4);
  old.swap(slots_);
  for (const Entry& entry : old) {
    if (entry.piece.empty()) continue;
    std::size_t slot = entry.hash & (slots_.size() - 1);
    while (!slots_[slot].piece.empty()) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = entry;
  }
}

const PieceCache::Entry* PieceCache::find(std::string_view piece, std::uint32_t hash,
                                          std::size_t* slot) const {
  *slot = hash & (slots_.size() - 1);
  while (!slots_[*slot].piece.empty()) {
    const Entry& entry = slots_[*slot];
    if (entry.hash == hash && entry.piece == piece) return &entry;
    *slot = (*slot + 1) & (slots_.size() - 1);
  }
  return nullptr;
}

void PieceCache::remember(std::string_view piece, std::uint32_t hash, std::size_t slot,
                          std::span<const BpeToken> tokens) {
  constexpr std::size_t kMaxEntries = std::size_t{1} << 16;  // then it stays as it is
  if (n_entries_ >= kMaxEntries) return;
  const auto first = static_cast<std::uint32_t>(tokens_.size());
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  slots_[slot] = {piece, hash, first, static_cast<std::uint32_t>(tokens.size())};
  if (++n_entries_ * 2 > slots_.size()) grow();
}

}  // namespace engine
