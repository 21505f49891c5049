// Reads the index forward, without a tree: DeepSeek-V3's lists 91,000 tensors.
#include "engine/checkpoint/shard_index.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/json.h"
#include "engine/base/mapped_file.h"

namespace engine {

namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxEntries = 1'000'000;
constexpr std::size_t kMaxFiles = 10'000;

class IndexReader {
 public:
  explicit IndexReader(JsonCursor cursor) : cursor_(std::move(cursor)) {}

  Result<ShardIndex> read() {
    RETURN_IF_ERROR(cursor_.enter_object());
    std::string key;
    bool has_map = false;
    bool has_metadata = false;
    while (true) {
      const std::size_t at = cursor_.offset();
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) break;
      if (key == "weight_map") {
        if (has_map) return cursor_.error_at(at, "found weight_map twice, allowed once");
        has_map = true;
        RETURN_IF_ERROR(read_map());
      } else if (key == "metadata") {
        if (has_metadata) return cursor_.error_at(at, "found metadata twice, allowed once");
        has_metadata = true;
        RETURN_IF_ERROR(read_metadata());
      } else {
        RETURN_IF_ERROR(cursor_.skip());
      }
    }
    RETURN_IF_ERROR(cursor_.finish());
    if (!has_map) return cursor_.error_at(0, "weight_map: found nothing, allowed an object");
    RETURN_IF_ERROR(sort_entries());
    return std::move(index_);
  }

 private:
  Result<void> read_map() {
    RETURN_IF_ERROR(cursor_.enter_object());
    std::string tensor;
    std::string file;
    while (true) {
      const std::size_t at = cursor_.offset();
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&tensor));
      if (!more) return {};
      if (index_.entries.size() >= kMaxEntries) {
        return cursor_.error_at(at, "weight_map: found more than " + std::to_string(kMaxEntries) +
                                        " tensors, allowed " + std::to_string(kMaxEntries));
      }
      RETURN_IF_ERROR(cursor_.read_string(&file));
      const auto next = static_cast<std::uint32_t>(index_.files.size());
      const auto [position, is_new] = file_numbers_.try_emplace(file, next);
      if (is_new) index_.files.push_back(file);
      if (index_.files.size() > kMaxFiles) {
        return cursor_.error_at(at, "weight_map: found more than " + std::to_string(kMaxFiles) +
                                        " files, allowed " + std::to_string(kMaxFiles));
      }
      index_.entries.push_back({tensor, position->second});
    }
  }

  Result<void> read_metadata() {
    ASSIGN_OR_RETURN(const JsonKind kind, cursor_.kind());
    if (kind != JsonKind::Object) return cursor_.skip();
    RETURN_IF_ERROR(cursor_.enter_object());
    std::string key;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) return {};
      ASSIGN_OR_RETURN(const JsonKind value_kind, cursor_.kind());
      if (key != "total_size" || value_kind != JsonKind::Number) {
        RETURN_IF_ERROR(cursor_.skip());
        continue;
      }
      ASSIGN_OR_RETURN(const std::string_view spelling, cursor_.read_number());
      index_.total_size = json_unsigned(spelling);
    }
  }

  Result<void> sort_entries() {
    auto& entries = index_.entries;
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.tensor < b.tensor; });
    const auto twice =
        std::adjacent_find(entries.begin(), entries.end(),
                           [](const auto& a, const auto& b) { return a.tensor == b.tensor; });
    if (twice == entries.end()) return {};
    return cursor_.error_at(0, "weight_map › " + quoted_name(twice->tensor) + ": found twice, in " +
                                   quoted_name(index_.files[twice->file]) + " and " +
                                   quoted_name(index_.files[(twice + 1)->file]) + ", allowed once");
  }

  JsonCursor cursor_;
  ShardIndex index_;
  std::unordered_map<std::string, std::uint32_t> file_numbers_;
};

}  // namespace

Result<ShardIndex> ShardIndex::parse(std::string_view json, std::string_view file) {
  ASSIGN_OR_RETURN(JsonCursor cursor, JsonCursor::create(json, file, kMaxDepth));
  return IndexReader(std::move(cursor)).read();
}

const ShardIndex::Entry* ShardIndex::find(std::string_view tensor) const {
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), tensor,
      [](const Entry& entry, std::string_view name) { return entry.tensor < name; });
  return at != entries.end() && at->tensor == tensor ? &*at : nullptr;
}

}  // namespace engine
