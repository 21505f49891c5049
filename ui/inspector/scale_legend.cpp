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
  QString text = (log ? tr("%1, log %2 … %3") : tr("%1, linear %2 … %3"))
                     .arg(content_.title, format::value(content_.scale.low),
                          format::value(content_.scale.high));
  if (content_.baseline) {
    text += tr("; %1: %2").arg(content_.baselineName, format::value(*content_.baseline));
  }
  return text;
}

QString ScaleLegend::readoutAt(QPoint) const { return content_.colourAt ? text() : QString(); }

void ScaleLegend::paintPicture(QPainter& painter, QSize size) {
  if (!content_.colourAt) return;
  useFont(painter, FontRole::Small);
  const QFontMetrics small = painter.fontMetrics();
  painter.setPen(colour(ColourRole::TextMuted));
  const int titleWidth = std::min(small.horizontalAdvance(content_.title), size.width() / 3);
  painter.drawText(QRect(0, 0, titleWidth, size.height()), Qt::AlignLeft | Qt::AlignVCenter,
                   small.elidedText(content_.title, Qt::ElideRight, titleWidth));
  useFont(painter, FontRole::MonoSmall);
  const QFontMetrics mono = painter.fontMetrics();
  const QString low = format::value(content_.scale.low);
  const QString high = format::value(content_.scale.high) +
                       (content_.scale.kind == ScaleKind::Log ? tr(" log") : QString());
  int x = titleWidth + px(6);
  painter.drawText(QRect(x, 0, mono.horizontalAdvance(low), size.height()), Qt::AlignVCenter, low);
  x += mono.horizontalAdvance(low) + px(4);
  QString tail = high;
  if (content_.baseline) {
    const QString named = high + QStringLiteral("  ▏") + content_.baselineName + QLatin1Char(' ') +
                          format::value(*content_.baseline);
    if (x + mono.horizontalAdvance(named) + px(40) < size.width()) tail = named;
  }
  const int free = size.width() - x - mono.horizontalAdvance(tail) - px(8);
  const int width = std::clamp(free, px(16), px(160));
  const int height = std::min(size.height(), px(10));
  const QRect bar(x, (size.height() - height) / 2, width, height);
  for (int column = 0; column < width; ++column) {
    const double place = width > 1 ? static_cast<double>(column) / (width - 1) : 1.0;
    painter.fillRect(QRect(bar.x() + column, bar.y(), 1, height), content_.colourAt(place));
  }
  if (content_.baseline) {
    const double place = content_.scale.place(*content_.baseline);
    const int at = bar.x() + static_cast<int>(std::lround(place * (width - 1)));
    painter.fillRect(QRect(at, bar.y() - px(2), px(1), height + px(4)), colour(ColourRole::Text));
  }
  painter.drawText(QRect(bar.right() + px(5), 0, size.width() - bar.right(), size.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, tail);
}

QSize ScaleLegend::minimumSizeHint() const {
  return {40 * theme().unit(), QFontMetrics(theme().font(FontRole::Small)).height()};
}
QSize ScaleLegend::sizeHint() const { return minimumSizeHint(); }

}  // namespace ui
