// What the blocks of a layer (attention, experts) share during one forward call.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/activations.h"
#include "engine/model/probe.h"

namespace engine {

/// Which tokens of which layer a block works on.
struct BlockSpan {
  LayerIndex layer;
  std::int64_t first_position = 0;
  std::int64_t n_tokens = 0;
};

/// Made by transformer for one call; borrows what outlives the call.
struct BlockContext {
  const ModelConfig& config;
  Activations& activations;
  Probe* probe;  // may be null
  Backend& backend;
};

}  // namespace engine
