// Parts that are in the files and not run have no memory and no activated parameters.
#include "ui/load/parts_table.h"

#include <QHeaderView>
#include <algorithm>
#include <vector>

#include "ui/format.h"
#include "ui/load/report_texts.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

enum Column { kPart, kParameters, kActivated, kOnDisk, kInMemory, kTypes };

std::int64_t bytesIn(const engine::WeightBytes& bytes, engine::WeightFormat form) {
  switch (form) {
    case engine::WeightFormat::Q8_0:
      return bytes.q8_0;
    case engine::WeightFormat::Q4_K:
      return bytes.q4_k;
    case engine::WeightFormat::AsStored:
      break;
  }
  return bytes.as_stored;
}

/// "BF16, F32", the largest first; the tooltip has the bytes of each.
std::pair<QString, QString> typesOf(const engine::PartTotals& part) {
  std::vector<std::pair<std::int64_t, QString>> sorted;
  for (const auto& [dtype, bytes] : part.bytes_by_dtype) {
    sorted.emplace_back(-bytes, QString::fromStdString(dtype));
  }
  std::sort(sorted.begin(), sorted.end());
  std::pair<QString, QString> text;
  for (const auto& [bytes, dtype] : sorted) {
    text.first += (text.first.isEmpty() ? QString() : QStringLiteral(", ")) + dtype;
    text.second += (text.second.isEmpty() ? QString() : QStringLiteral("\n")) + dtype +
                   QStringLiteral(": ") + format::exactBytes(-bytes);
  }
  return text;
}

}  // namespace

PartsTable::PartsTable(const Theme& theme, QWidget* parent)
    : InspectorTable(theme,
                     {tr("part"), tr("parameters"), tr("activated"), tr("on disk"), tr("in memory"),
                      tr("types")},
                     parent) {
  setAccessibleName(tr("Parts of the model"));
  setStyleSheet(QStringLiteral("QHeaderView::section { padding: 4px %1px; } "
                               "QTableView::item { border: 0px; padding: 0px %1px; }")
                    .arg(theme.gap(1) + 1));
  horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  horizontalHeader()->setStretchLastSection(true);
  for (const int column : {kParameters, kActivated, kOnDisk, kInMemory}) {
    horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  }
  for (const int column : {kPart, kTypes}) {
    horizontalHeaderItem(column)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  }
  horizontalHeaderItem(kActivated)->setToolTip(format::toolTip(activatedText()));
  horizontalHeaderItem(kInMemory)->setToolTip(
      format::toolTip(tr("With the weights as chosen below")));
}

void PartsTable::addPart(const engine::PartTotals& part, std::int64_t drafterBytes,
                         engine::WeightFormat form) {
  const int row = rowCount();
  insertRow(row);
  const bool isRun = part.part != engine::ModelPart::Mtp && part.part != engine::ModelPart::Other;
  // Drafting is no part of the model's answer, but takes its memory.
  const bool drafts = part.part == engine::ModelPart::Mtp && drafterBytes > 0;
  const std::int64_t bytes = drafts ? drafterBytes : bytesIn(part.bytes, form);
  const QString none = QStringLiteral("–");
  put(row, kPart, partName(part.part), {}, Qt::AlignLeft);
  put(row, kParameters, format::largeCount(part.parameters), format::count(part.parameters));
  put(row, kActivated, isRun ? format::largeCount(part.activated) : none,
      isRun    ? format::count(part.activated)
      : drafts ? tr("Drafts tokens ahead; the answer is the model's own")
               : tr("In the files, but not run"));
  put(row, kOnDisk, format::bytes(part.bytes.as_stored), format::exactBytes(part.bytes.as_stored));
  put(row, kInMemory, isRun || drafts ? format::bytes(bytes) : none,
      isRun || drafts ? format::exactBytes(bytes) : tr("In the files, but not loaded"));
  const auto [types, exact] = typesOf(part);
  put(row, kTypes, types, exact, Qt::AlignLeft);
}

void PartsTable::addSum(const engine::CheckpointReport& report, engine::WeightFormat form) {
  const int row = rowCount();
  insertRow(row);
  const std::int64_t onDisk = report.weight_bytes;
  const std::int64_t inMemory = bytesIn(report.weight_bytes_by_format, form);
  put(row, kPart, tr("main model"), tr("Without the parts that are not run"), Qt::AlignLeft);
  put(row, kParameters, format::largeCount(report.parameters.total),
      format::count(report.parameters.total));
  put(row, kActivated, format::largeCount(report.parameters.activated),
      format::count(report.parameters.activated));
  put(row, kOnDisk, format::bytes(onDisk), format::exactBytes(onDisk));
  put(row, kInMemory, format::bytes(inMemory), format::exactBytes(inMemory));
  put(row, kTypes, {}, {}, Qt::AlignLeft);
  QFont strong = font();
  strong.setBold(true);
  for (int column = 0; column < columnCount(); ++column) item(row, column)->setFont(strong);
}

void PartsTable::setReport(const engine::CheckpointReport& report, engine::WeightFormat form) {
  setRowCount(0);
  for (const engine::PartTotals& part : report.parts) addPart(part, report.drafter_bytes, form);
  if (!report.parts.empty()) addSum(report, form);
}

}  // namespace ui
