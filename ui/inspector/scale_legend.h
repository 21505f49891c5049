// ScaleLegend: a colour bar with its range beside it and, where there is one, a tick for the
// baseline. Stands next to every map, so that no colour is without its number.
#pragma once

#include <QColor>
#include <QString>
#include <functional>
#include <optional>

#include "ui/inspector/canvas.h"
#include "ui/inspector/value_scale.h"

namespace ui {

class ScaleLegend : public Canvas {
  Q_OBJECT
 public:
  explicit ScaleLegend(const Theme& theme, QWidget* parent = nullptr);

  struct Content {
    QString title;  // "weight of this token"
    ValueScale scale;
    std::function<QColor(double place)> colourAt;
    std::optional<double> baseline;  // drawn as a tick and named in the text
    QString baselineName;            // "all alike"
  };
  void setContent(Content content);
  QString text() const;
  QString readoutAt(QPoint devicePoint) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintPicture(QPainter& painter, QSize size) override;

 private:
  Content content_;
};

}  // namespace ui
