// Fusion with outlines one can see: it derives those of combo and spin boxes from the window's
// colour, which on a dark window leaves next to nothing.
#pragma once

#include <QProxyStyle>

namespace ui {

class FieldStyle : public QProxyStyle {
  Q_OBJECT
 public:
  FieldStyle();
  void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                          QPainter* painter, const QWidget* widget) const override;
};

}  // namespace ui
