// MemoryBar: what loading needs beside what is free: weights, cache, working memory and tokenizer
// as stretches of one bar, with a mark where free memory ends.
#pragma once

#include "engine/checkpoint/report.h"
#include "ui/inspector/canvas.h"

namespace ui {

class MemoryBar : public Canvas {
  Q_OBJECT

 public:
  explicit MemoryBar(const Theme& theme, QWidget* parent = nullptr);
  void setNeed(const engine::MemoryNeed& need, std::int64_t available);
  QString readoutAt(QPoint devicePoint) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintPicture(QPainter& painter, QSize size) override;

 private:
  engine::MemoryNeed need_;
  std::int64_t available_ = 0;
};

}  // namespace ui
