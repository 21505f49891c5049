#include "ui/chat/prompt_tokens_model.h"

#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

PromptTokensModel::PromptTokensModel(const Theme& theme, QObject* parent)
    : QAbstractTableModel(parent), theme_(theme) {}

void PromptTokensModel::setPreview(std::shared_ptr<const app::PromptPreview> preview) {
  beginResetModel();
  preview_ = std::move(preview);
  endResetModel();
}

int PromptTokensModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || preview_ == nullptr ? 0 : static_cast<int>(preview_->tokens.size());
}

int PromptTokensModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QString PromptTokensModel::text(const engine::PromptToken& token, int row, int column) const {
  switch (column) {
    case kPlace:
      return format::count(row);
    case kId:
      return QString::number(token.token.value);  // an id, not an amount
    case kText:
      return format::tokenText(token.bytes);
    default:
      return token.is_control          ? tr("control")
             : token.message_index < 0 ? tr("template")
                                       : tr("message %1").arg(token.message_index + 1);
  }
}

int PromptTokensModel::alignment(int column) const {
  const bool number = column == kPlace || column == kId;
  return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

QVariant PromptTokensModel::data(const QModelIndex& index, int role) const {
  if (preview_ == nullptr || index.row() >= rowCount()) return {};
  const engine::PromptToken& token = preview_->tokens[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return text(token, index.row(), index.column());
    case Qt::ToolTipRole: {
      const QByteArray bytes = QByteArray::fromStdString(token.bytes).toHex(' ').toUpper();
      return format::toolTip(tr("bytes %1").arg(QString::fromLatin1(bytes)));
    }
    case Qt::TextAlignmentRole:
      return alignment(index.column());
    case Qt::ForegroundRole:
      if (token.is_control) return theme_.colour(ColourRole::Accent);
      return token.message_index < 0 ? QVariant(theme_.colour(ColourRole::TextMuted)) : QVariant();
    default:
      return {};
  }
}

QVariant PromptTokensModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return alignment(section);
  if (role != Qt::DisplayRole) return {};
  return QStringList{tr("#"), tr("id"), tr("token"), tr("from")}.value(section);
}

QString PromptTokensModel::tableText() const {
  QString table = QStringLiteral("position\tid\ttoken\tfrom\n");
  for (int row = 0; row < rowCount(); ++row) {
    const engine::PromptToken& token = preview_->tokens[static_cast<std::size_t>(row)];
    QStringList cells;
    for (const int column : {kId, kText, kOrigin}) cells += text(token, row, column);
    table += QString::number(row) + QLatin1Char('\t') + cells.join(QLatin1Char('\t')) +
             QLatin1Char('\n');
  }
  return table;
}

}  // namespace ui
