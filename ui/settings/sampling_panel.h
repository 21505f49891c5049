// SamplingPanel: temperature, cuts, penalty, seed and length of the next answers; reset to what the
// checkpoint asks for.
#pragma once

#include <QWidget>

#include "engine/runtime/events.h"

class QCheckBox;
class QDoubleSpinBox;
class QFormLayout;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace app {
class Workspace;
}

namespace ui {

class Theme;

class SamplingPanel : public QWidget {
  Q_OBJECT

 public:
  SamplingPanel(app::Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

  engine::SamplingOptions options() const;
  void setOptions(const engine::SamplingOptions& options);

 private:
  void buildForm(const Theme& theme);
  void connectFields();
  void refresh();
  void apply();
  QDoubleSpinBox* makeNumber(double maximum, double step, const QString& name);

  app::Workspace& workspace_;
  QDoubleSpinBox* temperature_ = nullptr;
  QSpinBox* topK_ = nullptr;
  QDoubleSpinBox* topP_ = nullptr;
  QDoubleSpinBox* minP_ = nullptr;
  QDoubleSpinBox* penalty_ = nullptr;
  QCheckBox* randomSeed_ = nullptr;
  QLineEdit* seed_ = nullptr;
  QSpinBox* maxTokens_ = nullptr;
  QPushButton* reset_ = nullptr;
  bool filling_ = false;
};

}  // namespace ui
