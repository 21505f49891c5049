// IconEngine: one of resources/icons drawn in a colour, sharp at every size and scale.
#pragma once

#include <QColor>
#include <QIconEngine>
#include <QString>

namespace ui {

class IconEngine : public QIconEngine {
 public:
  IconEngine(QString name, const QColor& colour, const QColor& disabledColour);

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
  QIconEngine* clone() const override;

 private:
  QString name_;
  QColor colour_;
  QColor disabledColour_;
};

}  // namespace ui
