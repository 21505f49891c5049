// The table of candidates.
// Probabilities and entropies are the engine's; only the conversion to bits is made here.
#include "ui/inspector/next_token_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QVBoxLayout>
#include <numbers>

#include "ui/format.h"
#include "ui/inspector/bar_delegate.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/inspector_table.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

enum Column { kRank, kToken, kId, kBefore, kAfter, kColumnCount };

QString bits(float nats) {
  return NextTokenPanel::tr("%1 bits").arg(
      format::value(static_cast<double>(nats) / std::numbers::ln2));
}

}  // namespace

NextTokenPanel::NextTokenPanel(const Theme& theme, QWidget* parent)
    : InspectorPanel(theme, parent),
      message_(new QLabel(this)),
      summary_(makeLegend(theme, this)),
      table_(new InspectorTable(
          theme, {tr("#"), tr("token"), tr("id"), tr("model"), tr("after sampler")}, this)) {
  setObjectName(QStringLiteral("nextTokenPanel"));
  setAccessibleName(tr("Next token"));
  setAccessibleDescription(
      tr("The most probable tokens after the selected one, and the one that was drawn"));
  message_->setTextFormat(Qt::PlainText);
  message_->setWordWrap(true);
  message_->setAlignment(Qt::AlignCenter);
  message_->setForegroundRole(QPalette::PlaceholderText);
  table_->setAccessibleName(tr("Candidates"));
  table_->setMinimumHeight(3 * table_->rowHeight());
  auto* delegate = new BarDelegate(theme, 0.52, table_);
  table_->setItemDelegateForColumn(kBefore, delegate);
  table_->setItemDelegateForColumn(kAfter, delegate);
  column()->addWidget(summary_);
  column()->addWidget(table_, 1);
  column()->addWidget(message_, 1);
  connect(&theme, &Theme::changed, this, &NextTokenPanel::apply);
  applyColumns();
  apply();
}

void NextTokenPanel::applyColumns() {
  QHeaderView* head = table_->horizontalHeader();
  head->setMinimumSectionSize(theme().gap(6));
  head->setSectionResizeMode(QHeaderView::Stretch);
  const QFontMetrics metrics(theme().font(FontRole::MonoSmall));
  for (const auto& [section, sample] : {std::pair(kRank, "000"), std::pair(kId, "000000")}) {
    head->setSectionResizeMode(section, QHeaderView::Fixed);
    head->resizeSection(section, metrics.horizontalAdvance(QLatin1String(sample)) + theme().gap(3));
  }
}

void NextTokenPanel::setModelPresent(bool present) {
  modelPresent_ = present;
  apply();
}

void NextTokenPanel::setNextToken(const app::InspectionPart& part,
                                  std::shared_ptr<const engine::NextToken> next) {
  if (part == part_ && next == next_) return;
  part_ = part;
  next_ = std::move(next);
  apply();
}

void NextTokenPanel::addRow(int rank, const engine::TokenCandidate& candidate, bool chosen) {
  const int row = table_->rowCount();
  table_->insertRow(row);
  const QString text = format::tokenText(candidate.text);
  table_->put(row, kRank, chosen ? QStringLiteral("▸%1").arg(rank + 1) : QString::number(rank + 1),
              chosen ? tr("This token was drawn") : QString());
  table_->put(row, kToken, text, tr("%1 · logit %2").arg(text, format::exact(candidate.logit)),
              Qt::AlignLeft);
  table_->put(row, kId, QString::number(candidate.token.value));
  auto* before =
      table_->put(row, kBefore, format::value(static_cast<double>(candidate.probability)),
                  format::exact(candidate.probability));
  before->setData(BarDelegate::kPlaceRole, static_cast<double>(candidate.probability));
  if (next_->sampler_known) {
    const bool cut = !(candidate.sampled_probability > 0.0F);
    auto* after = table_->put(
        row, kAfter,
        cut ? tr("cut off") : format::value(static_cast<double>(candidate.sampled_probability)),
        format::exact(candidate.sampled_probability));
    after->setData(BarDelegate::kPlaceRole, static_cast<double>(candidate.sampled_probability));
    if (cut) after->setForeground(theme().colour(ColourRole::TextMuted));
  }
  if (!chosen) return;
  QFont strong = table_->font();
  strong.setBold(true);
  for (int column = 0; column < kColumnCount; ++column) {
    if (QTableWidgetItem* cell = table_->item(row, column)) {
      cell->setFont(strong);
      cell->setBackground(theme().colour(ColourRole::Hover));
    }
  }
}

void NextTokenPanel::apply() {
  const bool pending = part_.state == app::InspectionState::Pending;
  const bool listed = next_ && (!next_->top.empty() || next_->chosen);
  const bool ready = listed && (pending || part_.state == app::InspectionState::Ready);
  table_->setEnabled(!pending);
  QString message;
  if (!modelPresent_) {
    message = tr("Open a checkpoint and send a message to see what the model expects next.");
  } else if (!ready) {
    message = missingText(part_);
    if (message.isEmpty()) message = tr("The engine named no candidates for this token.");
  }
  message_->setText(message);
  message_->setVisible(!ready);
  table_->setVisible(ready);
  summary_->setVisible(ready);
  table_->setRowCount(0);
  if (!ready) return;
  table_->setColumnHidden(kAfter, !next_->sampler_known);
  for (std::size_t i = 0; i < next_->top.size(); ++i) {
    const bool chosen = next_->chosen && next_->chosen->token == next_->top[i].token;
    addRow(static_cast<int>(i), next_->top[i], chosen);
  }
  const bool chosenListed = next_->chosen_rank < static_cast<int>(next_->top.size());
  if (next_->chosen && !chosenListed) addRow(next_->chosen_rank, *next_->chosen, true);
  summary_->setText(summary());
  summary_->setToolTip(
      tr("Entropy: %1 before the sampler").arg(bits(next_->entropy)) +
      (next_->sampler_known ? tr(", %1 after it").arg(bits(next_->sampled_entropy)) : QString()));
}

QString NextTokenPanel::summary() const {
  if (!next_) return {};
  const QString before = format::value(static_cast<double>(next_->entropy));
  if (!next_->sampler_known) {
    return tr("entropy %1 nats · recomputed: the model's own distribution, without a sampler")
        .arg(before);
  }
  return tr("entropy %1 → %2 nats · tokens the sampler kept: %3")
      .arg(before, format::value(static_cast<double>(next_->sampled_entropy)),
           format::count(next_->n_kept));
}

}  // namespace ui
