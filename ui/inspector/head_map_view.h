// HeadMapView: every head of one layer as a row, every cached slot as a column (pooled by maximum):
// which heads share a target, which go their own way. Same scale as the bars above it.
#pragma once

#include <QImage>
#include <memory>
#include <optional>
#include <vector>

#include "engine/runtime/events.h"
#include "ui/inspector/canvas.h"
#include "ui/inspector/token_label.h"
#include "ui/inspector/value_scale.h"

namespace ui {

class HeadMapView : public Canvas {
  Q_OBJECT
 public:
  explicit HeadMapView(const Theme& theme, QWidget* parent = nullptr);

  void setRows(std::shared_ptr<const engine::AttentionRows> rows, std::vector<TokenLabel> labels,
               bool stale);
  void setScale(const ValueScale& scale);
  void setSelectedHead(int head);  // −1: mean or maximum
  void setMarkedSlot(std::optional<std::int64_t> slot);

  struct Cell {
    int head = 0;
    std::int64_t slot = 0;  // the one with the largest weight in its column
    bool operator==(const Cell&) const = default;
  };
  std::optional<Cell> cellAt(QPoint devicePoint) const;
  QPoint centreOf(int head, std::int64_t slot) const;
  QString readout(const Cell& cell) const;
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void cellClicked(int head, std::int64_t slot);
  void slotHovered(std::int64_t slot);  // −1: the pointer left

 protected:
  void paintPicture(QPainter& painter, QSize size) override;
  void pointerMoved(QPoint devicePoint) override;
  void pointerPressed(QPoint devicePoint) override;

 private:
  struct Layout {
    int left = 0;
    int pitchX = 1;
    int pitchY = 1;
    int nHeads = 0;
    std::int64_t nSlots = 0;
    std::int64_t nBuckets = 0;
    std::int64_t slotsPerBucket = 1;
  };
  Layout layoutFor(QSize size) const;
  void rebuild(const Layout& layout);

  std::shared_ptr<const engine::AttentionRows> rows_;
  std::vector<TokenLabel> labels_;
  bool stale_ = false;
  ValueScale scale_;
  int selectedHead_ = -1;
  std::optional<std::int64_t> marked_;
  std::optional<Cell> hovered_;
  QImage image_;
  bool imageStale_ = true;
};

}  // namespace ui
