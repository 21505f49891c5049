#include "tests/app/fake_engine.h"

#include <chrono>
#include <optional>

#include "engine/base/result.h"
#include "engine/runtime/inspect_model.h"

namespace fake {

using namespace engine;

namespace {

void pause(int microseconds) {
  if (microseconds > 0) std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

class Door : public app::EngineDoor {
 public:
  Door(std::shared_ptr<Control> control, EventSink& sink) : control_(std::move(control)) {
    {
      const std::lock_guard lock(control_->mutex);
      control_->sink = &sink;
    }
    if (control_->automatic) thread_ = std::jthread([this](std::stop_token s) { run(s); });
  }
  ~Door() override {
    cancelled_ = true;
    loadCancelled_ = true;
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
    const std::lock_guard lock(control_->mutex);
    control_->sink = nullptr;
  }

  Result<void> load(std::string path, LoadOptions) override {
    loadCancelled_ = false;
    return post([this, path] { doLoad(path); }, [&] { control_->loads.push_back(path); });
  }
  Result<void> unload() override {
    return post([this] { control_->send(ModelUnloaded{}); }, [] {});
  }
  Result<void> generate(GenerationRequest request) override {
    if (control_->refuseGenerate) return fail(ErrorCode::LimitExceeded, "the queue is full");
    cancelled_ = false;
    return post([this, request] { doGenerate(request); },
                [&] { control_->requests.push_back(request); });
  }
  void inspect(InspectRequest request) override {
    const std::lock_guard lock(control_->mutex);
    control_->inspections.push_back(request);
    if (control_->automatic && control_->answerInspections) inspection_ = request;
    posted_.notify_one();
  }
  void cancelGeneration() override {
    ++control_->nCancels;
    cancelled_ = true;
  }
  void cancelLoad() override { loadCancelled_ = true; }
  Result<RenderedPrompt> previewPrompt(const std::vector<ChatMessage>& messages) const override {
    RenderedPrompt rendered;
    for (const ChatMessage& message : messages) rendered.text += "<role>" + message.content;
    return rendered;
  }
  Result<std::vector<PromptToken>> previewTokens(const RenderedPrompt& prompt) const override {
    std::vector<PromptToken> tokens;
    for (std::size_t begin = 0; begin < prompt.text.size(); begin += 6) {
      PromptToken token;
      token.bytes = prompt.text.substr(begin, 6);
      token.token = TokenId{tokenOf(token.bytes)};
      token.is_control = token.bytes == "<role>";
      token.message_index = token.is_control ? -1 : 0;
      tokens.push_back(std::move(token));
    }
    return tokens;
  }
  Result<std::int64_t> countTokens(const std::string& text) const override {
    if (!control_->hasTokenizer) return fail(ErrorCode::NotFound, "no tokenizer");
    return static_cast<std::int64_t>((text.size() + 2) / 3);
  }
  Result<bool> containsControlText(const std::string& text) const override {
    return text.find("<|im_start|>") != std::string::npos;
  }

 private:
  template <class Record>
  Result<void> post(std::function<void()> work, Record record) {
    const std::lock_guard lock(control_->mutex);
    record();
    if (control_->automatic) work_.push_back(std::move(work));
    posted_.notify_one();
    return {};
  }

  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::function<void()> work;
      {
        std::unique_lock lock(control_->mutex);
        posted_.wait(lock, stop, [this] { return !work_.empty() || inspection_; });
        if (stop.stop_requested()) return;
        if (!work_.empty()) {
          work = std::move(work_.front());
          work_.pop_front();
        }
      }
      if (work) work();
      serveInspection();
    }
  }

  void doLoad(const std::string& path) {
    for (int i = 0; i <= control_->loadSteps; ++i) {
      if (loadCancelled_) {
        control_->send(LoadFailed{path, {ErrorCode::Cancelled, "loading stopped"}});
        return;
      }
      control_->send(LoadProgress{"Mapping weights", i * 100, control_->loadSteps * 100});
      pause(control_->loadStepMicroseconds);
    }
    if (!control_->loadFailure.empty()) {
      control_->send(LoadFailed{path, {ErrorCode::InvalidFile, control_->loadFailure}});
      return;
    }
    session_.clear();
    control_->send(ModelLoaded{modelInfo(*control_, path)});
  }

  void finish(const GenerationRequest& request, FinishReason reason, int nGenerated,
              std::size_t nPrompt, std::size_t nReused) {
    GenerationFinished finished;
    finished.id = request.id;
    finished.reason = reason;
    if (reason == FinishReason::Failed) {
      finished.error = Error{ErrorCode::InvalidFile, "NaN at layer 2"};
    }
    finished.statistics.n_prompt_tokens = static_cast<std::int64_t>(nPrompt);
    finished.statistics.n_reused_tokens = static_cast<std::int64_t>(nReused);
    finished.statistics.n_generated_tokens = nGenerated;
    finished.statistics.prefill_seconds = 0.5;
    finished.statistics.decode_seconds = 0.25;
    finished.statistics.time_to_first_token = 0.125;
    finished.n_context_used = static_cast<std::int64_t>(session_.size());
    control_->send(finished);
  }

  void doGenerate(const GenerationRequest& request) {
    auto tokens = prompt(*control_, request.messages);
    std::size_t reused = 0;
    while (reused + 1 < tokens.size() && reused < session_.size() &&
           session_[reused] == tokens[reused].bytes) {
      ++reused;
    }
    session_.resize(reused);
    control_->send(GenerationStarted{request.id,
                                     std::make_shared<const std::vector<PromptToken>>(tokens),
                                     static_cast<std::int64_t>(reused), 7});
    while (session_.size() < tokens.size()) {
      if (cancelled_) return finish(request, FinishReason::Cancelled, 0, tokens.size(), reused);
      if (control_->prefillStopsAt > 0 &&
          session_.size() >= static_cast<std::size_t>(control_->prefillStopsAt)) {
        pause(500);
        continue;
      }
      auto chunk = std::make_shared<std::vector<TokenRouting>>();
      for (int i = 0; i < control_->prefillChunk && session_.size() < tokens.size(); ++i) {
        chunk->push_back(routing(*control_, static_cast<std::int64_t>(session_.size())));
        session_.push_back(tokens[session_.size()].bytes);
      }
      pause(control_->chunkMicroseconds);
      control_->send(PrefillProgress{request.id, static_cast<std::int64_t>(session_.size()),
                                     static_cast<std::int64_t>(tokens.size()), chunk});
      serveInspection();
    }
    sendRouted(request.id);
    for (int i = 0; i < control_->nAnswerTokens; ++i) {
      if (cancelled_) return finish(request, FinishReason::Cancelled, i, tokens.size(), reused);
      pause(control_->tokenMicroseconds);
      const bool last = i + 1 == control_->nAnswerTokens;
      sendToken(request.id, i, last && control_->finish == FinishReason::EndOfTurn);
      serveInspection();
    }
    finish(request, control_->finish, control_->nAnswerTokens, tokens.size(), reused);
  }

  void sendRouted(GenerationId id) {
    const auto position = static_cast<std::int64_t>(session_.size()) - 1;
    control_->send(TokenRouted{id, routing(*control_, position), decisions(*control_, position)});
  }

  /// Three bytes of the answer's text, wherever characters begin; text comes when it is complete.
  void sendToken(GenerationId id, int index, bool endsTurn) {
    TokenGenerated token;
    token.id = id;
    token.position = Position{static_cast<std::int64_t>(session_.size())};
    token.ends_turn = endsTurn;
    if (endsTurn) {
      token.bytes = "<eos>";
    } else {
      std::string repeated;
      while (repeated.size() < static_cast<std::size_t>(index) * 3 + 3) {
        repeated += control_->answerText;
      }
      token.bytes = repeated.substr(static_cast<std::size_t>(index) * 3, 3);
      if (index == 0) held_.clear();
      held_ += token.bytes;
      std::size_t whole = held_.size();
      while (whole > 0 && !isBoundary(held_, whole)) --whole;
      token.text = held_.substr(0, whole);
      held_.erase(0, whole);
    }
    token.token = TokenId{tokenOf(token.bytes)};
    TokenCandidate chosen{token.token, token.bytes, 1.0F, 0.5F, 0.5F};
    token.next_token.top = {chosen};
    token.next_token.chosen = chosen;
    session_.push_back(token.bytes);
    control_->send(token);
    sendRouted(id);
  }

  static bool isBoundary(const std::string& text, std::size_t end) {
    std::size_t start = end;
    do {
      --start;
    } while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U);
    const auto lead = static_cast<unsigned char>(text[start]);
    const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC0U ? 2 : 1;
    return start + length == end;
  }

  void serveInspection() {
    std::optional<InspectRequest> request;
    {
      const std::lock_guard lock(control_->mutex);
      request.swap(inspection_);
    }
    if (!request) return;
    if (request->position.value >= static_cast<std::int64_t>(session_.size())) {
      control_->send(InspectionFailed{request->key, {ErrorCode::NotFound, "no such position"}});
      return;
    }
    Inspection inspection;
    inspection.key = request->key;
    inspection.position = request->position;
    inspection.decisions = decisions(*control_, request->position.value);
    if (request->attention_layer) {
      auto rows = std::make_shared<AttentionRows>();
      rows->layer = *request->attention_layer;
      rows->n_heads = control_->nHeads;
      rows->n_positions = request->position.value + 1;
      const auto n = static_cast<std::size_t>(rows->n_heads * rows->n_positions);
      rows->weights.assign(n, 0.5F);
      rows->content_scores.assign(n, 1.0F);
      rows->rope_scores.assign(n, 2.0F);
      inspection.attention = rows;
    }
    if (request->with_next_token) {
      inspection.next_token.emplace();
      inspection.next_token->sampler_known = false;
    }
    control_->send(inspection);
  }

  std::shared_ptr<Control> control_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> loadCancelled_{false};
  std::condition_variable_any posted_;
  std::deque<std::function<void()>> work_;
  std::optional<InspectRequest> inspection_;
  std::vector<std::string> session_;  // bytes of the cached tokens; engine thread only
  std::string held_;
  std::jthread thread_;
};

}  // namespace

void Control::send(Event event) {
  EventSink* to = nullptr;
  {
    const std::lock_guard lock(mutex);
    to = sink;
  }
  if (to != nullptr) to->on_event(std::move(event));
}

std::size_t Control::nInspections() {
  const std::lock_guard lock(mutex);
  return inspections.size();
}

std::size_t Control::nRequests() {
  const std::lock_guard lock(mutex);
  return requests.size();
}

GenerationRequest Control::request(std::size_t i) {
  const std::lock_guard lock(mutex);
  return requests.at(i);
}

/// Three tensors; "slow" is read until it is stopped, "bad" cannot be.
class Tensors : public app::TensorSource {
 public:
  Tensors() {
    for (const char* name : {"bad", "good", "slow"}) {
      TensorRow row;
      row.name = name;
      row.file = "model.safetensors";
      row.shape = {4, 8};
      row.bytes = 128;
      rows_.push_back(row);
    }
  }
  const std::vector<TensorRow>& rows() const override { return rows_; }
  Result<TensorStatistics> statistics(const std::string& name,
                                      const std::stop_token& stop) const override {
    while (name == "slow" && !stop.stop_requested()) pause(500);
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
    if (name == "bad") return fail(ErrorCode::Unsupported, "bad: found BOOL");
    TensorStatistics statistics;
    statistics.n_elements = 32;
    statistics.lowest = -1;
    statistics.highest = 1;
    statistics.histogram.assign(kHistogramBins, 1);
    return statistics;
  }

 private:
  std::vector<TensorRow> rows_;
};

app::EngineFactory factory(std::shared_ptr<Control> control) {
  return {[control](EventSink& sink) { return std::make_unique<Door>(control, sink); },
          [control](const std::string& path, std::int64_t contextLength) {
            if (control->realReports) return engine::inspect_model(path, contextLength);
            CheckpointReport report;
            report.path = path;
            report.context_length = contextLength;
            if (path.starts_with("/nothing")) {
              report.findings = {
                  {engine::Finding::Severity::Error, "path", path + ": no such file or folder"}};
            }
            return report;
          },
          [](const std::string& path,
             const std::stop_token&) -> Result<std::shared_ptr<const app::TensorSource>> {
            if (path == "/nothing") return fail(ErrorCode::NotFound, path + ": found no tensors");
            return std::make_shared<const Tensors>();
          },
          [control] { return control->backends; }};
}

}  // namespace fake
