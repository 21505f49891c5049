#include "ui/load/tensor_detail.h"

#include <QButtonGroup>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHash>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/tensor_browser.h"
#include "ui/format.h"
#include "ui/load/histogram_view.h"
#include "ui/load/report_texts.h"
#include "ui/load/tensor_table_model.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

QLabel* valueLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  label->setFocusPolicy(Qt::NoFocus);
  return label;
}

void clear(QFormLayout* form) {
  while (form->rowCount() > 0) form->removeRow(0);
}

}  // namespace

QString roleText(const std::string& role) {
  static const QHash<QString, QString> kTexts{
      {QStringLiteral("Wq"), TensorDetail::tr("query projection")},
      {QStringLiteral("Wk"), TensorDetail::tr("key projection")},
      {QStringLiteral("Wv"), TensorDetail::tr("value projection")},
      {QStringLiteral("Wdq"), TensorDetail::tr("query down-projection")},
      {QStringLiteral("Wuq"), TensorDetail::tr("query up-projection")},
      {QStringLiteral("Wdkv"), TensorDetail::tr("key-value down-projection to the latent")},
      {QStringLiteral("Wukv"), TensorDetail::tr("key-value up-projection from the latent")},
      {QStringLiteral("WukTransposed"), TensorDetail::tr("key up-projection from the latent")},
      {QStringLiteral("Wuv"), TensorDetail::tr("value up-projection from the latent")},
      {QStringLiteral("Wo"), TensorDetail::tr("attention output projection")},
      {QStringLiteral("Router"), TensorDetail::tr("router: one row per expert")},
      {QStringLiteral("RouterBias"), TensorDetail::tr("router's bias, for choosing only")},
  };
  const QString name = QString::fromStdString(role);
  const QString words = kTexts.value(name);
  return words.isEmpty() ? name : QStringLiteral("%1 · %2").arg(name, words);
}

TensorDetail::TensorDetail(app::TensorBrowser& browser, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      browser_(browser),
      theme_(theme),
      name_(valueLabel({}, this)),
      message_(new QLabel(tr("Choose a tensor to see what it is and what it holds."), this)),
      facts_(new QWidget(this)),
      form_(new QFormLayout(facts_)),
      read_(new QPushButton(tr("Read values"), this)),
      cancel_(new QPushButton(tr("Stop"), this)),
      busy_(new QProgressBar(this)),
      problem_(valueLabel({}, this)) {
  name_->setFont(theme.font(FontRole::Mono));
  message_->setWordWrap(true);
  message_->setAlignment(Qt::AlignCenter);
  message_->setProperty("muted", true);
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setHorizontalSpacing(theme.gap(3));
  form_->setVerticalSpacing(theme.unit());
  read_->setToolTip(tr("Reads every element of the tensor from its file"));
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setAccessibleName(tr("Reading the tensor"));
  auto* row = new QHBoxLayout();
  row->setSpacing(theme.gap(2));
  row->addWidget(read_);
  row->addWidget(busy_, 1);
  row->addWidget(cancel_);
  row->addStretch();
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(3), theme.gap(2), 0, 0);
  column->setSpacing(theme.gap(3));
  column->addWidget(name_);
  column->addWidget(facts_);
  column->addLayout(row);
  column->addWidget(problem_);
  column->addWidget(buildValues(), 1);
  column->addWidget(message_, 1);
  column->addStretch();
  connect(read_, &QPushButton::clicked, &browser_, &app::TensorBrowser::read);
  connect(cancel_, &QPushButton::clicked, &browser_, &app::TensorBrowser::cancelRead);
  connect(&browser_, &app::TensorBrowser::selectionChanged, this, &TensorDetail::refresh);
  connect(&browser_, &app::TensorBrowser::readChanged, this, &TensorDetail::refreshValues);
  refresh();
}

QWidget* TensorDetail::buildValues() {
  values_ = new QWidget(this);
  auto* column = new QVBoxLayout(values_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme_.gap(2));
  auto* formHost = new QWidget(values_);
  valueForm_ = new QFormLayout(formHost);
  valueForm_->setContentsMargins(0, 0, 0, 0);
  valueForm_->setHorizontalSpacing(theme_.gap(3));
  valueForm_->setVerticalSpacing(theme_.unit());
  histogram_ = new HistogramView(theme_, values_);
  auto* scaleRow = new QHBoxLayout();
  auto* title = new QLabel(tr("Elements per bin"), values_);
  title->setProperty("muted", true);
  auto* log = new QToolButton(values_);
  log->setText(tr("log"));
  log->setCheckable(true);
  log->setToolTip(tr("Counts on a logarithmic scale: shows the few far values"));
  log->setAccessibleName(log->toolTip());
  connect(log, &QToolButton::toggled, this,
          [this](bool on) { histogram_->setScaleKind(on ? ScaleKind::Log : ScaleKind::Linear); });
  scaleRow->addWidget(title);
  scaleRow->addStretch(1);
  scaleRow->addWidget(log);
  column->addWidget(formHost);
  column->addLayout(scaleRow);
  column->addWidget(histogram_, 1);
  return values_;
}

void TensorDetail::refresh() {
  refreshFacts();
  refreshValues();
}

void TensorDetail::refreshFacts() {
  const engine::TensorRow* row = browser_.selected();
  const bool present = row != nullptr;
  name_->setVisible(present);
  facts_->setVisible(present);
  message_->setVisible(!present);
  clear(form_);
  if (!present) return;
  name_->setText(format::oneLine(QString::fromStdString(row->name), 500));
  const auto add = [this](const QString& label, const QString& value) {
    auto* title = new QLabel(label, facts_);
    title->setProperty("muted", true);
    form_->addRow(title, valueLabel(value, facts_));
  };
  QString place = partName(row->part);
  if (row->layer >= 0) place += tr(", layer %1").arg(format::count(row->layer));
  if (row->expert >= 0) place += tr(", expert %1").arg(format::count(row->expert));
  add(tr("Part"), place);
  if (!row->role.empty()) add(tr("Role"), roleText(row->role));
  std::int64_t elements = 1;
  for (const std::int64_t extent : row->shape) elements *= extent;
  add(tr("Shape"), tr("%1, %2 elements").arg(shapeText(row->shape), format::count(elements)));
  const std::string_view type = engine::dtype_name(row->dtype);
  add(tr("Type"), tr("%1, %2 bits per element")
                      .arg(QString::fromLatin1(type.data(), static_cast<qsizetype>(type.size())),
                           format::value(engine::dtype_bits_per_weight(row->dtype))));
  add(tr("Bytes"), format::exactBytes(row->bytes));
  add(tr("File"), format::oneLine(QString::fromStdString(row->file), 300));
}

void TensorDetail::refreshValues() {
  using State = app::TensorReadState;
  const bool present = browser_.selected() != nullptr;
  const State state = browser_.readState();
  const auto statistics = browser_.statistics();
  read_->setVisible(present && (state == State::NotAsked || state == State::Failed));
  busy_->setVisible(present && state == State::Reading);
  cancel_->setVisible(present && state == State::Reading);
  problem_->setVisible(present && state == State::Failed);
  problem_->setText(tr("Cannot be read: %1").arg(format::oneLine(browser_.readProblem(), 500)));
  values_->setVisible(present && statistics.has_value());
  histogram_->setStatistics(statistics);
  clear(valueForm_);
  if (!present || !statistics) return;
  const auto exact = [](float value) { return format::exact(value); };
  addRow(tr("Range"), tr("%1 … %2").arg(exact(statistics->lowest), exact(statistics->highest)));
  addRow(tr("Mean"), format::value(statistics->mean));
  addRow(tr("Deviation"), format::value(statistics->deviation));
  addRow(
      tr("Zeros"),
      tr("%1 of %2").arg(format::count(statistics->n_zero), format::count(statistics->n_elements)));
  const bool clean = statistics->n_nan == 0 && statistics->n_infinite == 0;
  addRow(tr("Not numbers"),
         clean ? tr("none")
               : tr("%1 NaN, %2 infinite")
                     .arg(format::count(statistics->n_nan), format::count(statistics->n_infinite)));
  if (statistics->is_scaled) addRow(tr("Scales"), tr("applied, one per block of 128 × 128"));
}

void TensorDetail::addRow(const QString& label, const QString& value) {
  auto* title = new QLabel(label, values_);
  title->setProperty("muted", true);
  valueForm_->addRow(title, valueLabel(value, values_));
}

QString TensorDetail::text() const {
  QStringList lines{name_->text()};
  for (const QFormLayout* form : {form_, valueForm_}) {
    for (int row = 0; row < form->rowCount(); ++row) {
      const auto* label =
          qobject_cast<QLabel*>(form->itemAt(row, QFormLayout::LabelRole)->widget());
      const auto* value =
          qobject_cast<QLabel*>(form->itemAt(row, QFormLayout::FieldRole)->widget());
      lines += label->text() + QLatin1Char('\t') + value->text();
    }
  }
  return lines.join(QLatin1Char('\n'));
}

}  // namespace ui
