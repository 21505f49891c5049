// LoadDialog: choose a checkpoint, read what it is before anything is loaded, choose how to load
// it, then load.
#pragma once

#include <QDialog>
#include <QTimer>
#include <memory>

#include "engine/checkpoint/report.h"

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace app {
class Workspace;
}

namespace ui {

class LoadChoices;
class ReportView;
class Theme;

class LoadDialog : public QDialog {
  Q_OBJECT

 public:
  LoadDialog(app::Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);
  ~LoadDialog() override;

  /// Shows the report of this checkpoint.
  void setPath(const QString& path);
  QString path() const;
  bool canLoad() const;
  LoadChoices& choices() { return *choices_; }

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void build();
  QLayout* buildPathRow();
  QLayout* buildButtons();
  void connectParts();
  void fillRecent();
  void choose(bool folder);
  void onTyped();
  void read(const QString& path);
  void onReport(const QString& path, qint64 contextLength,
                const std::shared_ptr<const engine::CheckpointReport>& report);
  void refresh();
  void showTensors();
  void load();

  app::Workspace& workspace_;
  const Theme& theme_;
  QComboBox* pathBox_ = nullptr;
  QStackedWidget* pages_ = nullptr;
  QLabel* message_ = nullptr;
  QTimer typed_;           // a pause in typing
  bool isTyping_ = false;  // the path may be only half of one
  ReportView* report_ = nullptr;
  LoadChoices* choices_ = nullptr;
  QLabel* obstacle_ = nullptr;
  QPushButton* load_ = nullptr;
  QPushButton* copy_ = nullptr;
  QPushButton* tensors_ = nullptr;
  std::shared_ptr<const engine::CheckpointReport> shown_;
};

}  // namespace ui
