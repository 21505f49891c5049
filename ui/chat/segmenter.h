// Cuts a message's Markdown into stretches that can be laid out alone, so that a long answer is
// never laid out whole and a growing one only at its end.
#pragma once

#include <QString>
#include <QStringView>
#include <vector>

namespace ui {

enum class SegmentKind {
  Prose,  // Markdown
  Code,   // the inside of a fenced code block, or a piece of one
  Plain,  // text as it is
};

/// An open code fence.
struct FenceState {
  bool isOpen = false;
  QChar mark;        // ` or ~
  int length = 0;    // of the opening fence
  int indent = 0;    // its indentation, taken off every line
  QString language;  // first word of the info string
  bool operator==(const FenceState&) const = default;
};

/// Half-open ranges in UTF-16 units of the text that was split.
struct SegmentRange {
  SegmentKind kind = SegmentKind::Prose;
  qsizetype begin = 0;  // with fences
  qsizetype end = 0;
  qsizetype contentBegin = 0;  // without fences
  qsizetype contentEnd = 0;
  FenceState fence;        // state at `begin`; of the block itself for Code
  bool continues = false;  // goes on where the segment before it was cut for its size
  bool operator==(const SegmentRange&) const = default;
};

/// No segment is longer, except tables (four times) and single characters.
inline constexpr qsizetype kMaxSegment = 6000;

/// Splits text[begin, end) as Markdown. `fence` and `continues` restart where an earlier call's
/// last segment begins: pass its own. A fence counts only where the segment continues one.
std::vector<SegmentRange> splitMarkdown(QStringView text, qsizetype begin, qsizetype end,
                                        const FenceState& fence, bool continues);
/// Splits by size only.
std::vector<SegmentRange> splitPlain(QStringView text, qsizetype begin, qsizetype end,
                                     bool continues);

}  // namespace ui
