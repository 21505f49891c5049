#include "engine/runtime/inspect.h"

#include <chrono>
#include <memory>
#include <utility>

#include "engine/runtime/sampler.h"

namespace engine {

namespace {

constexpr int kCandidates = 20;

NextToken next_token(const InspectRequest& request, const LoadedModel& model,
                     const std::vector<float>& logits) {
  const std::span<const TokenId> tokens = model.session->tokens();
  const auto following = static_cast<std::size_t>(request.position.value) + 1;
  const std::int32_t chosen = following < tokens.size() ? tokens[following].value : -1;
  NextToken next = model_distribution(logits, kCandidates, chosen);
  if (model.text) {
    for (TokenCandidate& c : next.top) c.text = model.text->tokenizer.token_display(c.token);
    if (next.chosen) next.chosen->text = model.text->tokenizer.token_display(next.chosen->token);
  }
  return next;
}

}  // namespace

Result<Inspection> inspect(const InspectRequest& request, LoadedModel& model,
                           std::stop_token stop) {
  const auto begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(Replay replay, model.session->replay(request.position, request.attention_layer,
                                                        request.with_next_token, std::move(stop)));
  Inspection inspection;
  inspection.key = request.key;
  inspection.position = request.position;
  inspection.token = model.session->tokens()[static_cast<std::size_t>(request.position.value)];
  inspection.decisions =
      std::make_shared<const std::vector<RouterDecision>>(std::move(replay.decisions));
  if (replay.attention) {
    inspection.attention = std::make_shared<const AttentionRows>(std::move(*replay.attention));
  }
  if (request.with_next_token) {
    if (!logits_usable(replay.logits)) {
      return fail(
          ErrorCode::InvalidFile,
          "the logits at position " + std::to_string(request.position.value) + " are not finite");
    }
    inspection.next_token = next_token(request, model, replay.logits);
  }
  inspection.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return inspection;
}

}  // namespace engine
