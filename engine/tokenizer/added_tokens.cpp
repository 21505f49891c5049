#include "engine/tokenizer/added_tokens.h"

namespace engine {

AddedTokens::AddedTokens() : nodes_(1) {}

std::uint32_t AddedTokens::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return root_children_[byte];
  std::uint32_t at = nodes_[node].first_child;
  while (at != 0 && nodes_[at].byte != byte) at = nodes_[at].sibling;
  return at;
}

void AddedTokens::add(std::string_view spelling, std::int32_t id) {
  std::uint32_t node = 0;
  for (std::size_t i = spelling.size(); i-- > 0;) {
    const auto byte = static_cast<unsigned char>(spelling[i]);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({0, nodes_[node].first_child, 0, -1, byte});
      nodes_[node].first_child = next;
      if (node == 0) root_children_[byte] = next;
    }
    node = next;
  }
  nodes_[node].longest = static_cast<std::int32_t>(tokens_.size());
  tokens_.push_back({id, static_cast<std::uint32_t>(spelling.size())});
}

void AddedTokens::build() {
  std::vector<std::uint32_t> queue;  // breadth first: a node's suffix is nearer to the root
  queue.reserve(nodes_.size());
  queue.push_back(0);
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const std::uint32_t parent = queue[head];
    for (std::uint32_t at = nodes_[parent].first_child; at != 0; at = nodes_[at].sibling) {
      queue.push_back(at);
      if (parent == 0) continue;
      std::uint32_t suffix = nodes_[parent].suffix;
      while (suffix != 0 && child(suffix, nodes_[at].byte) == 0) suffix = nodes_[suffix].suffix;
      nodes_[at].suffix = child(suffix, nodes_[at].byte);
      if (nodes_[at].longest < 0) nodes_[at].longest = nodes_[nodes_[at].suffix].longest;
    }
  }
}

void AddedTokens::find(std::string_view text, std::size_t begin, std::size_t end,
                       std::vector<AddedTokenMatch>* out) const {
  if (tokens_.empty()) return;
  // From the right: at each place the longest token that starts there.
  std::vector<AddedTokenMatch> starts;
  std::uint32_t node = 0;
  for (std::size_t at = end; at-- > begin;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    std::uint32_t next = child(node, byte);
    while (next == 0 && node != 0) {
      node = nodes_[node].suffix;
      next = child(node, byte);
    }
    node = next;
    if (nodes_[node].longest >= 0) {
      const Token& token = tokens_[static_cast<std::size_t>(nodes_[node].longest)];
      starts.push_back({at, at + token.length, token.id});
    }
  }
  // From the left: the first one wins, and what it covers is gone.
  std::size_t covered = begin;
  for (auto match = starts.rbegin(); match != starts.rend(); ++match) {
    if (match->begin < covered) continue;
    out->push_back(*match);
    covered = match->end;
  }
}

}  // namespace engine
