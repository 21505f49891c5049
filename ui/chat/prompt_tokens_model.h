// PromptTokensModel: the tokens of a prompt as rows: place, id, text, and where it comes from.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "app/engine_door.h"

namespace ui {

class Theme;

class PromptTokensModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kPlace, kId, kText, kOrigin, kColumnCount };

  explicit PromptTokensModel(const Theme& theme, QObject* parent = nullptr);
  void setPreview(std::shared_ptr<const app::PromptPreview> preview);
  QString tableText() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  int alignment(int column) const;
  QString text(const engine::PromptToken& token, int row, int column) const;

  const Theme& theme_;
  std::shared_ptr<const app::PromptPreview> preview_;
};

}  // namespace ui
