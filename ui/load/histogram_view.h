// HistogramView: how a tensor's values spread between its least and its largest: one bar per bin,
// counts linear or logarithmic, with zero and the mean marked.
#pragma once

#include <optional>

#include "engine/checkpoint/tensor_inventory.h"
#include "ui/inspector/canvas.h"
#include "ui/inspector/value_scale.h"

namespace ui {

class HistogramView : public Canvas {
  Q_OBJECT

 public:
  explicit HistogramView(const Theme& theme, QWidget* parent = nullptr);
  void setStatistics(std::optional<engine::TensorStatistics> statistics);
  void setScaleKind(ScaleKind kind);
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintPicture(QPainter& painter, QSize size) override;

 private:
  bool hasBins() const;
  double edge(std::size_t bin) const;  // the lower end of a bin
  int axisHeight() const;
  void paintBars(QPainter& painter, QRect area) const;
  void paintAxis(QPainter& painter, QRect area, QSize size) const;

  std::optional<engine::TensorStatistics> statistics_;
  ScaleKind kind_ = ScaleKind::Linear;
};

}  // namespace ui
