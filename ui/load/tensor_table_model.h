// TensorTableModel: every tensor as a row, filtered by words and sorted by a column. Keeps one list
// of row numbers, so that ninety thousand rows stay quick.
#pragma once

#include <QAbstractTableModel>
#include <string>
#include <vector>

#include "app/tensor_worker.h"

namespace ui {

class TensorTableModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kName, kShape, kType, kBytes, kPart, kLayer, kFile, kColumnCount };

  explicit TensorTableModel(QObject* parent = nullptr);
  /// Null: no rows.
  void setRows(app::TensorRows rows);
  /// Rows that contain every word, in their name, part, role, type or file.
  void setFilter(const QString& words);
  /// The checkpoint's row that a shown row stands for; −1: none.
  int sourceRow(int row) const;
  /// Where the checkpoint's row is shown; −1: filtered out.
  int shownRow(int sourceRow) const;
  std::int64_t shownBytes() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;

 private:
  QString text(const engine::TensorRow& row, int column) const;
  void readNames();
  void rebuild();
  void sortShown();

  app::TensorRows rows_;
  std::vector<int> nameRank_;          // of each row, by natural order of the names
  std::vector<std::string> searched_;  // of each row: what a word is looked for in, lower case
  std::vector<std::string> words_;     // lower case
  std::vector<int> shown_;
  int sortColumn_ = kName;
  Qt::SortOrder sortOrder_ = Qt::AscendingOrder;
};

/// "[2,048, 1,408]"
QString shapeText(const std::vector<std::int64_t>& shape);
/// Digits compare as numbers: "layers.2" before "layers.10".
bool naturallyBefore(const std::string& a, const std::string& b);

}  // namespace ui
