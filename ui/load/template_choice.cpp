// The last entry asks for a file, which then stands before it.
#include "ui/load/template_choice.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>

#include "app/engine_text.h"
#include "app/text_file.h"
#include "engine/tokenizer/built_in_templates.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr qint64 kLargestTemplate = qint64{1} << 20;

}  // namespace

TemplateChoice::TemplateChoice(const Theme& theme, QWidget* parent)
    : QWidget(parent), box_(new QComboBox(this)), note_(new QLabel(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(3));
  box_->setAccessibleName(tr("Chat template"));
  box_->addItem(tr("Automatic: the checkpoint's own, else the one that fits"), QString());
  for (const std::string& name : engine::built_in_template_names()) {
    box_->addItem(tr("Built-in: %1").arg(QString::fromStdString(name)),
                  QString::fromStdString(name));
  }
  box_->addItem(tr("From a file…"));
  note_->setTextFormat(Qt::PlainText);
  note_->setProperty("muted", true);
  auto* label = new QLabel(tr("Chat template"), this);
  label->setBuddy(box_);
  row->addWidget(label);
  row->addWidget(box_);
  row->addWidget(note_, 1);
  connect(box_, &QComboBox::activated, this, &TemplateChoice::onChosen);
}

void TemplateChoice::onChosen(int index) {
  if (index != box_->count() - 1) {
    last_ = index;
    note_->clear();
    return;
  }
  box_->setCurrentIndex(last_);
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Chat template"), QString(),
                                   tr("Templates (*.jinja *.jinja2 *.txt *.json);;All files (*)"));
  if (!path.isEmpty()) setFile(path);
}

void TemplateChoice::setFile(const QString& path) {
  const auto text = app::readTextFile(path, kLargestTemplate);
  if (!text) {
    note_->setText(format::oneLine(app::engineText(text.error().message), 200));
    return;
  }
  if (text->find("{{") == std::string::npos && text->find("{%") == std::string::npos) {
    note_->setText(tr("This file holds no template: found no {{ and no {%."));
    return;
  }
  const int last = box_->count() - 1;
  box_->insertItem(last, format::oneLine(QFileInfo(path).fileName(), 60),
                   QString::fromStdString(*text));
  box_->setCurrentIndex(last);
  last_ = last;
  note_->clear();
}

void TemplateChoice::reset() {
  box_->setCurrentIndex(0);
  last_ = 0;
  note_->clear();
}

std::string TemplateChoice::chatTemplate() const {
  return box_->currentData().toString().toStdString();
}

}  // namespace ui
