// A verdict, a grid of facts beside the table of parts, and a list of findings.
#include "ui/load/report_view.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QStringList>
#include <QTabWidget>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "app/engine_text.h"
#include "engine/checkpoint/checkpoint.h"
#include "ui/format.h"
#include "ui/load/finding_texts.h"
#include "ui/load/parts_table.h"
#include "ui/load/report_texts.h"
#include "ui/load/wrapped_delegate.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

QString text(const std::string& value) {
  return format::oneLine(QString::fromStdString(value), 200);
}

int countOf(const engine::CheckpointReport& report, engine::Finding::Severity severity) {
  return static_cast<int>(std::count_if(
      report.findings.begin(), report.findings.end(),
      [severity](const engine::Finding& finding) { return finding.severity == severity; }));
}

QString formatText(const engine::CheckpointReport& report) {
  const QString kind = report.format == engine::CheckpointFormat::Gguf
                           ? ReportView::tr("GGUF")
                           : ReportView::tr("Hugging Face folder");
  return ReportView::tr("%1, files: %2, tensors: %3")
      .arg(kind, format::count(report.n_files), format::count(report.n_tensors));
}

}  // namespace

ReportView::ReportView(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      verdictIcon_(new QLabel(this)),
      verdict_(new QLabel(this)),
      tabs_(new QTabWidget(this)),
      facts_(new QGridLayout()),
      parts_(new PartsTable(theme, this)),
      findings_(new QTreeWidget(this)) {
  verdict_->setWordWrap(true);
  verdict_->setTextFormat(Qt::PlainText);
  verdict_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* verdictRow = new QHBoxLayout();
  verdictRow->setSpacing(theme.gap(2));
  verdictRow->addWidget(verdictIcon_, 0, Qt::AlignTop);
  verdictRow->addWidget(verdict_, 1);
  buildFindings();
  tabs_->setDocumentMode(true);
  tabs_->addTab(buildOverview(), tr("Overview"));
  tabs_->addTab(findings_, tr("Findings"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme.gap(2));
  column->addLayout(verdictRow);
  column->addWidget(tabs_, 1);
}

QWidget* ReportView::buildOverview() {
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  auto* scroll = new QScrollArea(splitter);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFrameShape(QFrame::NoFrame);
  auto* ground = new QWidget(scroll);
  auto* groundColumn = new QVBoxLayout(ground);
  groundColumn->setContentsMargins(0, theme_.gap(2), theme_.gap(3), 0);
  facts_->setHorizontalSpacing(theme_.gap(4));
  facts_->setVerticalSpacing(theme_.unit() + 1);
  facts_->setColumnStretch(1, 1);
  groundColumn->addLayout(facts_);
  groundColumn->addStretch(1);
  scroll->setWidget(ground);
  scroll->viewport()->setAutoFillBackground(false);
  ground->setAutoFillBackground(false);
  splitter->addWidget(scroll);
  splitter->addWidget(parts_);
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 1);
  splitter->setChildrenCollapsible(false);
  splitter->setSizes({theme_.gap(110), theme_.gap(140)});
  scroll->setMinimumWidth(theme_.gap(70));
  return splitter;
}

void ReportView::buildFindings() {
  findings_->setColumnCount(3);
  findings_->setHeaderLabels({tr("Severity"), tr("Finding"), tr("Details")});
  findings_->setRootIsDecorated(false);
  findings_->setWordWrap(true);
  findings_->setUniformRowHeights(false);
  findings_->setTextElideMode(Qt::ElideNone);
  findings_->setItemDelegateForColumn(2, new WrappedDelegate(findings_));
  findings_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  findings_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  findings_->header()->setStretchLastSection(true);
  findings_->setAccessibleName(tr("Findings"));
  connect(tabs_, &QTabWidget::currentChanged, findings_, &QTreeWidget::doItemsLayout);
  connect(findings_->header(), &QHeaderView::sectionResized, findings_,
          &QTreeWidget::doItemsLayout);
}

void ReportView::setRow(int row, const QString& label, const QString& value,
                        const QString& toolTip) {
  auto* name = qobject_cast<QLabel*>(facts_->itemAtPosition(row, 0) != nullptr
                                         ? facts_->itemAtPosition(row, 0)->widget()
                                         : nullptr);
  if (name == nullptr) {
    name = new QLabel(this);
    name->setProperty("muted", true);
    auto* made = new QLabel(this);
    made->setTextFormat(Qt::PlainText);
    made->setWordWrap(true);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    made->setFocusPolicy(Qt::NoFocus);
    facts_->addWidget(name, row, 0, Qt::AlignTop);
    facts_->addWidget(made, row, 1, Qt::AlignTop);
  }
  auto* shown = qobject_cast<QLabel*>(facts_->itemAtPosition(row, 1)->widget());
  name->setText(label);
  shown->setText(value.isEmpty() ? QStringLiteral("–") : value);
  shown->setToolTip(toolTip.isEmpty() ? QString() : format::toolTip(toolTip));
}

void ReportView::setReport(std::shared_ptr<const engine::CheckpointReport> report) {
  const bool another = report_ == nullptr || report == nullptr || report_->path != report->path;
  report_ = std::move(report);
  if (report_ == nullptr) return;
  fillVerdict(*report_);
  fillFacts(*report_);
  fillFindings(*report_);
  parts_->setReport(*report_, form_);
  parts_->setVisible(!report_->parts.empty());
  if (another) tabs_->setCurrentIndex(report_->loadable() ? 0 : 1);
  // Wrapped rows get their height once the column has its width.
  QTimer::singleShot(0, findings_, &QTreeWidget::doItemsLayout);
}

void ReportView::setMachine(const QString& machine) {
  machine_ = machine;
  if (report_ != nullptr) fillFacts(*report_);
}

void ReportView::setForm(engine::WeightFormat form) {
  if (form == form_) return;
  form_ = form;
  if (report_ != nullptr) parts_->setReport(*report_, form_);
}

void ReportView::fillVerdict(const engine::CheckpointReport& report) {
  using Severity = engine::Finding::Severity;
  const int nErrors = countOf(report, Severity::Error);
  const int nWarnings = countOf(report, Severity::Warning);
  const bool loadable = report.loadable();
  const ColourRole role = !loadable        ? ColourRole::Error
                          : nWarnings == 0 ? ColourRole::Success
                                           : ColourRole::Warning;
  const QString icon = !loadable        ? QStringLiteral("error")
                       : nWarnings == 0 ? QStringLiteral("check")
                                        : QStringLiteral("warning");
  verdictIcon_->setPixmap(theme_.icon(icon, role).pixmap(theme_.iconSize()));
  verdict_->setText(!loadable        ? tr("Cannot be loaded. Errors: %1").arg(nErrors)
                    : nWarnings == 0 ? tr("Can be loaded: nothing is missing or wrong.")
                                     : tr("Can be loaded. Warnings: %1").arg(nWarnings));
}

int ReportView::fillModel(int row, const engine::CheckpointReport& report) {
  const engine::ModelConfig& config = report.config;
  const auto nMoe = static_cast<qint64>(config.moe_layers().size());
  setRow(row++, tr("Layers"),
         nMoe == 0 ? tr("%1, hidden size %2, vocabulary %3")
                         .arg(format::count(config.num_hidden_layers),
                              format::count(config.hidden_size), format::count(config.vocab_size))
                   : tr("%1 (%2 with experts), hidden size %3, vocabulary %4")
                         .arg(format::count(config.num_hidden_layers), format::count(nMoe),
                              format::count(config.hidden_size), format::count(config.vocab_size)));
  setRow(row++, tr("Attention"), attentionText(config));
  setRow(row++, tr("Experts"), expertsText(config));
  setRow(row++, tr("Router"), routerText(config));
  setRow(row++, tr("Parameters"),
         tr("%1, of which %2 activated per token")
             .arg(format::largeCount(report.parameters.total),
                  format::largeCount(report.parameters.activated)),
         tr("%1 in total, %2 activated")
                 .arg(format::count(report.parameters.total),
                      format::count(report.parameters.activated)) +
             QLatin1Char('\n') + activatedText());
  setRow(row++, tr("Cache"), tr("%1 per token").arg(format::bytes(report.cache_bytes_per_token)),
         format::exactBytes(report.cache_bytes_per_token));
  return row;
}

void ReportView::fillFacts(const engine::CheckpointReport& report) {
  int row = 0;
  setRow(row++, tr("Format"), formatText(report), text(report.path));
  setRow(row++, tr("Architecture"), text(report.config.model_type));
  if (report.config_valid) {
    row = fillModel(row, report);
  } else {
    for (const QString& label : {tr("Layers"), tr("Attention"), tr("Experts"), tr("Router"),
                                 tr("Parameters"), tr("Cache")}) {
      setRow(row++, label, {});
    }
  }
  setRow(row++, tr("Element type"), text(report.dtype_summary));
  setRow(row++, tr("Tokenizer"), format::oneLine(app::engineText(report.tokenizer), 200));
  setRow(row++, tr("Chat template"), format::oneLine(app::engineText(report.chat_template), 200));
  setRow(row++, tr("Runs on"), machine_);
}

void ReportView::addFinding(const engine::Finding& finding) {
  using Severity = engine::Finding::Severity;
  const bool error = finding.severity == Severity::Error;
  const bool warning = finding.severity == Severity::Warning;
  auto* item = new QTreeWidgetItem(findings_);
  const ColourRole role = error     ? ColourRole::Error
                          : warning ? ColourRole::Warning
                                    : ColourRole::TextMuted;
  item->setIcon(0, theme_.icon(error     ? QStringLiteral("error")
                               : warning ? QStringLiteral("warning")
                                         : QStringLiteral("info"),
                               role));
  item->setText(0, error ? tr("Error") : warning ? tr("Warning") : tr("Note"));
  item->setForeground(0, theme_.colour(role));
  item->setText(1, findingTitle(text(finding.code)));
  item->setToolTip(1, format::toolTip(tr("code %1").arg(text(finding.code))));
  item->setText(2, format::oneLine(app::engineText(finding.message), 2000));
  item->setToolTip(2, format::toolTip(item->text(2)));
}

void ReportView::fillFindings(const engine::CheckpointReport& report) {
  findings_->clear();
  using Severity = engine::Finding::Severity;
  for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Info}) {
    for (const engine::Finding& finding : report.findings) {
      if (finding.severity == severity) addFinding(finding);
    }
  }
  tabs_->setTabText(1, tr("Findings (%1)").arg(static_cast<int>(report.findings.size())));
  tabs_->setTabEnabled(1, !report.findings.empty());
}

QString ReportView::findingsText() const {
  QStringList lines;
  if (report_ == nullptr) return {};
  lines += QString::fromStdString(report_->path);
  for (const engine::Finding& finding : report_->findings) {
    using Severity = engine::Finding::Severity;
    const QString severity = finding.severity == Severity::Error     ? QStringLiteral("error")
                             : finding.severity == Severity::Warning ? QStringLiteral("warning")
                                                                     : QStringLiteral("note");
    lines += QStringLiteral("%1 [%2] %3")
                 .arg(severity, QString::fromStdString(finding.code),
                      QString::fromStdString(finding.message));
  }
  return lines.join(u'\n');
}

}  // namespace ui
