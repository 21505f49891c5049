// ModelPart: the parts of a model a person tells apart. Reports and the tensor list group by them.
#pragma once

#include <string_view>

#include "engine/checkpoint/tensor_spec.h"

namespace engine {

/// Mtp and Other are in the files, but not run.
enum class ModelPart {
  Embedding,
  Attention,
  Indexer,
  DenseMlp,
  Router,
  RoutedExperts,
  SharedExperts,
  Norms,
  OutputHead,
  Mtp,
  Other,
};
inline constexpr int kModelPartCount = static_cast<int>(ModelPart::Other) + 1;

ModelPart part_of(WeightRole role);
/// "routed experts"; for messages and text reports.
std::string_view model_part_name(ModelPart part);
/// "routed_experts": stable, for scripts.
std::string_view model_part_key(ModelPart part);

}  // namespace engine
