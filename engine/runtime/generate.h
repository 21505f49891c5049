// generate: one answer, from messages to GenerationFinished. Every outcome, failures included, is
// an event. Called on the engine thread and by the command line.
#pragma once

#include <functional>
#include <stop_token>

#include "engine/runtime/event_sink.h"
#include "engine/runtime/events.h"
#include "engine/runtime/load_model.h"

namespace engine {

/// `between_steps` is called after each prefill chunk and each decoded token, when the session is
/// whole and may be inspected; may be empty.
void generate(const GenerationRequest& request, LoadedModel& model, EventSink& sink,
              const std::function<void(std::stop_token)>& between_steps, std::stop_token stop);

}  // namespace engine
