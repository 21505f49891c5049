// TensorWorker: the tensors of a checkpoint and the statistics of one, read on one worker thread.
// Lists are answered one after the other; a newer question about a tensor ends an older one. Part
// of engine_bridge.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "app/engine_door.h"
#include "app/mailbox.h"

namespace app {

using TensorRows = std::shared_ptr<const std::vector<engine::TensorRow>>;

struct TensorListAnswer {
  std::string path;
  TensorRows rows;      // null when there are none
  std::string problem;  // why not
};
struct TensorStatisticsAnswer {
  std::uint64_t key = 0;
  std::optional<engine::TensorStatistics> statistics;
  std::string problem;  // empty when it was stopped
};
using TensorAnswer = std::variant<TensorListAnswer, TensorStatisticsAnswer>;

class TensorWorker {
 public:
  /// `wake` is called on the worker's thread when answers wait.
  TensorWorker(EngineFactory::OpenTensors open, std::function<void()> wake);
  /// Ends the question it is at, drops the rest, joins.
  ~TensorWorker();

  void askList(std::string path);
  void askStatistics(std::uint64_t key, std::string path, std::string name);
  /// Ends reading a tensor.
  void cancelStatistics();
  std::vector<TensorAnswer> takeAnswers() { return answers_.take(); }

 private:
  struct Statistics {
    std::uint64_t key = 0;
    std::string path;
    std::string name;
  };
  using Question = std::variant<std::string, Statistics>;

  void run(const std::stop_token& stop);
  std::optional<Question> next(const std::stop_token& stop);
  void dropStatistics();
  void answer(const Question& question, const std::stop_token& stop);
  engine::Result<void> open(const std::string& path, const std::stop_token& stop);

  EngineFactory::OpenTensors openTensors_;
  Mailbox<TensorAnswer> answers_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::deque<std::string> lists_;
  std::optional<Statistics> statistics_;
  std::stop_source current_;  // of the question under way
  bool isListing_ = false;    // what it is
  // The worker's own: the checkpoint opened last.
  std::string openPath_;
  std::shared_ptr<const TensorSource> source_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace app
