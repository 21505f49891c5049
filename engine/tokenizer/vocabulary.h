// Vocabulary: token spellings ↔ ids. Spellings lie in one block of memory; ids may have holes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

inline constexpr std::int32_t kMaxTokenId = (1 << 22) - 1;           // ids above are refused
inline constexpr std::size_t kMaxTokenBytes = std::size_t{1} << 16;  // of one spelling

class Vocabulary {
 public:
  void reserve(std::size_t n_tokens);
  /// Adds a token. False if the id or the spelling is already taken (nothing changes then). `id` in
  /// 0…kMaxTokenId.
  bool add(std::string_view spelling, std::int32_t id);

  /// A row that no spelling leads to: a repeated or empty one. False if the id is taken.
  bool add_unlisted(std::string_view spelling, std::int32_t id);

  std::optional<std::int32_t> find(std::string_view spelling) const;
  bool contains(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < entries_.size() && entries_[at(id)].present;
  }
  /// "" for an id that is not in the vocabulary.
  std::string_view spelling(std::int32_t id) const;
  std::int32_t id_bound() const {
    return static_cast<std::int32_t>(entries_.size());
  }  // highest + 1
  std::size_t size() const { return count_; }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint32_t length : 30 = 0;
    std::uint32_t present : 1 = 0;
    std::uint32_t unlisted : 1 = 0;
  };
  static std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }
  void place(std::string_view spelling, std::int32_t id);
  std::size_t slot_of(std::string_view spelling) const;

  std::string bytes_;
  std::vector<Entry> entries_;       // [id]
  std::vector<std::int32_t> slots_;  // open addressing, power of two, -1 is free
  std::size_t count_ = 0;
};

}  // namespace engine
