// The common ground of the inspector's painted views.
// Painting happens in whole device pixels, so lines and cells are sharp at 125 % and at 200 %.
#include "ui/inspector/canvas.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/theme/colour_map.h"

namespace ui {
namespace {

constexpr QPoint kNowhere(-100000, -100000);

// Maps painter coordinates to whole device pixels of the window, whatever the scale factor and
// wherever the widget begins.
void enterDevicePixels(QPainter& painter) {
  const QTransform device = painter.deviceTransform();
  const qreal scale = device.m11();
  const qreal shiftX = (std::ceil(device.dx() - 1e-6) - device.dx()) / scale;
  const qreal shiftY = (std::ceil(device.dy() - 1e-6) - device.dy()) / scale;
  painter.setWorldTransform(QTransform(1 / scale, 0, 0, 1 / scale, shiftX, shiftY), true);
}

// A readout as a table of names and values. Escaped, so that a token such as <b> is shown and not
// obeyed.
QString tooltipHtml(const QString& readout) {
  QString html = QStringLiteral("<table cellspacing='0' style='white-space:pre'>");
  for (const QString& line : readout.split(QLatin1Char('\n'))) {
    const QString name = line.section(QLatin1Char('\t'), 0, 0).toHtmlEscaped();
    const QString value = line.section(QLatin1Char('\t'), 1).toHtmlEscaped();
    html += value.isEmpty()
                ? QStringLiteral("<tr><td colspan='2'>%1</td></tr>").arg(name)
                : QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td>%2</td></tr>").arg(name, value);
  }
  return html + QStringLiteral("</table>");
}

}  // namespace

Canvas::Canvas(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  connect(&theme_, &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void Canvas::setMessage(const QString& message) {
  if (message_ == message) return;
  message_ = message;
  update();
}

QString Canvas::readoutAt(QPoint) const { return {}; }
void Canvas::pointerMoved(QPoint) {}
void Canvas::pointerPressed(QPoint) {}
void Canvas::pointerDoubleClicked(QPoint) {}

QSize Canvas::deviceSize() const {
  const qreal ratio = devicePixelRatioF();
  return {static_cast<int>(std::floor(width() * ratio)),
          static_cast<int>(std::floor(height() * ratio))};
}

int Canvas::px(qreal logical) const {
  return std::max(1, static_cast<int>(std::lround(logical * devicePixelRatioF())));
}

QFont Canvas::deviceFont(FontRole role) const {
  QFont font = theme_.font(role);
  const qreal ratio = devicePixelRatioF();
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(font.pointSizeF() * ratio);
  } else {
    font.setPixelSize(std::max(1, static_cast<int>(std::lround(font.pixelSize() * ratio))));
  }
  return font;
}

int Canvas::useFont(QPainter& painter, FontRole role) const {
  painter.setFont(deviceFont(role));
  return painter.fontMetrics().height();
}

QPoint Canvas::toDevice(QPointF logical) const {
  const qreal ratio = devicePixelRatioF();
  return {static_cast<int>(std::floor(logical.x() * ratio)),
          static_cast<int>(std::floor(logical.y() * ratio))};
}

bool Canvas::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString text = message_.isEmpty() ? readoutAt(toDevice(help->pos())) : QString();
  if (text.isEmpty()) {
    QToolTip::hideText();
    event->ignore();
  } else {
    const QPoint below(theme_.gap(2), theme_.gap(1));
    QToolTip::showText(help->globalPos() + below, tooltipHtml(text), this,
                       QRect(help->pos(), QSize(1, 1)));
  }
  return true;
}

void Canvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), colour(ColourRole::Panel));
  enterDevicePixels(painter);
  const QSize size = deviceSize();
  if (message_.isEmpty()) {
    paintPicture(painter, size);
  } else {
    paintMessage(painter, size);
  }
  if (!hasFocus()) return;
  painter.setPen(QPen(colour(ColourRole::Accent), px(1)));
  painter.setBrush(Qt::NoBrush);
  const int half = px(1) / 2;
  painter.drawRect(half, half, size.width() - px(1), size.height() - px(1));
}

void Canvas::paintMessage(QPainter& painter, QSize size) const {
  useFont(painter, FontRole::Content);
  painter.setPen(colour(ColourRole::TextMuted));
  const int margin = px(theme_.gap(3));
  const QRect area(margin, margin, size.width() - 2 * margin, size.height() - 2 * margin);
  painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, message_);
}

void Canvas::mouseMoveEvent(QMouseEvent* event) { pointerMoved(toDevice(event->position())); }

void Canvas::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && message_.isEmpty()) {
    pointerPressed(toDevice(event->position()));
  }
}

void Canvas::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && message_.isEmpty()) {
    pointerDoubleClicked(toDevice(event->position()));
  }
}

void Canvas::leaveEvent(QEvent*) { pointerMoved(kNowhere); }

void Canvas::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy) && message_.isEmpty() && !tableText().isEmpty()) {
    copyTable();
    return;
  }
  QWidget::keyPressEvent(event);
}

void Canvas::contextMenuEvent(QContextMenuEvent* event) {
  if (!message_.isEmpty() || tableText().isEmpty()) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QString here = readoutAt(toDevice(event->pos()));
  if (!here.isEmpty()) {
    menu->addAction(tr("Copy this value"), this,
                    [here] { QGuiApplication::clipboard()->setText(here); });
  }
  if (!tableText().isEmpty()) {
    menu->addAction(tr("Copy all as a table (TSV)"), QKeySequence::Copy, this,
                    [this] { copyTable(); });
  }
  menu->popup(event->globalPos());
}

void Canvas::focusInEvent(QFocusEvent*) { update(); }
void Canvas::focusOutEvent(QFocusEvent*) { update(); }

void Canvas::copyTable() {
  QGuiApplication::clipboard()->setText(tableText());
  Q_EMIT tableCopied();
}

QColor magnitudeColour(const Theme& theme, double place) {
  const bool dark = theme.isDark();
  return dataColour(DataMap::Cividis, dark ? place : 1.0 - place, dark);
}

QColor weightColour(const Theme& theme, double place) {
  const bool dark = theme.isDark();
  return dataColour(DataMap::Viridis, dark ? place : 1.0 - place, dark);
}

QString onOneLine(const QString& readout) {
  QString line = readout;
  return line.replace(QLatin1Char('\n'), QStringLiteral(" · "))
      .replace(QLatin1Char('\t'), QLatin1Char(' '));
}

QString legendNumber(double value) {
  const bool whole = std::fabs(value) < 1e9 && value == std::floor(value);
  return whole ? format::count(static_cast<std::int64_t>(value)) : format::value(value);
}

QColor signedColour(const Theme& theme, double place) {
  return dataColour(DataMap::Diverging, 0.5 + 0.5 * std::clamp(place, -1.0, 1.0), theme.isDark());
}

QColor blend(const QColor& from, const QColor& to, double share) {
  const double s = std::clamp(share, 0.0, 1.0);
  const auto mix = [s](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * s)); };
  return QColor(mix(from.red(), to.red()), mix(from.green(), to.green()),
                mix(from.blue(), to.blue()));
}

}  // namespace ui
