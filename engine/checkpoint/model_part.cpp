// Which part of the model every role belongs to, and what the parts are called.
#include "engine/checkpoint/model_part.h"

namespace engine {

ModelPart part_of(WeightRole role) {
  switch (role) {
    case WeightRole::Embedding:
      return ModelPart::Embedding;
    case WeightRole::OutputHead:
      return ModelPart::OutputHead;
    case WeightRole::FinalNorm:
    case WeightRole::InputNorm:
    case WeightRole::PostAttentionNorm:
      return ModelPart::Norms;
    case WeightRole::IndexerWq:
    case WeightRole::IndexerWk:
    case WeightRole::IndexerKeyNorm:
    case WeightRole::IndexerKeyNormBias:
    case WeightRole::IndexerWeights:
      return ModelPart::Indexer;
    case WeightRole::DenseGate:
    case WeightRole::DenseUp:
    case WeightRole::DenseDown:
      return ModelPart::DenseMlp;
    case WeightRole::Router:
    case WeightRole::RouterBias:
      return ModelPart::Router;
    case WeightRole::ExpertGate:
    case WeightRole::ExpertUp:
    case WeightRole::ExpertDown:
    case WeightRole::FusedExpertGateUp:
    case WeightRole::FusedExpertDown:
    case WeightRole::MergedExpertGate:
    case WeightRole::MergedExpertUp:
    case WeightRole::MergedExpertDown:
      return ModelPart::RoutedExperts;
    case WeightRole::SharedGate:
    case WeightRole::SharedUp:
    case WeightRole::SharedDown:
      return ModelPart::SharedExperts;
    default:  // the projections of attention with their inner norms and biases
      return ModelPart::Attention;
  }
}

std::string_view model_part_name(ModelPart part) {
  switch (part) {
    case ModelPart::Embedding:
      return "embedding";
    case ModelPart::Attention:
      return "attention";
    case ModelPart::Indexer:
      return "indexer";
    case ModelPart::DenseMlp:
      return "dense MLP";
    case ModelPart::Router:
      return "router";
    case ModelPart::RoutedExperts:
      return "routed experts";
    case ModelPart::SharedExperts:
      return "shared experts";
    case ModelPart::Norms:
      return "norms";
    case ModelPart::OutputHead:
      return "output head";
    case ModelPart::Mtp:
      return "MTP layers";
    case ModelPart::Other:
      break;
  }
  return "not used";
}

std::string_view model_part_key(ModelPart part) {
  switch (part) {
    case ModelPart::DenseMlp:
      return "dense_mlp";
    case ModelPart::RoutedExperts:
      return "routed_experts";
    case ModelPart::SharedExperts:
      return "shared_experts";
    case ModelPart::OutputHead:
      return "output_head";
    case ModelPart::Mtp:
      return "mtp";
    case ModelPart::Other:
      return "other";
    default:
      return model_part_name(part);
  }
}

}  // namespace engine
