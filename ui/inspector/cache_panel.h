// CachePanel: the cache ledger: what a token costs in this model's latent cache, and what it would
// cost with other kinds of attention. Comparisons carry their sign.
#pragma once

#include "app/cache_ledger.h"
#include "ui/inspector/inspector_panel.h"

class QLabel;

namespace ui {

class InspectorTable;

class CachePanel : public InspectorPanel {
  Q_OBJECT
 public:
  explicit CachePanel(const Theme& theme, QWidget* parent = nullptr);
  /// Without rows: no model is loaded.
  void setLedger(const app::CacheLedger& ledger);
  InspectorTable& table() { return *table_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void apply();
  void addRow(const app::LedgerRow& ledgerRow, double widest);

  app::CacheLedger ledger_;
  QLabel* message_;
  QLabel* summary_;
  InspectorTable* table_;
};

/// "57× more", "2.3× less", "this cache".
QString ratioText(double ratio);

}  // namespace ui
