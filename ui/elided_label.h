// ElidedLabel: one line that gives way: where it is too narrow the text ends in an ellipsis and the
// tooltip has all of it.
#pragma once

#include <QLabel>

namespace ui {

class ElidedLabel : public QLabel {
  Q_OBJECT

 public:
  using QLabel::QLabel;
  QSize minimumSizeHint() const override;

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QString shownText() const;
};

}  // namespace ui
