// Keeps segments that cannot change, splits the tail again.
#include "ui/chat/segmented_text.h"

#include <algorithm>

namespace ui {

void SegmentedText::update(QStringView text, qsizetype begin, qsizetype end, const TextStyle& style,
                           double width) {
  if (begin != begin_) segments_.clear();
  begin_ = begin;
  while (!segments_.empty() && segments_.back().range().end > end) segments_.pop_back();
  qsizetype from = begin;
  FenceState fence;
  bool continues = false;
  if (!segments_.empty()) {
    from = segments_.back().range().begin;
    fence = segments_.back().range().fence;
    continues = segments_.back().range().continues;
  }
  std::vector<SegmentRange> ranges = mode_ == Mode::Markdown
                                         ? splitMarkdown(text, from, end, fence, continues)
                                         : splitPlain(text, from, end, continues);
  std::size_t first = 0;
  if (!segments_.empty()) {
    if (!ranges.empty() && ranges.front() == segments_.back().range()) {
      first = 1;  // the tail is as it was
    } else {
      segments_.pop_back();
    }
  }
  for (std::size_t i = first; i < ranges.size(); ++i) {
    segments_.emplace_back(std::move(ranges[i]));
    segments_.back().estimate(text, style, width);
  }
}

void SegmentedText::invalidate(QStringView text, const TextStyle& style, double width) {
  for (TextSegment& segment : segments_) {
    segment.release();
    segment.estimate(text, style, width);
  }
}

double SegmentedText::height(const TextStyle& style) const {
  double height = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    height += segments_[i].height() + (i > 0 ? segments_[i].gapAbove(style) : 0);
  }
  return height;
}

double SegmentedText::topOf(int index, const TextStyle& style) const {
  double top = 0;
  for (int i = 0; i <= index; ++i) {
    if (i > 0) top += at(i).gapAbove(style);
    if (i < index) top += at(i).height();
  }
  return top;
}

bool SegmentedText::layOutBetween(QStringView text, double top, double bottom,
                                  const TextStyle& style, double width) {
  const double keep = (bottom - top) * 3;
  bool changed = false;
  double y = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    TextSegment& segment = segments_[i];
    if (i > 0) y += segment.gapAbove(style);
    const bool touches = y < bottom && y + segment.height() >= top;
    if (touches && !segment.isLaidOut()) {
      const double before = segment.height();
      segment.layOut(text, style, width);
      changed = changed || segment.height() != before;
    } else if (segment.isLaidOut() && (y > bottom + keep || y + segment.height() < top - keep)) {
      segment.release();
    }
    y += segment.height();
  }
  return changed;
}

int SegmentedText::segmentAt(double y, const TextStyle& style) const {
  double top = 0;
  for (int i = 0; i < count(); ++i) {
    if (i > 0) top += at(i).gapAbove(style);
    top += at(i).height();
    if (y < top) return i;
  }
  return count() - 1;
}

int SegmentedText::segmentOf(qsizetype source) const {
  const auto found = std::find_if(segments_.begin(), segments_.end(), [source](const auto& s) {
    return source >= s.range().begin && source < s.range().end;
  });
  return found == segments_.end() ? -1 : static_cast<int>(found - segments_.begin());
}

}  // namespace ui
