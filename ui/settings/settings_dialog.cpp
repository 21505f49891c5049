// One form, no OK button: a setting is what its field shows.
#include "ui/settings/settings_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <cmath>

#include "app/app_settings.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

template <class Change>
void change(app::AppSettings& settings, Change apply) {
  app::SettingsValues values = settings.values();
  apply(values);
  settings.setValues(values);
}

}  // namespace

SettingsDialog::SettingsDialog(app::AppSettings& settings, const Theme& theme, QWidget* parent)
    : QDialog(parent), settings_(settings), theme_(theme), form_(new QFormLayout()) {
  setWindowTitle(tr("Settings"));
  form_->setVerticalSpacing(theme.gap(3));
  form_->setHorizontalSpacing(theme.gap(6));
  addColours();
  addFontSize();
  addLanguage();
  addEngine();
  addSystemPrompt();
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(6), theme.gap(6), theme.gap(6), theme.gap(4));
  column->setSpacing(theme.gap(4));
  column->addLayout(form_);
  column->addWidget(buttons);
  setMinimumWidth(theme.gap(110));
}

void SettingsDialog::addRow(const QString& label, QWidget* field) {
  field->setAccessibleName(label);
  form_->addRow(label, field);
}

void SettingsDialog::addColours() {
  auto* colours = new QComboBox(this);
  colours->addItems({tr("Follow the system"), tr("Light"), tr("Dark")});
  colours->setCurrentIndex(static_cast<int>(settings_.values().theme));
  connect(colours, &QComboBox::currentIndexChanged, this, [this](int index) {
    change(settings_, [index](auto& v) { v.theme = static_cast<app::Theme>(index); });
  });
  addRow(tr("Colours"), colours);
}

void SettingsDialog::addFontSize() {
  auto* scale = new QSpinBox(this);
  scale->setRange(75, 200);
  scale->setSingleStep(5);
  scale->setSuffix(QStringLiteral(" %"));
  scale->setValue(static_cast<int>(std::lround(settings_.values().fontScale * 100)));
  connect(scale, &QSpinBox::valueChanged, this, [this](int percent) {
    change(settings_, [percent](auto& v) { v.fontScale = percent / 100.0; });
  });
  addRow(tr("Font size"), scale);
}

void SettingsDialog::addLanguage() {
  auto* language = new QComboBox(this);
  language->addItem(tr("Follow the system"), QString());
  language->addItem(QStringLiteral("English"), QStringLiteral("en"));
  language->addItem(QStringLiteral("简体中文"), QStringLiteral("zh_CN"));
  language->setCurrentIndex(std::max(0, language->findData(settings_.values().language)));
  auto* restart = new QLabel(tr("The language changes when the program starts again."), this);
  restart->setProperty("muted", true);
  restart->setWordWrap(true);
  restart->hide();
  connect(language, &QComboBox::currentIndexChanged, this, [this, language, restart] {
    const QString code = language->currentData().toString();
    change(settings_, [&code](auto& v) { v.language = code; });
    restart->show();
  });
  addRow(tr("Language"), language);
  form_->addRow(QString(), restart);
}

void SettingsDialog::addEngine() {
  const app::SettingsValues values = settings_.values();
  auto* threads = new QSpinBox(this);
  threads->setRange(0, 1024);
  threads->setSpecialValueText(tr("all cores"));
  threads->setValue(values.nThreads);
  threads->setToolTip(tr("Counts from the next checkpoint that is opened"));
  connect(threads, &QSpinBox::valueChanged, this,
          [this](int n) { change(settings_, [n](auto& v) { v.nThreads = n; }); });
  addRow(tr("Threads"), threads);
  auto* context = new QSpinBox(this);
  context->setRange(0, 10'000'000);
  context->setSingleStep(1024);
  context->setSpecialValueText(tr("the checkpoint's default"));
  context->setValue(static_cast<int>(std::min<qint64>(values.contextLength, 10'000'000)));
  context->setToolTip(threads->toolTip());
  connect(context, &QSpinBox::valueChanged, this,
          [this](int n) { change(settings_, [n](auto& v) { v.contextLength = n; }); });
  addRow(tr("Context length"), context);
}

void SettingsDialog::addSystemPrompt() {
  auto* prompt = new QPlainTextEdit(settings_.values().systemPrompt, this);
  prompt->setPlaceholderText(tr("none"));
  prompt->setTabChangesFocus(true);
  prompt->setFixedHeight(theme_.gap(22));
  connect(prompt, &QPlainTextEdit::textChanged, this, [this, prompt] {
    change(settings_, [prompt](auto& v) { v.systemPrompt = prompt->toPlainText(); });
  });
  addRow(tr("System prompt of new conversations"), prompt);
}

}  // namespace ui
