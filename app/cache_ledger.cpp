#include "app/cache_ledger.h"

namespace app {

namespace {

CacheLedger ledgerFrom(const engine::CheckpointReport& report, qint64 contextLength,
                       qint64 contextUsed) {
  CacheLedger ledger;
  ledger.contextLength = contextLength;
  ledger.contextUsed = contextUsed;
  for (const engine::CacheLedgerRow& row : report.cache_ledger) {
    const qint64 own = report.cache_ledger.front().bytes_per_token;
    LedgerRow out;
    out.kind = QString::fromStdString(row.kind);
    out.isThisModel = ledger.rows.isEmpty();
    out.elementsPerToken = row.elements_per_token;
    out.bytesPerToken = row.bytes_per_token;
    out.bytesAtContext = row.bytes_per_token * contextLength;
    out.bytesNow = row.bytes_per_token * contextUsed;
    out.ratio = own > 0 ? static_cast<double>(row.bytes_per_token) / static_cast<double>(own) : 0.0;
    ledger.rows.append(out);
  }
  return ledger;
}

}  // namespace

CacheLedger cacheLedger(const engine::ModelInfo& info, qint64 contextUsed) {
  CacheLedger ledger = ledgerFrom(info.report, info.context_length, contextUsed);
  ledger.keptPerToken = info.kept_bytes_per_token;
  return ledger;
}

CacheLedger cacheLedger(const engine::CheckpointReport& report) {
  CacheLedger ledger = ledgerFrom(report, report.context_length, 0);
  ledger.keptPerToken = report.kept_bytes_per_token.as_stored;
  return ledger;
}

}  // namespace app
