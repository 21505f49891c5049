// Bars, table and rule of one router decision.
// The table repeats in numbers what the bars show, for reading, copying and screen readers.
#include "ui/inspector/router_decision_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/inspector/router_bars_view.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

enum Column { kPlace, kExpert, kGroup, kAffinity, kBias, kBiased, kWeight, kColumnCount };

// A bias that all experts share hides the affinities: then its mean is taken off at first.
bool biasDwarfsAffinity(const RouterAnalysis& analysis) {
  double bias = 0.0;
  double largest = 0.0;
  for (const ExpertVerdict& verdict : analysis.experts) {
    bias += static_cast<double>(verdict.bias);
    largest = std::max(largest, std::fabs(static_cast<double>(verdict.affinity)));
  }
  return std::fabs(bias) > 2.0 * largest * static_cast<double>(analysis.experts.size());
}

}  // namespace

RouterDecisionView::RouterDecisionView(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      title_(new QLabel(this)),
      centreBias_(new QToolButton(this)),
      copy_(new QToolButton(this)),
      bars_(new RouterBarsView(theme, this)),
      key_(makeLegend(theme, this)),
      table_(new QTableWidget(0, kColumnCount, this)),
      rule_(makeLegend(theme, this)) {
  auto* head = new QHBoxLayout;
  head->setSpacing(theme.gap(1));
  head->addWidget(title_, 1);
  head->addWidget(centreBias_);
  head->addWidget(copy_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme.gap(1));
  column->addLayout(head);
  column->addWidget(bars_, 1);
  column->addWidget(key_);
  column->addWidget(table_);
  column->addWidget(rule_);

  title_->setTextFormat(Qt::PlainText);
  title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  centreBias_->setText(tr("bias − mean"));
  centreBias_->setCheckable(true);
  centreBias_->setToolTip(
      tr("Draw the bias less its mean over the layer: a bias that all experts share changes no "
         "choice"));
  copy_->setToolTip(tr("Copy the whole decision as a table (TSV)"));
  copy_->setAccessibleName(tr("Copy decision"));
  table_->setAccessibleName(tr("Chosen experts in order"));
  table_->setHorizontalHeaderLabels({tr("#"), tr("expert"), tr("group"), tr("affinity"),
                                     tr("+ bias"), tr("= biased"), tr("weight")});
  table_->verticalHeader()->hide();
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  // Seven columns share a narrow dock.
  table_->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 4px 2px; }"));
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  table_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

  connect(bars_, &RouterBarsView::expertClicked, this, &RouterDecisionView::expertClicked);
  connect(centreBias_, &QToolButton::toggled, this, [this](bool on) {
    bars_->setBiasDrawing(on ? BiasDrawing::LessItsMean : BiasDrawing::AsItIs);
    key_->setText(summary());
  });
  connect(copy_, &QToolButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(bars_->tableText()); });
  connect(table_, &QTableWidget::cellClicked, this, [this](int row, int) {
    const QVariant expert = table_->item(row, kExpert)->data(Qt::UserRole);
    if (expert.isValid()) Q_EMIT expertClicked(expert.toInt());
  });
  connect(&theme_, &Theme::changed, this, &RouterDecisionView::applyTheme);
  applyTheme();
  setDecision(nullptr, {});
}

void RouterDecisionView::applyTheme() {
  title_->setFont(theme_.font(FontRole::Strong));
  copy_->setIcon(theme_.icon(QStringLiteral("copy")));
  copy_->setIconSize(QSize(theme_.iconSize(), theme_.iconSize()));
  table_->setFont(theme_.font(FontRole::MonoSmall));
  table_->horizontalHeader()->setFont(theme_.font(FontRole::Small));
  fillTable();
}

void RouterDecisionView::setModel(std::shared_ptr<const engine::ModelInfo> info) {
  info_ = std::move(info);
  centreBias_->setChecked(false);
  setDecision(nullptr, {});
}

void RouterDecisionView::setDecision(const engine::RouterDecision* decision, const QString& why) {
  const bool hadValues = !analysis_.experts.empty();
  analysis_ = {};
  if (decision && info_) {
    analysis_ = analyseRouter(*decision, biasOfLayer(*info_, decision->layer.value), info_->config);
    title_->setText(tr("L%1: how its experts were chosen").arg(decision->layer.value));
    if (!hadValues && biasDwarfsAffinity(analysis_)) centreBias_->setChecked(true);
  } else {
    title_->setText(tr("How the experts were chosen"));
  }
  const bool present = !analysis_.experts.empty();
  bars_->setAnalysis(analysis_);
  bars_->setMessage(present ? QString() : why);
  rule_->setText(info_ ? ruleText(info_->config, analysis_.hasBias) : QString());
  key_->setText(summary());
  for (QWidget* part : {static_cast<QWidget*>(key_), static_cast<QWidget*>(table_),
                        static_cast<QWidget*>(rule_), static_cast<QWidget*>(copy_)}) {
    part->setVisible(present);
  }
  centreBias_->setVisible(present && analysis_.hasBias);
  fillTable();
}

void RouterDecisionView::setStale(bool stale) {
  bars_->setStale(stale);
  table_->setEnabled(!stale);
}

void RouterDecisionView::setSelectedExpert(int expert) {
  selected_ = expert;
  key_->setText(summary());
  bars_->setSelectedExpert(expert);
  table_->clearSelection();
  for (int row = 0; row < table_->rowCount(); ++row) {
    const QVariant held = table_->item(row, kExpert)->data(Qt::UserRole);
    if (held.isValid() && held.toInt() == expert) table_->selectRow(row);
  }
}

QString RouterDecisionView::summary() const {
  if (analysis_.chosen.empty()) return {};
  QStringList parts;
  parts << tr("■ chosen, with a dot");
  if (analysis_.hasBias) parts << tr("cap: the bias, orange adds, blue takes away");
  if (analysis_.nGroups > 1) {
    parts << tr("hatched: group closed");
    int shutOut = 0;
    for (const ExpertVerdict& verdict : analysis_.experts) {
      if (verdict.state == ExpertState::ClosedWouldWin) ++shutOut;
    }
    if (shutOut > 0) {
      parts << tr("▽ only shut out by the group limit: %1").arg(shutOut);
    }
  }
  parts << tr("dashed: the line to reach, %1")
               .arg(format::value(static_cast<double>(analysis_.threshold)));
  if (analysis_.margin) {
    parts
        << tr("margin to the next: %1").arg(format::value(static_cast<double>(*analysis_.margin)));
  }
  if (bars_->biasShift() != 0.0F) {
    parts << tr("bias drawn less its mean %1")
                 .arg(format::value(static_cast<double>(bars_->biasShift())));
  }
  QString text = parts.join(QStringLiteral(" · "));
  // What the pointer's tooltip says, for those who come by keyboard.
  const QString selected = bars_->readout(selected_);
  if (!selected.isEmpty()) text += QLatin1Char('\n') + onOneLine(selected);
  return text;
}

void RouterDecisionView::setCell(int row, int column, const QString& text, const QString& exact) {
  auto* item = new QTableWidgetItem(text);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  item->setToolTip(exact);
  table_->setItem(row, column, item);
}

void RouterDecisionView::addExpertRow(const QString& place, int expert) {
  const ExpertVerdict& verdict = analysis_.experts[static_cast<std::size_t>(expert)];
  const int row = table_->rowCount();
  table_->insertRow(row);
  const auto number = [](float value) { return format::value(static_cast<double>(value)); };
  setCell(row, kPlace, place, {});
  setCell(row, kExpert, QStringLiteral("e%1").arg(expert), bars_->readout(expert));
  table_->item(row, kExpert)->setData(Qt::UserRole, expert);
  setCell(row, kGroup,
          analysis_.nGroups > 1 ? QStringLiteral("g%1").arg(verdict.group) : QStringLiteral("–"),
          {});
  setCell(row, kAffinity, number(verdict.affinity), format::exact(verdict.affinity));
  setCell(row, kBias, format::signedValue(static_cast<double>(verdict.bias)),
          format::exact(verdict.bias));
  setCell(row, kBiased, number(verdict.biased), format::exact(verdict.biased));
  const bool chosen = verdict.state == ExpertState::Chosen;
  setCell(row, kWeight, chosen ? number(verdict.weight) : QStringLiteral("–"),
          chosen ? format::exact(verdict.weight) : tr("not chosen"));
  if (chosen) return;
  for (int column = 0; column < kColumnCount; ++column) {
    table_->item(row, column)->setForeground(theme_.colour(ColourRole::TextMuted));
  }
}

void RouterDecisionView::addSharedRow() {
  const int row = table_->rowCount();
  table_->insertRow(row);
  for (int column = 0; column < kColumnCount; ++column) setCell(row, column, {}, {});
  const auto nShared = static_cast<int>(info_->config.n_shared_experts);
  QTableWidgetItem* item = table_->item(row, kPlace);
  item->setText(tr("shared experts (%1): always, weight 1").arg(nShared));
  item->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  item->setToolTip(tr("Shared experts read every token; the router does not weigh them"));
  table_->setSpan(row, kPlace, 1, kColumnCount);
}

void RouterDecisionView::fillTable() {
  table_->clearSpans();
  table_->setRowCount(0);
  const int rowHeight = QFontMetrics(table_->font()).height() + theme_.gap(1);
  table_->verticalHeader()->setDefaultSectionSize(rowHeight);
  table_->verticalHeader()->setMinimumSectionSize(rowHeight);
  for (std::size_t place = 0; place < analysis_.chosen.size(); ++place) {
    addExpertRow(QString::number(place + 1), analysis_.chosen[place]);
  }
  if (analysis_.runnerUp) addExpertRow(tr("next"), *analysis_.runnerUp);
  if (info_ && info_->config.n_shared_experts > 0 && !analysis_.experts.empty()) addSharedRow();
  const int height =
      table_->horizontalHeader()->sizeHint().height() + table_->rowCount() * rowHeight;
  table_->setFixedHeight(height + 2);
}

QString RouterDecisionView::ruleText(const engine::ModelConfig& config, bool hasBias) {
  if (config.n_routed_experts <= 0) return {};
  QStringList parts;
  parts << (config.scoring_func == engine::ScoreFunction::Sigmoid
                ? tr("Affinity = sigmoid of the router's output for each of %1 experts.")
                : tr("Affinity = softmax of the router's output over %1 experts."))
               .arg(config.n_routed_experts);
  const bool biased = config.topk_method == engine::TopkMethod::NoauxTc;
  if (biased) {
    parts << (hasBias ? tr("A bias is added for choosing only.")
                      : tr("The bias for choosing is zero in this layer."));
  }
  if (config.n_group > 1 && config.topk_method != engine::TopkMethod::Greedy) {
    parts
        << (biased
                ? tr("A group counts the sum of its two best; the best %1 of %2 groups are open.")
                : tr("A group's score is the maximum of its experts; the best %1 of %2 groups are "
                     "open."))
               .arg(config.topk_group)
               .arg(config.n_group);
  }
  if (config.architecture == engine::Architecture::Mixtral) {
    parts << tr("The best %1 are chosen. Weight = softmax over the chosen, which is affinity ÷ sum "
                "of the chosen affinities.")
                 .arg(config.num_experts_per_tok);
    return parts.join(QLatin1Char(' '));
  }
  parts << tr("The best %1 are chosen.").arg(config.num_experts_per_tok);
  const QString factor = format::exact(static_cast<float>(config.routed_scaling_factor));
  parts << (config.norm_topk_prob ? tr("Weight = affinity ÷ sum of the chosen affinities × %1.")
                                  : tr("Weight = affinity × %1."))
               .arg(factor);
  return parts.join(QLatin1Char(' '));
}

}  // namespace ui
