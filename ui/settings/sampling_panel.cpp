// A form whose every change counts at once for the next answer.
#include "ui/settings/sampling_panel.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/workspace.h"
#include "ui/theme/theme.h"

namespace ui {

SamplingPanel::SamplingPanel(app::Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent), workspace_(workspace) {
  buildForm(theme);
  connectFields();
  connect(&workspace_.chat(), &app::ChatViewModel::samplingChanged, this, &SamplingPanel::refresh);
  connect(&workspace_.chat(), &app::ChatViewModel::modelChanged, this, &SamplingPanel::refresh);
  refresh();
}

QDoubleSpinBox* SamplingPanel::makeNumber(double maximum, double step, const QString& name) {
  auto* box = new QDoubleSpinBox(this);
  box->setRange(0, maximum);
  box->setSingleStep(step);
  box->setDecimals(2);
  box->setAccessibleName(name);
  return box;
}

void SamplingPanel::buildForm(const Theme& theme) {
  auto* form = new QFormLayout();
  form->setVerticalSpacing(theme.gap(2));
  form->setHorizontalSpacing(theme.gap(4));
  const auto row = [&](const QString& label, QWidget* field, const QString& tip) {
    field->setToolTip(tip);
    form->addRow(label, field);
  };
  temperature_ = makeNumber(100, 0.1, tr("Temperature"));
  topK_ = new QSpinBox(this);
  topK_->setRange(0, 1'000'000);
  topK_->setSpecialValueText(tr("off"));
  topK_->setAccessibleName(tr("Top-k"));
  topP_ = makeNumber(1, 0.05, tr("Top-p"));
  minP_ = makeNumber(1, 0.01, tr("Min-p"));
  penalty_ = makeNumber(100, 0.05, tr("Repetition penalty"));
  penalty_->setMinimum(0.01);
  randomSeed_ = new QCheckBox(tr("random"), this);
  seed_ = new QLineEdit(this);
  seed_->setAccessibleName(tr("Seed"));
  seed_->setValidator(
      new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,20}")), seed_));
  maxTokens_ = new QSpinBox(this);
  maxTokens_->setRange(0, 10'000'000);
  maxTokens_->setSpecialValueText(tr("until the context is full"));
  maxTokens_->setAccessibleName(tr("Maximum tokens"));
  row(tr("Temperature"), temperature_, tr("0 always takes the most probable token"));
  row(tr("Top-k"), topK_, tr("Keep only the k most probable tokens"));
  row(tr("Top-p"), topP_, tr("Keep the most probable tokens that together reach this probability"));
  row(tr("Min-p"), minP_, tr("Drop tokens below this share of the most probable one"));
  row(tr("Repetition penalty"), penalty_, tr("1 is off; above 1 tokens of the context get rarer"));
  auto* seedRow = new QHBoxLayout();
  seedRow->addWidget(seed_, 1);
  seedRow->addWidget(randomSeed_);
  form->addRow(tr("Seed"), seedRow);
  row(tr("Maximum tokens"), maxTokens_, tr("An answer stops after this many tokens"));
  reset_ = new QPushButton(tr("Reset to the checkpoint's defaults"), this);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(4), theme.gap(4), theme.gap(4), theme.gap(4));
  column->setSpacing(theme.gap(3));
  column->addLayout(form);
  column->addWidget(reset_);
}

void SamplingPanel::connectFields() {
  for (QDoubleSpinBox* box : {temperature_, topP_, minP_, penalty_}) {
    connect(box, &QDoubleSpinBox::valueChanged, this, &SamplingPanel::apply);
  }
  connect(topK_, &QSpinBox::valueChanged, this, &SamplingPanel::apply);
  connect(maxTokens_, &QSpinBox::valueChanged, this, &SamplingPanel::apply);
  connect(seed_, &QLineEdit::textEdited, this, &SamplingPanel::apply);
  connect(randomSeed_, &QCheckBox::toggled, this, [this](bool random) {
    seed_->setEnabled(!random);
    if (!random && seed_->text().isEmpty()) {
      const auto last = workspace_.chat().statistics().seed;
      seed_->setText(QString::number(last.value_or(0)));
    }
    apply();
  });
  connect(reset_, &QPushButton::clicked, this, [this] { workspace_.setSampling(std::nullopt); });
}

engine::SamplingOptions SamplingPanel::options() const {
  engine::SamplingOptions options;
  options.temperature = static_cast<float>(temperature_->value());
  options.top_k = topK_->value();
  options.top_p = static_cast<float>(topP_->value());
  options.min_p = static_cast<float>(minP_->value());
  options.repetition_penalty = static_cast<float>(penalty_->value());
  bool ok = false;
  const quint64 seed = seed_->text().toULongLong(&ok);
  if (!randomSeed_->isChecked() && ok) options.seed = seed;
  options.max_tokens = maxTokens_->value();
  return options;
}

void SamplingPanel::setOptions(const engine::SamplingOptions& options) {
  filling_ = true;
  temperature_->setValue(static_cast<double>(options.temperature));
  topK_->setValue(options.top_k);
  topP_->setValue(static_cast<double>(options.top_p));
  minP_->setValue(static_cast<double>(options.min_p));
  penalty_->setValue(static_cast<double>(options.repetition_penalty));
  randomSeed_->setChecked(!options.seed.has_value());
  seed_->setEnabled(options.seed.has_value());
  if (options.seed) seed_->setText(QString::number(*options.seed));
  maxTokens_->setValue(options.max_tokens);
  filling_ = false;
}

void SamplingPanel::refresh() {
  const engine::SamplingOptions& now = workspace_.chat().sampling();
  // What was typed stays as it is while it means the same.
  if (!(now == options())) setOptions(now);
  reset_->setEnabled(workspace_.chat().model() != nullptr);
}

void SamplingPanel::apply() {
  if (filling_) return;
  workspace_.setSampling(options());
}

}  // namespace ui
