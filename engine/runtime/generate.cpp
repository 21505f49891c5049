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
  Result<void> prefill(std::span<const TokenId> prompt, Sampler& sampler);
  Result<void> decode(Sampler& sampler);
  Result<void> step(Sampler& sampler);
  Result<TokenId> draw(Sampler& sampler, std::int64_t position, std::optional<TokenId> draft);
  Result<void> extend(std::span<const TokenId> tokens, Probe& probe, Sampler* sampler);
  void announce_token(TokenId token, std::int64_t position, bool drafted, NextToken next);
  bool ends_turn(TokenId token) const;
  bool is_last(TokenId token, std::int64_t position);
  void announce_routing(RoutingRecorder& recorder, std::size_t row);
  bool may_draft() const {
    return model_.drafter != nullptr && request_.speculation != Speculation::Off;
  }
  std::optional<TokenId> propose(TokenId token, const Sampler& sampler);
  Result<void> verify(TokenId draft, Sampler& sampler, RoutingRecorder& recorder);
  void observe(std::int64_t n_tokens, std::int64_t first_row);
  void look_at_row(std::int64_t row) {
    summarised_ = false;
    model_.session->logits(row, 1, logits_);
  }
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
  LogitSummary summary_;
  bool summarised_ = false;  // the sampler took the summary, logits_ has nothing
  GenerationStatistics statistics_;
  FinishReason reason_ = FinishReason::EndOfTurn;
  bool done_ = false;             // the last token was drawn
  std::optional<TokenId> drawn_;  // by verify, and not fed back yet
  std::int64_t last_extend_ = 0;  // tokens of the last extend
  std::vector<float> draft_logits_;
  SpeculationGauge gauge_;
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
  if (model_.drafter) model_.drafter->truncate(statistics_.n_reused_tokens);
  const std::uint64_t seed = request_.sampling.seed.value_or(fresh_seed());
  sink_.on_event(GenerationStarted{
      request_.id, std::make_shared<const std::vector<PromptToken>>(std::move(prompt)),
      statistics_.n_reused_tokens, seed});
  logits_.resize(static_cast<std::size_t>(model_.session->config().vocab_size));
  Sampler sampler(request_.sampling, model_.text->tokenizer.size(), seed);
  RETURN_IF_ERROR(prefill(ids, sampler));
  return decode(sampler);
}

// Feeds tokens. A sampler that is to draw after the last of them takes the summary of its logits
// where that will do; else they are all fetched, before anything else is computed.
Result<void> Generation::extend(std::span<const TokenId> tokens, Probe& probe, Sampler* sampler) {
  Session& session = *model_.session;
  if (sampler == nullptr) return session.extend(tokens, &probe, stop_);
  summarised_ = false;
  if (!sampler->may_draw_from_summary()) return session.extend(tokens, &probe, stop_, logits_);
  const auto n = static_cast<std::int64_t>(logits_.size());
  RETURN_IF_ERROR(session.extend(tokens, &probe, stop_, {}, {sampler->summary_args(n), &summary_}));
  summarised_ = sampler->take(summary_, n, request_.n_candidates);
  if (!summarised_) session.summarised_logits(logits_);
  return {};
}

Result<void> Generation::prefill(std::span<const TokenId> prompt, Sampler& sampler) {
  Session& session = *model_.session;
  const auto n_total = static_cast<std::int64_t>(prompt.size());
  while (session.length() < n_total) {
    const auto begin = Clock::now();
    const std::int64_t n_left = n_total - session.length();
    const std::int64_t n = session.next_chunk(n_left);
    RoutingRecorder recorder(session.config(), session.length(), n, {n == n_left, {}});
    RETURN_IF_ERROR(extend(
        prompt.subspan(static_cast<std::size_t>(session.length()), static_cast<std::size_t>(n)),
        recorder, n == n_left ? &sampler : nullptr));
    last_extend_ = n;
    observe(n, 0);
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

// The token at `position`, from its logits and the tokens before it. A draft waits behind them in
// the session: the sampler must not see it.
Result<TokenId> Generation::draw(Sampler& sampler, std::int64_t position,
                                 std::optional<TokenId> draft) {
  RETURN_IF_ERROR(model_.session->health());
  const auto context = model_.session->tokens().first(static_cast<std::size_t>(position));
  auto next = summarised_ ? sampler.draw_taken(request_.n_candidates)
                          : sampler.draw(logits_, context, request_.n_candidates);
  if (!next) {
    if (logits_usable(logits_)) return tl::unexpected(std::move(next.error()));
    return fail(ErrorCode::InvalidFile, model_.session->describe_non_finite() +
                                            ": no token can be drawn; the checkpoint is damaged "
                                            "or overflows");
  }
  const TokenId token = next->chosen->token;
  announce_token(token, position, draft == token, std::move(*next));
  return token;
}

void Generation::announce_token(TokenId token, std::int64_t position, bool drafted,
                                NextToken next) {
  const Tokenizer& tokenizer = model_.text->tokenizer;
  for (TokenCandidate& c : next.top) c.text = tokenizer.token_display(c.token);
  next.chosen->text = tokenizer.token_display(token);
  TokenGenerated event;
  event.id = request_.id;
  event.position = Position(position);
  event.token = token;
  event.drafted = drafted;
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

// Whether the token drawn for `position` ends the answer, and why.
bool Generation::is_last(TokenId token, std::int64_t position) {
  const int max_tokens = request_.sampling.max_tokens;
  done_ = true;
  if (ends_turn(token)) {
    reason_ = FinishReason::EndOfTurn;
  } else if (max_tokens > 0 && statistics_.n_generated_tokens >= max_tokens) {
    reason_ = FinishReason::MaxTokens;
  } else if (position + 1 >= model_.session->context_length()) {
    reason_ = FinishReason::ContextFull;
  } else {
    done_ = false;
  }
  return done_;
}

void Generation::announce_routing(RoutingRecorder& recorder, std::size_t row) {
  sink_.on_event(TokenRouted{
      request_.id, std::move(recorder.routing[row]),
      std::make_shared<const std::vector<RouterDecision>>(std::move(recorder.decisions_of[row]))});
}

// Shows the drafter n_tokens of the last extend, from its row first_row on. A stop in the middle
// costs it its memory, nothing else.
void Generation::observe(std::int64_t n_tokens, std::int64_t first_row) {
  if (!may_draft()) return;
  Session& session = *model_.session;
  const auto tokens = session.tokens();
  const std::int64_t position = session.length() - last_extend_ + first_row;
  (void)model_.drafter->observe(
      tokens.subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(n_tokens)),
      position, first_row, stop_, session.activations());
}

// A guess at the token after `token`. It is drawn as the sampler itself will draw, with the same
// random number: a guess of the same distribution then is the same token more often.
std::optional<TokenId> Generation::propose(TokenId token, const Sampler& sampler) {
  Session& session = *model_.session;
  const bool has_room =
      session.length() + 2 <= session.context_length() && session.longest_chunk() >= 2;
  if (!may_draft() || !has_room) return {};
  if (request_.speculation == Speculation::Auto && !gauge_.should_draft()) return {};
  draft_logits_.resize(logits_.size());
  const auto known = model_.drafter->draft(token, stop_, session.activations(), draft_logits_);
  if (!known || !*known) return {};
  std::vector<TokenId> context(session.tokens().begin(), session.tokens().end());
  context.push_back(token);
  Sampler same = sampler;
  const auto next = same.draw(draft_logits_, context, 1);
  if (!next) return {};  // the module overflowed: the model may well not
  ++statistics_.n_drafted_tokens;
  return next->chosen->token;
}

// The draft went through the model behind the token before it: row 1 of the last extend. It stays
// when the main model's own draw is the same token.
Result<void> Generation::verify(TokenId draft, Sampler& sampler, RoutingRecorder& recorder) {
  Session& session = *model_.session;
  const std::int64_t position = session.length() - 1;
  auto token = draw(sampler, position, draft);
  if (!token || *token != draft) session.truncate(position);
  if (!token) return tl::unexpected(std::move(token.error()));
  if (!is_last(*token, position) && *token == draft) look_at_row(1);
  if (*token != draft) {
    drawn_ = *token;
    return {};
  }
  ++statistics_.n_accepted_tokens;
  observe(1, 1);
  announce_routing(recorder, 1);
  return {};
}

// Draw, show, feed back; with a draft behind it where one is likely to pay.
Result<void> Generation::step(Sampler& sampler) {
  Session& session = *model_.session;
  const auto begin = Clock::now();
  TokenId token;
  if (drawn_) {
    token = *std::exchange(drawn_, std::nullopt);
  } else {
    const std::int64_t position = session.length();
    ASSIGN_OR_RETURN(token, draw(sampler, position, std::nullopt));
    is_last(token, position);
  }
  std::optional<TokenId> draft;
  if (!done_) draft = propose(token, sampler);
  const TokenId fed_tokens[] = {token, draft.value_or(token)};
  last_extend_ = draft ? 2 : 1;
  RoutingRecorder recorder(session.config(), session.length(), last_extend_,
                           RoutingRecorder::Wants{false, {}, true});
  const bool only_row = !done_ && !draft;
  const auto fed = extend(std::span(fed_tokens).first(static_cast<std::size_t>(last_extend_)),
                          recorder, only_row ? &sampler : nullptr);
  if (!fed && done_ && fed.error().code == ErrorCode::Cancelled) return {};  // it was over anyway
  RETURN_IF_ERROR(fed);
  if (draft && !done_) look_at_row(0);
  observe(1, 0);
  announce_routing(recorder, 0);
  if (draft) RETURN_IF_ERROR(verify(*draft, sampler, recorder));
  const double seconds = seconds_since(begin);
  statistics_.decode_seconds += seconds;
  // The first step ran the prompt through the module: no measure of the others.
  if (may_draft() && statistics_.n_generated_tokens > 2) {
    gauge_.record(draft && !drawn_ ? 2 : 1, seconds);
  }
  return {};
}

// The last token is fed back too: then the cache holds the whole answer and its routing is known.
Result<void> Generation::decode(Sampler& sampler) {
  while (!done_ || drawn_) {
    if (stop_.stop_requested()) {
      if (done_) return {};  // it was over anyway
      return fail(ErrorCode::Cancelled, "stopped");
    }
    RETURN_IF_ERROR(step(sampler));
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
