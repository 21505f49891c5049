// One form, no OK button: a setting is what its field shows.
#include "ui/settings/settings_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSlider>
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
    : QDialog(parent) {
  setWindowTitle(tr("Settings"));
  const app::SettingsValues values = settings.values();
  auto* form = new QFormLayout();
  form->setVerticalSpacing(theme.gap(3));
  form->setHorizontalSpacing(theme.gap(6));

  auto* colours = new QComboBox(this);
  colours->addItems({tr("Follow the system"), tr("Light"), tr("Dark")});
  colours->setCurrentIndex(static_cast<int>(values.theme));
  connect(colours, &QComboBox::currentIndexChanged, this, [&settings](int index) {
    change(settings, [index](auto& v) { v.theme = static_cast<app::Theme>(index); });
  });
  form->addRow(tr("Colours"), colours);

  auto* scale = new QSpinBox(this);
  scale->setRange(75, 200);
  scale->setSingleStep(5);
  scale->setSuffix(QStringLiteral(" %"));
  scale->setValue(static_cast<int>(std::lround(values.fontScale * 100)));
  connect(scale, &QSpinBox::valueChanged, this, [&settings](int percent) {
    change(settings, [percent](auto& v) { v.fontScale = percent / 100.0; });
  });
  form->addRow(tr("Font size"), scale);

  auto* language = new QComboBox(this);
  language->addItem(tr("Follow the system"), QString());
  language->addItem(QStringLiteral("English"), QStringLiteral("en"));
  language->addItem(QStringLiteral("简体中文"), QStringLiteral("zh_CN"));
  language->setCurrentIndex(std::max(0, language->findData(values.language)));
  auto* restart = new QLabel(tr("The language changes when the program starts again."), this);
  restart->setProperty("muted", true);
  restart->setWordWrap(true);
  restart->hide();
  connect(language, &QComboBox::currentIndexChanged, this, [&settings, language, restart] {
    const QString code = language->currentData().toString();
    change(settings, [&code](auto& v) { v.language = code; });
    restart->show();
  });
  form->addRow(tr("Language"), language);
  form->addRow(QString(), restart);

  auto* threads = new QSpinBox(this);
  threads->setRange(0, 1024);
  threads->setSpecialValueText(tr("all cores"));
  threads->setValue(values.nThreads);
  threads->setToolTip(tr("Counts from the next checkpoint that is opened"));
  connect(threads, &QSpinBox::valueChanged, this,
          [&settings](int n) { change(settings, [n](auto& v) { v.nThreads = n; }); });
  form->addRow(tr("Threads"), threads);

  auto* context = new QSpinBox(this);
  context->setRange(0, 10'000'000);
  context->setSingleStep(1024);
  context->setSpecialValueText(tr("the checkpoint's default"));
  context->setValue(static_cast<int>(std::min<qint64>(values.contextLength, 10'000'000)));
  context->setToolTip(threads->toolTip());
  connect(context, &QSpinBox::valueChanged, this,
          [&settings](int n) { change(settings, [n](auto& v) { v.contextLength = n; }); });
  form->addRow(tr("Context length"), context);

  auto* prompt = new QPlainTextEdit(values.systemPrompt, this);
  prompt->setPlaceholderText(tr("none"));
  prompt->setTabChangesFocus(true);
  prompt->setFixedHeight(theme.gap(22));
  connect(prompt, &QPlainTextEdit::textChanged, this, [&settings, prompt] {
    change(settings, [prompt](auto& v) { v.systemPrompt = prompt->toPlainText(); });
  });
  form->addRow(tr("System prompt of new conversations"), prompt);
  for (QWidget* field :
       std::initializer_list<QWidget*>{colours, scale, language, threads, context, prompt}) {
    field->setAccessibleName(qobject_cast<QLabel*>(form->labelForField(field))->text());
  }

  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(6), theme.gap(6), theme.gap(6), theme.gap(4));
  column->setSpacing(theme.gap(4));
  column->addLayout(form);
  column->addWidget(buttons);
  setMinimumWidth(theme.gap(110));
}

}  // namespace ui
