#include "engine/tokenizer/jinja/text.h"

#include <algorithm>

namespace engine::jinja {

Text Text::of_message(std::string content, std::int32_t message, std::size_t begin) {
  Text text(std::move(content));
  if (!text.bytes_.empty()) text.runs_.push_back({text.bytes_.size(), {message, begin}, true});
  return text;
}

std::vector<Run> Text::runs() const {
  if (!runs_.empty() || bytes_.empty()) return runs_;
  return {{bytes_.size(), {}, true}};
}

Origin Text::first_message_origin(std::size_t begin, std::size_t end) const {
  std::size_t at = 0;
  for (const Run& run : runs_) {
    const std::size_t from = std::max(at, begin);
    const std::size_t to = std::min(at + run.length, end);
    if (from < to && run.origin.message >= 0) {
      return {run.origin.message, run.origin.begin + (run.exact ? from - at : 0)};
    }
    at += run.length;
    if (at >= end) break;
  }
  return {};
}

// Called after the bytes were appended.
void Text::add_run(const Run& run) {
  if (run.length == 0) return;
  if (runs_.empty()) {
    if (run.origin.message < 0) return;
    if (bytes_.size() > run.length) runs_.push_back({bytes_.size() - run.length, {}, true});
    runs_.push_back(run);
    return;
  }
  Run& last = runs_.back();
  const bool both_template = last.origin.message < 0 && run.origin.message < 0;
  const bool continues = last.exact && run.exact && last.origin.message == run.origin.message &&
                         last.origin.begin + last.length == run.origin.begin;
  const bool same_source = !last.exact && !run.exact && last.origin == run.origin;
  if (both_template || continues || same_source) {
    last.length += run.length;
  } else {
    runs_.push_back(run);
  }
}

void Text::append(std::string_view template_text) {
  bytes_.append(template_text);
  add_run({template_text.size(), {}, true});
}

void Text::append_slice(const Text& other, std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  if (other.runs_.empty()) return append(std::string_view(other.bytes_).substr(begin, end - begin));
  if (&other == this) return append_slice(Text(other), begin, end);
  std::size_t at = 0;
  for (const Run& run : other.runs_) {
    const std::size_t from = std::max(at, begin);
    const std::size_t to = std::min(at + run.length, end);
    if (from < to) {
      Run part = run;
      part.length = to - from;
      if (run.exact && run.origin.message >= 0) part.origin.begin += from - at;
      bytes_.append(other.bytes_, from, to - from);
      add_run(part);
    }
    at += run.length;
    if (at >= end) break;
  }
}

void Text::append_derived(std::string_view bytes, const Text& other, std::size_t begin,
                          std::size_t end) {
  const Origin origin = other.first_message_origin(begin, end);
  bytes_.append(bytes);
  add_run({bytes.size(), origin, origin.message < 0});
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  Text out;
  out.append_slice(*this, begin, end);
  return out;
}

}  // namespace engine::jinja
