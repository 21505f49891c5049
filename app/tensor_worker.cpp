#include "app/tensor_worker.h"

#include <exception>

namespace app {

TensorWorker::TensorWorker(EngineFactory::OpenTensors open, std::function<void()> wake)
    : openTensors_(std::move(open)), answers_(std::move(wake)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TensorWorker::~TensorWorker() {
  thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    current_.request_stop();
  }
  thread_.join();
}

void TensorWorker::askList(std::string path) {
  const std::lock_guard lock(mutex_);
  lists_.push_back(std::move(path));
  asked_.notify_one();
}

void TensorWorker::askStatistics(std::uint64_t key, std::string path, std::string name) {
  const std::lock_guard lock(mutex_);
  dropStatistics();
  statistics_ = Statistics{key, std::move(path), std::move(name)};
  asked_.notify_one();
}

void TensorWorker::cancelStatistics() {
  const std::lock_guard lock(mutex_);
  dropStatistics();
}

/// The waiting question is answered with nothing, the running one ends by itself.
void TensorWorker::dropStatistics() {
  if (statistics_) answers_.push(TensorStatisticsAnswer{statistics_->key, std::nullopt, {}});
  statistics_.reset();
  if (!isListing_) current_.request_stop();
}

void TensorWorker::run(const std::stop_token& stop) {
  while (const auto question = next(stop)) {
    std::stop_token current;
    {
      const std::lock_guard lock(mutex_);
      current = current_.get_token();
    }
    answer(*question, current);
  }
}

std::optional<TensorWorker::Question> TensorWorker::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, stop, [this] { return !lists_.empty() || statistics_; });
  if (stop.stop_requested()) return std::nullopt;
  current_ = {};
  isListing_ = !lists_.empty();
  if (isListing_) {
    Question question = std::move(lists_.front());
    lists_.pop_front();
    return question;
  }
  Question question = std::move(*statistics_);
  statistics_.reset();
  return question;
}

engine::Result<void> TensorWorker::open(const std::string& path, const std::stop_token& stop) {
  if (source_ != nullptr && openPath_ == path) return {};
  source_.reset();  // one checkpoint is mapped at a time
  ASSIGN_OR_RETURN(source_, openTensors_(path, stop));
  openPath_ = path;
  return {};
}

// Memory may run out on a strange file: that must not end the program.
void TensorWorker::answer(const Question& question, const std::stop_token& stop) {
  const auto* path = std::get_if<std::string>(&question);
  const auto* wanted = std::get_if<Statistics>(&question);
  engine::Error error;
  try {
    if (path != nullptr) source_.reset();  // asked anew: the files may have changed
    const auto opened = open(path != nullptr ? *path : wanted->path, stop);
    if (!opened) {
      error = opened.error();
    } else if (path != nullptr) {
      answers_.push(TensorListAnswer{
          *path,
          std::shared_ptr<const std::vector<engine::TensorRow>>(source_, &source_->rows()),
          {}});
      return;
    } else if (auto statistics = source_->statistics(wanted->name, stop)) {
      answers_.push(TensorStatisticsAnswer{wanted->key, std::move(*statistics), {}});
      return;
    } else {
      error = statistics.error();
    }
  } catch (const std::exception& problem) {
    error = {engine::ErrorCode::Internal, problem.what()};
  }
  if (path != nullptr) {
    answers_.push(TensorListAnswer{*path, nullptr, error.message});
  } else {
    const bool stopped = error.code == engine::ErrorCode::Cancelled;
    answers_.push(TensorStatisticsAnswer{wanted->key, std::nullopt, stopped ? "" : error.message});
  }
}

}  // namespace app
