// InspectorTable: the plain read-only table of the inspector: rows of values, Ctrl+C copies
// tab-separated text. Arrow keys left and right go on to the panel, where they move the selected
// token.
#pragma once

#include <QTableWidget>

namespace ui {

class Theme;

class InspectorTable : public QTableWidget {
  Q_OBJECT
 public:
  InspectorTable(const Theme& theme, const QStringList& headers, QWidget* parent = nullptr);
  /// A cell; `exact` is its tooltip.
  QTableWidgetItem* put(int row, int column, const QString& text, const QString& exact = {},
                        Qt::Alignment alignment = Qt::AlignRight);
  QString tableText() const;
  int rowHeight() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void applyTheme();
  const Theme& theme_;
};

}  // namespace ui
