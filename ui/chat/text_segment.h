// TextSegment: one stretch of a message with a document of its own, built only while it is near the
// visible part. Knows its height before that as an estimate.
#pragma once

#include <QColor>
#include <QRectF>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "ui/chat/markdown_builder.h"
#include "ui/chat/segmenter.h"
#include "ui/chat/text_style.h"

class QPainter;
class QTextDocument;

namespace ui {

/// A ground or outline for the characters that show source[begin, end).
struct TextMark {
  qsizetype begin = 0;
  qsizetype end = 0;
  QColor ground;   // invalid: none
  QColor outline;  // invalid: none
};

struct SegmentPaint {
  const TextStyle* style = nullptr;
  std::vector<TextMark> marks;
  std::optional<DocumentRange> selection;
  QColor selectionGround;
  QColor selectionText;
  bool copyHovered = false;
  QColor copyGround;
  QString copyLabel;
};

class TextSegment {
 public:
  explicit TextSegment(SegmentRange range);
  TextSegment(TextSegment&&) noexcept;
  TextSegment& operator=(TextSegment&&) noexcept;
  ~TextSegment();

  const SegmentRange& range() const { return range_; }
  bool isCode() const { return range_.kind == SegmentKind::Code; }
  bool isLaidOut() const { return document_ != nullptr; }
  /// Exact once it was laid out at this width, an estimate before.
  double height() const { return height_; }
  /// Space above it, inside its message.
  double gapAbove(const TextStyle& style) const;

  void estimate(QStringView text, const TextStyle& style, double width);
  void layOut(QStringView text, const TextStyle& style, double width);
  /// Frees the document; the height stays.
  void release();

  // In the segment's own coordinates; only while it is laid out.
  void paint(QPainter& painter, const SegmentPaint& paint) const;
  std::vector<QRectF> rectsOf(const DocumentRange& range) const;
  /// The character at a point, or none when the point is on no text.
  std::optional<int> characterAt(const QPointF& point) const;
  /// The nearest cursor position to a point.
  int cursorAt(const QPointF& point) const;
  int endPosition() const;
  QString linkAt(const QPointF& point) const;
  QString shownText(const DocumentRange& range) const;
  /// Document range of the word at a position.
  DocumentRange wordAt(int position) const;
  const SourceMap& map() const { return built_.map; }
  /// The copy button of a code block's first piece; empty otherwise.
  QRectF copyButton() const;

 private:
  QPointF origin() const;
  void paintGround(QPainter& painter, const SegmentPaint& paint) const;
  void paintMarks(QPainter& painter, const TextStyle& style) const;

  SegmentRange range_;
  std::unique_ptr<QTextDocument> document_;
  BuiltText built_;
  double height_ = 0;
  double width_ = 0;
  int unit_ = 4;
};

}  // namespace ui
