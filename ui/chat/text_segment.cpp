// Layout, painting and hit testing of one stretch of message text.
#include "ui/chat/text_segment.h"

#include <QAbstractTextDocumentLayout>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextLayout>
#include <algorithm>
#include <cmath>

namespace ui {
namespace {

double codeHeader(int unit) { return unit * 7.0; }

// Lines of a block that hold any of [begin, end) → rectangles behind exactly those characters.
void addLineRects(const QTextBlock& block, const QPointF& blockOrigin, int begin, int end,
                  std::vector<QRectF>& rects) {
  const QTextLayout* layout = block.layout();
  for (int i = 0; i < layout->lineCount(); ++i) {
    const QTextLine line = layout->lineAt(i);
    const int lineBegin = block.position() + line.textStart();
    const int lineEnd = lineBegin + line.textLength();
    const int from = std::max(begin, lineBegin);
    const int to = std::min(end, lineEnd);
    if (from >= to) continue;
    const double x1 = line.cursorToX(from - block.position());
    double x2 = line.cursorToX(to - block.position());
    // A newline or the space a line ends with still deserves a mark.
    if (to == lineEnd) x2 = std::max(x2, line.x() + line.naturalTextWidth());
    if (std::abs(x2 - x1) < 3) x2 = x1 + 3;
    rects.emplace_back(blockOrigin.x() + std::min(x1, x2), blockOrigin.y() + line.y(),
                       std::abs(x2 - x1), line.ascent() + line.descent());
  }
}

}  // namespace

TextSegment::TextSegment(SegmentRange range) : range_(std::move(range)) {}
TextSegment::TextSegment(TextSegment&&) noexcept = default;
TextSegment& TextSegment::operator=(TextSegment&&) noexcept = default;
TextSegment::~TextSegment() = default;

double TextSegment::gapAbove(const TextStyle& style) const {
  if (range_.continues) return 0;
  return style.unit * (isCode() ? 3.0 : 2.5);
}

QPointF TextSegment::origin() const {
  if (!isCode()) return {0, 0};
  return {unit_ * 3.0, range_.continues ? unit_ * 0.0 : codeHeader(unit_) + unit_};
}

void TextSegment::estimate(QStringView text, const TextStyle& style, double width) {
  if (isLaidOut() && width == width_) return;
  const QFontMetricsF metrics(isCode() ? style.mono : style.content);
  const QStringView own = text.sliced(range_.contentBegin, range_.contentEnd - range_.contentBegin);
  const double perLine = std::max(1.0, width / metrics.averageCharWidth());
  const double lines =
      static_cast<double>(own.count(u'\n')) + 1 + static_cast<double>(own.size()) / perLine * 0.9;
  unit_ = style.unit;
  height_ = lines * metrics.height() + origin().y() + (isCode() ? unit_ * 2 : 0);
}

void TextSegment::layOut(QStringView text, const TextStyle& style, double width) {
  if (!document_) {
    document_ = std::make_unique<QTextDocument>();
    document_->setUndoRedoEnabled(false);
    document_->setDocumentMargin(0);
  }
  unit_ = style.unit;
  width_ = width;
  const QStringView own = text.sliced(range_.contentBegin, range_.contentEnd - range_.contentBegin);
  document_->setDefaultFont(isCode() ? style.mono : style.content);
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  if (isCode()) option.setTabStopDistance(QFontMetricsF(style.mono).horizontalAdvance(u' ') * 4);
  document_->setDefaultTextOption(option);
  document_->setTextWidth(width - 2 * origin().x());
  switch (range_.kind) {
    case SegmentKind::Prose:
      built_ = buildMarkdown(own, range_.contentBegin, style, *document_);
      break;
    case SegmentKind::Code:
      built_ = buildCode(own, range_.contentBegin, range_.fence.indent, style, *document_);
      break;
    case SegmentKind::Plain:
      built_ = buildPlain(own, range_.contentBegin, style, *document_);
      break;
  }
  height_ = std::ceil(document_->size().height()) + origin().y() + (isCode() ? unit_ * 2 : 0);
}

void TextSegment::release() {
  document_.reset();
  built_ = {};
}

std::vector<QRectF> TextSegment::rectsOf(const DocumentRange& range) const {
  std::vector<QRectF> rects;
  QTextBlock block = document_->findBlock(range.begin);
  while (block.isValid() && block.position() < range.end) {
    const QRectF bounds = document_->documentLayout()->blockBoundingRect(block);
    const QPointF corner = origin() + bounds.topLeft();
    addLineRects(block, corner, range.begin, range.end, rects);
    block = block.next();
  }
  return rects;
}

void TextSegment::paintGround(QPainter& painter, const SegmentPaint& paint) const {
  const TextStyle& style = *paint.style;
  const double radius = unit_ * 1.5;
  const QRectF all(0.5, 0, width_ - 1, height_ - 0.5);
  painter.setPen(Qt::NoPen);
  painter.setBrush(style.raised);
  painter.drawRoundedRect(all, radius, radius);
  if (range_.continues) {
    painter.drawRect(QRectF(all.left(), 0, all.width(), radius));
    return;
  }
  painter.setFont(style.content);
  painter.setPen(style.muted);
  const QRectF header(unit_ * 3, 0, width_ - unit_ * 6, codeHeader(unit_));
  painter.drawText(header, Qt::AlignVCenter | Qt::AlignLeft,
                   visibleText(range_.fence.language, true));
  if (paint.copyHovered) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(paint.copyGround);
    painter.drawRoundedRect(copyButton(), unit_, unit_);
    painter.setPen(style.text);
  }
  painter.drawText(copyButton(), Qt::AlignCenter, paint.copyLabel);
  painter.setPen(style.line);
  painter.drawLine(QPointF(unit_, codeHeader(unit_)), QPointF(width_ - unit_, codeHeader(unit_)));
}

QRectF TextSegment::copyButton() const {
  if (!isCode() || range_.continues) return {};
  const double width = unit_ * 18.0;
  return {width_ - width - unit_, unit_ * 1.0, width, codeHeader(unit_) - unit_ * 2.0};
}

// Markers, quote bars, rules and grounds of nested code: beside the text, not in it.
void TextSegment::paintMarks(QPainter& painter, const TextStyle& style) const {
  for (const BlockMark& mark : built_.marks) {
    const QTextBlock block = document_->findBlock(mark.position);
    const QRectF bounds = document_->documentLayout()->blockBoundingRect(block);
    const double left = block.blockFormat().leftMargin();
    const QPointF corner = origin() + bounds.topLeft();
    for (int depth = 0; depth < mark.quoteDepth; ++depth) {
      painter.fillRect(QRectF(depth * unit_ * 6 + unit_, corner.y(), 2, bounds.height()),
                       style.line);
    }
    if (mark.isRule) {
      const double y = corner.y() + bounds.height() / 2;
      painter.fillRect(QRectF(left, y, width_ - left, 1), style.line);
    }
    if (mark.isCode) {
      const QRectF ground(left - unit_, corner.y() - unit_, width_ - left + unit_,
                          bounds.height() + 2 * unit_);
      painter.setPen(Qt::NoPen);
      painter.setBrush(style.raised);
      painter.drawRoundedRect(ground, unit_, unit_);
    }
    if (!mark.marker.isEmpty() && block.layout()->lineCount() > 0) {
      const QTextLine line = block.layout()->lineAt(0);
      const double baseline = corner.y() + line.y() + line.ascent();
      const double advance = QFontMetricsF(style.content).horizontalAdvance(mark.marker);
      painter.setFont(style.content);
      painter.setPen(style.muted);
      painter.drawText(QPointF(left - unit_ * 1.5 - advance, baseline), mark.marker);
    }
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(style.raised);
  for (const DocumentRange& span : built_.codeSpans) {
    for (const QRectF& rect : rectsOf(span)) {
      painter.drawRoundedRect(rect.adjusted(-2, 0, 2, 0), unit_ * 0.75, unit_ * 0.75);
    }
  }
}

void TextSegment::paint(QPainter& painter, const SegmentPaint& paint) const {
  painter.setRenderHint(QPainter::Antialiasing);
  if (isCode()) paintGround(painter, paint);
  paintMarks(painter, *paint.style);
  std::vector<std::pair<QRectF, QColor>> outlines;
  for (const TextMark& mark : paint.marks) {
    for (const DocumentRange& range : built_.map.documentRanges(mark.begin, mark.end)) {
      for (const QRectF& rect : rectsOf(range)) {
        if (mark.ground.isValid()) painter.fillRect(rect, mark.ground);
        if (mark.outline.isValid()) outlines.emplace_back(rect, mark.outline);
      }
    }
  }
  QAbstractTextDocumentLayout::PaintContext context;
  context.palette.setColor(QPalette::Text, paint.style->text);
  if (paint.selection) {
    QAbstractTextDocumentLayout::Selection selection;
    selection.cursor = QTextCursor(document_.get());
    selection.cursor.setPosition(paint.selection->begin);
    selection.cursor.setPosition(paint.selection->end, QTextCursor::KeepAnchor);
    selection.format.setBackground(paint.selectionGround);
    selection.format.setForeground(paint.selectionText);
    context.selections.append(selection);
  }
  painter.save();
  painter.translate(origin());
  document_->documentLayout()->draw(&painter, context);
  painter.restore();
  painter.setBrush(Qt::NoBrush);
  for (const auto& [rect, colour] : outlines) {
    painter.setPen(QPen(colour, 1.5));
    painter.drawRoundedRect(rect.adjusted(-0.5, 0.5, 0.5, -0.5), 2, 2);
  }
}

std::optional<int> TextSegment::characterAt(const QPointF& point) const {
  const QPointF inside = point - origin();
  const int position = document_->documentLayout()->hitTest(inside, Qt::ExactHit);
  if (position < 0) return std::nullopt;
  // hitTest gives the nearest gap between characters; the character is on one of its sides.
  for (const int candidate : {position, position - 1}) {
    if (candidate < 0) continue;
    for (const QRectF& rect : rectsOf({candidate, candidate + 1})) {
      if (rect.contains(point)) return candidate;
    }
  }
  return std::nullopt;
}

int TextSegment::cursorAt(const QPointF& point) const {
  return std::max(0, document_->documentLayout()->hitTest(point - origin(), Qt::FuzzyHit));
}

int TextSegment::endPosition() const { return document_->characterCount() - 1; }

QString TextSegment::linkAt(const QPointF& point) const {
  return document_->documentLayout()->anchorAt(point - origin());
}

QString TextSegment::shownText(const DocumentRange& range) const {
  QString text;
  QTextBlock block = document_->findBlock(range.begin);
  while (block.isValid() && block.position() < range.end) {
    const int from = std::max(0, range.begin - block.position());
    const int to = std::min(block.length() - 1, range.end - block.position());
    if (!text.isEmpty() || block.position() > range.begin) text += u'\n';
    const auto mark = std::find_if(built_.marks.begin(), built_.marks.end(), [&](const auto& m) {
      return m.position == block.position() && !m.marker.isEmpty();
    });
    if (mark != built_.marks.end() && from == 0) text += mark->marker + u' ';
    text += block.text().mid(from, std::max(0, to - from));
    block = block.next();
  }
  text.replace(QChar(QChar::LineSeparator), u'\n');
  return text;
}

DocumentRange TextSegment::wordAt(int position) const {
  QTextCursor cursor(document_.get());
  cursor.setPosition(std::clamp(position, 0, endPosition()));
  cursor.select(QTextCursor::WordUnderCursor);
  return {cursor.selectionStart(), cursor.selectionEnd()};
}

}  // namespace ui
