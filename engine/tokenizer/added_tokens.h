// AddedTokens: finds control tokens in text, leftmost and longest first, in time linear in the text
// whatever the tokens are (Aho-Corasick over the reversed spellings, read from the right).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace engine {

struct AddedTokenMatch {
  std::size_t begin;
  std::size_t end;
  std::int32_t id;
};

class AddedTokens {
 public:
  AddedTokens();
  void add(std::string_view spelling, std::int32_t id);  // not empty; before `build`
  void build();
  bool empty() const { return tokens_.empty(); }
  /// Appends the matches in text[begin, end), in order; they do not overlap.
  void find(std::string_view text, std::size_t begin, std::size_t end,
            std::vector<AddedTokenMatch>* out) const;

 private:
  struct Node {
    std::uint32_t first_child = 0;  // 0: none (the root is nobody's child)
    std::uint32_t sibling = 0;
    std::uint32_t suffix = 0;   // the longest proper suffix that is a node
    std::int32_t longest = -1;  // the longest token that is a suffix of this node's path; -1: none
    unsigned char byte = 0;
  };
  struct Token {
    std::int32_t id;
    std::uint32_t length;
  };
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;

  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> root_children_{};
  std::vector<Token> tokens_;
};

}  // namespace engine
