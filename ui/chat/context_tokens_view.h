// ContextTokensView: the whole context as tokens, template text and white space included: what the
// model really reads. Boxes flow like text; only visible lines are painted.
#pragma once

#include <QAbstractScrollArea>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "ui/chat/token_heat.h"

namespace app {
class Selection;
class TokenTimeline;
}  // namespace app

namespace ui {

class Theme;

class ContextTokensView : public QAbstractScrollArea {
  Q_OBJECT

 public:
  ContextTokensView(app::TokenTimeline& timeline, app::Selection& selection, Theme& theme,
                    QWidget* parent = nullptr);

  void setTokenHeat(const std::vector<HeatedToken>& heat);
  std::optional<engine::Position> tokenAt(const QPointF& viewportPoint) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  struct Box {
    float x = 0;
    float width = 0;
    int line = 0;
  };
  void relayout();
  void layOutFrom(int first);
  void updateRange();
  QString label(int index) const;
  double lineHeight() const;
  int firstOfLine(int line) const;
  void paintBox(QPainter& painter, int index, double top) const;

  app::TokenTimeline& timeline_;
  app::Selection& selection_;
  Theme& theme_;
  std::vector<Box> boxes_;
  std::vector<float> heat_;  // by position; NaN: no colour
  bool followsEnd_ = true;
};

}  // namespace ui
