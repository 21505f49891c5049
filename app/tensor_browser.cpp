#include "app/tensor_browser.h"

#include "app/engine_bridge.h"

namespace app {

TensorBrowser::TensorBrowser(EngineBridge& bridge, QObject* parent)
    : QObject(parent), bridge_(bridge) {
  connect(&bridge_, &EngineBridge::tensorsListed, this, &TensorBrowser::onListed);
  connect(&bridge_, &EngineBridge::tensorStatisticsReady, this, &TensorBrowser::onRead);
}

const engine::TensorRow* TensorBrowser::selected() const {
  if (rows_ == nullptr || selected_ < 0 || static_cast<std::size_t>(selected_) >= rows_->size()) {
    return nullptr;
  }
  return &(*rows_)[static_cast<std::size_t>(selected_)];
}

std::optional<engine::TensorStatistics> TensorBrowser::statistics() const {
  const auto it = known_.constFind(selected_);
  return it == known_.cend() ? std::nullopt : std::optional(*it);
}

void TensorBrowser::open(const QString& path) {
  cancelRead();
  path_ = path;
  rows_.reset();
  known_.clear();
  problem_.clear();
  selected_ = -1;
  state_ = path.isEmpty() ? TensorListState::Empty : TensorListState::Reading;
  setReadState(TensorReadState::NotAsked);
  if (!path.isEmpty()) bridge_.requestTensors(path);
  Q_EMIT listChanged();
  Q_EMIT selectionChanged();
}

void TensorBrowser::onListed(const QString& path, const TensorRows& rows, const QString& problem) {
  if (path != path_ || state_ != TensorListState::Reading) return;
  rows_ = rows;
  problem_ = problem;
  state_ = rows != nullptr ? TensorListState::Ready : TensorListState::Failed;
  Q_EMIT listChanged();
}

void TensorBrowser::select(int row) {
  if (row == selected_) return;
  if (readState_ == TensorReadState::Reading) cancelRead();
  selected_ = row;
  setReadState(known_.contains(row) ? TensorReadState::Ready : TensorReadState::NotAsked);
  Q_EMIT selectionChanged();
}

void TensorBrowser::read() {
  const engine::TensorRow* row = selected();
  if (row == nullptr || readState_ == TensorReadState::Reading || known_.contains(selected_)) {
    return;
  }
  asked_ = selected_;
  key_ = bridge_.requestTensorStatistics(path_, row->name);
  setReadState(TensorReadState::Reading);
}

void TensorBrowser::cancelRead() {
  if (readState_ != TensorReadState::Reading) return;
  key_ = 0;
  bridge_.cancelTensorStatistics();
  setReadState(TensorReadState::NotAsked);
}

void TensorBrowser::onRead(quint64 key, const std::optional<engine::TensorStatistics>& statistics,
                           const QString& problem) {
  if (key != key_ || readState_ != TensorReadState::Reading) return;
  if (statistics) {
    known_.insert(asked_, *statistics);
    setReadState(TensorReadState::Ready);
  } else if (problem.isEmpty()) {
    setReadState(TensorReadState::NotAsked);  // something else was asked
  } else {
    setReadState(TensorReadState::Failed, problem);
  }
}

void TensorBrowser::setReadState(TensorReadState state, const QString& problem) {
  readState_ = state;
  readProblem_ = problem;
  Q_EMIT readChanged();
}

}  // namespace app
