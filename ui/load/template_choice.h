// TemplateChoice: the chat template a checkpoint is loaded with: its own, a built-in one, or a
// file.
#pragma once

#include <QWidget>
#include <string>

class QComboBox;
class QLabel;

namespace ui {

class Theme;

class TemplateChoice : public QWidget {
  Q_OBJECT

 public:
  explicit TemplateChoice(const Theme& theme, QWidget* parent = nullptr);
  /// As engine::LoadOptions has it: a built-in's name, the text of a file, or "" for automatic.
  std::string chatTemplate() const;
  /// Shows why when the file cannot be used.
  void setFile(const QString& path);
  /// Back to automatic.
  void reset();

 private:
  void onChosen(int index);

  QComboBox* box_;
  QLabel* note_;
  int last_ = 0;
};

}  // namespace ui
