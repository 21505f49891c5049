// FieldStyle: Fusion's box, then its outline once more in the palette's own line colours.
#include "ui/theme/field_style.h"

#include <QPainter>
#include <QStyleOptionComplex>

namespace ui {

FieldStyle::FieldStyle() : QProxyStyle(QStringLiteral("fusion")) {}

void FieldStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                    QPainter* painter, const QWidget* widget) const {
  QProxyStyle::drawComplexControl(control, option, painter, widget);
  if (control != CC_ComboBox && control != CC_SpinBox) return;
  const bool enabled = option->state.testFlag(State_Enabled);
  const bool focused = enabled && option->state.testFlag(State_HasFocus);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setBrush(Qt::NoBrush);
  // Mid, Dark and Link are the theme's Line, LineStrong and Accent.
  painter->setPen(option->palette.color(focused   ? QPalette::Link
                                        : enabled ? QPalette::Dark
                                                  : QPalette::Mid));
  painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
  painter->restore();
}

}  // namespace ui
