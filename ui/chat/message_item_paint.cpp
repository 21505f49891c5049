// Painting of one message, and where its buttons stand.
#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QTextLayout>

#include "ui/chat/message_item.h"

namespace ui {
namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(MessageItem)
};

void paintIcon(QPainter& painter, const Theme& theme, const QString& name, ColourRole role,
               const QRectF& rect) {
  theme.icon(name, role).paint(&painter, rect.toAlignedRect());
}

std::optional<DocumentRange> selectedIn(const ItemPaint& paint, MessagePart part, int index,
                                        int segmentEnd) {
  if (!paint.selectionBegin || !paint.selectionEnd) return std::nullopt;
  const TextPlace begin = *paint.selectionBegin;
  const TextPlace end = *paint.selectionEnd;
  const TextPlace first{begin.row, part, index, 0};
  const TextPlace last{begin.row, part, index, segmentEnd};
  if (last < begin || end < first) return std::nullopt;
  const int from = begin < first ? 0 : begin.position;
  const int to = last < end ? segmentEnd : end.position;
  if (from >= to) return std::nullopt;
  return DocumentRange{from, to};
}

}  // namespace

QRectF MessageItem::versionRect(const ItemContext& context) const {
  const double unit = context.style.unit;
  const QFontMetricsF metrics(context.theme->font(FontRole::Small));
  const double width = metrics.horizontalAdvance(QStringLiteral("000/000"));
  return {context.width - textLeft(context) - unit * 31 - width, 0, width, unit * 7};
}

std::vector<MessageItem::Button> MessageItem::buttons(const app::MessageRow& row,
                                                      const ItemContext& context,
                                                      const ItemPaint& paint) const {
  std::vector<Button> buttons;
  const double unit = context.style.unit;
  const double size = unit * 6;
  double x = context.width - textLeft(context);
  const auto add = [&](ItemAction action, const QString& icon) {
    x -= size + 2;
    buttons.push_back({action, QRectF(x, unit * 0.5, size, size), icon});
  };
  if (paint.showsActions) {
    add(ItemAction::Copy, QStringLiteral("copy"));
    if (paint.canEdit) add(ItemAction::Edit, QStringLiteral("edit"));
    if (paint.canRegenerate) add(ItemAction::Regenerate, QStringLiteral("regenerate"));
  }
  if (row.versionCount > 1) {
    const QRectF label = versionRect(context);
    buttons.push_back({ItemAction::PreviousVersion,
                       QRectF(label.left() - size, unit * 0.5, size, size),
                       QStringLiteral("chevron-left")});
    buttons.push_back({ItemAction::NextVersion, QRectF(label.right(), unit * 0.5, size, size),
                       QStringLiteral("chevron-right")});
  }
  return buttons;
}

void MessageItem::paintHeader(QPainter& painter, const app::MessageRow& row,
                              const ItemContext& context, const ItemPaint& paint) const {
  const Theme& theme = *context.theme;
  const double unit = context.style.unit;
  const QRectF header(textLeft(context), 0, context.width - 2 * textLeft(context), unit * 7);
  QFont font = theme.font(FontRole::Small);
  font.setWeight(QFont::DemiBold);
  painter.setFont(font);
  painter.setPen(theme.colour(isUser_ ? ColourRole::TextMuted : ColourRole::Accent));
  painter.drawText(header, Qt::AlignVCenter | Qt::AlignLeft, authorText(row));
  if (row.versionCount > 1) {
    painter.setFont(theme.font(FontRole::Small));
    painter.setPen(theme.colour(ColourRole::TextMuted));
    painter.drawText(versionRect(context), Qt::AlignCenter,
                     QStringLiteral("%1/%2").arg(row.versionIndex + 1).arg(row.versionCount));
  }
  for (const Button& button : buttons(row, context, paint)) {
    const bool hovered = paint.hovered.action == button.action && paint.hovered.rect == button.rect;
    if (hovered) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(theme.colour(ColourRole::Hover));
      painter.drawRoundedRect(button.rect, unit, unit);
    }
    const double inset = unit;
    paintIcon(painter, theme, button.icon, hovered ? ColourRole::Text : ColourRole::TextMuted,
              button.rect.adjusted(inset, inset, -inset, -inset));
  }
}

void MessageItem::paintSegments(QPainter& painter, const ItemContext& context,
                                const ItemPaint& paint) const {
  const Theme& theme = *context.theme;
  eachSegment(context,
              [&](MessagePart part, int index, const TextSegment& segment, const QPointF& corner) {
                const QRectF bounds(corner.x(), corner.y(), context.width, segment.height());
                if (!bounds.intersects(paint.clip)) return;
                SegmentPaint own;
                own.style = &partStyle(part, context);
                if (paint.marks)
                  own.marks = paint.marks(segment.range().begin, segment.range().end);
                own.selection = selectedIn(paint, part, index, segment.endPosition());
                own.selectionGround = theme.colour(ColourRole::Selection);
                own.selectionText = theme.colour(ColourRole::SelectionText);
                own.copyHovered = paint.hovered.action == ItemAction::CopyCode &&
                                  paint.hovered.part == part && paint.hovered.segment == index;
                own.copyGround = theme.colour(ColourRole::Hover);
                own.copyLabel = Texts::tr("Copy");
                painter.save();
                painter.translate(corner);
                segment.paint(painter, own);
                painter.restore();
              });
  if (split_.hasReasoning && reasoningExpanded_) {
    const double height = reasoning_.height(context.reasoningStyle);
    painter.fillRect(QRectF(textLeft(context) + context.style.unit, reasoningTop_, 2, height),
                     theme.colour(ColourRole::Line));
  }
}

void MessageItem::paintStatus(QPainter& painter, const app::MessageRow& row,
                              const ItemContext& context) const {
  const Theme& theme = *context.theme;
  const double unit = context.style.unit;
  double y = statusTop_;
  painter.setFont(theme.font(FontRole::Small));
  const std::vector<StatusLine> lines = statusLines(row);
  for (std::size_t i = 0; i < lines.size() && i < statusHeights_.size(); ++i) {
    const QRectF text(textLeft(context) + unit * 6, y,
                      context.width - 2 * textLeft(context) - unit * 6, statusHeights_[i]);
    paintIcon(painter, theme, lines[i].icon, lines[i].colour,
              QRectF(textLeft(context), y, unit * 4, unit * 4));
    painter.setPen(theme.colour(lines[i].colour));
    const int flags =
        wrapFlags(lines[i].text, QFontMetricsF(theme.font(FontRole::Small)), text.width());
    painter.drawText(text, flags, lines[i].text);
    y += statusHeights_[i];
  }
}

void MessageItem::paint(QPainter& painter, const app::MessageRow& row, const ItemContext& context,
                        const ItemPaint& paint) const {
  const Theme& theme = *context.theme;
  const double unit = context.style.unit;
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF whole(0.5, 0.5, context.width - 1, height_ - 1);
  if (isUser_) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.colour(ColourRole::Raised));
    painter.drawRoundedRect(whole, unit * 2, unit * 2);
  }
  if (paint.isCurrent) {
    painter.setPen(QPen(theme.colour(ColourRole::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    const double out = isUser_ ? 0 : unit * 2;
    painter.drawRoundedRect(whole.adjusted(-out, 0, out, 0), unit * 2, unit * 2);
  }
  paintHeader(painter, row, context, paint);
  if (split_.hasReasoning) {
    const QRectF fold(textLeft(context), foldTop_, context.width, unit * 7);
    const QString icon =
        reasoningExpanded_ ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right");
    const bool hovered = paint.hovered.action == ItemAction::ToggleReasoning;
    const ColourRole role = hovered ? ColourRole::Text : ColourRole::TextMuted;
    paintIcon(painter, theme, icon, role,
              QRectF(fold.left(), fold.top() + unit * 1.5, unit * 4, unit * 4));
    painter.setFont(theme.font(FontRole::Content));
    painter.setPen(theme.colour(role));
    painter.drawText(fold.adjusted(unit * 5, 0, 0, 0), Qt::AlignVCenter, foldText(row, split_));
  }
  paintSegments(painter, context, paint);
  if (answer_.isEmpty() && row.record.status == app::MessageStatus::Waiting) {
    painter.setFont(theme.font(FontRole::Content));
    painter.setPen(theme.colour(ColourRole::TextMuted));
    painter.drawText(QPointF(textLeft(context), answerTop_ + unit * 4),
                     Texts::tr("Waiting for the model…"));
  } else if (answer_.isEmpty() && row.record.status == app::MessageStatus::Streaming) {
    painter.fillRect(QRectF(textLeft(context), answerTop_ + unit * 0.5, unit * 0.5, unit * 4),
                     theme.colour(ColourRole::Accent));
  }
  paintStatus(painter, row, context);
}

}  // namespace ui
