// The cache ledger: what this latent cache keeps per token, beside what other attention kinds would
// keep for the same model.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>

#include "engine/checkpoint/report.h"
#include "engine/runtime/events.h"

namespace app {

struct LedgerRow {
  QString kind;                 // "MLA latent", "MHA", "GQA-8", "MQA"
  bool isThisModel = false;     // the first row: what this model really keeps
  qint64 elementsPerToken = 0;  // over all layers
  qint64 bytesPerToken = 0;
  qint64 bytesAtContext = 0;  // for the whole context length
  qint64 bytesNow = 0;        // for the tokens in the context now
  double ratio = 0;           // bytesPerToken over this model's; below 1: that kind keeps less
  bool operator==(const LedgerRow&) const = default;
};

struct CacheLedger {
  QList<LedgerRow> rows;
  qint64 contextLength = 0;
  qint64 contextUsed = 0;
  qint64 keptPerToken = 0;  // besides, where attention reads this model's latents in whole numbers
  bool operator==(const CacheLedger&) const = default;
};

CacheLedger cacheLedger(const engine::ModelInfo& info, qint64 contextUsed);
/// For a checkpoint that is not loaded: nothing is used yet.
CacheLedger cacheLedger(const engine::CheckpointReport& report);

}  // namespace app
