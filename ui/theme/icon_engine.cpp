// The icons are strokes in "currentColor"; the engine puts the role's colour in its place.
#include "ui/theme/icon_engine.h"

#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>
#include <utility>

void initBathyscopeResources() { Q_INIT_RESOURCE(resources); }

namespace ui {

IconEngine::IconEngine(QString name, const QColor& colour, const QColor& disabledColour)
    : name_(std::move(name)), colour_(colour), disabledColour_(disabledColour) {
  initBathyscopeResources();
}

void IconEngine::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) {
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
  if (!file.open(QIODevice::ReadOnly)) return;
  QByteArray svg = file.readAll();
  const QColor& colour = mode == QIcon::Disabled ? disabledColour_ : colour_;
  svg.replace("currentColor", colour.name().toLatin1());
  QSvgRenderer renderer(svg);
  renderer.render(painter, QRectF(rect));
}

QPixmap IconEngine::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) {
  QPixmap pixmap(size);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  paint(&painter, QRect(QPoint(0, 0), size), mode, state);
  return pixmap;
}

QIconEngine* IconEngine::clone() const { return new IconEngine(name_, colour_, disabledColour_); }

}  // namespace ui
