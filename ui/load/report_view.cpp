// A grid of facts, a bar of memory, a list of findings.
#include "ui/load/report_view.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QStringList>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

QString text(const std::string& value) {
  return format::oneLine(QString::fromStdString(value), 200);
}

std::int64_t bytesNeeded(const engine::CheckpointReport& report) {
  return report.weight_bytes + report.cache_bytes + report.scratch_bytes;
}

}  // namespace

QString expertsText(const engine::ModelConfig& config) {
  if (config.n_routed_experts == 0) return ReportView::tr("none (dense model)");
  QString line =
      ReportView::tr("%1 routed, %2 per token")
          .arg(format::count(config.n_routed_experts), format::count(config.num_experts_per_tok));
  if (config.n_group > 1) {
    line += ReportView::tr(", %1 of %2 groups open")
                .arg(format::count(config.topk_group), format::count(config.n_group));
  }
  return line + ReportView::tr(", %1 shared").arg(format::count(config.n_shared_experts));
}

QString attentionText(const engine::ModelConfig& config) {
  const QString query = config.q_lora_rank > 0
                            ? ReportView::tr("query rank %1").arg(format::count(config.q_lora_rank))
                            : ReportView::tr("plain query");
  return ReportView::tr("MLA, %1 heads, latent %2 + %3 RoPE, %4")
      .arg(format::count(config.num_attention_heads), format::count(config.kv_lora_rank),
           format::count(config.qk_rope_head_dim), query);
}

ReportView::ReportView(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      facts_(new QGridLayout()),
      memory_(new QLabel(this)),
      memoryBar_(new QProgressBar(this)),
      findingsTitle_(new QLabel(this)),
      findings_(new QTreeWidget(this)) {
  facts_->setHorizontalSpacing(theme.gap(6));
  facts_->setVerticalSpacing(theme.unit() + 1);
  facts_->setColumnStretch(1, 1);
  memory_->setWordWrap(true);
  memory_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  memoryBar_->setTextVisible(false);
  memoryBar_->setAccessibleName(tr("Memory needed of memory free"));
  findings_->setColumnCount(3);
  findings_->setHeaderLabels({tr("Severity"), tr("Code"), tr("Finding")});
  findings_->setRootIsDecorated(false);
  findings_->setWordWrap(true);
  findings_->setUniformRowHeights(false);
  findings_->setTextElideMode(Qt::ElideNone);
  findings_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  findings_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  findings_->header()->setStretchLastSection(true);
  findings_->setAccessibleName(tr("Findings"));
  // Wrapped rows are only as high as they must be once the column's width is known.
  connect(findings_->header(), &QHeaderView::sectionResized, findings_,
          &QTreeWidget::doItemsLayout);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme.gap(3));
  column->addLayout(facts_);
  column->addWidget(memory_);
  column->addWidget(memoryBar_);
  column->addWidget(findingsTitle_);
  column->addWidget(findings_, 1);
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
    facts_->addWidget(made, row, 1);
  }
  auto* shown = qobject_cast<QLabel*>(facts_->itemAtPosition(row, 1)->widget());
  name->setText(label);
  shown->setText(value);
  shown->setToolTip(toolTip);
}

void ReportView::setReport(std::shared_ptr<const engine::CheckpointReport> report) {
  report_ = std::move(report);
  if (report_ == nullptr) return;
  fillFacts(*report_);
  fillMemory(*report_);
  fillFindings(*report_);
}

void ReportView::setMachine(const QString& machine) {
  machine_ = machine;
  if (report_ != nullptr) fillFacts(*report_);
}

void ReportView::fillFacts(const engine::CheckpointReport& report) {
  const engine::ModelConfig& config = report.config;
  const QString none = QStringLiteral("–");
  const bool known = report.config_valid;
  int row = 0;
  setRow(row++, tr("Path"), text(report.path));
  setRow(row++, tr("Architecture"),
         text(config.model_type).isEmpty() ? none : text(config.model_type));
  setRow(row++, tr("Layers"),
         known ? tr("%1 (%2 with experts), hidden size %3")
                     .arg(format::count(config.num_hidden_layers),
                          format::count(static_cast<qint64>(config.moe_layers().size())),
                          format::count(config.hidden_size))
               : none);
  setRow(row++, tr("Experts"), known ? expertsText(config) : none);
  setRow(row++, tr("Attention"), known ? attentionText(config) : none);
  setRow(row++, tr("Element type"),
         report.dtype_summary.empty() ? none : text(report.dtype_summary));
  setRow(
      row++, tr("Parameters"),
      known ? tr("%1, of which %2 activated per token")
                  .arg(format::largeCount(report.parameters.total),
                       format::largeCount(report.parameters.activated))
            : none,
      tr("%1 in total, %2 activated")
          .arg(format::count(report.parameters.total), format::count(report.parameters.activated)));
  setRow(row++, tr("Files"),
         tr("%1 (%2 tensors)").arg(format::count(report.n_files), format::count(report.n_tensors)));
  setRow(row++, tr("Tokenizer"), report.tokenizer.empty() ? none : text(report.tokenizer));
  setRow(row++, tr("Chat template"),
         report.chat_template.empty() ? none : text(report.chat_template));
  setRow(row++, tr("Runs on"), machine_);
}

void ReportView::fillMemory(const engine::CheckpointReport& report) {
  const std::int64_t needed = bytesNeeded(report);
  memoryBar_->setVisible(report.config_valid);
  if (!report.config_valid) {
    memory_->setText(tr("Memory: not known without a valid configuration."));
    return;
  }
  memory_->setText(
      tr("Memory: %1 weights + %2 cache for %3 tokens (%4 per token) + %5 scratch = %6; %7 free")
          .arg(format::bytes(report.weight_bytes), format::bytes(report.cache_bytes),
               format::count(report.context_length), format::bytes(report.cache_bytes_per_token),
               format::bytes(report.scratch_bytes), format::bytes(needed),
               format::bytes(report.memory_available)));
  memory_->setToolTip(format::exactBytes(needed));
  const double share =
      report.memory_available > 0
          ? static_cast<double>(needed) / static_cast<double>(report.memory_available)
          : 1.0;
  memoryBar_->setRange(0, 1000);
  memoryBar_->setValue(static_cast<int>(1000 * std::clamp(share, 0.0, 1.0)));
}

void ReportView::fillFindings(const engine::CheckpointReport& report) {
  using Severity = engine::Finding::Severity;
  findings_->clear();
  int nErrors = 0;
  int nWarnings = 0;
  for (const engine::Finding& finding : report.findings) {
    const bool error = finding.severity == Severity::Error;
    const bool warning = finding.severity == Severity::Warning;
    nErrors += error ? 1 : 0;
    nWarnings += warning ? 1 : 0;
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
    item->setText(1, text(finding.code));
    item->setText(2, format::oneLine(QString::fromStdString(finding.message), 2000));
    item->setToolTip(2, format::toolTip(item->text(2)));
  }
  findingsTitle_->setText(
      report.findings.empty()
          ? tr("Nothing is missing or wrong.")
          : tr("Errors: %1 · warnings: %2 · notes: %3")
                .arg(nErrors)
                .arg(nWarnings)
                .arg(static_cast<int>(report.findings.size()) - nErrors - nWarnings));
  findings_->setVisible(!report.findings.empty());
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
