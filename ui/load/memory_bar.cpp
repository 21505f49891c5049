// The bar is as long as the larger of need and free memory; what lies past the mark does not fit.
#include "ui/load/memory_bar.h"

#include <algorithm>
#include <array>

#include "ui/format.h"

namespace ui {

MemoryBar::MemoryBar(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setFocusPolicy(Qt::NoFocus);
  setAccessibleName(tr("Memory needed of memory free"));
}

QSize MemoryBar::sizeHint() const { return {theme().gap(60), theme().gap(4)}; }
QSize MemoryBar::minimumSizeHint() const { return {theme().gap(20), theme().gap(4)}; }

void MemoryBar::setNeed(const engine::MemoryNeed& need, std::int64_t available) {
  need_ = need;
  available_ = available;
  setAccessibleDescription(onOneLine(readoutAt({})));
  update();
}

QString MemoryBar::readoutAt(QPoint) const {
  const auto line = [](const QString& name, std::int64_t bytes) {
    return name + QLatin1Char('\t') + format::exactBytes(bytes);
  };
  QStringList lines{
      line(need_.weights_are_mapped ? tr("weights (mapped)") : tr("weights"), need_.weights)};
  const std::array<std::pair<QString, std::int64_t>, 5> parts = {{
      {tr("MTP module that drafts (mapped)"), need_.drafter},
      {tr("cache"), need_.cache},
      {tr("working memory"), need_.scratch},
      {tr("program and tokenizer"), need_.program},
      {tr("together"), need_.total()},
  }};
  for (const auto& [name, bytes] : parts) {
    if (bytes > 0) lines += line(name, bytes);
  }
  if (available_ > 0) lines += line(tr("free"), available_);
  return lines.join(QLatin1Char('\n'));
}

void MemoryBar::paintPicture(QPainter& painter, QSize size) {
  const double whole = static_cast<double>(std::max({need_.total(), available_, std::int64_t{1}}));
  const int height = size.height() / 2;
  const int top = (size.height() - height) / 2;
  painter.fillRect(QRect(0, top, size.width(), height), colour(ColourRole::DataLow));
  const std::array<std::pair<std::int64_t, QColor>, 5> stretches = {{
      {need_.weights, magnitudeColour(theme(), 0.45)},
      {need_.drafter, magnitudeColour(theme(), 0.55)},
      {need_.cache, magnitudeColour(theme(), 0.7)},
      {need_.scratch, magnitudeColour(theme(), 0.9)},
      {need_.program, magnitudeColour(theme(), 1.0)},
  }};
  double at = 0;
  for (const auto& [bytes, fill] : stretches) {
    const double width = static_cast<double>(bytes) / whole * size.width();
    const int left = static_cast<int>(at);
    const int right = static_cast<int>(at + width);
    if (right > left) painter.fillRect(QRect(left, top, right - left, height), fill);
    at += width;
  }
  if (available_ <= 0) return;
  const int mark =
      std::min(static_cast<int>(static_cast<double>(available_) / whole * size.width()),
               size.width() - px(2));
  const bool fits = need_.total() <= available_;
  painter.fillRect(QRect(mark, 0, px(2), size.height()),
                   colour(fits ? ColourRole::LineStrong : ColourRole::Error));
}

}  // namespace ui
