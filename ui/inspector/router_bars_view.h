// RouterBarsView: one token, one layer: a bar per expert, group by group: affinity, the bias as a
// signed cap, the biased score that decides, the line it had to reach, and who was shut out by a
// closed group.
#pragma once

#include <optional>

#include "ui/inspector/canvas.h"
#include "ui/inspector/router_analysis.h"

namespace ui {

/// Draw the bias as it is, or less its mean over the layer: a bias shared by all changes no choice
/// but can be many times larger than every affinity.
enum class BiasDrawing { AsItIs, LessItsMean };

class RouterBarsView : public Canvas {
  Q_OBJECT
 public:
  explicit RouterBarsView(const Theme& theme, QWidget* parent = nullptr);

  void setAnalysis(RouterAnalysis analysis);
  void setBiasDrawing(BiasDrawing drawing);
  void setSelectedExpert(int expert);  // −1: none
  void setStale(bool stale);
  /// What LessItsMean takes off: 0 with AsItIs.
  float biasShift() const { return shift_; }

  QString readout(int expert) const;
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  std::optional<int> expertAt(QPoint devicePoint) const;
  QPoint centreOf(int expert) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void expertClicked(int expert);

 protected:
  void paintPicture(QPainter& painter, QSize size) override;
  void pointerMoved(QPoint devicePoint) override;
  void pointerPressed(QPoint devicePoint) override;

 private:
  /// The blocks of bars (one per group, or of 32 experts where there are none) in device pixels.
  struct Layout {
    int nBlocks = 0;
    int perBlock = 0;
    int blocksPerRow = 0;
    int pitch = 1;
    int gap = 0;
    int left = 0;
    int rowHeight = 0;  // bars and the strip with the groups' scores under them
    int barsHeight = 0;
    QRect blockRect(int block) const;  // of the bars, without the strip
  };
  Layout layoutFor(QSize size) const;
  int yOf(const Layout& layout, int block, float value) const;
  void updateRange();
  void paintBlockGround(QPainter& painter, const Layout& layout, int block) const;
  void paintBar(QPainter& painter, const Layout& layout, int expert) const;
  void paintThreshold(QPainter& painter, const Layout& layout) const;
  void paintAxis(QPainter& painter, const Layout& layout) const;

  RouterAnalysis analysis_;
  BiasDrawing biasDrawing_ = BiasDrawing::AsItIs;
  float shift_ = 0;
  float low_ = 0;
  float high_ = 1;
  int selected_ = -1;
  bool stale_ = false;
  std::optional<int> hovered_;
};

}  // namespace ui
