// DockTitle: a dock's title bar in the theme's own look: name, float, close. Drag it as usual.
#pragma once

#include <QWidget>

class QDockWidget;
class QLabel;
class QToolButton;

namespace ui {

class Theme;

class DockTitle : public QWidget {
  Q_OBJECT

 public:
  DockTitle(QDockWidget* dock, Theme& theme);
  /// Puts a panel's own controls into the title; it takes them over.
  void addTools(QWidget* tools);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void restyle();

  Theme& theme_;
  QLabel* text_;
  QToolButton* float_;
  QToolButton* close_;
};

}  // namespace ui
