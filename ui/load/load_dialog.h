// LoadDialog: choose a checkpoint, read what it is before anything is loaded, set the context
// length, then load.
#pragma once

#include <QDialog>
#include <QTimer>
#include <memory>

#include "engine/checkpoint/report.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;
class QStackedWidget;

namespace app {
class Workspace;
}

namespace ui {

class ReportView;
class Theme;

class LoadDialog : public QDialog {
  Q_OBJECT

 public:
  LoadDialog(app::Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

  /// Shows the report of this checkpoint.
  void setPath(const QString& path);
  QString path() const;
  bool canLoad() const;

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void build(const Theme& theme);
  QWidget* buildContextRow(const Theme& theme);
  void connectParts();
  void fillRecent();
  void choose(bool folder);
  void ask();
  void onReport(const QString& path, qint64 contextLength,
                const std::shared_ptr<const engine::CheckpointReport>& report);
  void showContextRange(const engine::CheckpointReport& report);
  void load();

  app::Workspace& workspace_;
  QComboBox* pathBox_ = nullptr;
  QStackedWidget* pages_ = nullptr;
  QLabel* message_ = nullptr;
  ReportView* report_ = nullptr;
  QSpinBox* context_ = nullptr;
  QSlider* contextSlider_ = nullptr;
  QSpinBox* threads_ = nullptr;
  QPushButton* load_ = nullptr;
  QPushButton* copy_ = nullptr;
  QTimer askTimer_;
  std::shared_ptr<const engine::CheckpointReport> shown_;
  qint64 wantedContext_ = 0;  // 0: the default
};

}  // namespace ui
