// TensorBrowser: the tensors of one checkpoint, which of them is looked at, and what is known of
// it. Reading a tensor can be stopped; what was read is kept while the checkpoint is shown.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <optional>
#include <string>

#include "app/tensor_worker.h"

namespace app {

class EngineBridge;

enum class TensorListState { Empty, Reading, Ready, Failed };
enum class TensorReadState { NotAsked, Reading, Ready, Failed };

class TensorBrowser : public QObject {
  Q_OBJECT

 public:
  /// `bridge` outlives it.
  explicit TensorBrowser(EngineBridge& bridge, QObject* parent = nullptr);

  TensorListState state() const { return state_; }
  QString path() const { return path_; }
  /// Null unless Ready.
  const TensorRows& rows() const { return rows_; }
  QString problem() const { return problem_; }

  /// The tensor in view; null: none.
  const engine::TensorRow* selected() const;
  TensorReadState readState() const { return readState_; }
  /// Of the selected tensor; none unless Ready.
  std::optional<engine::TensorStatistics> statistics() const;
  QString readProblem() const { return readProblem_; }

  /// Lists the tensors of a checkpoint; again when it is the one shown.
  void open(const QString& path);
  /// −1: none.
  void select(int row);
  /// Reads the selected tensor, unless it was read before.
  void read();
  void cancelRead();

 Q_SIGNALS:
  void listChanged();
  void selectionChanged();
  void readChanged();

 private:
  void onListed(const QString& path, const TensorRows& rows, const QString& problem);
  void onRead(quint64 key, const std::optional<engine::TensorStatistics>& statistics,
              const QString& problem);
  void setReadState(TensorReadState state, const QString& problem = {});

  EngineBridge& bridge_;
  TensorListState state_ = TensorListState::Empty;
  QString path_;
  TensorRows rows_;
  QString problem_;
  int selected_ = -1;
  TensorReadState readState_ = TensorReadState::NotAsked;
  QString readProblem_;
  QHash<int, engine::TensorStatistics> known_;
  quint64 key_ = 0;  // of the question under way
  int asked_ = -1;   // its row
};

}  // namespace app
