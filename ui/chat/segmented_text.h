// SegmentedText: one growing text as a column of segments; only those asked for are laid out.
#pragma once

#include <QStringView>
#include <vector>

#include "ui/chat/text_segment.h"

namespace ui {

class SegmentedText {
 public:
  enum class Mode { Markdown, Plain };
  explicit SegmentedText(Mode mode) : mode_(mode) {}

  /// The text is text[begin, end) of a message now. Where only the end grew, only the last segment
  /// is split again.
  void update(QStringView text, qsizetype begin, qsizetype end, const TextStyle& style,
              double width);
  /// Fonts, colours or width changed: everything is laid out again when needed.
  void invalidate(QStringView text, const TextStyle& style, double width);
  void clear() { segments_.clear(); }

  double height(const TextStyle& style) const;
  bool isEmpty() const { return segments_.empty(); }
  int count() const { return static_cast<int>(segments_.size()); }
  const TextSegment& at(int index) const { return segments_[static_cast<std::size_t>(index)]; }
  TextSegment& at(int index) { return segments_[static_cast<std::size_t>(index)]; }
  /// Top of a segment, its gap above included in what lies before.
  double topOf(int index, const TextStyle& style) const;
  /// Lays out what touches [top, bottom); true when a height changed. What is far outside is freed.
  bool layOutBetween(QStringView text, double top, double bottom, const TextStyle& style,
                     double width);
  /// Index of the segment at a height, or the nearest one; -1 when empty.
  int segmentAt(double y, const TextStyle& style) const;
  /// Index of the segment that holds a source offset; -1: none.
  int segmentOf(qsizetype source) const;

 private:
  Mode mode_;
  qsizetype begin_ = 0;
  std::vector<TextSegment> segments_;
};

}  // namespace ui
