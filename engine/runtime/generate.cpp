#include "engine/runtime/generate.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "engine/runtime/recorder.h"
#include "engine/runtime/sampler.h"
#include "engine/tokenizer/utf8_stream.h"

namespace engine {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

// One answer in the making. Steps return an Error that ends it; Cancelled and ContextFull are ends
// like others.
class Generation {
 public:
  Generation(const GenerationRequest& request, LoadedModel& model, EventSink& sink,
             const std::function<void(std::stop_token)>& between_steps, std::stop_token stop)
      : request_(request),
        model_(model),
        sink_(sink),
        between_steps_(between_steps),
        stop_(std::move(stop)),
        begin_(Clock::now()) {}

  void run();

 private:
  Result<void> answer();
  Result<std::vector<PromptToken>> make_prompt() const;
  Result<void> check_context(std::int64_t n_prompt) const;
  Result<void> prefill(std::span<const TokenId> prompt);
  Result<void> decode(Sampler& sampler);
  Result<TokenId> draw(Sampler& sampler);
  void announce_token(TokenId token, NextToken next);
  bool ends_turn(TokenId token) const;
  void finish(const Result<void>& outcome);
  void pause() const {
    if (between_steps_) between_steps_(stop_);
  }

  const GenerationRequest& request_;
  LoadedModel& model_;
  EventSink& sink_;
  const std::function<void(std::stop_token)>& between_steps_;
  const std::stop_token stop_;
  const Clock::time_point begin_;
  Utf8Stream utf8_;
  std::vector<float> logits_;
  GenerationStatistics statistics_;
  FinishReason reason_ = FinishReason::EndOfTurn;
};

void Generation::run() { finish(answer()); }

Result<std::vector<PromptToken>> Generation::make_prompt() const {
  if (!model_.text) {
    return fail(ErrorCode::NotFound,
                "this checkpoint cannot chat: " + model_.info->tokenizer_description);
  }
  if (request_.raw_prompt) return tokenize_raw(*model_.text, *request_.raw_prompt);
  ASSIGN_OR_RETURN(
      PromptPreview preview,
      preview_prompt(*model_.text, request_.messages, request_.chat_template, unix_seconds_now()));
  return std::move(preview.tokens);
}

// The first token of the answer needs a place too.
Result<void> Generation::check_context(std::int64_t n_prompt) const {
  const std::int64_t available = model_.session->context_length();
  if (n_prompt < available) return {};
  return fail(ErrorCode::ContextFull,
              "the prompt does not fit: " + std::to_string(n_prompt + 1) +
                  " tokens needed (the prompt's " + std::to_string(n_prompt) +
                  " and one of the answer), " + std::to_string(available) +
                  " available; shorten the conversation or choose a longer context");
}

Result<void> Generation::answer() {
  RETURN_IF_ERROR(check_sampling_options(request_.sampling));
  ASSIGN_OR_RETURN(std::vector<PromptToken> prompt, make_prompt());
  if (prompt.empty()) return fail(ErrorCode::InvalidArgument, "the prompt has no tokens");
  std::vector<TokenId> ids(prompt.size());
  std::transform(prompt.begin(), prompt.end(), ids.begin(),
                 [](const PromptToken& t) { return t.token; });
  statistics_.n_prompt_tokens = static_cast<std::int64_t>(ids.size());
  RETURN_IF_ERROR(check_context(statistics_.n_prompt_tokens));
  RETURN_IF_ERROR(model_.session->check_tokens(ids));

  statistics_.n_reused_tokens = model_.session->keep_common_prefix(ids);
  const std::uint64_t seed = request_.sampling.seed.value_or(fresh_seed());
  sink_.on_event(GenerationStarted{
      request_.id, std::make_shared<const std::vector<PromptToken>>(std::move(prompt)),
      statistics_.n_reused_tokens, seed});
  logits_.resize(static_cast<std::size_t>(model_.session->config().vocab_size));
  RETURN_IF_ERROR(prefill(ids));
  Sampler sampler(request_.sampling, model_.text->tokenizer.size(), seed);
  return decode(sampler);
}

Result<void> Generation::prefill(std::span<const TokenId> prompt) {
  Session& session = *model_.session;
  const auto n_total = static_cast<std::int64_t>(prompt.size());
  while (session.length() < n_total) {
    const auto begin = Clock::now();
    const std::int64_t n_left = n_total - session.length();
    const std::int64_t n = session.next_chunk(n_left);
    RoutingRecorder recorder(session.config(), session.length(), n, {n == n_left, {}});
    RETURN_IF_ERROR(session.extend(
        prompt.subspan(static_cast<std::size_t>(session.length()), static_cast<std::size_t>(n)),
        &recorder, stop_));
    if (n == n_left) session.logits(n - 1, 1, logits_);
    statistics_.prefill_seconds += seconds_since(begin);
    const TokenRouting last = recorder.routing.back();
    sink_.on_event(PrefillProgress{
        request_.id, session.length(), n_total,
        std::make_shared<const std::vector<TokenRouting>>(std::move(recorder.routing))});
    if (n == n_left) {
      sink_.on_event(TokenRouted{
          request_.id, last,
          std::make_shared<const std::vector<RouterDecision>>(std::move(recorder.decisions))});
    }
    pause();
  }
  return {};
}

Result<TokenId> Generation::draw(Sampler& sampler) {
  RETURN_IF_ERROR(model_.session->health());
  auto next = sampler.draw(logits_, model_.session->tokens(), request_.n_candidates);
  if (!next) {
    if (logits_usable(logits_)) return tl::unexpected(std::move(next.error()));
    return fail(ErrorCode::InvalidFile, model_.session->describe_non_finite() +
                                            ": no token can be drawn; the checkpoint is damaged "
                                            "or overflows");
  }
  const TokenId token = next->chosen->token;
  announce_token(token, std::move(*next));
  return token;
}

void Generation::announce_token(TokenId token, NextToken next) {
  const Tokenizer& tokenizer = model_.text->tokenizer;
  for (TokenCandidate& c : next.top) c.text = tokenizer.token_display(c.token);
  next.chosen->text = tokenizer.token_display(token);
  TokenGenerated event;
  event.id = request_.id;
  event.position = Position(model_.session->length());
  event.token = token;
  event.bytes = tokenizer.token_bytes(token);
  event.ends_turn = ends_turn(token);
  if (!event.ends_turn && !tokenizer.is_special(token)) {
    // An answer is a text of its own; the continuation of a raw prompt is not.
    const bool begins = statistics_.n_generated_tokens == 0 && !request_.raw_prompt;
    event.text = utf8_.push(begins ? tokenizer.first_token_bytes(token) : event.bytes);
  }
  event.next_token = std::move(next);
  if (statistics_.n_generated_tokens == 0) statistics_.time_to_first_token = seconds_since(begin_);
  ++statistics_.n_generated_tokens;
  sink_.on_event(std::move(event));
}

bool Generation::ends_turn(TokenId token) const {
  const auto& ids = model_.info->generation_defaults.eos_token_ids;
  if (std::find(ids.begin(), ids.end(), token.value) != ids.end()) return true;
  return model_.text->tokenizer.ends_turn(token);
}

// Draw, show, feed back. The last token is fed back too: then the cache holds the whole answer and
// its routing is known.
Result<void> Generation::decode(Sampler& sampler) {
  Session& session = *model_.session;
  for (bool done = false; !done;) {
    if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
    const auto begin = Clock::now();
    ASSIGN_OR_RETURN(const TokenId token, draw(sampler));
    const int max_tokens = request_.sampling.max_tokens;
    done = true;
    if (ends_turn(token)) {
      reason_ = FinishReason::EndOfTurn;
    } else if (max_tokens > 0 && statistics_.n_generated_tokens >= max_tokens) {
      reason_ = FinishReason::MaxTokens;
    } else if (session.length() + 1 >= session.context_length()) {
      reason_ = FinishReason::ContextFull;
    } else {
      done = false;
    }
    RoutingRecorder recorder(session.config(), session.length(), 1, {true, {}});
    const auto fed = session.extend(std::span(&token, 1), &recorder, stop_);
    if (!fed && done && fed.error().code == ErrorCode::Cancelled) return {};  // it was over anyway
    RETURN_IF_ERROR(fed);
    if (!done) session.logits(0, 1, logits_);
    statistics_.decode_seconds += seconds_since(begin);
    sink_.on_event(TokenRouted{
        request_.id, std::move(recorder.routing.front()),
        std::make_shared<const std::vector<RouterDecision>>(std::move(recorder.decisions))});
    pause();
  }
  return {};
}

void Generation::finish(const Result<void>& outcome) {
  GenerationFinished event;
  event.id = request_.id;
  event.reason = reason_;
  event.tail_text = utf8_.finish();
  event.statistics = statistics_;
  event.n_context_used = model_.session->length();
  if (!outcome) {
    switch (outcome.error().code) {
      case ErrorCode::Cancelled:
        event.reason = FinishReason::Cancelled;
        break;
      case ErrorCode::ContextFull:
        event.reason = FinishReason::ContextFull;
        event.error = outcome.error();
        break;
      default:
        event.reason = FinishReason::Failed;
        event.error = outcome.error();
    }
  } else if (reason_ == FinishReason::ContextFull) {
    event.error =
        Error{ErrorCode::ContextFull, "context full: the answer stops at " +
                                          std::to_string(model_.session->context_length()) +
                                          " tokens; choose a longer context or start a new chat"};
  }
  sink_.on_event(std::move(event));
}

}  // namespace

void generate(const GenerationRequest& request, LoadedModel& model, EventSink& sink,
              const std::function<void(std::stop_token)>& between_steps, std::stop_token stop) {
  Generation(request, model, sink, between_steps, std::move(stop)).run();
}

}  // namespace engine
