// Random-weight checkpoints in the shapes of released models, for measurements anyone can repeat:
// valid GGUF files that this program and others load. The same seed gives the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/checkpoint/gguf_export.h"
#include "engine/checkpoint/model_config.h"

namespace engine {

struct RandomShape {
  std::string_view name;     // "v2-lite"
  std::string_view summary;  // for the help text
};
std::span<const RandomShape> random_shapes();

/// NotFound names the shapes there are. `n_layers` 0: as many as the model has.
Result<ModelConfig> random_shape_config(std::string_view name, std::int64_t n_layers);

struct RandomCheckpointOptions {
  std::string name;  // general.name
  TypeMix mix = TypeMix::Q4_K_M;
  std::uint64_t seed = 1;
  std::function<void(std::int64_t, std::int64_t)> on_progress;  // bytes written and in all
  std::stop_token stop;
};

/// Weights of zero mean and a spread of 1/√fan-in, less on the way back into the residual stream:
/// hidden states stay of one size through all layers and the router's choices spread.
Result<void> write_random_checkpoint(const ModelConfig& config, const std::string& path,
                                     const RandomCheckpointOptions& options);

}  // namespace engine
