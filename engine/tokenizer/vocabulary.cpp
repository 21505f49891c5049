#include "engine/tokenizer/vocabulary.h"

#include <bit>
#include <functional>

namespace engine {

void Vocabulary::reserve(std::size_t n_tokens) {
  const std::size_t wanted = std::bit_ceil(n_tokens * 2 + 16);
  if (wanted <= slots_.size()) return;
  slots_.assign(wanted, -1);
  for (std::size_t id = 0; id < entries_.size(); ++id) {
    if (!entries_[id].present || entries_[id].unlisted) continue;
    const auto token = static_cast<std::int32_t>(id);
    slots_[slot_of(spelling(token))] = token;
  }
}

// The slot that holds the spelling, or the free one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view spelling) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(spelling)&mask;
  while (slots_[slot] >= 0 && this->spelling(slots_[slot]) != spelling) slot = (slot + 1) & mask;
  return slot;
}

bool Vocabulary::add(std::string_view spelling, std::int32_t id) {
  if ((count_ + 1) * 2 > slots_.size()) reserve(count_ * 2 + 16);
  if (contains(id)) return false;
  const std::size_t slot = slot_of(spelling);
  if (slots_[slot] >= 0) return false;
  place(spelling, id);
  slots_[slot] = id;
  return true;
}

bool Vocabulary::add_unlisted(std::string_view spelling, std::int32_t id) {
  if (contains(id)) return false;
  place(spelling, id);
  entries_[at(id)].unlisted = 1;
  return true;
}

void Vocabulary::place(std::string_view spelling, std::int32_t id) {
  if (at(id) >= entries_.size()) entries_.resize(at(id) + 1);
  Entry& entry = entries_[at(id)];
  entry.offset = static_cast<std::uint32_t>(bytes_.size());
  entry.length = static_cast<std::uint32_t>(spelling.size()) & 0x3FFFFFFFu;
  entry.present = 1;
  bytes_.append(spelling);
  ++count_;
}

std::optional<std::int32_t> Vocabulary::find(std::string_view spelling) const {
  if (slots_.empty()) return std::nullopt;
  const std::int32_t id = slots_[slot_of(spelling)];
  if (id < 0) return std::nullopt;
  return id;
}

std::string_view Vocabulary::spelling(std::int32_t id) const {
  if (!contains(id)) return {};
  const Entry& entry = entries_[at(id)];
  return std::string_view(bytes_).substr(entry.offset, entry.length);
}

}  // namespace engine
