// QuestionWorker: answers questions that need time but not the engine thread (headers of a
// checkpoint, counting tokens, rendering a prompt) on one worker thread. Part of engine_bridge.
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

struct ReportAnswer {
  std::string path;
  std::int64_t contextLength = 0;
  std::shared_ptr<const engine::CheckpointReport> report;
};
struct MeasureAnswer {
  std::uint64_t key = 0;
  std::int64_t nTokens = -1;
  bool containsControlText = false;
  std::string problem;
};
struct PreviewAnswer {
  std::uint64_t key = 0;
  std::shared_ptr<const PromptPreview> preview;
  std::string problem;
};
struct ControlTextAnswer {
  std::int64_t message = 0;
  bool contains = false;
};
struct BackendsAnswer {
  std::vector<engine::BackendDescription> backends;
};
using Answer =
    std::variant<ReportAnswer, MeasureAnswer, PreviewAnswer, ControlTextAnswer, BackendsAnswer>;

class QuestionWorker {
 public:
  /// `door` outlives the worker. `wake` is called on the worker's thread when answers wait.
  QuestionWorker(const EngineFactory& factory, const EngineDoor& door, std::function<void()> wake);
  /// Finishes the question it is at, drops the rest, joins.
  ~QuestionWorker();

  void askReport(std::string path, std::int64_t contextLength);
  void askMeasure(std::uint64_t key, std::string text);
  void askPreview(std::uint64_t key, std::vector<engine::ChatMessage> messages);
  void askControlText(std::int64_t message, std::string text);
  void askBackends();
  std::vector<Answer> takeAnswers() { return answers_.take(); }

 private:
  struct Report {
    std::string path;
    std::int64_t contextLength = 0;
  };
  struct Measure {
    std::uint64_t key = 0;
    std::string text;
  };
  struct Preview {
    std::uint64_t key = 0;
    std::vector<engine::ChatMessage> messages;
  };
  struct ControlText {
    std::int64_t message = 0;
    std::string text;
  };
  struct Backends {};
  using Question = std::variant<Report, Measure, Preview, ControlText, Backends>;

  void run(const std::stop_token& stop);
  std::optional<Question> next(const std::stop_token& stop);
  Answer answer(const Question& question) const;
  ReportAnswer answerReport(const Report& question) const;
  MeasureAnswer answerMeasure(const Measure& question) const;
  PreviewAnswer answerPreview(const Preview& question) const;

  std::function<engine::CheckpointReport(const std::string&, std::int64_t)> inspectCheckpoint_;
  std::function<std::vector<engine::BackendDescription>()> describeBackends_;
  const EngineDoor& door_;
  Mailbox<Answer> answers_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::optional<Report> report_;    // of these three only
  std::optional<Measure> measure_;  // the newest question
  std::optional<Preview> preview_;  // is kept
  bool backends_ = false;           // is asked for
  std::deque<ControlText> controlTexts_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace app
