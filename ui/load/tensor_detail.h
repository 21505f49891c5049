// TensorDetail: one tensor: what it is for, its shape and bytes, and on demand its range, moments
// and histogram.
#pragma once

#include <QWidget>

class QButtonGroup;
class QFormLayout;
class QLabel;
class QPushButton;
class QProgressBar;

namespace app {
class TensorBrowser;
}

namespace ui {

class HistogramView;
class Theme;

class TensorDetail : public QWidget {
  Q_OBJECT

 public:
  /// `browser` outlives it.
  TensorDetail(app::TensorBrowser& browser, const Theme& theme, QWidget* parent = nullptr);
  /// Everything shown, for the clipboard.
  QString text() const;

 private:
  QWidget* buildValues();
  void addRow(const QString& label, const QString& value);
  void refresh();
  void refreshFacts();
  void refreshValues();

  app::TensorBrowser& browser_;
  const Theme& theme_;
  QLabel* name_;
  QLabel* message_;
  QWidget* facts_;
  QFormLayout* form_;
  QPushButton* read_;
  QPushButton* cancel_;
  QProgressBar* busy_;
  QLabel* problem_;
  QWidget* values_ = nullptr;
  QFormLayout* valueForm_ = nullptr;
  HistogramView* histogram_ = nullptr;
};

/// "Wdkv": what a weight does, in words; the role itself when there are none.
QString roleText(const std::string& role);

}  // namespace ui
