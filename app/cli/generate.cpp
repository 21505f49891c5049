// generate: one answer, streamed to standard output or as one JSON object.
#include "engine/runtime/generate.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/runtime/sampler.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::FinishReason;
using engine::Result;

namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 24;

const char* reasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::EndOfTurn:
      return "end-of-turn";
    case FinishReason::MaxTokens:
      return "max-tokens";
    case FinishReason::ContextFull:
      return "context-full";
    case FinishReason::Cancelled:
      return "cancelled";
    case FinishReason::Failed:
      return "failed";
  }
  return "unknown";
}

// Collects the events of one answer; prints the text as it comes unless it is for JSON.
class AnswerSink : public engine::EventSink {
 public:
  explicit AnswerSink(bool streaming) : streaming_(streaming) {}

  void on_event(engine::Event event) override {
    if (auto* started = std::get_if<engine::GenerationStarted>(&event)) {
      seed = started->seed;
      prompt = started->prompt;
    } else if (auto* token = std::get_if<engine::TokenGenerated>(&event)) {
      ids.push_back(token->token.value);
      show(token->text);
    } else if (auto* done = std::get_if<engine::GenerationFinished>(&event)) {
      show(done->tail_text);
      finished = std::move(*done);
    }
  }

  std::uint64_t seed = 0;
  std::shared_ptr<const std::vector<engine::PromptToken>> prompt;
  std::vector<std::int32_t> ids;
  std::string text;
  engine::GenerationFinished finished;

 private:
  void show(const std::string& piece) {
    text += piece;
    if (streaming_ && !piece.empty()) std::cout << piece << std::flush;
  }
  bool streaming_;
};

Result<void> overrideFloat(const Arguments& arguments, std::string_view option, float* value) {
  ASSIGN_OR_RETURN(const std::optional<double> given, arguments.number(option));
  if (given) *value = static_cast<float>(*given);
  return {};
}

Result<engine::SamplingOptions> samplingOptions(const Arguments& arguments,
                                                const engine::GenerationDefaults& defaults) {
  engine::SamplingOptions sampling = engine::default_sampling(defaults);
  RETURN_IF_ERROR(overrideFloat(arguments, "--temperature", &sampling.temperature));
  RETURN_IF_ERROR(overrideFloat(arguments, "--top-p", &sampling.top_p));
  RETURN_IF_ERROR(overrideFloat(arguments, "--min-p", &sampling.min_p));
  RETURN_IF_ERROR(overrideFloat(arguments, "--repetition-penalty", &sampling.repetition_penalty));
  ASSIGN_OR_RETURN(const std::int64_t top_k,
                   arguments.integer("--top-k", sampling.top_k, 0, kMostTokens));
  ASSIGN_OR_RETURN(const std::int64_t max_tokens,
                   arguments.integer("--max-tokens", sampling.max_tokens, 0, kMostTokens));
  sampling.top_k = static_cast<int>(top_k);
  sampling.max_tokens = static_cast<int>(max_tokens);
  if (arguments.has("--seed")) {
    ASSIGN_OR_RETURN(const std::uint64_t seed, arguments.unsignedInteger("--seed"));
    sampling.seed = seed;
  }
  return sampling;
}

Result<engine::Speculation> speculation(const Arguments& arguments) {
  const std::string mode = arguments.text("--speculation").value_or("auto");
  if (mode == "auto") return engine::Speculation::Auto;
  if (mode == "off") return engine::Speculation::Off;
  if (mode == "always") return engine::Speculation::Always;
  return fail(ErrorCode::InvalidArgument,
              "--speculation: found '" + mode + "', allowed auto, off, always");
}

Result<engine::GenerationRequest> makeRequest(const Arguments& arguments,
                                              const engine::GenerationDefaults& defaults) {
  engine::GenerationRequest request;
  request.id = engine::GenerationId(1);
  ASSIGN_OR_RETURN(request.sampling, samplingOptions(arguments, defaults));
  RETURN_IF_ERROR(engine::check_sampling_options(request.sampling));
  ASSIGN_OR_RETURN(request.speculation, speculation(arguments));
  ASSIGN_OR_RETURN(const std::string prompt, arguments.requiredText("--prompt"));
  const auto system = arguments.text("--system");
  if (arguments.has("--raw")) {
    if (system) return fail(ErrorCode::InvalidArgument, "--system does not go with --raw");
    request.raw_prompt = prompt;
    return request;
  }
  if (system) request.messages.push_back({engine::Role::System, *system});
  request.messages.push_back({engine::Role::User, prompt});
  return request;
}

void printJson(const AnswerSink& answer, const engine::ModelInfo& info) {
  const engine::GenerationStatistics& s = answer.finished.statistics;
  nlohmann::ordered_json prompt_ids = nlohmann::ordered_json::array();
  for (const engine::PromptToken& token : *answer.prompt) prompt_ids.push_back(token.token.value);
  const nlohmann::ordered_json json{{"text", answer.text},
                                    {"ids", answer.ids},
                                    {"prompt_ids", std::move(prompt_ids)},
                                    {"stop_reason", reasonName(answer.finished.reason)},
                                    {"seed", answer.seed},
                                    {"timings",
                                     {{"load_seconds", info.load_seconds},
                                      {"prefill_seconds", s.prefill_seconds},
                                      {"decode_seconds", s.decode_seconds},
                                      {"time_to_first_token_seconds", s.time_to_first_token},
                                      {"prefill_tokens_per_second", s.prefill_tokens_per_second()},
                                      {"decode_tokens_per_second", s.decode_tokens_per_second()}}},
                                    {"n_prompt_tokens", s.n_prompt_tokens},
                                    {"n_generated_tokens", s.n_generated_tokens},
                                    {"n_drafted_tokens", s.n_drafted_tokens},
                                    {"n_accepted_tokens", s.n_accepted_tokens},
                                    {"n_context_used", answer.finished.n_context_used},
                                    {"backend", info.backend_description}};
  std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

Result<void> runGenerate(const Arguments& arguments) {
  RETURN_IF_ERROR(makeRequest(arguments, {}));  // refuses wrong options before the load
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, 0));
  ASSIGN_OR_RETURN(const engine::GenerationRequest request,
                   makeRequest(arguments, model->info->generation_defaults));
  const bool as_json = arguments.has("--json");
  AnswerSink answer(!as_json);
  engine::generate(request, *model, answer, {}, {});
  const auto& error = answer.finished.error;
  const bool nothing_came =
      answer.prompt == nullptr || answer.finished.reason == FinishReason::Failed;
  if (error && nothing_came) return tl::unexpected(*error);
  if (as_json) {
    printJson(answer, *model->info);
  } else {
    std::cout << '\n';
  }
  if (error) std::cerr << "bathyscope-cli: note: " << error->message << '\n';
  return {};
}

}  // namespace app::cli
