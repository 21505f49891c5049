// KeySheet: all keys on one page (F1): the window's actions and those that work inside a panel.
#pragma once

#include <QDialog>
#include <QList>

class QAction;

namespace ui {

class Theme;

class KeySheet : public QDialog {
  Q_OBJECT

 public:
  KeySheet(const QList<QAction*>& actions, const Theme& theme, QWidget* parent = nullptr);
};

}  // namespace ui
