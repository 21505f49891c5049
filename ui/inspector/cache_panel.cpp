// The ledger's table. Bars are logarithmic in the ratio, so that twice and half are equally long.
// Byte counts come from the model's configuration, by app::cacheLedger.
#include "ui/inspector/cache_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector/bar_delegate.h"
#include "ui/inspector/inspector_table.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

enum Column { kKind, kPerToken, kNow, kFull, kCompared };

/// The engine's names; "MHA", "GQA-8" and "MQA" are the same in every language.
QString kindText(const QString& kind) {
  if (kind == QLatin1String("MLA latent")) return CachePanel::tr("MLA latent");
  if (kind == QLatin1String("MLA latent + index key")) {
    return CachePanel::tr("MLA latent + index key");
  }
  return kind;
}

}  // namespace

QString ratioText(double ratio) {
  if (!(ratio > 0.0)) return QStringLiteral("–");
  if (std::fabs(ratio - 1.0) < 1e-9) return CachePanel::tr("equal");
  return ratio > 1.0 ? CachePanel::tr("%1× more").arg(format::value(ratio))
                     : CachePanel::tr("%1× less").arg(format::value(1.0 / ratio));
}

CachePanel::CachePanel(const Theme& theme, QWidget* parent)
    : InspectorPanel(theme, parent),
      message_(new QLabel(this)),
      summary_(makeLegend(theme, this)),
      table_(new InspectorTable(
          theme,
          {tr("attention"), tr("per token"), tr("now"), tr("full context"), tr("less ◂ ▸ more")},
          this)) {
  setObjectName(QStringLiteral("cachePanel"));
  setAccessibleName(tr("Cache"));
  setAccessibleDescription(
      tr("Bytes per token of this model's cache, beside what other kinds of attention would keep"));
  header().hide();
  message_->setText(tr("Open a checkpoint to see what a token costs in its cache."));
  message_->setWordWrap(true);
  message_->setAlignment(Qt::AlignCenter);
  message_->setForegroundRole(QPalette::PlaceholderText);
  table_->setAccessibleName(tr("Cache ledger"));
  table_->setItemDelegateForColumn(kCompared, new BarDelegate(theme, 0.6, table_));
  QHeaderView* head = table_->horizontalHeader();
  head->setSectionResizeMode(QHeaderView::ResizeToContents);
  head->setSectionResizeMode(kCompared, QHeaderView::Stretch);
  column()->addWidget(summary_);
  column()->addWidget(table_, 1);
  column()->addWidget(message_, 1);
  connect(&theme, &Theme::changed, this, &CachePanel::apply);
  apply();
}

// In a narrow dock the cost at the present length steps back.
void CachePanel::resizeEvent(QResizeEvent* event) {
  InspectorPanel::resizeEvent(event);
  table_->setColumnHidden(kNow, width() < theme().gap(120));
}

void CachePanel::setLedger(const app::CacheLedger& ledger) {
  if (ledger == ledger_) return;
  ledger_ = ledger;
  apply();
}

void CachePanel::addRow(const app::LedgerRow& ledgerRow, double widest) {
  const int row = table_->rowCount();
  table_->insertRow(row);
  table_->put(row, kKind, kindText(ledgerRow.kind), {}, Qt::AlignLeft);
  table_->put(row, kPerToken, format::bytes(ledgerRow.bytesPerToken),
              tr("%1, %2 values over all layers")
                  .arg(format::exactBytes(ledgerRow.bytesPerToken),
                       format::count(ledgerRow.elementsPerToken)));
  table_->put(row, kNow, format::bytes(ledgerRow.bytesNow), format::exactBytes(ledgerRow.bytesNow));
  table_->put(row, kFull, format::bytes(ledgerRow.bytesAtContext),
              format::exactBytes(ledgerRow.bytesAtContext));
  const QString compared = ledgerRow.isThisModel ? tr("this cache") : ratioText(ledgerRow.ratio);
  auto* bar = table_->put(row, kCompared, compared, format::value(ledgerRow.ratio));
  bar->setData(BarDelegate::kSignedRole, true);
  bar->setData(BarDelegate::kPlaceRole,
               ledgerRow.ratio > 0.0 && widest > 0.0 ? std::log2(ledgerRow.ratio) / widest : 0.0);
  if (!ledgerRow.isThisModel) return;
  QFont strong = table_->font();
  strong.setBold(true);
  for (int column = 0; column < table_->columnCount(); ++column)
    table_->item(row, column)->setFont(strong);
}

void CachePanel::apply() {
  const bool present = !ledger_.rows.isEmpty();
  message_->setVisible(!present);
  table_->setVisible(present);
  summary_->setVisible(present);
  table_->setRowCount(0);
  if (!present) return;
  double widest = 0.0;
  for (const app::LedgerRow& row : ledger_.rows) {
    if (row.ratio > 0.0) widest = std::max(widest, std::fabs(std::log2(row.ratio)));
  }
  for (const app::LedgerRow& row : ledger_.rows) addRow(row, widest);
  QString summary =
      tr("%1 of %2 tokens in the context · bars: logarithm of the ratio, the same model "
         "and element size")
          .arg(format::count(ledger_.contextUsed), format::count(ledger_.contextLength));
  if (ledger_.keptPerToken > 0) {
    summary += tr(" · besides, %1 per token: the latents in whole numbers, for attention on this "
                  "processor")
                   .arg(format::bytes(ledger_.keptPerToken));
  }
  summary_->setText(summary);
}

}  // namespace ui
