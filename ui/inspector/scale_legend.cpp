// A colour bar with its range.
// The title first, so that two legends under one map line up.
#include "ui/inspector/scale_legend.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"

namespace ui {

ScaleLegend::ScaleLegend(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setFocusPolicy(Qt::NoFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ScaleLegend::setContent(Content content) {
  content_ = std::move(content);
  setAccessibleName(text());
  update();
}

QString ScaleLegend::text() const {
  const bool log = content_.scale.kind == ScaleKind::Log;
  QString text =
      (log ? tr("%1 … %2 log  %3") : tr("%1 … %2  %3"))
          .arg(legendNumber(content_.scale.low), legendNumber(content_.scale.high), content_.title);
  if (content_.baseline) {
    text +=
        QStringLiteral(" · ▏%1 %2").arg(content_.baselineName, format::value(*content_.baseline));
  }
  return text;
}

QString ScaleLegend::readoutAt(QPoint) const { return content_.colourAt ? text() : QString(); }

void ScaleLegend::paintPicture(QPainter& painter, QSize size) {
  if (!content_.colourAt) return;
  const int height = std::min(size.height(), px(10));
  const int width = std::min(px(72), size.width() / 4);
  const QRect bar(0, (size.height() - height) / 2, width, height);
  for (int column = 0; column < width; ++column) {
    const double place = width > 1 ? static_cast<double>(column) / (width - 1) : 1.0;
    painter.fillRect(QRect(bar.x() + column, bar.y(), 1, height), content_.colourAt(place));
  }
  if (content_.baseline) {
    const double place = content_.scale.place(*content_.baseline);
    const int at = bar.x() + static_cast<int>(std::lround(place * (width - 1)));
    painter.fillRect(QRect(at, bar.y() - px(2), px(1), height + px(4)), colour(ColourRole::Text));
  }
  useFont(painter, FontRole::Small);
  painter.setPen(colour(ColourRole::TextMuted));
  const QRect rest(bar.right() + px(6), 0, size.width() - bar.right() - px(6), size.height());
  painter.drawText(rest, Qt::AlignLeft | Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(text(), Qt::ElideRight, rest.width()));
}

QSize ScaleLegend::minimumSizeHint() const {
  return {40 * theme().unit(), QFontMetrics(theme().font(FontRole::Small)).height()};
}
QSize ScaleLegend::sizeHint() const { return minimumSizeHint(); }

}  // namespace ui
