// AttentionSlotsView: where one head (or their mean or maximum) reads among the cached tokens: a
// bar per cache slot, and under it, aligned, the content and the RoPE part of the score.
#pragma once

#include <optional>
#include <vector>

#include "ui/inspector/attention_slice.h"
#include "ui/inspector/canvas.h"
#include "ui/inspector/slot_pooling.h"
#include "ui/inspector/token_label.h"
#include "ui/inspector/value_scale.h"

namespace ui {

/// The part of attention's display that the user controls; printed in the legend.
struct AttentionRange {
  ScaleKind kind = ScaleKind::Log;
  double floor = 1e-4;    // with Log: drawn as nothing at and below it
  bool clampSink = true;  // the first slot does not set the top of the scale
  bool operator==(const AttentionRange&) const = default;
};

/// The scale for these weights: its top is the largest weight, the clamped sink left out.
ValueScale attentionScale(const std::vector<float>& weights, const AttentionRange& range);

class AttentionSlotsView : public Canvas {
  Q_OBJECT
 public:
  explicit AttentionSlotsView(const Theme& theme, QWidget* parent = nullptr);

  /// `labels` [n_positions]; `stale`: the slice is of an older selection and drawn faded.
  void setSlice(AttentionSlice slice, std::vector<TokenLabel> labels, bool stale);
  void setRange(const AttentionRange& range);
  void setPartsVisible(bool visible);
  void setMarkedSlot(std::optional<std::int64_t> slot);
  /// A slot hovered in another panel.
  void setHoveredSlot(std::optional<std::int64_t> slot);

  const ValueScale& scale() const { return scale_; }
  const AttentionSlice& slice() const { return slice_; }
  std::optional<std::int64_t> markedSlot() const { return marked_; }
  std::int64_t slotsPerBucket() const;
  /// "log, 0.0001 … 0.41 · max of 8 slots, mean in the darker tone · …": what the picture leaves
  /// unsaid.
  QString legend() const;
  QString readout(std::int64_t slot) const;
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  /// The slot under a point: the peak of its bucket.
  std::optional<std::int64_t> slotAt(QPoint devicePoint) const;
  QPoint centreOf(std::int64_t slot) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void slotClicked(std::int64_t slot);
  void slotActivated(std::int64_t slot);  // double click: go there
  void slotHovered(std::int64_t slot);    // −1: the pointer left
  /// Another width may pool another number of slots: the legend is new.
  void pictureResized();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void paintPicture(QPainter& painter, QSize size) override;
  void pointerMoved(QPoint devicePoint) override;
  void pointerPressed(QPoint devicePoint) override;
  void pointerDoubleClicked(QPoint devicePoint) override;

 private:
  struct Layout {
    int left = 0;
    int pitch = 1;
    std::int64_t nBuckets = 0;
    std::int64_t slotsPerBucket = 1;
    QRect weights;
    QRect content;
    QRect rope;
    int axisTop = 0;
  };
  Layout layoutFor(QSize size) const;
  int bucketX(const Layout& layout, std::int64_t slot) const;
  void updateScales();
  QString notReadText() const;
  std::int64_t countRead() const;
  void paintUnread(QPainter& painter, const Layout& layout) const;
  void repool(const Layout& layout);
  void paintWeights(QPainter& painter, const Layout& layout) const;
  void paintClampMark(QPainter& painter, const Layout& layout, int x, int width) const;
  void paintWeightAxis(QPainter& painter, const Layout& layout) const;
  void paintPart(QPainter& painter, const QRect& area, const Layout& layout,
                 const PooledSlots& pooled, const QString& name) const;
  void paintSlotMarks(QPainter& painter, const Layout& layout) const;
  void paintTokenAxis(QPainter& painter, const Layout& layout) const;

  AttentionSlice slice_;
  std::vector<TokenLabel> labels_;
  AttentionRange range_;
  ValueScale scale_;
  bool stale_ = false;
  bool partsVisible_ = true;
  std::optional<std::int64_t> marked_;
  std::optional<std::int64_t> hovered_;
  PooledSlots weights_;  // pooled to the width painted last
  PooledSlots content_;
  PooledSlots rope_;
  double partsHigh_ = 1;  // largest |content| or |RoPE| score, clamped sink left out
  std::int64_t pooledBuckets_ = -1;
};

}  // namespace ui
