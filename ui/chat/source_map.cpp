// Binary search by document position; a walk over the few runs of one segment by source offset.
#include "ui/chat/source_map.h"

#include <algorithm>

namespace ui {

void SourceMap::add(const SourceRun& run) {
  if (run.documentLength <= 0) return;
  if (!runs_.empty()) {
    SourceRun& last = runs_.back();
    const bool verbatim =
        last.documentLength == last.sourceLength && run.documentLength == run.sourceLength;
    if (verbatim && last.documentBegin + last.documentLength == run.documentBegin &&
        last.sourceBegin + last.sourceLength == run.sourceBegin) {
      last.documentLength += run.documentLength;
      last.sourceLength += run.sourceLength;
      return;
    }
  }
  runs_.push_back(run);
}

std::optional<qsizetype> SourceMap::sourceAt(int documentPosition) const {
  const auto after = std::upper_bound(
      runs_.begin(), runs_.end(), documentPosition,
      [](int position, const SourceRun& run) { return position < run.documentBegin; });
  if (after == runs_.begin()) return std::nullopt;
  const SourceRun& run = *std::prev(after);
  const int inside = documentPosition - run.documentBegin;
  if (inside >= run.documentLength) return std::nullopt;
  return run.sourceLength == run.documentLength ? run.sourceBegin + inside : run.sourceBegin;
}

std::vector<DocumentRange> SourceMap::documentRanges(qsizetype begin, qsizetype end) const {
  std::vector<DocumentRange> ranges;
  for (const SourceRun& run : runs_) {
    const qsizetype from = std::max(begin, run.sourceBegin);
    const qsizetype to = std::min(end, run.sourceBegin + run.sourceLength);
    if (from >= to) continue;
    DocumentRange range{run.documentBegin, run.documentBegin + run.documentLength};
    if (run.sourceLength == run.documentLength) {
      range = {run.documentBegin + static_cast<int>(from - run.sourceBegin),
               run.documentBegin + static_cast<int>(to - run.sourceBegin)};
    }
    if (!ranges.empty() && ranges.back().end == range.begin) {
      ranges.back().end = range.end;
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

}  // namespace ui
