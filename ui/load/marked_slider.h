// MarkedSlider: a horizontal slider with a mark under the groove at one value: the suggested one.
#pragma once

#include <QSlider>

#include "ui/theme/theme.h"

namespace ui {

class MarkedSlider : public QSlider {
  Q_OBJECT

 public:
  explicit MarkedSlider(const Theme& theme, QWidget* parent = nullptr);
  void setMark(int value);
  int mark() const { return mark_; }
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  int mark_ = -1;
};

}  // namespace ui
