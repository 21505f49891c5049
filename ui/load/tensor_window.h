// TensorWindow: the tensor browser: a searchable, sortable table of every tensor of a checkpoint,
// and one of them in detail.
#pragma once

#include <QDialog>
#include <QTimer>

#include "app/tensor_browser.h"

class QLabel;
class QLineEdit;
class QTableView;

namespace ui {

class TensorDetail;
class TensorTableModel;
class Theme;

class TensorWindow : public QDialog {
  Q_OBJECT

 public:
  TensorWindow(app::EngineBridge& bridge, const Theme& theme, QWidget* parent = nullptr);
  void setCheckpoint(const QString& path, const QString& name);
  app::TensorBrowser& browser() { return browser_; }
  TensorTableModel& model() { return *model_; }
  TensorDetail& detail() { return *detail_; }
  void setFilter(const QString& words);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void build();
  void connectParts();
  void onListChanged();
  void applyFilter();
  void showSummary();

  app::TensorBrowser browser_;
  const Theme& theme_;
  QTimer filterTimer_;
  QLineEdit* search_ = nullptr;
  QLabel* summary_ = nullptr;
  QLabel* message_ = nullptr;
  QTableView* table_ = nullptr;
  TensorTableModel* model_ = nullptr;
  TensorDetail* detail_ = nullptr;
};

}  // namespace ui
