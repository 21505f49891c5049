// TimelineStrip: one mark per token along the conversation: prompt below the line, answer above it
// with a bar for one of several measures of how sure the model was. Click selects; the newest token
// is followed until another is chosen.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ui/inspector/canvas.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/inspector/token_label.h"

class QComboBox;
class QToolButton;

namespace ui {

/// What the bars show.
enum class TimelineMeasure {
  Surprise,       // −ln p of the token that was drawn
  Entropy,        // of the distribution it was drawn from, nats
  Margin,         // between the two most probable tokens
  RouterEntropy,  // of the chosen experts' weights, mean over the layers, nats; the prompt too
};
inline constexpr int kTimelineMeasureCount = 4;

struct TimelineMark {
  TokenLabel label;
  bool isAnswer = false;
  bool isRouted = false;                 // it went through the model
  std::optional<double> logProbability;  // natural log, of a token the model drew
  std::optional<double> entropy;
  std::optional<double> margin;
  std::optional<double> routerEntropy;
  bool operator==(const TimelineMark&) const = default;
};

class TimelineStrip : public Canvas {
  Q_OBJECT
 public:
  explicit TimelineStrip(const Theme& theme, QWidget* parent = nullptr);

  /// The choice of what the bars show, and "live": made to stand in the dock's title, so that the
  /// marks have the whole strip.
  QWidget* tools() const { return tools_; }

  /// Keeps the first `first` marks and puts these after them.
  void setMarksFrom(std::int64_t first, const std::vector<TimelineMark>& marks);
  void replaceMark(std::int64_t position, const TimelineMark& mark);
  std::int64_t count() const { return static_cast<std::int64_t>(marks_.size()); }

  void setMeasure(TimelineMeasure measure);
  TimelineMeasure measure() const { return measure_; }
  /// The largest a router's entropy can be: ln of the experts per token. 0: the model has none.
  void setRouterEntropyLimit(double limit);

  void setSelected(std::optional<std::int64_t> position, bool following);
  void setHovered(std::optional<std::int64_t> position);
  /// Logical pixels per token; 0: the whole conversation in the width.
  void setZoom(double pixelsPerToken);
  double zoom() const { return zoom_; }

  QString readout(std::int64_t position) const;
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  std::optional<std::int64_t> positionAt(QPoint devicePoint) const;
  QPoint centreOf(std::int64_t position) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void tokenClicked(std::int64_t position);
  void tokenHovered(std::int64_t position);  // −1: the pointer left
  void liveRequested();
  void stepRequested(ui::SelectionStep step);

 protected:
  void paintPicture(QPainter& painter, QSize size) override;
  void pointerMoved(QPoint devicePoint) override;
  void pointerPressed(QPoint devicePoint) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Layout {
    QRect area;        // the marks
    double pitch = 1;  // device pixels per token; below 1 tokens share a column
    int baseline = 0;
  };
  Layout layoutFor(QSize size) const;
  double maxScroll(const Layout& layout) const;
  void scrollTo(std::int64_t position);
  void scrollBy(double devicePixels);
  void paintColumn(QPainter& painter, const Layout& layout, int x, int width, std::int64_t first,
                   std::int64_t last) const;
  void paintMarks(QPainter& painter, const Layout& layout) const;
  void paintPointer(QPainter& painter, const Layout& layout, std::int64_t position,
                    ColourRole role) const;
  void paintScale(QPainter& painter, const Layout& layout) const;
  double xOf(const Layout& layout, std::int64_t position) const;

  void makeTools();
  void styleTools();
  void showFollowing();
  double fullBar() const;
  QString measureText() const;
  std::optional<double> measured(const TimelineMark& mark) const;

  std::vector<TimelineMark> marks_;
  TimelineMeasure measure_ = TimelineMeasure::Surprise;
  double routerEntropyLimit_ = 0;
  QWidget* tools_;
  QComboBox* measureBox_;
  QToolButton* live_;
  std::optional<std::int64_t> selected_;
  bool following_ = true;
  std::optional<std::int64_t> hovered_;
  double zoom_ = 5;    // logical pixels per token
  double scroll_ = 0;  // device pixels
  std::optional<double> dragFrom_;
};

/// −Σ w ln w over each layer's chosen weights (made to sum to one), mean over the layers; none
/// without experts.
std::optional<double> routerEntropy(const std::vector<float>& weights, std::size_t perLayer);

}  // namespace ui
