// load_model: a checkpoint's path → everything that is needed to run it. The new model stands
// beside the old one until it is whole. Called on the engine thread and by the command line.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/model/quantised_weights.h"
#include "engine/model/transformer.h"
#include "engine/runtime/events.h"
#include "engine/runtime/prompt.h"
#include "engine/runtime/session.h"
#include "engine/runtime/speculate.h"

namespace engine {

/// Members in order of ownership: a later one views or borrows from the earlier ones.
struct LoadedModel {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<WeightSource> weight_source;
  std::unique_ptr<QuantisedWeights> quantised_weights;  // null: as stored, or all on a GPU
  std::unique_ptr<Transformer> transformer;
  std::unique_ptr<Session> session;
  std::unique_ptr<Drafter> drafter;       // null without a usable MTP module
  std::shared_ptr<const TextModel> text;  // null when the checkpoint has no usable tokenizer
  std::shared_ptr<const ModelInfo> info;
};

using ProgressCallback = std::function<void(const LoadProgress&)>;
/// Stands between the model and its backend (a profiler); gives back what the model is to use.
using BackendWrapper = std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)>;

/// Cancelled between files and tensors when asked to stop. A missing or unusable tokenizer is not
/// an error: the reason is in ModelInfo::tokenizer_description.
Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path, const LoadOptions& options,
                                                const ProgressCallback& on_progress,
                                                std::stop_token stop,
                                                const BackendWrapper& wrap = {});

}  // namespace engine
