#include "ui/load/tensor_table_model.h"

#include <algorithm>
#include <numeric>

#include "ui/format.h"
#include "ui/load/report_texts.h"

namespace ui {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t skipZeros(const std::string& text, std::size_t at) {
  while (at + 1 < text.size() && text[at] == '0' && isDigit(text[at + 1])) ++at;
  return at;
}

std::size_t endOfDigits(const std::string& text, std::size_t at) {
  while (at < text.size() && isDigit(text[at])) ++at;
  return at;
}

QString typeName(const engine::TensorRow& row) {
  const std::string_view name = engine::dtype_name(row.dtype);
  return QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size()));
}

}  // namespace

QString shapeText(const std::vector<std::int64_t>& shape) {
  QStringList extents;
  for (const std::int64_t extent : shape) extents += format::count(extent);
  return QStringLiteral("[%1]").arg(extents.join(QStringLiteral(" × ")));
}

bool naturallyBefore(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!isDigit(a[i]) || !isDigit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    i = skipZeros(a, i);
    j = skipZeros(b, j);
    const std::size_t endA = endOfDigits(a, i);
    const std::size_t endB = endOfDigits(b, j);
    if (endA - i != endB - j) return endA - i < endB - j;
    const int order = a.compare(i, endA - i, b, j, endB - j);
    if (order != 0) return order < 0;
    i = endA;
    j = endB;
  }
  return a.size() - i < b.size() - j;
}

TensorTableModel::TensorTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void TensorTableModel::setRows(app::TensorRows rows) {
  beginResetModel();
  rows_ = std::move(rows);
  readNames();
  rebuild();
  endResetModel();
}

void TensorTableModel::setFilter(const QString& words) {
  std::vector<std::string> split;
  for (const QString& word : words.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    split.push_back(word.toStdString());
  }
  if (split == words_) return;
  beginResetModel();
  words_ = std::move(split);
  rebuild();
  endResetModel();
}

// Once per checkpoint, so that typing and sorting compare numbers and short texts only.
void TensorTableModel::readNames() {
  nameRank_.clear();
  searched_.clear();
  if (rows_ == nullptr) return;
  const auto& rows = *rows_;
  std::vector<int> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&rows](int a, int b) {
    return naturallyBefore(rows[static_cast<std::size_t>(a)].name,
                           rows[static_cast<std::size_t>(b)].name);
  });
  nameRank_.resize(rows.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    nameRank_[static_cast<std::size_t>(order[place])] = static_cast<int>(place);
  }
  std::vector<std::string> parts;
  for (int part = 0; part < engine::kModelPartCount; ++part) {
    parts.push_back(partName(static_cast<engine::ModelPart>(part)).toLower().toStdString());
  }
  searched_.reserve(rows.size());
  for (const engine::TensorRow& row : rows) {
    std::string text = row.name + '\n' + row.role + '\n' + row.file + '\n';
    text += engine::dtype_name(row.dtype);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    searched_.push_back(text + '\n' + parts[static_cast<std::size_t>(row.part)]);
  }
}

void TensorTableModel::rebuild() {
  shown_.clear();
  if (rows_ == nullptr) return;
  for (int i = 0; i < static_cast<int>(rows_->size()); ++i) {
    const std::string& text = searched_[static_cast<std::size_t>(i)];
    const bool found = std::all_of(words_.begin(), words_.end(), [&text](const std::string& word) {
      return text.find(word) != std::string::npos;
    });
    if (found) shown_.push_back(i);
  }
  sortShown();
}

void TensorTableModel::sortShown() {
  const auto& rows = *rows_;
  const auto before = [&rows, this](int left, int right) {
    const engine::TensorRow& a = rows[static_cast<std::size_t>(left)];
    const engine::TensorRow& b = rows[static_cast<std::size_t>(right)];
    switch (sortColumn_) {
      case kPart:
        return a.part < b.part;
      case kLayer:
        return std::pair(a.layer, a.expert) < std::pair(b.layer, b.expert);
      case kShape:
        return a.shape < b.shape;
      case kType:
        return engine::dtype_name(a.dtype) < engine::dtype_name(b.dtype);
      case kBytes:
        return a.bytes < b.bytes;
      case kFile:
        return a.file < b.file;
      default:
        return nameRank_[static_cast<std::size_t>(left)] <
               nameRank_[static_cast<std::size_t>(right)];
    }
  };
  if (sortOrder_ == Qt::AscendingOrder) {
    std::stable_sort(shown_.begin(), shown_.end(), before);
  } else {
    std::stable_sort(shown_.begin(), shown_.end(),
                     [&before](int left, int right) { return before(right, left); });
  }
}

void TensorTableModel::sort(int column, Qt::SortOrder order) {
  sortColumn_ = column;
  sortOrder_ = order;
  if (rows_ == nullptr) return;
  Q_EMIT layoutAboutToBeChanged();
  const QModelIndexList old = persistentIndexList();
  std::vector<int> sources;
  for (const QModelIndex& index : old) sources.push_back(sourceRow(index.row()));
  sortShown();
  QModelIndexList moved;
  for (qsizetype i = 0; i < old.size(); ++i) {
    moved += this->index(shownRow(sources[static_cast<std::size_t>(i)]), old[i].column());
  }
  changePersistentIndexList(old, moved);
  Q_EMIT layoutChanged();
}

int TensorTableModel::sourceRow(int row) const {
  return row >= 0 && row < static_cast<int>(shown_.size()) ? shown_[static_cast<std::size_t>(row)]
                                                           : -1;
}

int TensorTableModel::shownRow(int sourceRow) const {
  const auto at = std::find(shown_.begin(), shown_.end(), sourceRow);
  return at == shown_.end() ? -1 : static_cast<int>(at - shown_.begin());
}

std::int64_t TensorTableModel::shownBytes() const {
  return std::accumulate(shown_.begin(), shown_.end(), std::int64_t{0},
                         [this](std::int64_t sum, int row) {
                           return sum + (*rows_)[static_cast<std::size_t>(row)].bytes;
                         });
}

int TensorTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

int TensorTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QString TensorTableModel::text(const engine::TensorRow& row, int column) const {
  switch (column) {
    case kName:
      return format::oneLine(QString::fromStdString(row.name), 300);
    case kPart:
      return partName(row.part);
    case kLayer:
      return row.layer < 0 ? QString()
             : row.expert < 0
                 ? format::count(row.layer)
                 : tr("%1, expert %2").arg(format::count(row.layer), format::count(row.expert));
    case kShape:
      return shapeText(row.shape);
    case kType:
      return typeName(row);
    case kBytes:
      return format::bytes(row.bytes);
    default:
      return format::oneLine(QString::fromStdString(row.file), 200);
  }
}

QVariant TensorTableModel::data(const QModelIndex& index, int role) const {
  const int source = sourceRow(index.row());
  if (source < 0) return {};
  const engine::TensorRow& row = (*rows_)[static_cast<std::size_t>(source)];
  switch (role) {
    case Qt::DisplayRole:
      return text(row, index.column());
    case Qt::ToolTipRole:
      return format::toolTip(index.column() == kBytes ? format::exactBytes(row.bytes)
                                                      : text(row, index.column()));
    case Qt::TextAlignmentRole: {
      const bool number = index.column() == kBytes || index.column() == kLayer;
      return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    default:
      return {};
  }
}

QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const bool number = section == kBytes || section == kLayer;
  if (role == Qt::TextAlignmentRole) {
    return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole) return {};
  const QStringList names{tr("name"), tr("shape"), tr("type"), tr("bytes"),
                          tr("part"), tr("layer"), tr("file")};
  return names.value(section);
}

}  // namespace ui
