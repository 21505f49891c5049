// One layer's router decision, read out: who was chosen, who lost, who was shut out by a closed
// group. Everything follows from the engine's scores, bias, groups and ids; nothing is estimated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/runtime/events.h"

namespace ui {

enum class ExpertState {
  Chosen,          // among the top k
  OpenLost,        // its group was open, others scored higher
  ClosedLost,      // its group was closed, and it would not have been chosen anyway
  ClosedWouldWin,  // its group was closed; without the group limit it would be in the top k
};

struct ExpertVerdict {
  float affinity = 0;  // the engine's unbiased score
  float bias = 0;
  float biased = 0;  // affinity + bias in float32, as the engine adds them
  int group = 0;
  bool groupOpen = true;
  ExpertState state = ExpertState::OpenLost;
  int rank = 0;       // by biased score over all experts of the layer, 0 = highest
  int openRank = -1;  // the same over open groups only; −1: its group is closed
  int place = -1;     // place in the engine's top-k order; −1: not chosen
  float weight = 0;   // final weight; 0 unless chosen
};

struct RouterAnalysis {
  std::vector<ExpertVerdict> experts;  // [E]
  int nGroups = 1;
  int expertsPerGroup = 0;
  bool hasBias = false;
  std::vector<float> groupScores;       // [G]; empty when the model does not group
  std::vector<std::uint8_t> groupOpen;  // [G]
  std::vector<int> chosen;              // [K] expert indices in the engine's order
  float threshold = 0;                  // the lowest biased score that was chosen
  std::optional<int> runnerUp;          // best expert of an open group that was not chosen
  std::optional<float> margin;          // threshold − the runner-up's biased score
  float lowestDrawn = 0;                // the least and the largest of affinity and biased score:
  float highestDrawn = 0;               // the range of the bars, zero included
};

/// `bias` is the layer's row of ModelInfo::router_bias, or empty.
RouterAnalysis analyseRouter(const engine::RouterDecision& decision, std::span<const float> bias,
                             const engine::ModelConfig& config);

/// The layer's row of ModelInfo::router_bias; empty when the layer is not a MoE layer.
std::span<const float> biasOfLayer(const engine::ModelInfo& info, std::int32_t layer);

/// Index of the decoder layer among the MoE layers, or −1.
int moeIndexOf(const engine::ModelInfo& info, std::int32_t layer);

}  // namespace ui
