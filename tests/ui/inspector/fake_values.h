// Plausible engine values for the inspector's tests and gallery, made by the router's and softmax's
// own rules from pseudo-random numbers. They exist in tests only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/events.h"
#include "ui/inspector/timeline_strip.h"
#include "ui/inspector/token_label.h"

namespace fake {

struct Shape {
  int nLayers = 8;
  int nDense = 2;
  int nExperts = 32;
  int nActivated = 4;
  int nGroup = 4;
  int topkGroup = 2;
  int nShared = 1;
  int nHeads = 8;
  double biasLevel = 0.0;  // added to every bias
};

/// 61 layers, 58 with 256 experts in 8 groups, 128 heads.
Shape v3Shape();

std::shared_ptr<engine::ModelInfo> modelInfo(const Shape& shape);
engine::RouterDecision decision(const engine::ModelInfo& info, std::int32_t layer,
                                std::uint32_t seed);
std::shared_ptr<const std::vector<engine::RouterDecision>> decisions(const engine::ModelInfo& info,
                                                                     std::uint32_t seed);
std::shared_ptr<const engine::TokenRouting> routing(
    const std::vector<engine::RouterDecision>& decisions, std::int64_t position);
/// Softmax over content + RoPE scores; the first slot is a sink.
std::shared_ptr<const engine::AttentionRows> attention(int layer, int nHeads,
                                                       std::int64_t nPositions, std::uint32_t seed);
std::shared_ptr<const engine::NextToken> nextToken(bool samplerKnown);
std::vector<ui::TokenLabel> labels(std::int64_t n);
std::vector<ui::TimelineMark> marks(std::int64_t nPrompt, std::int64_t nAnswer);

}  // namespace fake
