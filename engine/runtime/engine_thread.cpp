#include "engine/runtime/engine_thread.h"

#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "engine/runtime/command_queue.h"
#include "engine/runtime/generate.h"
#include "engine/runtime/inspect.h"
#include "engine/runtime/load_model.h"
#include "engine/runtime/prompt.h"

namespace engine {

struct EngineThread::Impl {
  explicit Impl(EventSink& s) : sink(s) {}

  // ---- any thread
  std::shared_ptr<const TextModel> shared_text() const {
    const std::lock_guard lock(text_mutex);
    return text;
  }

  // ---- engine thread
  void run();
  void guarded(const std::function<void()>& work, const std::function<void(Error)>& on_fault);
  void execute(Command& command);
  void load(const LoadCommand& command, std::stop_token stop);
  void unload();
  void answer(const GenerateCommand& command, std::stop_token stop);
  void serve(const InspectRequest& request, std::stop_token stop);
  void serve_waiting_inspection(std::stop_token stop);
  void share_text(std::shared_ptr<const TextModel> new_text) {
    const std::lock_guard lock(text_mutex);
    text = std::move(new_text);
  }

  EventSink& sink;
  CommandQueue queue;
  std::unique_ptr<LoadedModel> model;  // engine thread only
  mutable std::mutex text_mutex;
  std::shared_ptr<const TextModel> text;
  std::thread thread;  // last: joined before anything above goes
};

// The one place where foreign exceptions end: the thread lives on and the job is reported failed.
void EngineThread::Impl::guarded(const std::function<void()>& work,
                                 const std::function<void(Error)>& on_fault) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    on_fault({ErrorCode::OutOfMemory, "out of memory; close something or use a shorter context"});
  } catch (const std::exception& e) {
    on_fault({ErrorCode::Internal, std::string("unexpected failure: ") + e.what()});
  } catch (...) {
    on_fault({ErrorCode::Internal, "unexpected failure of an unknown kind"});
  }
}

void EngineThread::Impl::run() {
  for (;;) {
    CommandQueue::Work work = queue.wait();
    if (work.closed) return;
    if (work.command) {
      execute(*work.command);
      queue.finish_command();
    } else {
      serve(*work.inspection, queue.close_token());
    }
  }
}

void EngineThread::Impl::execute(Command& command) {
  const std::stop_token stop = command.stop.get_token();
  if (const auto* load_command = std::get_if<LoadCommand>(&command.what)) {
    guarded([&] { load(*load_command, stop); },
            [&](Error error) {
              sink.on_event(EngineFault{error});
              sink.on_event(LoadFailed{load_command->path, std::move(error)});
            });
  } else if (const auto* generate_command = std::get_if<GenerateCommand>(&command.what)) {
    guarded([&] { answer(*generate_command, stop); },
            [&](Error error) {
              sink.on_event(EngineFault{error});
              GenerationFinished finished;
              finished.id = generate_command->request.id;
              finished.reason = FinishReason::Failed;
              finished.error = std::move(error);
              sink.on_event(std::move(finished));
            });
  } else {
    unload();
  }
}

void EngineThread::Impl::load(const LoadCommand& command, std::stop_token stop) {
  if (stop.stop_requested()) {
    sink.on_event(LoadFailed{command.path, {ErrorCode::Cancelled, "loading stopped"}});
    return;
  }
  auto loaded = load_model(
      command.path, command.options,
      [this](const LoadProgress& progress) { sink.on_event(progress); }, stop);
  if (!loaded) {
    sink.on_event(LoadFailed{command.path, std::move(loaded.error())});
    return;
  }
  share_text((*loaded)->text);
  model = std::move(*loaded);
  sink.on_event(ModelLoaded{model->info});
}

void EngineThread::Impl::unload() {
  share_text(nullptr);
  model.reset();
  sink.on_event(ModelUnloaded{});
}

void EngineThread::Impl::answer(const GenerateCommand& command, std::stop_token stop) {
  if (model == nullptr || stop.stop_requested()) {
    GenerationFinished finished;
    finished.id = command.request.id;
    finished.reason = FinishReason::Cancelled;
    if (model == nullptr) {
      finished.reason = FinishReason::Failed;
      finished.error = Error{ErrorCode::NotFound, "no checkpoint is loaded; open one first"};
    }
    sink.on_event(std::move(finished));
    return;
  }
  engine::generate(
      command.request, *model, sink,
      [this](std::stop_token s) { serve_waiting_inspection(std::move(s)); }, stop);
}

void EngineThread::Impl::serve_waiting_inspection(std::stop_token stop) {
  if (const auto request = queue.take_inspection()) serve(*request, std::move(stop));
}

void EngineThread::Impl::serve(const InspectRequest& request, std::stop_token stop) {
  const auto report = [&](Error error) {
    sink.on_event(InspectionFailed{request.key, std::move(error)});
  };
  guarded(
      [&] {
        if (model == nullptr) {
          report({ErrorCode::NotFound, "no checkpoint is loaded; open one first"});
          return;
        }
        auto inspection = engine::inspect(request, *model, stop);
        if (inspection) {
          sink.on_event(std::move(*inspection));
        } else if (inspection.error().code == ErrorCode::Cancelled) {
          queue.return_inspection(request);  // the answer was stopped, not the question
        } else {
          report(std::move(inspection.error()));
        }
      },
      report);
}

EngineThread::EngineThread(EventSink& sink) : impl_(std::make_unique<Impl>(sink)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

EngineThread::~EngineThread() {
  impl_->queue.close();
  impl_->thread.join();
}

Result<void> EngineThread::load(std::string path, LoadOptions options) {
  impl_->queue.stop_all<LoadCommand>();
  return impl_->queue.push({LoadCommand{std::move(path), std::move(options)}, {}});
}

Result<void> EngineThread::unload() { return impl_->queue.push({UnloadCommand{}, {}}); }

Result<void> EngineThread::generate(GenerationRequest request) {
  return impl_->queue.push({GenerateCommand{std::move(request)}, {}});
}

void EngineThread::inspect(InspectRequest request) {
  impl_->queue.push_inspection(std::move(request));
}

void EngineThread::cancel_generation() { impl_->queue.stop_all<GenerateCommand>(); }

void EngineThread::cancel_load() { impl_->queue.stop_all<LoadCommand>(); }

Result<RenderedPrompt> EngineThread::preview_prompt(
    const std::vector<ChatMessage>& messages) const {
  const auto text = impl_->shared_text();
  if (!text) return fail(ErrorCode::NotFound, "no checkpoint with a tokenizer is loaded");
  return render_messages(*text, messages, unix_seconds_now());
}

Result<std::vector<PromptToken>> EngineThread::preview_tokens(const RenderedPrompt& prompt) const {
  const auto text = impl_->shared_text();
  if (!text) return fail(ErrorCode::NotFound, "no checkpoint with a tokenizer is loaded");
  return tokenize_prompt(*text, prompt);
}

Result<std::int64_t> EngineThread::count_tokens(const std::string& plain) const {
  const auto text = impl_->shared_text();
  if (!text) return fail(ErrorCode::NotFound, "no checkpoint with a tokenizer is loaded");
  ASSIGN_OR_RETURN(const std::vector<TokenId> ids, text->tokenizer.encode_ids(plain, false));
  return static_cast<std::int64_t>(ids.size());
}

Result<bool> EngineThread::contains_control_text(const std::string& plain) const {
  const auto text = impl_->shared_text();
  if (!text) return fail(ErrorCode::NotFound, "no checkpoint with a tokenizer is loaded");
  return text->tokenizer.contains_control_text(plain);
}

}  // namespace engine
