// InspectorPanel: what every dock of the inspector shares: the line that names the token in view,
// and the keys that move the one selection. TokenHeader, SelectionStep and the small controls are
// here too.
#pragma once

#include <QString>
#include <QTimer>
#include <QWidget>
#include <cstdint>
#include <optional>
#include <vector>

#include "ui/inspector/token_label.h"

class QButtonGroup;
class QHBoxLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace ui {

class Theme;

/// What a key asks of the selection; the binding obeys.
enum class SelectionStep {
  PreviousToken,
  NextToken,
  FirstToken,
  FollowNewest,
  PreviousLayer,
  NextLayer,
  PreviousHead,
  NextHead,
  Clear,
};

/// "L12 · t412 "·whale"" with a button that copies it, and what is going on at the right.
class TokenHeader : public QWidget {
  Q_OBJECT
 public:
  explicit TokenHeader(const Theme& theme, QWidget* parent = nullptr);
  /// `layer` none: the panel does not look at one layer.
  void setAddress(std::optional<std::int32_t> layer, std::optional<std::int64_t> position,
                  const TokenLabel& label);
  /// "recomputing…", "follows the newest token", or nothing.
  void setStatus(const QString& status);
  /// The same once it has lasted a moment: what comes and goes with every token would flicker.
  void setBusy(const QString& status);
  QString status() const;
  QString address() const;

 private:
  void applyTheme();
  const Theme& theme_;
  QLabel* address_;
  QLabel* status_;
  QToolButton* copy_;
  QTimer busy_;
  QString busyText_;
};

class InspectorPanel : public QWidget {
  Q_OBJECT
 public:
  explicit InspectorPanel(const Theme& theme, QWidget* parent = nullptr);
  TokenHeader& header() { return *header_; }

 Q_SIGNALS:
  void stepRequested(ui::SelectionStep step);
  /// It came into view or left it: values are only asked for while somebody can see them.
  void visibilityChanged(bool visible);

 protected:
  const Theme& theme() const { return theme_; }
  QVBoxLayout* column() { return column_; }
  /// A row of controls under the header.
  QHBoxLayout* addToolRow();
  /// Exclusive checkable buttons, the first one checked; ids are 0, 1, …
  QButtonGroup* addSegments(QHBoxLayout* row, const QStringList& texts, const QStringList& tips);
  QToolButton* addToggle(QHBoxLayout* row, const QString& text, const QString& tip, bool checked);
  /// Shift with left and right: the panel's own mark (an expert, a slot), one back or forth.
  virtual void moveMark(int step);
  /// Enter: go where the mark is.
  virtual void activateMark();

  void keyPressEvent(QKeyEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void applyGround();
  const Theme& theme_;
  QVBoxLayout* column_;
  TokenHeader* header_;
};

/// The step a key stands for; none: not one of ours.
std::optional<SelectionStep> selectionStepFor(int key, Qt::KeyboardModifiers modifiers);

/// A label in small muted type that wraps: legends and explanations.
QLabel* makeLegend(const Theme& theme, QWidget* parent);

}  // namespace ui
