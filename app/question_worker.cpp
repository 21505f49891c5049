#include "app/question_worker.h"

#include <exception>
#include <utility>

namespace app {

QuestionWorker::QuestionWorker(const EngineFactory& factory, const EngineDoor& door,
                               std::function<void()> wake)
    : inspectCheckpoint_(factory.inspectCheckpoint),
      describeBackends_(factory.describeBackends),
      door_(door),
      answers_(std::move(wake)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

QuestionWorker::~QuestionWorker() {
  thread_.request_stop();
  thread_.join();
}

void QuestionWorker::askReport(std::string path, std::int64_t contextLength) {
  const std::lock_guard lock(mutex_);
  report_ = Report{std::move(path), contextLength};
  asked_.notify_one();
}

void QuestionWorker::askMeasure(std::uint64_t key, std::string text) {
  const std::lock_guard lock(mutex_);
  measure_ = Measure{key, std::move(text)};
  asked_.notify_one();
}

void QuestionWorker::askPreview(std::uint64_t key, std::vector<engine::ChatMessage> messages) {
  const std::lock_guard lock(mutex_);
  preview_ = Preview{key, std::move(messages)};
  asked_.notify_one();
}

void QuestionWorker::askControlText(std::int64_t message, std::string text) {
  const std::lock_guard lock(mutex_);
  controlTexts_.push_back({message, std::move(text)});
  asked_.notify_one();
}

void QuestionWorker::askBackends() {
  const std::lock_guard lock(mutex_);
  backends_ = true;
  asked_.notify_one();
}

void QuestionWorker::run(const std::stop_token& stop) {
  while (const auto question = next(stop)) answers_.push(answer(*question));
}

std::optional<QuestionWorker::Question> QuestionWorker::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, stop, [this] {
    return report_ || measure_ || preview_ || backends_ || !controlTexts_.empty();
  });
  if (stop.stop_requested()) return std::nullopt;
  const auto takeOut = [](auto& slot) {
    Question question = std::move(*slot);
    slot.reset();
    return question;
  };
  if (measure_) return takeOut(measure_);
  if (preview_) return takeOut(preview_);
  if (report_) return takeOut(report_);
  if (std::exchange(backends_, false)) return Backends{};
  Question question = std::move(controlTexts_.front());
  controlTexts_.pop_front();
  return question;
}

Answer QuestionWorker::answer(const Question& question) const {
  if (const auto* report = std::get_if<Report>(&question)) return answerReport(*report);
  if (const auto* measure = std::get_if<Measure>(&question)) return answerMeasure(*measure);
  if (const auto* preview = std::get_if<Preview>(&question)) return answerPreview(*preview);
  if (std::holds_alternative<Backends>(question)) return BackendsAnswer{describeBackends_()};
  const auto& control = std::get<ControlText>(question);
  return ControlTextAnswer{control.message,
                           door_.containsControlText(control.text).value_or(false)};
}

// The engine promises not to throw, but the standard library may when memory runs out: a report of
// a strange file must not end the program.
ReportAnswer QuestionWorker::answerReport(const Report& question) const {
  auto report = std::make_shared<engine::CheckpointReport>();
  try {
    *report = inspectCheckpoint_(question.path, question.contextLength);
  } catch (const std::exception& problem) {
    *report = {};
    report->path = question.path;
    report->findings.push_back({engine::Finding::Severity::Error, "internal",
                                question.path + ": could not be read: " + problem.what()});
  }
  return {question.path, question.contextLength, std::move(report)};
}

MeasureAnswer QuestionWorker::answerMeasure(const Measure& question) const {
  MeasureAnswer answer;
  answer.key = question.key;
  const auto count = door_.countTokens(question.text);
  if (count) {
    answer.nTokens = *count;
    answer.containsControlText = door_.containsControlText(question.text).value_or(false);
  } else {
    answer.problem = count.error().message;
  }
  return answer;
}

PreviewAnswer QuestionWorker::answerPreview(const Preview& question) const {
  PreviewAnswer answer;
  answer.key = question.key;
  auto prompt = door_.previewPrompt(question.messages);
  if (!prompt) {
    answer.problem = prompt.error().message;
    return answer;
  }
  auto tokens = door_.previewTokens(*prompt);
  if (!tokens) {
    answer.problem = tokens.error().message;
    return answer;
  }
  answer.preview =
      std::make_shared<const PromptPreview>(PromptPreview{std::move(*prompt), std::move(*tokens)});
  return answer;
}

}  // namespace app
