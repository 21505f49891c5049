// The small tree over the forward reader, and the one writer of string literals.
#include <algorithm>
#include <cstdio>

#include "engine/base/json.h"
#include "engine/base/mapped_file.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

/// Builds the tree. Recursion is as deep as the cursor allows: JsonLimits::max_depth.
class TreeBuilder {
 public:
  TreeBuilder(JsonCursor* cursor, std::string_view text, std::size_t max_values)
      : cursor_(cursor), text_(text), max_values_(max_values) {}

  Result<void> read(JsonValue* out) {
    out->offset = cursor_->offset();
    if (++n_values_ > max_values_) {
      return cursor_->error_here("found more than " + std::to_string(max_values_) +
                                 " values, allowed " + std::to_string(max_values_));
    }
    ASSIGN_OR_RETURN(out->kind, cursor_->kind());
    switch (out->kind) {
      case JsonKind::Object:
        return read_members(out);
      case JsonKind::Array:
        return read_items(out);
      case JsonKind::String:
        return cursor_->read_string(&out->text);
      case JsonKind::Number: {
        ASSIGN_OR_RETURN(const std::string_view spelling, cursor_->read_number());
        out->text = spelling;
        return {};
      }
      case JsonKind::Boolean: {
        ASSIGN_OR_RETURN(out->boolean, cursor_->read_boolean());
        return {};
      }
      case JsonKind::Null:
        return cursor_->read_null();
    }
    return {};
  }

 private:
  Result<void> read_items(JsonValue* out) {
    RETURN_IF_ERROR(cursor_->enter_array());
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_->next_item());
      if (!more) return {};
      RETURN_IF_ERROR(read(&out->items.emplace_back()));
    }
  }

  Result<void> read_members(JsonValue* out) {
    RETURN_IF_ERROR(cursor_->enter_object());
    std::string key;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_->next_key(&key));
      if (!more) break;
      auto& member = out->members.emplace_back(key, JsonValue{});
      RETURN_IF_ERROR(read(&member.second));
    }
    return refuse_duplicates(*out);
  }

  Result<void> refuse_duplicates(const JsonValue& object) const {
    std::vector<const std::pair<std::string, JsonValue>*> sorted;
    sorted.reserve(object.members.size());
    for (const auto& member : object.members) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->first < b->first; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i - 1]->first != sorted[i]->first) continue;
      return cursor_->error_at(sorted[i]->second.offset,
                               "found the key \"" + quoted_name(sorted[i]->first) +
                                   "\" twice (first at " +
                                   line_and_column(text_, sorted[i - 1]->second.offset) +
                                   "), allowed once; remove one of them");
    }
    return {};
  }

  JsonCursor* cursor_;
  std::string_view text_;
  std::size_t max_values_;
  std::size_t n_values_ = 0;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Result<JsonValue> parse_json(std::string_view text, std::string_view file, JsonLimits limits) {
  ASSIGN_OR_RETURN(JsonCursor cursor, JsonCursor::create(text, file, limits.max_depth));
  JsonValue root;
  RETURN_IF_ERROR(TreeBuilder(&cursor, text, limits.max_values).read(&root));
  RETURN_IF_ERROR(cursor.finish());
  return root;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence_length(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      out += {'\\', text[i]};
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20U || byte == 0x7FU) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out += escape;
    } else {
      out += text.substr(i, length);
    }
    i += std::max<std::size_t>(1, length);
  }
  return out + "\"";
}

}  // namespace engine
